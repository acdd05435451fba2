from django.dispatch import Signal

#: Sent after commit with ``snapshot``; its one receiver is `portal.pipeline`.
snapshot_ready = Signal()
