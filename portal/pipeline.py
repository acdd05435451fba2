"""The flow after a new snapshot, in order; the one receiver of ``snapshot_ready``."""

from django.dispatch import receiver

from dashboards import live
from datasets.signals import snapshot_ready


@receiver(snapshot_ready)
def run_pipeline(sender, snapshot, **kwargs):
    live.publish(snapshot)
