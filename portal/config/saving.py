"""Writing one record of a file: checked as its form checks it, with its reason in the history."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import models

from accounts.models import User
from portal.config.errors import DefinitionRefused, Problem
from portal.config.kinds import Kind
from portal.config.parts import Part
from portal.config.reading import step


@dataclass(frozen=True, slots=True)
class Author:
    """Who writes (None: the operator), and what the history says of it."""

    person: User | None
    reason: str

    def sign(self, record: models.Model) -> None:
        record._change_reason = self.reason
        if self.person is not None:
            record._history_user = self.person


def fill(part: Part, record: models.Model) -> None:
    """The record's own fields, as far as the file speaks of them."""
    for key in part.kind.keys:
        if key.name in part.values:
            try:
                setattr(record, key.of, key.read(part.values[key.name]))
            except ValueError as error:
                raise DefinitionRefused(str(error), step(part.path, key.name)) from error


def save(part: Part, record: models.Model, author: Author, path: str = "", **more: Any) -> None:
    """Raises `DefinitionRefused` at the key that the record's own rules refuse."""
    path = path or part.path
    try:
        record.full_clean()
    except ValidationError as error:
        raise DefinitionRefused("", problems=list(_problems(part.kind, error, path))) from error
    author.sign(record)
    record.save(**more)


def _problems(kind: Kind, error: ValidationError, path: str):
    names = {key.of: key.name for key in kind.keys} | {f: n for n, f in kind.names.items()}
    for name, messages in error.message_dict.items():
        at = path if name == "__all__" else step(path, names.get(name, name))
        for message in messages:
            yield Problem(at, message)


def set_roles(part: Part, record: models.Model, author: Author) -> None:
    """Roles that the file names; those that do not exist are made, without any right."""
    for key in ("view_roles", "edit_roles", "default_roles"):
        if key in part.kind.names and key in part.values:
            wanted = [Group.objects.get_or_create(name=n)[0] for n in part.values[key]]
            relate(record, key, wanted, author)


def relate(record: models.Model, name: str, wanted: list, author: Author) -> None:
    relation = getattr(record, name)
    if {r.pk for r in relation.all()} != {r.pk for r in wanted}:
        author.sign(record)
        relation.set(wanted)


def owner_of(part: Part, author: Author) -> User | None:
    """The person whom the file names, else who imports what is new."""
    if name := part.values.get("owner"):
        found = User.objects.filter(username=name).first()
        if found is not None:
            return found
    return part.record.owner if part.record is not None else author.person
