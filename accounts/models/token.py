"""Keys of tools that act for a person."""

import hashlib
import secrets
from datetime import timedelta

from django.conf import settings
from django.db import models
from django.utils import timezone


class ApiToken(models.Model):
    """A person's key for the API: shown once when it is made, kept only as a digest."""

    PREFIX_LENGTH = 8
    audit_ignored = ("last_used_at",)

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=100, help_text="What uses it, for example: notebook of Ada")
    prefix = models.CharField(max_length=PREFIX_LENGTH, editable=False, db_index=True)
    digest = models.CharField(max_length=64, editable=False, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(help_text="After this instant the token is refused.")
    last_used_at = models.DateTimeField(null=True, editable=False)
    revoked_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = "API token"

    def __str__(self):
        return f"{self.name} ({self.prefix}...)"

    @staticmethod
    def digest_of(key: str) -> str:
        return hashlib.sha256(key.encode()).hexdigest()

    def issue_key(self) -> str:
        """Set a new random key of 256 bits on this unsaved token; the text is not kept."""
        key = secrets.token_urlsafe(32)
        self.prefix, self.digest = key[: self.PREFIX_LENGTH], self.digest_of(key)
        self.expires_at = self.expires_at or timezone.now() + timedelta(days=90)
        return key
