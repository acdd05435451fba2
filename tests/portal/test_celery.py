"""What a worker knows when it starts."""

import subprocess
import sys

from django.conf import settings

SAY = """
from portal.celery import app
import django
django.setup()
app.loader.import_default_modules()
print(*app.tasks)
"""


def test_a_worker_knows_every_task_that_is_sent_to_it():
    """In a process of its own: here the pages have imported the tasks."""
    run = subprocess.run([sys.executable, "-c", SAY], capture_output=True, text=True, check=True,
                         cwd=settings.BASE_DIR)  # fmt: skip
    sent = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}

    assert sent | {"accounts.tasks.send_way_back"} <= set(run.stdout.split())
