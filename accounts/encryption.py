"""Secrets that the database holds only encrypted, with keys that the operator can rotate."""

import base64
import hashlib
from collections.abc import Iterator

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.apps import apps
from django.conf import settings
from django.db import models
from django.views.decorators.debug import sensitive_variables


@sensitive_variables()
def _fernets() -> list[Fernet]:
    keys = (hashlib.sha256(key.encode()).digest() for key in settings.ENCRYPTION_KEYS)
    return [Fernet(base64.urlsafe_b64encode(key)) for key in keys]


def _cipher() -> MultiFernet:
    """The first of ENCRYPTION_KEYS encrypts; each of them decrypts."""
    return MultiFernet(_fernets())


@sensitive_variables()
def encrypted(text: str) -> str:
    return _cipher().encrypt(text.encode()).decode()


@sensitive_variables()
def decrypted(text: str) -> str | None:
    """None when the key is gone with which it was written."""
    try:
        return _cipher().decrypt(text.encode()).decode()
    except InvalidToken:
        return None


class AsStored(str):
    """A secret as the table holds it; it is written as it is."""

    __slots__ = ()


class Unreadable(AsStored):
    """A stored secret whose key is gone. It stays as it is until somebody types a new one."""

    __slots__ = ()


class EncryptedField(models.TextField):
    """Text that the database holds only encrypted (Fernet: AES-128-CBC with HMAC-SHA256)."""

    is_secret = True  # the audit says that it changed, not what it was

    @sensitive_variables()
    def get_prep_value(self, value):
        if isinstance(value, AsStored):
            return str(value)
        return encrypted(value) if value else ""

    def value_to_string(self, obj):
        """Of serialised records, such as those of dumpdata: a secret is in no file."""
        return ""

    @sensitive_variables()
    def from_db_value(self, value, expression, connection):
        if not value:
            return ""
        found = decrypted(value)
        # Told where the secret is used, so that its record can be mended.
        return Unreadable(value) if found is None else found


def encrypted_fields() -> Iterator[tuple[type[models.Model], EncryptedField]]:
    """All of them, of whatever app."""
    for model in apps.get_models(include_auto_created=True):
        for field in model._meta.local_concrete_fields:
            if isinstance(field, EncryptedField) and model._meta.managed and not model._meta.proxy:
                yield model, field


@sensitive_variables()
def is_newest(stored: str) -> bool:
    """Whether the first of ENCRYPTION_KEYS opens it."""
    try:
        _fernets()[0].decrypt(stored.encode())
    except InvalidToken:
        return False
    return True


@sensitive_variables()
def anew(stored: str) -> AsStored | None:
    """The same secret under the first key; None when none of the keys opens it."""
    try:
        return AsStored(_cipher().rotate(stored.encode()).decode())
    except InvalidToken:
        return None
