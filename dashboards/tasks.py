"""Drawings are made by workers: when a worker starts (Redis may be empty), and when a widget
changes. So are exports. What browsers measured is kept for a month."""

from datetime import timedelta

from celery import shared_task
from celery.signals import worker_ready
from django.utils import timezone

from dashboards import export as exports
from dashboards import render
from dashboards.models import PageLoad, Widget

VITALS_FOR = timedelta(days=30)


@shared_task
def draw_all() -> None:
    for widget in Widget.objects.all():
        render.warm(widget)


@shared_task
def draw(widget_id: int) -> None:
    if widget := Widget.objects.filter(pk=widget_id).first():
        render.warm(widget)


@shared_task(soft_time_limit=1200, time_limit=1260)
def export(export_id: int) -> None:
    if exports.has_room():
        exports.make(export_id)
    else:
        export.apply_async((export_id,), countdown=exports.ROOM_SECONDS)


@shared_task
def tend_exports() -> None:
    exports.give_up_lost()
    exports.clean_up()


@shared_task
def clean_up() -> None:
    PageLoad.objects.filter(at__lt=timezone.now() - VITALS_FOR).delete()


@worker_ready.connect
def draw_at_start(**kwargs) -> None:
    draw_all.delay()
