"""Who may sign in with a password."""

from django.conf import settings
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import Permission
from django.db.models import Q

PATH = f"{__name__}.Passwords"  # of sessions, however they began


def by_password(username: str) -> bool:
    """Where single sign-on is the only way, a password opens the named account alone, for the day
    on which that way is broken."""
    return not settings.SSO_ONLY or username in settings.SSO_ONLY_EXCEPT


class Passwords(ModelBackend):
    """Of Django, unless single sign-on is the only way; a refusal takes as long either way."""

    def authenticate(self, request, username=None, password=None, **kwargs):
        user = super().authenticate(request, username, password, **kwargs)
        return user if user is not None and by_password(user.get_username()) else None

    def get_all_permissions(self, user_obj, obj=None):
        """Those of the person and of the roles by one question; Django asks two."""
        if user_obj.is_superuser or not user_obj.is_active or user_obj.is_anonymous or obj:
            return super().get_all_permissions(user_obj, obj)
        if not hasattr(user_obj, "_perm_cache"):
            held = Permission.objects.filter(Q(user=user_obj) | Q(group__user=user_obj))
            names = held.values_list("content_type__app_label", "codename").order_by()
            user_obj._perm_cache = {f"{app}.{name}" for app, name in names}
        return user_obj._perm_cache
