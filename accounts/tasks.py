"""Celery's entry points; nothing secret is an argument."""

from celery import shared_task
from django.utils import timezone

from accounts import audit_prune, invite
from accounts.models import Session


@shared_task
def send_way_back(address: str, base: str) -> None:
    invite.send_way_back(address, base, timezone.now())


@shared_task
def clean_up() -> None:
    """Sessions that ended some time ago."""
    Session.objects.filter(expire_date__lt=timezone.now()).delete()


@shared_task
def prune_audit() -> None:
    audit_prune.prune()
