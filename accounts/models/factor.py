"""What people prove with that it is they, besides the password."""

from django.conf import settings
from django.db import models
from django.utils.crypto import salted_hmac

from accounts.encryption import EncryptedField


class Factor(models.Model):
    """An authenticator app or a passkey. Its secret is encrypted."""

    audited = False  # what was added and removed is told with the person

    class Kind(models.TextChoices):
        APP = "app", "Authenticator app"
        PASSKEY = "passkey", "Passkey"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="factors")
    kind = models.CharField(max_length=7, choices=Kind)
    name = models.CharField(max_length=60)
    secret = EncryptedField()
    credential_id = models.CharField(max_length=1400, null=True, unique=True)
    counter = models.BigIntegerField(default=0)  # of the last proof: none counts twice
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["kind", "created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["user"], condition=models.Q(kind="app"), name="one_app_per_person"
            )
        ]

    def __str__(self):
        return self.name


class RecoveryCode(models.Model):
    """A code for one use, when app and passkeys are lost; kept only as a keyed digest."""

    audited = False

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="recovery_codes"
    )
    digest = models.CharField(max_length=64)
    used_at = models.DateTimeField(null=True)

    def __str__(self):
        return f"Recovery code {self.pk}"

    @staticmethod
    def digest_of(user_id: int, code: str) -> str:
        plain = "".join(code.split()).replace("-", "").upper()
        return salted_hmac(
            "accounts.recovery", f"{user_id}:{plain}", algorithm="sha256"
        ).hexdigest()
