"""Records whose changes leave events by themselves: all of our own apps, and all that the admin
site has, whoever's they are. There is no list: a model that is no configuration but the portal's
own book-keeping says ``audited = False``.

An event is written in the transaction of its change, which is opened where there is none. What goes
past the records (``QuerySet.update``, ``bulk_create``, SQL) goes past this too:
`update` is there for it."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.contrib.auth.models import Group, Permission
from django.db import DEFAULT_DB_ALIAS, models, transaction
from django.db.models.signals import m2m_changed, pre_delete
from simple_history.models import HistoricalChanges

from accounts import audit, audit_values
from accounts.models import Action

_watched: dict[type[models.Model], bool] = {}
_always: set[type[models.Model]] = set()
CLEARED = "_audit_cleared"  # what a relation had before it was emptied


def watch_own() -> None:
    """All records of our own apps."""
    for config in apps.get_app_configs():
        if Path(config.path).parent == Path(settings.BASE_DIR):
            for model in config.get_models():
                watch(model, always=True)


def is_watched(model: type[models.Model]) -> bool:
    return _watched.get(model, False)


def watched() -> list[type[models.Model]]:
    return [model for model, on in _watched.items() if on]


def watch(model: type[models.Model], *, always: bool = False) -> None:
    """From now on each change of such a record leaves an event; ``always``: whatever the admin site
    does with it."""
    told_elsewhere = issubclass(model, HistoricalChanges) or model._meta.swapped
    if told_elsewhere or not getattr(model, "audited", True):
        return
    if model not in _watched:
        model.save_base = _saves(model.save_base)
        pre_delete.connect(_deleted, sender=model, dispatch_uid=f"audit {model._meta.label}")
        for field in model._meta.many_to_many:
            through = field.remote_field.through
            m2m_changed.connect(_related, sender=through, dispatch_uid=f"audit {field}")
    _watched[model] = True
    if always:
        _always.add(model)


def unwatch(model: type[models.Model]) -> None:
    """The admin site has it no more; others than our own were watched for that alone."""
    if model in _watched:
        _watched[model] = model in _always


def _saves(save_base):
    """``Model.save_base``, which `save` and all that creates records come to."""

    @functools.wraps(save_base)
    def saved(self, *args, using=None, update_fields=None, **kwargs):
        model = type(self)._meta.concrete_model
        using = using or DEFAULT_DB_ALIAS
        names = _names(self, update_fields)
        if not names or not is_watched(model) or audit.is_silent():
            return save_base(self, *args, using=using, update_fields=update_fields, **kwargs)
        with transaction.atomic(using=using, savepoint=False):
            before = audit_values.stored(model, self.pk, names, using) if self.pk else None
            note = getattr(self, "_change_reason", None) or ""
            result = save_base(self, *args, using=using, update_fields=update_fields, **kwargs)
            after = audit_values.stored(model, self.pk, names, using)
            _tell(self, before, after, note)
        return result

    return saved


def _names(instance, update_fields) -> list[str]:
    absent = instance.get_deferred_fields()
    names = [f.name for f in audit_values.fields_of(type(instance)) if f.attname not in absent]
    if "password" in names and update_fields is not None and set(update_fields) == {"password"}:
        # A log-in stores a password anew when hashes got stronger; it is the same password.
        names = names if getattr(instance, "_password", "") is not None else []
    if update_fields is not None:
        fields = {instance._meta.get_field(name).name for name in update_fields}
        names = [name for name in names if name in fields]
    return names


def _tell(instance, before: dict | None, after: dict | None, note: str = "") -> None:
    changes = audit_values.difference(type(instance), before, after)
    if before and after and not changes:
        return
    action, wanted_note = audit._because.get()
    own = _action(instance, before, after, changes)
    audit.record(
        action if action and own in (Action.CHANGED, Action.RIGHTS) else own,
        instance, changes=changes, note=note or wanted_note, person=_author(instance),
    )  # fmt: skip


def _author(instance):
    """Who changed it, where nobody asks by HTTP: the one whom the history will name."""
    return None if audit._request.get() else getattr(instance, "_history_user", None)


def _action(instance, before, after, changes) -> str:
    if not before:
        return Action.CREATED
    if not after:
        return Action.DELETED
    if "revoked_at" in changes and before["revoked_at"] is None:
        return Action.REVOKED
    if set(changes) == {"password"} and hasattr(instance, "check_password"):
        return Action.PASSWORD
    return Action.RIGHTS if set(changes) & set(_rights(type(instance))) else Action.CHANGED


def _rights(model) -> tuple[str, ...]:
    """Fields that say who may do what."""
    return getattr(model, "audit_rights", ())


def _deleted(sender, instance, using, **kwargs) -> None:
    """Django deletes in one transaction what these signals tell of."""
    if not is_watched(sender) or audit.is_silent():
        return
    names = [field.name for field in audit_values.fields_of(sender)]
    before = audit_values.stored(sender, instance.pk, names, using) or {}
    changes = audit_values.difference(sender, before, None)
    for field in sender._meta.many_to_many:
        if held := audit_values.named(list(getattr(instance, field.name).all())):
            changes[field.name] = [held, None]
    note = getattr(instance, "_change_reason", None) or audit._because.get()[1]
    audit.record(
        Action.DELETED, instance, changes=changes, note=note, person=_author(instance)
    )  # fmt: skip


def _related(sender, instance, action, reverse, model, pk_set, using, **kwargs) -> None:
    """Records were put into a relation or taken out of it, from either of its ends."""
    if audit.is_silent() or not (is_watched(type(instance)) or is_watched(model)):
        return
    name, relation = _relation(sender, instance, reverse)
    if relation is None:
        return
    if action == "pre_clear":
        setattr(instance, CLEARED, audit_values.named(list(relation.all())))
    elif action == "post_clear":
        if before := getattr(instance, CLEARED, []):
            _tell_relation(instance, name, model, before, [])
    elif action in ("post_add", "post_remove") and pk_set:
        after = audit_values.named(list(relation.all()))
        moved = audit_values.named(list(model._base_manager.using(using).filter(pk__in=pk_set)))
        if action == "post_add":
            before = [one for one in after if one["key"] not in pk_set]
        else:
            before = sorted([*after, *moved], key=lambda one: one["key"])
        _tell_relation(instance, name, model, before, after)


def _relation(through, instance, reverse: bool) -> tuple[str, Any]:
    for field in instance._meta.get_fields():
        if not field.many_to_many or (field.auto_created and not reverse):
            continue
        owner = field.field if field.auto_created else field
        if owner.remote_field.through is through and field.auto_created is reverse:
            name = field.get_accessor_name() if field.auto_created else field.name
            return name, getattr(instance, name) if name else None
    return "", None


def _tell_relation(instance, name: str, model, before: list, after: list) -> None:
    gives = issubclass(model, Group | Permission) or issubclass(type(instance), Group)
    audit.record(
        Action.RIGHTS if gives else Action.CHANGED,
        instance, changes={name: [before, after]}, person=_author(instance),
        note=getattr(instance, "_change_reason", None) or audit._because.get()[1],
    )  # fmt: skip


def update(found: models.QuerySet, **values: Any) -> int:
    """``found.update(**values)`` with an event for each record that it changes."""
    model = found.model
    names = [f.name for f in audit_values.fields_of(model) if f.name in values]
    with transaction.atomic(using=found.db, savepoint=False):
        before = {record.pk: record for record in found.select_for_update(of=("self",))}
        old = {pk: audit_values.stored(model, pk, names, found.db) for pk in before}
        mine = model._base_manager.using(found.db).filter(pk__in=before)
        count = mine.update(**values)
        for pk, record in before.items():
            _tell(record, old[pk], audit_values.stored(model, pk, names, found.db))
    return count
