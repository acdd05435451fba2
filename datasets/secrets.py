"""Encryption of the passwords of sources, with keys that can be rotated."""

from cryptography.fernet import InvalidToken
from django.db import models

from accounts.encryption import cipher
from datasets.errors import SecretUnreadable


class Unreadable(str):
    """A stored secret whose key is gone. It stays as it is until somebody types a new one."""

    __slots__ = ()


class EncryptedField(models.TextField):
    """Text that the database holds only encrypted (Fernet: AES-128-CBC with HMAC-SHA256)."""

    def get_prep_value(self, value):
        if isinstance(value, Unreadable):
            return str(value)
        return cipher().encrypt(value.encode()).decode() if value else ""

    def from_db_value(self, value, expression, connection):
        if not value:
            return ""
        try:
            return cipher().decrypt(value.encode()).decode()
        except InvalidToken:  # told where the secret is used, so that its record can be mended
            return Unreadable(value)


def readable(secret: str) -> str:
    """The secret for its use; raises `SecretUnreadable` when its key is gone."""
    if isinstance(secret, Unreadable):
        raise SecretUnreadable
    return secret
