"""What a single sign-on says of a person, kept in step with the account here.

Accounts are matched by the issuer's own lasting key of the person, never by a name or a mail
address, which may be given to somebody else there. Roles, attributes and rights that the issuer
gave are taken back when it says so; what was given by hand here stays."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.models import Identity, User

log = logging.getLogger(__name__)

LONGEST = 200  # characters of a value of an attribute


class Refused(ValueError):
    """Why this person does not get in; told to the person."""


@dataclass(frozen=True)
class Claims:
    issuer: str
    subject: str
    username: str
    first_name: str = ""
    last_name: str = ""
    email: str = ""  # only one that the issuer has verified
    groups: frozenset[str] = frozenset()
    attributes: Mapping[str, list[str]] = field(default_factory=dict)


def values_at(said: Mapping[str, Any], path: str) -> list[str]:
    """The texts at a claim, which may lie inside others: realm_access.roles."""
    found: Any = said.get(path)
    if found is None and "." in path:
        found = said
        for part in path.split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
    found = found if isinstance(found, list | tuple) else [found]
    return [str(one)[:LONGEST] for one in found if isinstance(one, str | int) and str(one)]


def attributes_of(said: Mapping[str, Any]) -> dict[str, list[str]]:
    found = {name: values_at(said, claim) for name, claim in settings.SSO_ATTRIBUTES.items()}
    return {name: values for name, values in found.items() if values}


@transaction.atomic
def person_of(claims: Claims) -> User:
    """The account of who signs in, in step with the claims; raises `Refused`."""
    if not claims.subject:
        raise Refused("The single sign-on did not say who you are.")
    known = Identity.objects.select_for_update().select_related("user").filter(
        issuer=claims.issuer, subject=claims.subject
    ).first()  # fmt: skip
    identity = known or _new(claims)
    if not identity.user.is_active:
        raise Refused("Your account here is closed. An admin of the portal can open it.")
    _keep_in_step(identity, claims)
    return identity.user


def _new(claims: Claims) -> Identity:
    """An account for somebody who comes for the first time. One of the same name is never taken
    over: an administrator connects the two."""
    if not settings.SSO_CREATES_PEOPLE:
        raise Refused("You have no account here yet. An admin of the portal can connect one.")
    if User.objects.filter(username__iexact=claims.username).exists():
        raise Refused(
            f"An account {claims.username} exists here already, and nothing says that it is yours. "
            "An admin of the portal can connect it with your single sign-on."
        )
    user = User(username=claims.username, email=claims.email)
    user.set_unusable_password()
    try:
        user.full_clean(exclude=["password"])
        with transaction.atomic():
            user.save()
            return Identity.objects.create(user=user, issuer=claims.issuer, subject=claims.subject)
    except (ValidationError, IntegrityError) as error:
        log.warning("No account could be made for subject %r: %s", claims.subject, error)
        raise Refused("No account could be made from what the single sign-on says.") from error


def _keep_in_step(identity: Identity, claims: Claims) -> None:
    user = identity.user
    _roles(identity, user, claims)
    _attributes(identity, user, claims)
    _flags(identity, user, claims)
    for name in ("first_name", "last_name", "email"):
        if value := getattr(claims, name)[: User._meta.get_field(name).max_length]:
            setattr(user, name, value)
    user.save(update_fields=[
        "first_name", "last_name", "email", "attributes", "is_staff", "is_superuser"])  # fmt: skip
    identity.last_used_at = timezone.now()
    identity.save()


def _roles(identity: Identity, user: User, claims: Claims) -> None:
    names = {settings.SSO_ROLES[group] for group in claims.groups if group in settings.SSO_ROLES}
    wanted = set(Group.objects.filter(name__in=names))
    if missing := names - {role.name for role in wanted}:
        log.warning("SSO_ROLES names roles that do not exist: %s", ", ".join(sorted(missing)))
    held, given = set(user.groups.all()), set(identity.roles.all())
    added, taken = wanted - held, (given & held) - wanted
    user.groups.add(*added)
    user.groups.remove(*taken)
    identity.roles.set((given | added) & wanted)


def _attributes(identity: Identity, user: User, claims: Claims) -> None:
    """Those with a name in SSO_ATTRIBUTES are the issuer's: it says them anew each time."""
    held = user.attributes.items()
    kept = {name: value for name, value in held if name not in identity.attributes}
    said = {name: values[0] if len(values) == 1 else values
            for name, values in claims.attributes.items()}  # fmt: skip
    user.attributes = kept | said
    identity.attributes = sorted(said)


def _flags(identity: Identity, user: User, claims: Claims) -> None:
    """Staff, and superuser for one named group; without its setting nobody becomes one."""
    boss = bool(settings.SSO_SUPERUSER_GROUP) and settings.SSO_SUPERUSER_GROUP in claims.groups
    wanted = {"is_superuser": boss,
              "is_staff": boss or bool(claims.groups & set(settings.SSO_STAFF_GROUPS))}  # fmt: skip
    for name, wants in wanted.items():
        has, given = getattr(user, name), name in identity.flags
        if wants and not has:
            setattr(user, name, True)
            identity.flags = [*identity.flags, name]
        elif given and not wants:
            setattr(user, name, False)
            identity.flags = [flag for flag in identity.flags if flag != name]
