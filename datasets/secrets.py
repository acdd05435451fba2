"""Encryption of the passwords of sources, with keys that can be rotated."""

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models

from datasets.errors import SecretUnreadable


def _cipher() -> MultiFernet:
    """The first of ENCRYPTION_KEYS encrypts; each of them decrypts."""
    keys = (hashlib.sha256(key.encode()).digest() for key in settings.ENCRYPTION_KEYS)
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in keys])


class Unreadable(str):
    """A stored secret whose key is gone. It stays as it is until somebody types a new one."""

    __slots__ = ()


class EncryptedField(models.TextField):
    """Text that the database holds only encrypted (Fernet: AES-128-CBC with HMAC-SHA256)."""

    is_secret = True  # the audit says that it changed, not what it was

    def get_prep_value(self, value):
        if isinstance(value, Unreadable):
            return str(value)
        return _cipher().encrypt(value.encode()).decode() if value else ""

    def from_db_value(self, value, expression, connection):
        if not value:
            return ""
        try:
            return _cipher().decrypt(value.encode()).decode()
        except InvalidToken:  # told where the secret is used, so that its record can be mended
            return Unreadable(value)


def readable(secret: str) -> str:
    """The secret for its use; raises `SecretUnreadable` when its key is gone."""
    if isinstance(secret, Unreadable):
        raise SecretUnreadable
    return secret
