import os

from celery import Celery
from celery.signals import setup_logging

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

app = Celery("portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["accounts", "datasets", "dashboards", "portal.demo"])


@setup_logging.connect
def keep_logging(**kwargs) -> None:
    """Django has set it up, with lines that hide secrets; a worker would write others."""
