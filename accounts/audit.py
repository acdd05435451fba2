"""The audit: `record` writes what happened, with who did it from where.

Changes of records write themselves (`accounts.audit_watch`): apps above call `record` only for what
changes no record. It writes in the caller's transaction, so what is rolled back has left no event.
Events that would come with every request take ``once``: they are told once an hour."""

from __future__ import annotations

import hashlib
import logging
import os
import secrets
import sys
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from typing import Any

from celery import current_task
from django.conf import settings
from django.core.cache import cache
from django.db import models, transaction
from django.http import HttpRequest
from django.utils import timezone

from accounts import address, audit_values
from accounts.models import Action, ApiToken, AuditEvent

__all__ = ["Action", "acting_as", "because", "during", "person_name", "record", "session_name",
           "silent"]  # fmt: skip

log = logging.getLogger("portal.audit")
HOUR = 3600
WORDS = 20_000  # characters of what the search finds an event by
_request: ContextVar[HttpRequest | None] = ContextVar("request", default=None)
_because: ContextVar[tuple[str, str]] = ContextVar("because", default=("", ""))
_silent: ContextVar[bool] = ContextVar("silent", default=False)


@contextmanager
def _while(variable: ContextVar, value: Any) -> Iterator[None]:
    token = variable.set(value)
    try:
        yield
    finally:
        variable.reset(token)


def during(request: HttpRequest) -> AbstractContextManager[None]:
    """What happens here is done by who asks with this request."""
    return _while(_request, request)


def because(action: str, note: str = "") -> AbstractContextManager[None]:
    """Changes of records that are made here are told as this action."""
    return _while(_because, (action, note))


def silent() -> AbstractContextManager[None]:
    """Changes of records that are made here are no deed of a person, and leave no event."""
    return _while(_silent, True)


def is_silent() -> bool:
    return _silent.get()


def acting_as(request: HttpRequest, person: Any, shown: Any) -> None:
    """Of this request: ``person`` does it, with the view of ``shown``, a person or a text such as
    "role Marketing". Call it where ``request.user`` is not who asks."""
    request.audited_as = (person, shown)


def record(
    action: str,
    about: models.Model | None = None,
    *,
    kind: str = "",
    key: Any = "",
    name: str = "",
    within: models.Model | None = None,
    person: Any = None,
    shown: Any = None,
    changes: Mapping[str, Any] | None = None,
    details: Mapping[str, Any] | None = None,
    note: str = "",
    once: str = "",
) -> None:
    """Write an event: ``action`` on the record ``about``, or on what the texts name.

    ``person``: who did it, where it is not who asks; ``shown``: whom the person viewed as.
    ``changes``: field -> [before, after]; ``details``: more to know, without secrets. ``once``:
    what makes two events the same within an hour from one address, such as ``f"token {pk}"``."""
    request = _request.get()
    event = AuditEvent(action=action, note=audit_values.text(note, AuditEvent.NOTE))
    _say_what(event, about, kind, key, name, within)
    _say_who(event, request, person, shown)
    _say_where(event, request)
    event.changes = audit_values.clean_changes(changes or {})
    event.details = audit_values.clean(details or {})
    event.words = _words(event)
    if once:
        _write_once(event, once)
        return
    event.save(force_insert=True)
    _tell(event)


def _say_what(event, about, kind: str, key: Any, name: str, within) -> None:
    if about is not None:
        kind, key = kind or about._meta.label_lower, key or about.pk
        name, within = name or str(about), within or audit_values.whole_of(about)
    event.kind, event.key = kind, str(key)[:64]
    event.name = audit_values.text(name, AuditEvent.NAME)
    if within is not None:
        event.within_kind, event.within_key = within._meta.label_lower, str(within.pk)


def _say_who(event, request, person, shown) -> None:
    if person is None and request is not None:
        person, asked = getattr(request, "audited_as", (getattr(request, "user", None), None))
        shown = shown or asked
    if person is not None and getattr(person, "is_authenticated", True):
        event.person_key, event.person = getattr(person, "pk", None), person_name(person)
    if shown is not None:
        event.acting_as_key, event.acting_as = getattr(shown, "pk", None), person_name(shown)


def person_name(person: Any) -> str:
    """The name of a person as events keep it."""
    if isinstance(person, str):
        return audit_values.text(person, AuditEvent.NAME)
    full = person.get_full_name()
    said = f"{full} ({person.get_username()})" if full else person.get_username()
    return audit_values.text(said, AuditEvent.NAME)


def _say_where(event, request) -> None:
    if request is None:
        event.via = _outside()
        return
    if not hasattr(request, "audited_id"):
        request.audited_id = secrets.token_hex(8)
    event.request = request.audited_id
    event.address = address.of(request)
    event.agent = audit_values.text(request.META.get("HTTP_USER_AGENT", ""), AuditEvent.AGENT)
    # Never the address of the page: that of a shared one holds its key.
    event.via = (request.resolver_match.view_name or "")[:120] if request.resolver_match else ""
    token = getattr(request, "auth", None)
    if isinstance(token, ApiToken):
        event.session = f"token {token.prefix}"
    elif key := getattr(getattr(request, "session", None), "session_key", None):
        event.session = session_name(key)


def session_name(session_key: str) -> str:
    """How events call a session: of no use for who wants to take it over."""
    return f"session {hashlib.sha256(session_key.encode()).hexdigest()[:10]}"


def _outside() -> str:
    """What does it where nobody asks by HTTP: a task of the worker, or a command."""
    if current_task and current_task.name:
        return f"task {current_task.name}"[:120]
    if os.path.basename(sys.argv[0]) == "manage.py" and len(sys.argv) > 1:
        return f"manage.py {sys.argv[1]}"[:120]
    return ""


def _words(event: AuditEvent) -> str:
    own = (event.person, event.acting_as, event.name, event.note, event.address or "",
           event.session, event.key, event.kind)  # fmt: skip
    texts = [*own, *audit_values.texts(event.details), *audit_values.texts(event.changes)]
    found = dict.fromkeys(word for text in texts for word in audit_values.tokens_of(text))
    return " ".join(found)[:WORDS]


def _write_once(event: AuditEvent, once: str) -> None:
    """One event an hour, of however many processes; each asks the database once an hour."""
    hour = timezone.now().strftime("%Y%m%d%H")
    event.once = f"{hour} {event.action} {event.address or '-'} {once}"[:200]
    seen = f"audit-once:{hashlib.sha256(event.once.encode()).hexdigest()}"
    if cache.get(seen):
        return
    AuditEvent.objects.bulk_create([event], ignore_conflicts=True)
    transaction.on_commit(lambda: cache.set(seen, True, HOUR))
    _tell(event)  # of several processes each may say it


def _tell(event: AuditEvent) -> None:
    """A line for the operator's own log keeper, where no administrator of this database reaches
    it. Without values: they may be such as not everybody who reads logs should see."""
    if settings.AUDIT_LOG:
        line = (f"{event.action} kind={event.kind or '-'} key={event.key or '-'} "
                f"person={event.person_key or '-'} acting_as={event.acting_as_key or '-'} "
                f"address={event.address or '-'} session={event.session or '-'} "
                f"via={event.via or '-'} request={event.request or '-'}")  # fmt: skip
        transaction.on_commit(lambda: log.info("%s", line), robust=True)
