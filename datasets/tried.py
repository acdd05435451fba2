"""What people try out in forms that may be saved nowhere, for the audit."""

from accounts import audit
from accounts.audit import Action
from datasets.models import Dataset, Source


def tell_connected(source: Source, stored: Source | None, what: str, error: str) -> None:
    """Where somebody let the portal connect to, with a form that may be saved nowhere."""
    where = {name: getattr(source, name) for name in ("kind", "host", "port", "database",
                                                      "username", "options")}  # fmt: skip
    audit.record(
        Action.CONNECTED, kind=Source._meta.label_lower, key=stored.pk if stored else "",
        name=source.name, details={"asked for": what, **where, "refused because": error},
    )  # fmt: skip


def tell_sql(wanted: Dataset, stored: Dataset | None) -> None:
    audit.record(
        Action.PREVIEWED, stored, kind=Dataset._meta.label_lower, name=str(stored or "new dataset"),
        details={"source": wanted.source.name, "sql": wanted.sql},
    )  # fmt: skip
