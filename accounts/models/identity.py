"""People as a single sign-on knows them."""

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models


class Identity(models.Model):
    """A person's account at an issuer, and what the issuer gave: roles and attributes that it
    gave it may take back; what was given by hand stays."""

    audit_ignored = ("last_used_at",)

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="identities")
    issuer = models.CharField(
        max_length=250, help_text="Address of the OpenID provider, or of the LDAP server."
    )
    subject = models.CharField(
        max_length=250,
        help_text="The issuer's lasting key of the person: the claim sub, or entryUUID.",
    )
    roles = models.ManyToManyField(Group, blank=True, editable=False, related_name="+")
    attributes = models.JSONField(default=list, editable=False)  # names of those it gave
    flags = models.JSONField(default=list, editable=False)  # is_staff, is_superuser: as it gave
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        verbose_name = "single sign-on"
        verbose_name_plural = "single sign-on"
        constraints = [
            models.UniqueConstraint(fields=["issuer", "subject"], name="one_person_per_subject")
        ]

    def __str__(self):
        return f"{self.subject} at {self.issuer}"
