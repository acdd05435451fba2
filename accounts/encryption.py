"""The keys with which the database's secrets are encrypted; the operator can rotate them."""

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


def cipher() -> MultiFernet:
    """The first of ENCRYPTION_KEYS encrypts; each of them decrypts."""
    keys = (hashlib.sha256(key.encode()).digest() for key in settings.ENCRYPTION_KEYS)
    return MultiFernet([Fernet(base64.urlsafe_b64encode(key)) for key in keys])


def encrypted(text: str) -> str:
    return cipher().encrypt(text.encode()).decode()


def decrypted(text: str) -> str | None:
    """None when the key is gone with which it was written."""
    try:
        return cipher().decrypt(text.encode()).decode()
    except InvalidToken:
        return None
