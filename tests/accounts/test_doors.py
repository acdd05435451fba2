"""Every address of the portal outside the admin, as each kind of person finds it.

The list comes from the running URL configuration: an address without a line in DOORS fails."""

from dataclasses import dataclass, field
from datetime import timedelta

import jwt
import pytest
from django.urls import URLPattern, get_resolver, reverse
from django.utils import timezone

from dashboards import choices, embedding, sharing
from dashboards.models import EmbedKey
from tests.factories.world import MAY_NOT_SEE, MAY_SEE, leaks

PAGE, API, OPEN = "page", "api", "open"  # sends to log-in; answers 401; is for everybody
REFUSES, ABSENT = "refuses", "absent"  # is open, but what is sent is wrong; answers 404 to all
TOKEN = "token"  # is for whoever has the right token, and for nobody else, signed in or not


@dataclass(frozen=True)
class Door:
    kind: str
    shows: bool = False  # records by their title or data
    one: bool = False  # of one record: 404 for who may not see it
    post: bool = False
    refuses: bool = False  # who may use it, because what is sent is wrong
    parameters: tuple[str, ...] = field(default=())


SLUG, WIDGET = ("slug",), ("slug", "widget_id")
DOORS = {
    "home": Door(PAGE, shows=True),
    "set-theme": Door(PAGE, post=True),
    "brand-css": Door(OPEN),
    "brand-logo": Door(OPEN),
    "stop-viewing-as": Door(PAGE, post=True),
    "preferences": Door(PAGE),
    "password": Door(PAGE),
    "dashboard": Door(PAGE, shows=True, one=True, parameters=SLUG),
    "dashboard-data": Door(PAGE, shows=True, one=True, parameters=SLUG),
    "widget-table": Door(PAGE, shows=True, one=True, parameters=WIDGET),
    "widget-browse": Door(PAGE, shows=True, one=True, parameters=WIDGET),
    "widget-by": Door(PAGE, shows=True, one=True, parameters=WIDGET),
    "widget-rows": Door(PAGE, shows=True, one=True, parameters=WIDGET),
    "widget-explain": Door(PAGE, shows=True, one=True, parameters=WIDGET),
    "dashboard-layout": Door(PAGE, one=True, parameters=SLUG),
    "filter-values": Door(PAGE, one=True, parameters=("slug", "name")),
    "saved-views": Door(PAGE, one=True, parameters=SLUG),
    "save-view": Door(PAGE, one=True, post=True, parameters=SLUG),
    "delete-view": Door(PAGE, one=True, post=True, parameters=("slug", "view_id")),
    "config-schema": Door(PAGE, parameters=("name",)),
    "exports": Door(PAGE, shows=True, one=True, parameters=SLUG),
    "export": Door(PAGE, one=True, parameters=("export_id",)),
    "export-file": Door(PAGE, one=True, parameters=("export_id",)),
    "print": Door(PAGE, shows=True, one=True, parameters=SLUG),
    "print-data": Door(PAGE, shows=True, one=True, parameters=SLUG),
    "print-card": Door(PAGE, shows=True, one=True, parameters=WIDGET),
    "print-card-data": Door(PAGE, shows=True, one=True, parameters=WIDGET),
    "share": Door(PAGE, shows=True, one=True, parameters=SLUG),
    "make-share-link": Door(PAGE, one=True, post=True, parameters=SLUG),
    "revoke-share-link": Door(PAGE, one=True, post=True, parameters=("slug", "link_id")),
    "shared": Door(TOKEN, one=True, parameters=("token",)),
    "shared-data": Door(TOKEN, one=True, parameters=("token",)),
    "shared-table": Door(TOKEN, one=True, parameters=("token", "widget_id")),
    "embed": Door(TOKEN, one=True, parameters=SLUG),
    "embed-data": Door(TOKEN, one=True, parameters=SLUG),
    "embed-table": Door(TOKEN, one=True, parameters=WIDGET),
    "vitals": Door(PAGE, one=True, post=True, parameters=SLUG),
    "login": Door(OPEN),
    "logout": Door(OPEN, post=True),
    "second-step": Door(OPEN),
    "proof-options": Door(OPEN, post=True),
    "passkey-sign-in": Door(REFUSES, post=True),
    "single-sign-on": Door(ABSENT),  # none is set up
    "single-sign-on-back": Door(ABSENT),
    "forgot": Door(ABSENT),  # no mail server is named
    "new-password": Door(ABSENT, parameters=("uidb64", "token")),
    "welcome": Door(ABSENT, parameters=("key",)),
    "confirm": Door(PAGE),
    "confirm-passkey": Door(PAGE, refuses=True, post=True),
    "security": Door(PAGE),
    "add-app": Door(PAGE),
    "passkey-options": Door(PAGE, refuses=True, post=True),
    "add-passkey": Door(PAGE, refuses=True, post=True),
    "remove-factor": Door(PAGE, post=True, parameters=("factor_id",)),
    "recovery-codes": Door(PAGE, post=True),
    "end-session": Door(PAGE, one=True, post=True, parameters=("reference",)),
    "end-other-sessions": Door(PAGE, post=True),
    "health": Door(OPEN),
    "api-root": Door(API),
    "api-schema": Door(API),
    "api-docs": Door(API),
    "api-dashboard-list": Door(API, shows=True),
    "api-dashboard-detail": Door(API, shows=True, one=True, parameters=SLUG),
    "api-dashboard-data": Door(API, shows=True, one=True, parameters=SLUG),
    "api-dashboard-widget-data": Door(API, shows=True, one=True, parameters=WIDGET),
    "api-dataset-list": Door(API, shows=True),
    "api-dataset-detail": Door(API, shows=True, one=True, parameters=SLUG),
    "api-dataset-rows": Door(API, shows=True, one=True, parameters=SLUG),
}
RECORD_DOORS = [name for name, door in DOORS.items() if door.shows]


