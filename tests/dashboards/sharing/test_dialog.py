"""The dialog in which people share: who may, what it makes, and what it refuses."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from dashboards import sharing
from dashboards.errors import ChoiceRefused
from dashboards.models import Page, ShareLink
from tests.dashboards.sharing.conftest import only_link, total

pytestmark = pytest.mark.django_db
DIALOG, MAKE = "/dashboards/six/share", "/dashboards/six/share/make"
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
WANTED = {"name": "Agency", "days": "7", "query": "country=DE"}


def signed_in(person) -> Client:
    client = Client()
    client.force_login(person)
    return client


@pytest.fixture
def client(maker):
    return signed_in(maker)


def address_in(answer) -> str:
    html = answer.content.decode()
    return html.split('value="http://testserver/shared/')[1].split('"')[0].join(["/shared/", ""])


def test_everybody_can_copy_a_link_with_what_is_chosen(shop, maker):
    html = signed_in(shop.viewer).get(f"{DIALOG}?country=DE&junk=1").content.decode()

    assert 'value="http://testserver/dashboards/six/?country=DE"' in html
    assert "without an account" not in html


def test_the_dialog_says_which_of_several_tabs_is_shared(client, shop):
    assert "on the tab" not in client.get(DIALOG).content.decode()
    for order, title in enumerate(("Overview", "Cities & more")):
        Page.objects.create(dashboard=shop.dashboard, title=title, slug=f"t{order}", position=order)
    html = client.get(f"{DIALOG}?tab=t1").content.decode()

    assert "on the tab “Cities &amp; more” alone" in html


def test_a_wrong_choice_shares_the_dashboard_as_it_starts(client):
    html = client.get(f"{DIALOG}?period=soon").content.decode()

    assert 'value="http://testserver/dashboards/six/"' in html


def test_who_may_edit_makes_a_link_that_is_shown_once(client, maker):
    answer = client.post(MAKE, WANTED)
    address = address_in(answer)
    link = only_link()

    assert answer.headers["Cache-Control"] == "private, no-store"
    assert (link.name, link.owner, link.password) == ("Agency", maker, "")
    assert timedelta(days=6, hours=23) < link.expires_at - timezone.now() < timedelta(days=7)
    assert "60" in total(Client().get(f"{address}data"))
    again = client.get(DIALOG).content.decode()
    assert "Agency" in again
    assert address not in again


def test_a_password_is_kept_hashed(client):
    address = address_in(client.post(MAKE, WANTED | {"password": "correct horse"}))

    assert only_link().password
    assert "correct horse" not in only_link().password
    assert Client().get(f"{address}data").status_code == 403


@pytest.mark.parametrize("person", ["viewer", "staff", "editor without the right"])
def test_others_make_and_revoke_no_links(shop, maker, issue, person):
    issue()
    who = shop.viewer
    if person == "staff":
        who.is_staff = True
        who.save()
    if person == "editor without the right":
        maker.user_permissions.clear()
        who = maker
    client = signed_in(who)

    assert client.post(MAKE, WANTED).status_code == 403
    assert client.post(f"{DIALOG}/{only_link().pk}/revoke").status_code == 403
    assert "Agency" not in client.get(DIALOG).content.decode()
    assert only_link().revoked_at is None


def test_who_may_not_see_the_dashboard_finds_no_dialog(shop, maker):
    client = signed_in(shop.outsider)

    for answer in (client.get(DIALOG), client.post(MAKE, WANTED)):
        assert answer.status_code == 404


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"name": ""}, "for whom"), ({"name": "x" * 101}, "for whom"), ({"name": "a\x00"}, "whom"),
        ({"days": "366"}, "365 days"), ({"days": "0"}, "365 days"), ({"days": ""}, "last day"),
        ({"days": "", "day": "2020-01-01"}, "365 days"), ({"days": "", "day": "soon"}, "last day"),
        ({"days": "", "day": "9999-12-31"}, "last day"), ({"days": "-1"}, "last day"),
        ({"password": "short"}, "8 to 128"), ({"password": "x" * 129}, "8 to 128"),
        ({"query": "period=soon"}, "no period"), ({"query": "x.1.secret=1"}, "not show"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_in_words(client, more, said):
    answer = client.post(MAKE, WANTED | more)

    assert answer.status_code == 400
    assert said in answer.json()["error"]
    assert ShareLink.objects.count() == 0


def test_the_last_day_counts_in_full_in_the_zone_of_its_maker():
    found = sharing.until("", "2026-12-31", NOW, "Europe/Berlin")

    assert found == datetime(2026, 12, 31, 23, tzinfo=UTC)
    assert sharing.until("", "2026-11-25", NOW, "Europe/Berlin") > NOW
    with pytest.raises(ChoiceRefused):
        sharing.until("", "2026-11-24", NOW, "Europe/Berlin")


def test_revoking_closes_the_link_and_stands_in_its_history(client, issue, stranger):
    address = issue()
    link = only_link()

    assert client.post(f"{DIALOG}/{link.pk}/revoke").status_code == 204
    assert stranger.get(address).status_code == 410
    assert "revoked" in client.get(DIALOG).content.decode()
    assert link.history.count() == 2
    assert client.post(f"{DIALOG}/{link.pk}/revoke").status_code == 204  # again: as it is


def test_a_link_is_revoked_on_its_own_dashboard_alone(client, issue, shop, maker):
    from tests.factories.dashboards import DashboardFactory

    issue()
    DashboardFactory(slug="other", owner=maker)

    answer = client.post(f"/dashboards/other/share/{only_link().pk}/revoke")

    assert answer.status_code == 404
    assert only_link().revoked_at is None


def test_links_are_made_with_the_token_of_a_form_only(maker):
    client = Client(enforce_csrf_checks=True)
    client.force_login(maker)

    assert client.post(MAKE, WANTED).status_code == 403
    assert ShareLink.objects.count() == 0
