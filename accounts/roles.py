"""The roles that the portal ships with, and what follows from a person's roles."""

from __future__ import annotations

from dataclasses import dataclass

from django.apps import apps
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission
from django.db.models import Q
from django.db.models.signals import m2m_changed, post_save, pre_delete, pre_save

from accounts import audit
from accounts.models import RoleProfile, User

EXPORT, SHARE, EXPLORE = "export_dashboard", "share_dashboard", "explore_dataset"
#: Rights that nobody had to be given while they were none: for roles that were there before.
ALWAYS_HELD = (EXPORT, EXPLORE)


@dataclass(frozen=True, slots=True)
class Shipped:
    description: str
    rights: tuple[str, ...] = ()
    enters_admin: bool = False
    administers: bool = False


SHIPPED = {
    "Viewer": Shipped("Looks at dashboards; takes nothing away."),
    "Executive": Shipped("Looks at dashboards and takes them away.", (EXPORT,)),
    "Marketing": Shipped("Looks, takes away, and reads single rows.", (EXPORT, EXPLORE)),
    "Operations": Shipped("Looks, takes away, and reads single rows.", (EXPORT, EXPLORE)),
    "Analyst": Shipped(
        "Makes sources, datasets and dashboards, and shares them.",
        (EXPORT, EXPLORE, SHARE),
        enters_admin=True,
    ),
    "Admin": Shipped("Does everything.", enters_admin=True, administers=True),
}


def ensure_shipped(**kwargs) -> None:
    """The shipped roles in a database that has never had any; afterwards they are its own, to be
    changed and deleted. Roles from before they had rights keep what they could do."""
    if RoleProfile.objects.exists():
        return
    with audit.silent():  # nobody's deed
        _ship()


def _ship() -> None:
    for app in apps.get_app_configs():
        create_permissions(app, verbosity=0)
    for role in Group.objects.all():
        RoleProfile.objects.create(role=role)
        sharers = role.permissions.filter(codename="change_dashboard").exists()
        role.permissions.add(*_named((*ALWAYS_HELD, SHARE) if sharers else ALWAYS_HELD))
    for name, shipped in SHIPPED.items():
        role, _ = Group.objects.get_or_create(name=name)
        RoleProfile.objects.update_or_create(
            role=role,
            defaults={
                "description": shipped.description,
                "enters_admin": shipped.enters_admin,
                "administers": shipped.administers,
            },
        )
        role.permissions.add(*_named(shipped.rights))
        if name == "Analyst":
            role.permissions.add(*_work())


def _named(codenames) -> list[Permission]:
    return list(Permission.objects.filter(codename__in=codenames))


def _work():
    """All on datasets and dashboards, but a source takes its datasets with it: no deletion. Owners
    and roles are chosen from lists, which need the right to look at them. Tokens of their own."""
    work = Q(content_type__app_label__in=["datasets", "dashboards"])
    lists = Q(content_type__app_label__in=["accounts", "auth"])
    lists &= Q(codename__in=["view_user", "view_group"])
    tokens = Q(content_type__app_label="accounts", content_type__model="apitoken")
    return Permission.objects.filter(work | lists | tokens).exclude(codename="delete_source")


def grants(role: Group) -> set[str]:
    """Flags of a person that a role sets, as they are stored now."""
    profile = RoleProfile.objects.filter(role=role).first()
    return profile.flags if profile else set()


def beyond(person, permissions=(), roles=()) -> list[str]:
    """What of these rights and roles the person does not hold, and so may not give to anybody."""
    if person.is_superuser:
        return []
    held = person.get_all_permissions()
    found = [one.name for one in permissions if _full(one) not in held]
    for role in roles:
        mine = {_full(one) for one in role.permissions.select_related("content_type")}
        flags = grants(role) - ({"is_staff"} if person.is_staff else set())
        # A role also opens records and rows, which none of its rights tell.
        if role.pk not in person.role_ids or flags or mine - held:
            found.append(role.name)
    return found


def exceeds(other, person) -> bool:
    """Whether somebody may do or see what the person may not: who changes their account could sign
    in as them."""
    if person.is_superuser:
        return False
    more = other.get_all_permissions() - person.get_all_permissions()
    more |= {*(other.role_ids - person.role_ids), *foreign(other.attributes, person)}
    return other.is_superuser or bool(more)


def foreign(attributes, person) -> set[str]:
    """Names of attributes with a value that the person does not have: rules give rows by them."""
    if person.is_superuser:
        return set()
    own = person.attributes
    return {name for name in attributes if not _values(attributes, name) <= _values(own, name)}


def _values(attributes, name: str) -> set[str]:
    held = attributes.get(name, [])
    return set(held) if isinstance(held, list) else {held}


def _full(permission: Permission) -> str:
    return f"{permission.content_type.app_label}.{permission.codename}"


def _gain(person: User, flags: set[str]) -> None:
    _set(person, flags, True)


def _lose(person: User, flags: set[str], roles=()) -> None:
    """Flags that came from these roles, or from what a role was; those of other roles stay."""
    others = person.groups.exclude(pk__in=[role.pk for role in roles])
    _set(person, flags - set().union(*map(grants, others), set()), False)


def _set(person: User, flags: set[str], value: bool) -> None:
    changed = [flag for flag in sorted(flags) if getattr(person, flag) != value]
    for flag in changed:
        setattr(person, flag, value)
    if changed:
        person.save(update_fields=changed)


def _roles_changed(sender, instance, action, pk_set, reverse, **kwargs) -> None:
    """``reverse``: somebody changed the people of a role, not the roles of a person."""
    if action not in ("post_add", "post_remove", "pre_clear"):
        return
    if reverse:
        roles, people = [instance], User.objects.filter(groups=instance)
        people = people if pk_set is None else User.objects.filter(pk__in=pk_set)
    else:
        people, roles = [instance], instance.groups.all()
        roles = roles if pk_set is None else Group.objects.filter(pk__in=pk_set)
    flags = set().union(*map(grants, roles), set())
    for person in people:
        if action == "post_add":
            _gain(person, flags)
        else:
            _lose(person, flags, roles)


def _role_goes(sender, instance, **kwargs) -> None:
    for person in User.objects.filter(groups=instance):
        _lose(person, grants(instance), [instance])


def _profile_changes(sender, instance, **kwargs) -> None:
    instance.had = grants(instance.role)


def _profile_changed(sender, instance, **kwargs) -> None:
    has = instance.flags
    for person in User.objects.filter(groups=instance.role):
        _lose(person, instance.had - has)
        _gain(person, has)


def connect() -> None:
    m2m_changed.connect(_roles_changed, sender=User.groups.through)
    pre_delete.connect(_role_goes, sender=Group)
    pre_save.connect(_profile_changes, sender=RoleProfile)
    post_save.connect(_profile_changed, sender=RoleProfile)