def outside_admin(patterns):
    for pattern in patterns:
        if isinstance(pattern, URLPattern):
            yield pattern.name
        elif getattr(pattern, "app_name", "") != "admin":
            yield from outside_admin(pattern.url_patterns)


def test_every_address_has_an_expectation_here():
    assert sorted(outside_admin(get_resolver().url_patterns)) == sorted(DOORS)


def address(name, world, token="A" * 43):
    record = world.dataset if "dataset" in name else world.dashboard
    values = {"slug": record.slug, "widget_id": world.widget.pk, "name": "country", "view_id": 1,
              "export_id": 1}  # fmt: skip
    if name == "config-schema":
        values["name"] = "dashboard.schema.json"
    values |= {"token": token, "link_id": 1, "factor_id": 1, "reference": "a" * 20}
    values |= {"key": "A" * 43, "uidb64": "MQ"}
    return reverse(name, kwargs={key: values[key] for key in DOORS[name].parameters})


def knock(client, name, world):
    door = DOORS[name]
    if door.post:
        return client.post(address(name, world), {"theme": "dark"})
    return client.get(address(name, world))


@pytest.mark.parametrize("person", MAY_SEE)
@pytest.mark.parametrize("name", RECORD_DOORS)
def test_who_may_see_it_gets_it(world, browser, name, person):
    answer = knock(browser(world.people[person]), name, world)

    assert answer.status_code == 200
    assert leaks(answer) != []


@pytest.mark.parametrize("person", MAY_NOT_SEE)
@pytest.mark.parametrize("name", DOORS)
def test_for_who_may_not_see_it_it_does_not_exist(world, browser, name, person):
    answer = knock(browser(world.people[person]), name, world)

    if DOORS[name].kind in (TOKEN, REFUSES, ABSENT) or DOORS[name].refuses:
        assert answer.status_code in (403, 404)
    else:
        assert answer.status_code in ((404,) if DOORS[name].one else (200, 204, 302))
    assert leaks(answer) == []


@pytest.mark.parametrize("name", [name for name, door in DOORS.items() if door.one])
def test_a_record_one_may_not_see_answers_as_one_that_is_not_there(world, browser, name):
    client = browser(world.people["outsider"])
    hidden = knock(client, name, world)
    world.widget.delete()
    world.dashboard.delete()
    world.dataset.delete()
    ask = client.post if DOORS[name].post else client.get
    absent = ask(hidden.request["PATH_INFO"])

    assert (hidden.status_code, hidden.content) == (absent.status_code, absent.content)


@pytest.mark.parametrize("person", [None, "inactive"])
@pytest.mark.parametrize("name", DOORS)
def test_who_is_not_logged_in_is_sent_to_log_in_or_told_how_to_authenticate(
    world, browser, name, person
):
    answer = knock(browser(world.people.get(person)), name, world)

    match DOORS[name].kind:
        case "page":
            assert answer.status_code == 302
            assert answer.headers["Location"].startswith(reverse("login") + "?next=/")
        case "api":
            assert answer.status_code == 401
            assert answer.headers["WWW-Authenticate"] == 'Bearer realm="portal"'
        case "open":
            assert answer.status_code in (200, 302)
        case "refuses":
            assert answer.status_code == 403
        case "absent":
            assert answer.status_code == 404
        case "token":
            assert answer.status_code in (403, 404)
    assert leaks(answer) == []


