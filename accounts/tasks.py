from celery import shared_task

from accounts import audit_prune


@shared_task
def prune_audit() -> None:
    audit_prune.prune()
