"""What is known of a role besides its name and rights."""

from django.contrib.auth.models import Group
from django.db import models


class RoleProfile(models.Model):
    """Of one role, which is a Django group."""

    audit_rights = ("enters_admin", "administers")

    role = models.OneToOneField(Group, models.CASCADE, related_name="profile")
    description = models.CharField(
        max_length=300, blank=True, help_text="For whom the role is. For example: Regional sales."
    )
    enters_admin = models.BooleanField(
        "may enter the admin", default=False,
        help_text="People with this role are staff: they find there what their rights allow.",
    )  # fmt: skip
    administers = models.BooleanField(
        "may do everything", default=False,
        help_text="People with this role are superusers: no right and no rule holds them.",
    )  # fmt: skip

    class Meta:
        verbose_name = "role profile"

    def __str__(self):
        return str(self.role)

    @property
    def flags(self) -> set[str]:
        """What of a `User` the role sets."""
        found = {"is_superuser"} if self.administers else set()
        return found | ({"is_staff"} if self.enters_admin or self.administers else set())
