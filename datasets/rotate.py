"""Encrypt stored secrets anew with the first of ENCRYPTION_KEYS."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.db import models, transaction
from django.db.models.functions import Cast

from accounts import audit, encryption
from accounts.audit import Action


@dataclass
class Found:
    """The secrets of one field: how many were under which key, and which nobody can read."""

    where: str
    newest: int = 0
    older: int = 0
    unreadable: list[str] = field(default_factory=list)


def look() -> list[Found]:
    """How the secrets are encrypted. Nothing is changed."""
    return [_field(model, one, write=False) for model, one in encryption.encrypted_fields()]


def rotate() -> list[Found]:
    """All or nothing: with an error in one record, none is changed. Rows are locked, so what
    somebody saves meanwhile is not overwritten. What no key opens stays as it is."""
    with transaction.atomic():
        found = [_field(model, one, write=True) for model, one in encryption.encrypted_fields()]
        if done := {one.where: one.older for one in found if one.older}:
            audit.record(Action.SECRETS_ROTATED, details=done)
    return found


def _field(model: type[models.Model], one: encryption.EncryptedField, *, write: bool) -> Found:
    found = Found(f"{model._meta.label}.{one.name}")
    rows = model._base_manager.order_by("pk")
    if write:
        rows = rows.select_for_update(of=("self",))
    # The text as it is stored, which the field itself would decrypt.
    raw = rows.annotate(as_stored=Cast(one.name, models.TextField())).exclude(as_stored="")
    for pk, stored in raw.values_list("pk", "as_stored"):
        if encryption.is_newest(stored):
            found.newest += 1
        elif (rotated := encryption.anew(stored)) is None:
            found.unreadable.append(f"{model._base_manager.get(pk=pk)} ({pk})")
        else:
            found.older += 1
            if write:
                model._base_manager.filter(pk=pk).update(**{one.name: rotated})
    return found
