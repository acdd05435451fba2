"""Secrets of sources when they are used; how they are kept: `accounts.encryption`."""

from accounts.encryption import Unreadable
from datasets.errors import SecretUnreadable


def readable(secret: str) -> str:
    """The secret for its use; raises `SecretUnreadable` when its key is gone."""
    if isinstance(secret, Unreadable):
        raise SecretUnreadable
    return secret
