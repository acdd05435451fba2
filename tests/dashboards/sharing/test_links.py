"""The page behind a share link: who sees it, until when, and that nobody can widen it."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import User
from dashboards import structure
from dashboards.models import Filter, Page, SavedView, ShareLink
from datasets.policies import Policy
from datasets.query import Filter as Condition
from tests.dashboards.sharing.conftest import only_link, total
from tests.factories.dashboards import DashboardFactory, WidgetFactory

pytestmark = pytest.mark.django_db
ALL, GERMANY = "210", "60"


def test_a_stranger_sees_the_dashboard_with_its_choices_and_nothing_else(issue, stranger):
    address = issue(country=["DE"])
    page = stranger.get(address)
    html = page.content.decode()

    assert page.status_code == 200
    assert GERMANY in total(stranger.get(f"{address}data"))
    assert "Six" in html
    assert "shared by Ada Byron until" in html
    assert "Country: <b>DE</b>" in html
    for absent in ("ada@example.org", "/admin/", "/login/", "data-filter", 'data-act="by"',
                   'data-act="rows"', "explain", "csrf", "Sign out", "data-share"):  # fmt: skip
        assert absent not in html, absent
    assert "sessionid" not in page.cookies


def test_the_table_of_a_card_shows_the_same_numbers(issue, stranger, shop):
    address = issue(country=["DE"])

    html = stranger.get(f"{address}cards/{shop.cities.pk}/table").content.decode()

    assert "Berlin" in html
    assert "Wien" not in html


def test_a_card_that_a_locked_choice_cannot_limit_is_left_out(issue, stranger, shop):
    locked, free = issue(country=["DE"]), issue()
    country = Filter.objects.get(name="country")
    country.columns = ["no_such_column"]
    country.save()

    assert stranger.get(f"{locked}data").json()["widgets"] == []
    assert "data-widget" not in stranger.get(locked).content.decode()
    assert stranger.get(f"{locked}cards/{shop.total.pk}/table").status_code == 404
    assert len(stranger.get(f"{free}data").json()["widgets"]) == 2
    country.ignored_by.add(shop.total)
    shown = stranger.get(f"{locked}data").json()["widgets"]
    assert [card["id"] for card in shown] == [shop.total.pk]


@pytest.mark.parametrize(
    ("columns", "total_of_15_days"),
    [([], "30"), (["at"], "30"), (["no_such_column"], None)],
)
def test_a_period_leaves_a_card_out_only_where_it_names_a_column_that_is_not_there(
    issue, stranger, shop, columns, total_of_15_days
):
    Filter.objects.filter(name="period").update(columns=columns)
    structure.forget(shop.dashboard.pk)
    answer = stranger.get(f"{issue(period=['15d'])}data")

    shown = {card["id"] for card in answer.json()["widgets"]}
    assert shown == ({shop.cities.pk, shop.total.pk} if total_of_15_days else set())
    assert total_of_15_days is None or total_of_15_days in total(answer)


def test_what_a_filter_starts_with_is_fixed_too(issue, stranger):
    Filter.objects.filter(name="country").update(default_kind="fixed", default="DE")
    address = issue()
    Filter.objects.update(default_kind="none", default="")

    assert GERMANY in total(stranger.get(f"{address}data"))


@pytest.mark.parametrize(
    "more",
    [
        "country=AT", "country=*", "country=", "period=*", "period=10y", "x.1.country=AT",
        "x.1.city=Wien", "view=*", "view=1", "tab=other", "cards=first", "bar=1", "compare=year",
        "at.country=AT", "by=country", "page=1", "search=a", "token=x", "query=country=*", "print",
        "dashboard=other", "viewer=1", "country[]=AT", "COUNTRY=AT", "country=AT&country=DE",
    ],
)  # fmt: skip
def test_no_parameter_of_the_address_widens_what_is_locked(issue, stranger, shop, more):
    SavedView.objects.create(dashboard=shop.dashboard, name="All", query="country=*", pk=1)
    address = issue(country=["DE"])
    stranger.get(address)
    places = [address, f"{address}data", f"{address}cards/{shop.cities.pk}/table"]

    for place in places:
        plain, asked = stranger.get(place), stranger.get(f"{place}?{more}")
        assert asked.content == plain.content
        assert "Wien" not in asked.content.decode()
    refused = stranger.post(f"{address}data", {"country": "AT"})
    assert refused.status_code in (403, 405)


def test_only_the_tab_that_was_shared_is_shown(issue, stranger, shop):
    first = Page.objects.create(dashboard=shop.dashboard, title="One", slug="one")
    other = Page.objects.create(dashboard=shop.dashboard, title="Two", slug="two", position=1)
    shop.cities.page, shop.total.page = other, first
    shop.cities.save()
    shop.total.save()
    address = issue()

    shown = stranger.get(f"{address}data?tab=two").json()["widgets"]
    assert [card["id"] for card in shown] == [shop.total.pk]
    assert stranger.get(f"{address}cards/{shop.cities.pk}/table").status_code == 404
    first.delete()
    assert stranger.get(f"{address}data").status_code == 410


def test_a_card_of_another_dashboard_is_not_there(issue, stranger, shop):
    foreign = WidgetFactory(dashboard=DashboardFactory(), dataset=shop.dataset)

    assert stranger.get(f"{issue()}cards/{foreign.pk}/table").status_code == 404


def test_a_choice_that_fits_nothing_any_more_closes_the_link(issue, stranger):
    address = issue(country=["DE"])
    Filter.objects.filter(name="country").delete()

    page = stranger.get(address)

    assert page.status_code == 410
    assert "what was chosen for this page is not there any more" in page.content.decode()
    assert stranger.get(f"{address}data").status_code == 410


def test_a_filter_without_a_choice_may_go(issue, stranger):
    address = issue()
    Filter.objects.filter(name="country").delete()

    assert ALL in total(stranger.get(f"{address}data"))


def test_the_pages_are_kept_by_nobody_and_tell_nobody_where_they_are(issue, stranger, shop):
    address = issue()
    stranger.get(f"{address}data")
    for place in ("", "data", f"cards/{shop.total.pk}/table"):
        answer = stranger.get(f"{address}{place}")
        assert answer.headers["Cache-Control"] == "private, no-store"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Frame-Options"] == "DENY"


def test_what_did_not_change_is_not_sent_again(issue, stranger):
    address = issue()
    stranger.get(f"{address}data")
    etag = stranger.get(f"{address}data").headers["ETag"]

    again = stranger.get(f"{address}data", headers={"If-None-Match": etag})

    assert again.status_code == 304
    assert again.headers["Cache-Control"] == "private, no-store"


def test_openings_are_counted(issue, stranger):
    address = issue()
    for _ in range(2):
        stranger.get(address)
        stranger.get(f"{address}data")

    assert only_link().opened == 2
    assert timezone.now() - only_link().last_opened_at < timedelta(minutes=1)


def test_a_revoked_link_is_closed_at_the_next_request(issue, stranger, shop):
    address = issue()
    etag = stranger.get(f"{address}data").headers.get("ETag", "")
    ShareLink.objects.update(revoked_at=timezone.now())

    for place in ("", "data", f"cards/{shop.total.pk}/table"):
        answer = stranger.get(f"{address}{place}", headers={"If-None-Match": etag})
        assert answer.status_code == 410
        assert "Six" not in answer.content.decode()
    assert "taken back" in stranger.get(address).content.decode()


def test_an_expired_link_says_so(issue, stranger):
    address = issue()
    ShareLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    assert stranger.get(address).status_code == 410
    assert "limited time" in stranger.get(address).content.decode()
    assert stranger.get(f"{address}data").status_code == 410


@pytest.mark.parametrize("loss", ["inactive", "no role", "no dashboard"])
@pytest.mark.parametrize("state", ["open", "revoked", "with a password"])
def test_without_the_right_of_its_owner_there_is_no_such_link(
    issue, stranger, shop, maker, loss, state
):
    address = issue(password="long enough" if state == "with a password" else "")
    if state == "revoked":
        ShareLink.objects.update(revoked_at=timezone.now())
    if loss == "inactive":
        User.objects.filter(pk=maker.pk).update(is_active=False)
    elif loss == "no role":
        maker.groups.clear()
    else:
        shop.dashboard.edit_roles.clear()
    absent = stranger.get(reverse("shared", args=["a" * 43]))

    for place in ("", "data", f"cards/{shop.total.pk}/table"):
        answer = stranger.get(f"{address}{place}")
        assert (answer.status_code, answer.content) == (404, absent.content)
    assert stranger.post(address, {"password": "long enough"}).status_code == 404


@pytest.mark.parametrize(
    "token", ["a" * 43, "a", "a" * 5000, "x'--", "%00" * 43, "🛒" * 43, "%", "a" * 42 + "%0a"]
)
def test_a_token_that_is_none_finds_nothing(issue, stranger, token):
    issue()

    assert stranger.get(f"/shared/{token}/").status_code == 404
    assert stranger.get(f"/shared/{token}/data").status_code == 404


def test_the_beginning_of_a_token_is_not_enough(issue, stranger):
    address = issue()
    token = address.split("/")[2]

    for near in (token[:8] + "a" * 35, token[:-1] + ("a" if token[-1] != "a" else "b")):
        assert stranger.get(f"/shared/{near}/").status_code == 404


def test_neither_token_nor_password_is_kept(issue):
    token = issue(password="correct horse").split("/")[2]
    record = str(ShareLink.objects.values().get()) + str(list(ShareLink.history.values()))

    assert len(token) == 43
    assert token not in record
    assert "correct horse" not in record


def test_the_rules_of_the_owner_hold(issue, stranger, shop, maker, rules):
    address = issue()
    rules[maker] = Policy(rows=(Condition("country", "=", "AT"),))

    assert "90" in total(stranger.get(f"{address}data"))
    table = stranger.get(f"{address}cards/{shop.cities.pk}/table").content.decode()
    assert "Wien" in table
    assert "Berlin" not in table


def test_a_card_that_fails_tells_a_stranger_no_details(issue, stranger, shop, maker):
    shop.total.options = {"value": "sum(no_such_column)"}
    shop.total.save()
    address = issue()

    for answer in (
        stranger.get(f"{address}data"), stranger.get(f"{address}cards/{shop.total.pk}/table"),
    ):  # fmt: skip
        assert "no_such_column" not in answer.content.decode()
        assert "do not fit its data" in answer.content.decode()
    assert maker.is_staff


def test_it_is_the_same_page_for_somebody_who_is_signed_in(issue, stranger, shop, maker):
    address = issue(country=["DE"])
    stranger.get(f"{address}data")
    plain = stranger.get(address).content
    maker.theme, maker.time_zone = "dark", "Asia/Tokyo"
    signed_in = Client()
    signed_in.force_login(shop.outsider)

    assert signed_in.get(address).content == plain
