"""What roles give: rights of their own kind, the flags of people, and nothing beyond the giver."""

import pyarrow as pa
import pytest
from django.contrib.auth.models import Group, Permission
from django.urls import reverse

from accounts import roles
from accounts.models import RoleProfile, User
from tests.factories.dashboards import WidgetFactory
from tests.factories.datasets import publish
from tests.factories.people import PersonFactory, RoleFactory


def role(name, **profile):
    found = RoleFactory(name=name)
    RoleProfile.objects.update_or_create(role=found, defaults=profile)
    return found


def flags(person):
    person = User.objects.get(pk=person.pk)
    return person.is_staff, person.is_superuser


# --- Shipped ones


def test_the_shipped_roles_are_there_with_what_they_may(db):
    RoleProfile.objects.all().delete()
    Group.objects.all().delete()
    roles.ensure_shipped()

    may = {
        found.name: {one.codename for one in found.permissions.all()}
        for found in Group.objects.all()
    }
    assert set(may) == set(roles.SHIPPED)
    assert may["Viewer"] == set()
    assert may["Executive"] == {"export_dashboard"}
    assert may["Marketing"] == may["Operations"] == {"export_dashboard", "explore_dataset"}
    assert {"add_dataset", "change_dashboard", "share_dashboard"} <= may["Analyst"]
    assert not {"delete_source", "change_user", "change_group"} & may["Analyst"]


def test_a_shipped_role_that_was_deleted_does_not_come_back(db):
    roles.ensure_shipped()
    Group.objects.get(name="Executive").delete()
    roles.ensure_shipped()

    assert not Group.objects.filter(name="Executive").exists()


def test_roles_from_before_keep_what_their_people_could_do(db):
    RoleProfile.objects.all().delete()
    old, makers = RoleFactory(name="Old"), RoleFactory(name="Makers")
    makers.permissions.add(Permission.objects.get(codename="change_dashboard"))
    by_hand = PersonFactory(is_staff=True, roles=["Old"])

    roles.ensure_shipped()

    held = set(old.permissions.values_list("codename", flat=True))
    assert held == {"export_dashboard", "explore_dataset"}
    assert makers.permissions.filter(codename="share_dashboard").exists()
    assert flags(by_hand) == (True, False)


# --- Flags


def test_a_role_makes_its_people_staff_and_stops_to(db):
    analysts = role("Analysts", enters_admin=True)
    person = PersonFactory()
    person.groups.add(analysts)
    assert flags(person) == (True, False)

    person.groups.remove(analysts)
    assert flags(person) == (False, False)


@pytest.mark.parametrize("way", ["clear", "set", "delete the role", "the role's people", "profile"])
def test_no_way_out_of_a_role_keeps_its_flags(db, way):
    admins = role("Admins", administers=True)
    person = PersonFactory(roles=["Admins"])
    assert flags(person) == (True, True)

    match way:
        case "clear":
            person.groups.clear()
        case "set":
            person.groups.set([])
        case "delete the role":
            admins.delete()
        case "the role's people":
            admins.user_set.remove(person)
        case "profile":
            admins.profile.administers = False
            admins.profile.save()

    assert flags(person) == (False, False)


def test_a_flag_of_another_role_stays(db):
    one, other = role("One", enters_admin=True), role("Other", enters_admin=True)
    person = PersonFactory(roles=["One", "Other"])
    person.groups.remove(one)

    assert flags(person) == (True, False)
    other.delete()
    assert flags(person) == (False, False)


def test_a_flag_set_by_hand_is_not_taken_by_a_role_without_it(db):
    plain = role("Plain")
    person = PersonFactory(is_staff=True, roles=["Plain"])
    person.groups.remove(plain)

    assert flags(person) == (True, False)


# --- Rights by action


@pytest.fixture
def plain(db):
    """Sees a dashboard and its dataset; has no right besides."""
    found = RoleFactory(name="Lookers")
    widget = WidgetFactory(dashboard__view_roles=[found], dataset__view_roles=[found])
    publish(widget.dataset, pa.table({"one": [1]}))
    return PersonFactory(roles=["Lookers"], usual=False), widget, found


def give(found, codename):
    found.permissions.add(Permission.objects.get(codename=codename))


@pytest.mark.parametrize(
    ("door", "right"),
    [
        (lambda w: reverse("exports", args=[w.dashboard.slug]), "export_dashboard"),
        (lambda w: reverse("print", args=[w.dashboard.slug]), "export_dashboard"),
        (lambda w: reverse("widget-rows", args=[w.dashboard.slug, w.pk]), "explore_dataset"),
        (lambda w: reverse("api-dataset-rows", args=[w.dataset.slug]), "explore_dataset"),
    ],
)
def test_what_one_may_do_with_what_one_sees_is_a_right_of_the_role(plain, client, door, right):
    person, widget, found = plain
    client.force_login(person)
    without = client.get(door(widget)).status_code
    give(found, right)

    assert without in (403, 404)
    assert client.get(door(widget)).status_code == 200
    assert client.get(widget.dashboard.get_absolute_url()).status_code == 200


def test_buttons_are_shown_to_who_may_use_them(plain, client):
    person, widget, found = plain
    client.force_login(person)
    address = widget.dashboard.get_absolute_url()
    without = client.get(address).content.decode()
    give(found, "export_dashboard")
    with_right = client.get(address).content.decode()

    for part in ("data-export-page", 'data-act="csv"'):
        assert part not in without
        assert part in with_right


# --- Nobody gives what they do not have


@pytest.fixture
def clerk(db, client):
    """May change roles and people, and look at cards; nothing else."""
    person = PersonFactory(
        username="clerk", is_staff=True, usual=False,
        may=["view_group", "add_group", "change_group", "delete_group", "view_widget"],
    )  # fmt: skip
    client.force_login(person)
    return client


def test_a_role_gets_no_right_that_its_giver_lacks_and_keeps_those_it_has(clerk):
    found = RoleFactory(name="Lookers")
    give(found, "delete_dataset")
    wanted = Permission.objects.filter(codename__in=["view_widget", "delete_dashboard"])

    clerk.post(
        reverse("admin:auth_group_change", args=[found.pk]),
        {"name": "Lookers", "permissions": [one.pk for one in wanted], "administers": "on"},
    )

    held = set(found.permissions.values_list("codename", flat=True))
    assert held == {"view_widget", "delete_dataset"}
    assert not RoleProfile.objects.get(role=found).administers


@pytest.mark.parametrize("page", ["change", "delete"])
def test_a_role_that_may_do_everything_is_for_superusers_to_change(clerk, page):
    found = role("Masters", administers=True)

    answer = clerk.post(
        reverse(f"admin:auth_group_{page}", args=[found.pk]), {"name": "Mine", "post": "yes"}
    )

    assert answer.status_code == 403
    assert Group.objects.get(pk=found.pk).name == "Masters"
