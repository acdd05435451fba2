"""Celery's entry points; arguments are ids, and every one may come late, twice or not at all."""

from celery import shared_task

from datasets import refresh as verb


@shared_task
def tick() -> None:
    """Every few seconds: give up what is lost, queue what is due."""
    verb.give_up_lost()
    for run in verb.claim_due():
        refresh_dataset.delay(run.pk)


@shared_task
def refresh_dataset(run_id: int) -> None:
    verb.refresh(run_id)


@shared_task
def clean_up() -> None:
    verb.clean_up()
