"""Seeing the portal as somebody else: as they see it, marked, and without doing anything."""

import pytest
from django.urls import reverse
from django.utils import timezone

from accounts.models import AuditEvent, User
from datasets.models import ColumnPolicy, RowPolicy
from tests.accounts.test_doors import DOORS, address
from tests.factories.people import PersonFactory, RoleFactory
from tests.factories.world import CELL, COLUMN, TITLE, leaks

MARK = "You see the portal as"


def look_as(client, **whom):
    return client.post(reverse("admin:view_as"), whom)


@pytest.fixture
def superuser(world, browser):
    return browser(world.people["superuser"])


def test_a_person_is_seen_as_they_see_it(world, superuser):
    look_as(superuser, person="outsider")
    home, page = superuser.get("/"), superuser.get("/dashboards/p-73/")

    assert MARK in home.content.decode()
    assert leaks(home) == []
    assert page.status_code == 404


def test_who_looks_as_somebody_finds_what_they_may_see(world, superuser):
    look_as(superuser, person="viewer")

    page = superuser.get("/dashboards/p-73/").content.decode()

    assert MARK in page
    assert TITLE in page
    assert "admin:index" not in page
    assert superuser.get(reverse("admin:index")).status_code in (302, 403)
    assert CELL in superuser.get("/dashboards/p-73/data").content.decode()


def test_the_admin_says_so_too_and_can_be_left_there(world, superuser):
    look_as(superuser, person="staff outsider")

    page = superuser.get(reverse("admin:index")).content.decode()

    assert MARK in page
    assert f'action="{reverse("stop-viewing-as")}"' in page


def test_a_role_is_seen_as_somebody_who_has_it_alone(world, superuser):
    rule = RowPolicy.objects.create(
        dataset=world.dataset, name="Own",
        condition={"column": COLUMN, "op": "in", "attribute": "bidder"},
    )  # fmt: skip
    rule.roles.set([RoleFactory(name="Bankers")])
    role = RoleFactory(name="Bankers")

    look_as(superuser, role=role.pk, **{
        "attributes-name": ["bidder", "team"], "attributes-values": ["Umbrella", "Nord, Süd"]
    })  # fmt: skip
    shown = superuser.get("/dashboards/p-73/data").content.decode()
    look_as_stopped = superuser.post(reverse("stop-viewing-as"))
    whole = superuser.get("/dashboards/p-73/data").content.decode()

    assert "Umbrella" in shown
    assert CELL not in shown
    assert look_as_stopped.status_code == 302
    assert CELL in whole


def test_the_api_of_a_session_is_that_of_who_is_seen(world, superuser):
    look_as(superuser, person="outsider")

    assert superuser.get(reverse("api-dataset-list")).json() == []


def test_the_second_factor_is_owed_by_who_looks(world, superuser, settings):
    look_as(superuser, person="viewer")
    settings.REQUIRE_TWO_FACTOR = ["all"]
    User.objects.filter(username="viewer").update(two_factor_since=timezone.now())
    owing = superuser.get(reverse("api-dataset-list")).status_code
    User.objects.update(two_factor_since=None)
    User.objects.filter(is_superuser=True).update(two_factor_since=timezone.now())

    assert (owing, superuser.get(reverse("api-dataset-list")).status_code) == (403, 200)


#: Open to everybody, signed in or not: a question that belongs to nobody.
OF_NOBODY = ("proof-options",)


@pytest.mark.parametrize(
    "name", [name for name, door in DOORS.items() if door.post and name not in OF_NOBODY]
)
def test_nothing_is_done_in_the_name_of_somebody_else(world, superuser, name):
    look_as(superuser, person="viewer")

    answer = superuser.post(address(name, world), {"theme": "dark"})

    assert answer.status_code == (302 if name in ("logout", "stop-viewing-as") else 403)
    assert User.objects.get(username="viewer").theme != "dark"


