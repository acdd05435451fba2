"""Dashboards, chart templates and themes as files: read, compared, applied, written.

The format is the customer's own (``dashboard_id``, ``data_sources`` with named ``queries``,
``widgets`` with ``query`` and ``visualization``), with more keys where a record has more to say;
``config/schema`` describes it. Records are known by slugs, names and titles, never by their keys
in the database. A file that is wrong changes nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from django.db import transaction

from accounts import audit
from accounts.audit import Action
from dashboards.models import Dashboard
from portal.config import applying, rights
from portal.config.difference import Difference, Wish, compute
from portal.config.errors import ChangedSince, DefinitionRefused, Problem
from portal.config.reading import parse
from portal.config.saving import Author

__all__ = ["ChangedSince", "DefinitionRefused", "Difference", "Problem", "Wish", "apply",
           "apply_all", "apply_file", "definitions", "parse", "plan", "token"]  # fmt: skip

REASON = "Applied from a file"
#: Keys under which a file holds several records.
TOGETHER = ("chart_templates", "themes", "dashboards")


def definitions(found: Any) -> list[dict[str, Any]]:
    """The definitions of a file: one, a list of them, or several under ``dashboards``."""
    if isinstance(found, dict) and (kinds := [key for key in TOGETHER if key in found]):
        several = found.get("dashboards", [])
        if not isinstance(several, list):
            raise DefinitionRefused("It must be a list.", "$.dashboards")
        if unknown := set(found) - {*TOGETHER, "$schema"}:
            raise DefinitionRefused("It does not belong beside the others.", f"$.{min(unknown)}")
        return [*({key: found[key]} for key in kinds if key != "dashboards"), *several]
    if not isinstance(found, list):
        return [found]
    if not found or not all(isinstance(one, dict) for one in found):
        raise DefinitionRefused("It must hold definitions, each an object in braces.")
    return found


def plan(found: Iterable[Any], wish: Wish) -> list[Difference]:
    """What the definitions would change. They are applied, all of them, and taken back: so what is
    told is what will be done, and what the records refuse is known."""
    return _run(found, wish, Author(wish.person, REASON), keep=False)


def apply_all(
    found: Iterable[Any], wish: Wish, *, seen: str = "", reason: str = REASON
) -> list[Difference]:
    """Apply the definitions, all of them or none: with a problem in one, nothing is written.

    ``seen`` is the `token` of the difference that was shown; raises `ChangedSince` when another one
    would be applied now."""
    return _run(found, wish, Author(wish.person, reason), keep=True, seen=seen)


def token(found: list[Difference]) -> str:
    """Same for two differences that were made of the same files and the same records."""
    return hashlib.sha256("".join(one.made_of for one in found).encode()).hexdigest()


def _run(found, wish: Wish, author: Author, *, keep: bool, seen: str = "") -> list[Difference]:
    made = []
    with transaction.atomic():
        for definition in found:
            one = compute(definition, wish)
            _look(one, wish)
            if not one.problems:
                _write(one, author)
            made.append(one)
        if seen and seen != token(made):
            raise ChangedSince(
                "Somebody changed these records since the difference was shown. Look at it again."
            )
        if not keep or any(one.problems for one in made):
            transaction.set_rollback(True)
        else:
            _tell(made, author)
    return made


def _tell(made: list[Difference], author: Author) -> None:
    """Each record that was changed has told of itself; this says that it was one import."""
    changed = [one for one in made if not one.is_empty]
    if changed:
        audit.record(
            Action.CONFIG_IMPORTED, name=", ".join(one.name for one in changed), note=author.reason,
            person=author.person, details={one.name: dict(one.counts()) for one in changed},
        )  # fmt: skip


def _look(one: Difference, wish: Wish) -> None:
    one.new_roles = rights.missing_roles(one)
    if wish.person is not None:
        forbidden = list(rights.problems(one, wish.person))
        one.problems += forbidden
        if forbidden:  # what stands in records that are not theirs is not told
            one.entries = []


def _write(one: Difference, author: Author) -> None:
    try:
        with transaction.atomic():
            applying.write(one, author)
    except DefinitionRefused as error:
        one.problems += error.problems


def apply(definition: dict[str, Any], *, replace: bool = False) -> Dashboard:
    """Make the dashboard of one definition; what exists is left as people made it, unless
    ``replace``. Raises `DefinitionRefused`."""
    [found] = apply_all([definition], Wish(replace=replace))
    if found.problems:
        raise DefinitionRefused("", problems=found.problems)
    return found.dashboard


def apply_file(path: Path, *, replace: bool = False) -> Dashboard | None:
    """Apply all of a file, and give its first dashboard; a refusal begins with the file's name."""
    try:
        found = apply_all(definitions(parse(path.read_bytes())), Wish(replace=replace))
        if problems := [problem for one in found for problem in one.problems]:
            raise DefinitionRefused("", problems=problems)
    except DefinitionRefused as error:
        named = [Problem(f"{path.name}: {p.path}", p.message) for p in error.problems]
        raise DefinitionRefused("", problems=named) from error
    return next((one.dashboard for one in found if one.dashboard), None)
