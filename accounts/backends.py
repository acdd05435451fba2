"""Who may sign in with a password."""

from django.conf import settings
from django.contrib.auth.backends import ModelBackend

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