@pytest.mark.parametrize("name", ["preferences", "password"])
def test_what_belongs_to_a_person_alone_is_not_shown(world, superuser, name):
    look_as(superuser, person="viewer")

    answer = superuser.get(reverse(name))

    assert answer.status_code == 403
    assert "viewer" not in answer.content.decode().partition("<main")[2].replace(
        f"{MARK} <b>viewer</b>", ""
    )


@pytest.mark.parametrize("person", ["viewer", "owner", "staff outsider"])
def test_it_is_a_right_of_its_own(world, browser, person):
    client = browser(world.people[person])

    answer = look_as(client, person="superuser")

    assert answer.status_code in (302, 403)
    assert MARK not in client.get("/").content.decode()


def test_superusers_are_seen_by_superusers_alone(world, browser):
    clerk = PersonFactory(is_staff=True, may=["view_as_user"])
    everything = RoleFactory(name="Everything")
    everything.profile = None
    client = browser(clerk)

    answer = look_as(client, person="superuser")

    assert "Superusers are seen by superusers alone." in answer.content.decode()
    assert MARK not in client.get("/").content.decode()


def test_it_ends_when_the_right_does(world, browser):
    clerk = PersonFactory(is_staff=True, may=["view_as_user"])
    client = browser(clerk)
    look_as(client, person="viewer")
    assert TITLE in client.get("/").content.decode()

    clerk.user_permissions.clear()

    assert leaks(client.get("/")) == []


@pytest.mark.parametrize("whom", [{"person": "nobody"}, {}, {"role": 999}, {"person": "inactive"}])
def test_who_is_not_there_is_said(world, superuser, whom):
    answer = look_as(superuser, **whom)

    assert answer.status_code == 200
    assert "tools-bad" in answer.content.decode()


def test_the_audit_keeps_who_looked_as_whom_and_from_when_to_when(world, superuser):
    look_as(superuser, person="viewer")
    superuser.post(reverse("stop-viewing-as"))
    look_as(superuser, role=RoleFactory(name="Bankers").pk, **{
        "attributes-name": "country", "attributes-values": "DE"})  # fmt: skip

    told = AuditEvent.objects.filter(action__startswith="view as").order_by("pk")
    assert [(one.action, one.person, one.acting_as, one.name) for one in told] == [
        ("view as began", "superuser", "viewer", "viewer"),
        ("view as ended", "superuser", "viewer", "viewer"),
        (
            "view as began",
            "superuser",
            f"Somebody with the role Bankers (role-{told[2].key})",
            "Bankers",
        ),
    ]
    assert told[2].details == {"attributes": {"country": "DE"}}


# --- Why


@pytest.fixture
def rules(world):
    for name, word, role in (("Umbrellas", "Umbrella", "Bankers"), ("Rest", CELL, "Partners")):
        rule = RowPolicy.objects.create(
            dataset=world.dataset, name=name,
            condition={"column": COLUMN, "op": "=", "value": word},
        )  # fmt: skip
        rule.roles.set([RoleFactory(name=role)])
    ColumnPolicy.objects.create(
        dataset=world.dataset, name="No sums", columns=["amount"], effect="totals", fewest=1000
    )


def explained(client, world) -> str:
    answer = client.get(reverse("widget-explain", args=["p-73", world.widget.pk]))
    return " ".join(answer.content.decode().split())


def test_each_card_says_which_grant_and_which_rule_it_is_seen_by(world, superuser, rules):
    look_as(superuser, person="viewer")

    said = explained(superuser, world)

    assert "The role Bankers may view it" in said
    assert "1 row of 2: 1 row removed" in said
    assert "(1 row, by the role Bankers)" in said
    assert "only for Partners" in said
    assert "No sums: amount" in said
    assert "totals of at least 1000 rows" in said


def test_a_viewer_is_told_what_is_given_and_not_what_is_kept(world, browser, rules):
    said = explained(browser(world.people["viewer"]), world)

    assert "The role Bankers may view it" in said
    assert "Umbrellas" in said
    assert "removed" not in said
    assert "No sums" not in said
    assert "Rest" not in said
    assert leaks(browser(world.people["outsider"]).get("/")) == []
