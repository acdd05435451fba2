"""What follows from what happens to accounts."""

from axes.signals import user_locked_out
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.db.models.signals import post_save
from django.dispatch import receiver
from django.utils import timezone

from accounts import audit
from accounts.audit import Action
from accounts.models import Session, User
from accounts.sessions import SIGNED_IN


@receiver(user_logged_in)
def signed_in(sender, request, user, **kwargs):
    request.session[SIGNED_IN] = timezone.now().isoformat()
    how = getattr(user, "backend", "").rpartition(".")[2]
    audit.record(Action.LOGGED_IN, user, person=user, details={"checked by": how} if how else {})


@receiver(user_logged_out)
def signed_out(sender, user, **kwargs):
    if user is not None:
        audit.record(Action.LOGGED_OUT, user, person=user)


@receiver(user_login_failed)
def refused(sender, credentials, **kwargs):
    """The name as it was typed; who it is, if anybody, stands nowhere."""
    typed = str(credentials.get("username", ""))[:100]
    audit.record(Action.LOGIN_FAILED, kind="accounts.user", name=typed)


@receiver(user_locked_out)
def locked_out(sender, username="", **kwargs):
    audit.record(Action.LOCKED_OUT, kind="accounts.user", name=str(username)[:100])


@receiver(post_save, sender=User)
def end_sessions(sender, instance, created, raw, **kwargs):
    """A new password, and an account that is closed, end all sessions of the person. The one in
    which the password was changed goes on: Django gives it a new key afterwards."""
    changed = instance._password is not None  # a hash that is only renewed is no new password
    if not created and not raw and (changed or not instance.is_active):
        Session.objects.end(instance)
