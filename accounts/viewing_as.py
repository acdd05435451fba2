"""See the portal as somebody else sees it: a person, or somebody with one role and attributes.

Kept in the session of who looks. Nothing can be changed meanwhile, every page says so, and what
belongs to a person alone, such as the password, is not shown."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Group
from django.shortcuts import render
from django.utils.deprecation import MiddlewareMixin

from accounts import audit, roles
from accounts.keys import is_key
from accounts.models import User

KEY = "viewing_as"
RIGHT = "accounts.view_as_user"
SAFE = ("GET", "HEAD", "OPTIONS")


def begin(session, other: User) -> None:
    """``other``: a person, or one who is only thought of, by `somebody`."""
    if other.as_role is None:
        held = {"user": other.pk}
    else:
        held = {"role": other.as_role.pk, "attributes": other.attributes}
    audit.record(audit.Action.VIEW_AS_BEGAN, about=other.as_role or other, shown=other,
                 details={"attributes": other.attributes})  # fmt: skip
    session[KEY] = held


def end(session) -> None:
    if held := session.pop(KEY, None):
        other = _other(held)
        about = (other.as_role or other) if other else None
        audit.record(audit.Action.VIEW_AS_ENDED, about=about, shown=other)


def may(real: User, other: User) -> bool:
    """Who has the right; superusers are seen by superusers alone."""
    return real.has_perm(RIGHT) and (real.is_superuser or not other.is_superuser)


def person_of(session, real: User) -> User:
    """Whom the person of a session sees the portal as: mostly nobody else."""
    held = session.get(KEY)
    if not held:
        return real
    other = _other(held)
    if other is None or not may(real, other):
        return real
    other.viewed_by = real
    return other


def _other(held: dict[str, Any]) -> User | None:
    if is_key(key := held.get("user", "")):
        return User.objects.filter(pk=key, is_active=True).first()
    role = Group.objects.filter(pk=held["role"]).first() if is_key(held.get("role", "")) else None
    return somebody(role, held.get("attributes") or {}) if role else None


def somebody(role: Group, attributes: dict) -> User:
    """A person who is only thought of. It has no record: its key is none of a person's."""
    return User(
        pk=0, username=f"role-{role.pk}", first_name="Somebody", last_name=f"with the role {role}",
        attributes=attributes, as_role=role, **dict.fromkeys(roles.grants(role), True),
    )  # fmt: skip


def _has_person(view) -> bool:
    """Views of the API look at the session too, though they say that they need none."""
    return getattr(view, "login_required", True) or hasattr(view, "cls")


def as_oneself(view):
    """Mark a view that is used as oneself, also while somebody looks as somebody else."""
    view.as_oneself = True
    return view


def for_oneself(view):
    """Mark a view of what belongs to a person alone: nobody sees it as somebody else."""
    view.for_oneself = True
    return view


class ViewingAs(MiddlewareMixin):
    """``request.user`` is who is seen; ``viewed_by`` of it is who looks."""

    def process_view(self, request, view, arguments, named):
        if not _has_person(view) or not request.user.is_authenticated:
            return None
        other = person_of(request.session, request.user)
        if other is request.user or getattr(view, "as_oneself", False):
            return None
        audit.acting_as(request, request.user, other)
        request.user = other
        if request.method in SAFE and not getattr(view, "for_oneself", False):
            return None
        return render(request, "accounts/viewing_as.html", status=403)
