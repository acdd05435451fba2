"""What follows from what happens to accounts."""

from django.contrib.auth.signals import user_logged_in
from django.db.models.signals import post_save
from django.dispatch import receiver
from django.utils import timezone

from accounts.models import Session, User
from accounts.sessions import SIGNED_IN


@receiver(user_logged_in)
def note_when(sender, request, user, **kwargs):
    request.session[SIGNED_IN] = timezone.now().isoformat()


@receiver(post_save, sender=User)
def sign_out(sender, instance, created, raw, **kwargs):
    """A new password, and an account that is closed, end all sessions of the person. The one in
    which the password was changed goes on: Django gives it a new key afterwards."""
    changed = instance._password is not None  # a hash that is only renewed is no new password
    if not created and not raw and (changed or not instance.is_active):
        Session.objects.end(instance)