@pytest.mark.parametrize("person", ["viewer", "outsider"])
@pytest.mark.parametrize("name", RECORD_DOORS)
def test_no_shared_cache_keeps_what_a_person_got(world, browser, name, person):
    answer = knock(browser(world.people[person]), name, world)

    if answer.status_code == 200:
        assert "private" in answer.headers["Cache-Control"]
        assert {"Cookie", "Authorization"} <= set(answer.headers["Vary"].split(", "))


@pytest.mark.parametrize("person", [None, "outsider", "inactive", "owner", "superuser"])
@pytest.mark.parametrize("name", [name for name, door in DOORS.items() if door.kind == TOKEN])
def test_a_token_counts_for_everybody_alike_and_ends_with_the_right_of_who_gave_it(
    world, browser, name, person
):
    token, more = give_out(world, name)
    client = browser(world.people.get(person))

    def ask():
        return client.get(address(name, world, token), more.get("query"), headers=more["headers"])

    shown = ask()
    world.people["editor"].groups.clear()
    gone = ask()

    assert (shown.status_code, gone.status_code) == (200, 404)
    assert leaks(shown) != []
    assert leaks(gone) == []
    assert shown.headers["Cache-Control"] == "private, no-store"


@pytest.mark.parametrize("name", [name for name, door in DOORS.items() if door.kind == TOKEN])
@pytest.mark.parametrize("person", ["owner", "superuser"])
def test_no_right_of_ones_own_takes_the_place_of_a_token(world, browser, name, person):
    answer = knock(browser(world.people[person]), name, world)

    assert answer.status_code in (403, 404)
    assert leaks(answer) == []


def give_out(world, name):
    """A token that the editor gave to others, and what else is sent with it."""
    editor, now = world.people["editor"], timezone.now()
    if name.startswith("shared"):
        view = choices.start(world.dashboard, editor)
        expires = now + timedelta(days=1)
        return sharing.issue(view, editor, name="Agency", expires_at=expires)[1], {"headers": {}}
    key = EmbedKey(name="Intranet", viewer=editor, origins=["https://a.example"])
    secret = embedding.new_key(key)
    key.save()
    key.dashboards.set([world.dashboard])
    said = {"dashboard": world.dashboard.slug, "filters": {}, "exp": now + timedelta(minutes=5)}
    token = jwt.encode(said, secret, "HS256", headers={"kid": key.key_id})
    page = embedding.opened(token, world.dashboard.slug, now)
    return "", {"query": {"token": token}, "headers": {"X-Page-Pass": embedding.pass_of(page)}}


def test_the_right_on_a_dashboard_shows_its_cards_but_not_the_rows_of_its_datasets(world, browser):
    world.dataset.view_roles.clear()
    client = browser(world.people["viewer"])

    assert knock(client, "api-dashboard-data", world).status_code == 200
    assert knock(client, "api-dataset-list", world).json() == []
    assert knock(client, "api-dataset-detail", world).status_code == 404
    assert knock(client, "api-dataset-rows", world).status_code == 404


def test_a_widget_is_not_shown_by_the_address_of_another_dashboard(world, browser):
    from tests.factories.dashboards import DashboardFactory

    own = DashboardFactory(owner=world.people["outsider"])
    client = browser(world.people["outsider"])

    for name in ("widget-table", "api-dashboard-widget-data"):
        answer = client.get(reverse(name, args=[own.slug, world.widget.pk]))
        assert answer.status_code == 404
        assert leaks(answer) == []


def test_a_right_that_is_taken_away_counts_at_the_next_request(world, browser):
    client = browser(world.people["viewer"])
    before = knock(client, "dashboard-data", world)
    world.people["viewer"].groups.clear()

    after = client.get(
        address("dashboard-data", world), headers={"If-None-Match": before.headers["ETag"]}
    )

    assert (before.status_code, after.status_code) == (200, 404)


def test_a_deactivated_person_is_logged_out_everywhere(world, browser):
    client = browser(world.people["owner"])
    type(world.people["owner"]).objects.filter(username="owner").update(is_active=False)

    assert knock(client, "dashboard", world).status_code == 302
    assert knock(client, "api-dataset-rows", world).status_code == 401


def test_log_in_does_not_lead_to_another_site(world, browser):
    person = world.people["viewer"]
    person.set_password("a good password")
    person.save()

    answer = browser(None).post(
        reverse("login") + "?next=https://evil.example/",
        {"username": person.username, "password": "a good password", "next": "//evil.example/"},
    )

    assert answer.status_code == 302
    assert answer.headers["Location"] == reverse("home")
