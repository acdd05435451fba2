"""Beat with nothing but its own tables: ``python -m portal.beat``.

`celery beat` loads every app and task to send two names every few seconds; this takes a third of
its memory. The schedule, its scheduler and what it stores are the same.
"""

import os
import signal
from types import FrameType
from typing import NoReturn

import django
from celery.beat import Service
from django.conf import settings

from portal.celery import app


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    settings.INSTALLED_APPS = ["django_celery_beat"]
    django.setup()
    service = Service(
        app,
        max_interval=settings.CELERY_BEAT_MAX_LOOP_INTERVAL,
        scheduler_cls=settings.CELERY_BEAT_SCHEDULER,
    )

    def end(number: int, frame: FrameType | None) -> NoReturn:
        service.sync()
        raise SystemExit(0)

    signal.signal(signal.SIGTERM, end)
    service.start()


if __name__ == "__main__":
    main()
