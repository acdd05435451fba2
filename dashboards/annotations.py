"""An annotation is part of the pictures of its datasets: when it changes, they are drawn anew."""

from django.db import transaction
from django.db.models.signals import m2m_changed, post_save, pre_delete
from django.utils import timezone

from dashboards import live
from dashboards.models import Annotation, Dashboard
from datasets.models import Dataset


def connect() -> None:
    post_save.connect(_changed, sender=Annotation)
    pre_delete.connect(_changed, sender=Annotation)
    m2m_changed.connect(_retagged, sender=Annotation.datasets.through)


def redraw(datasets: set[int]) -> None:
    """Pictures of these datasets are out of date, and open pages with them are told."""
    if not datasets:
        return
    Dataset.objects.filter(pk__in=datasets).update(changed_at=timezone.now())
    shown = Dashboard.objects.filter(widgets__dataset__in=datasets).distinct()
    for key in shown.values_list("pk", flat=True):
        transaction.on_commit(lambda key=key: live.announce_change(key), robust=True)


def _changed(sender, instance: Annotation, **kwargs) -> None:
    redraw(set(instance.datasets.values_list("pk", flat=True)))


def _retagged(sender, instance, action: str, reverse: bool, pk_set, **kwargs) -> None:
    if action == "pre_clear":
        pk_set = {row.pk for row in instance.datasets.all()} if not reverse else {instance.pk}
    elif action not in ("post_add", "post_remove"):
        return
    redraw({instance.pk} if reverse else set(pk_set or ()))
