"""Old events are removed: the one way in which PostgreSQL lets them go."""

from __future__ import annotations

from django.conf import settings
from django.db import connection, transaction

from accounts import audit
from accounts.audit import Action

BATCH = 10_000  # rows of one transaction
LEAST_DAYS = 30  # PostgreSQL refuses to remove younger ones, whoever asks: see the migration

REMOVE = """
    DELETE FROM accounts_auditevent WHERE id IN (
        SELECT id FROM accounts_auditevent
        WHERE at < statement_timestamp() - make_interval(days => %s) ORDER BY at LIMIT %s)
"""


def prune(days: int | None = None) -> int:
    """Remove events that are older than AUDIT_KEEP_DAYS; how many. An event says so, in the
    transaction of each batch."""
    days = max(settings.AUDIT_KEEP_DAYS if days is None else days, LEAST_DAYS)
    removed = 0
    while gone := _batch(days):
        removed += gone
        if gone < BATCH:
            break
    return removed


def _batch(days: int) -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('audit.retention', 'on', true)")
        cursor.execute(REMOVE, [days, BATCH])
        gone = cursor.rowcount
        cursor.execute("SELECT set_config('audit.retention', 'off', true)")
        if gone:
            said = f"{gone:,} events of more than {days} days ago"
            audit.record(
                Action.AUDIT_PRUNED, kind="accounts.auditevent", note=said,
                details={"removed": gone, "days": days},
            )  # fmt: skip
    return gone
