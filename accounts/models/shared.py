"""What every shared record has in common."""

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models
from django.db.models import Q


class SharedQuerySet(models.QuerySet):
    def visible_to(self, user):
        """Records the user may view: own ones, and those shared with one of the user's roles."""
        return self._shared(user, "view_roles", "edit_roles")

    def editable_by(self, user):
        """Records the user may change."""
        return self._shared(user, "edit_roles")

    def _shared(self, user, *relations):
        if not user.is_authenticated or not user.is_active:
            return self.none()
        if user.is_superuser:
            return self
        roles = user.held_roles.values("pk")
        allowed = Q(owner=user)
        for relation in relations:
            through = getattr(self.model, relation).through
            key = through._meta.get_field(self.model._meta.model_name).attname
            granted = through.objects.filter(group__in=roles).values(key)
            allowed |= Q(pk__in=granted)
        return self.filter(allowed)


class Shared(models.Model):
    """A record with an owner, and with roles (Django groups) that may view or edit it."""

    audit_rights: tuple[str, ...] = ("owner",)

    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text="Answers for this record; is named where something is wrong with it.",
    )
    view_roles = models.ManyToManyField(
        Group,
        blank=True,
        related_name="+",
        help_text="Roles that see it. To others it does not exist.",
    )
    edit_roles = models.ManyToManyField(
        Group, blank=True, related_name="+", help_text="Roles that may also change it in the admin."
    )

    objects = SharedQuerySet.as_manager()

    class Meta:
        abstract = True
