"""What viewers choose reaches the numbers: sums are worked out by hand from the six carts."""

import orjson
import pytest
from django.contrib.auth.models import Group

from dashboards import choices
from dashboards.errors import ChoiceRefused
from dashboards.models import Annotation, SavedView
from tests.factories.dashboards import DashboardFactory
from tests.factories.people import RoleFactory

URL = "/dashboards/six/data"


def bodies(client, person, query=""):
    client.force_login(person)
    answer = client.get(f"{URL}?{query}")
    assert answer.status_code == 200, answer.content
    return {one["id"]: one for one in answer.json()["widgets"]}


def total(client, shop, query=""):
    html = bodies(client, shop.viewer, query)[shop.total.pk]["body"]["html"]
    return html.partition('class="value">')[2].partition("<")[0].strip()


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", "210"),
        ("country=DE", "60"),
        ("country=DE&country=AT", "150"),
        ("country=", "60"),
        ("value=20..40", "90"),
        ("city=er", "90"),  # Berlin, Berlin, Nowhere
        ("period=15d", "30"),
        ("period=2026-10-01..2026-11-10", "180"),
        ("period=2026-11-15..", "30"),
        ("country=AT&value=..45", "40"),
    ],
)
def test_numbers_follow_what_is_chosen(client, shop, query, expected):
    shop.filter("country")
    shop.filter("value", "numbers")
    shop.filter("city", "text")
    shop.filter("period", "period")

    assert total(client, shop, query).startswith(expected)


def test_a_card_may_ignore_a_filter_and_says_so(client, shop):
    country = shop.filter("country")
    country.ignored_by.add(shop.total)

    found = bodies(client, shop.viewer, "country=DE")

    assert "210" in found[shop.total.pk]["body"]["html"]
    assert found[shop.total.pk]["about"] == "ignores Country"
    assert found[shop.cities.pk]["about"] == ""


def test_a_click_limits_the_other_cards_and_not_the_clicked_one(client, shop):
    query = f"x.{shop.cities.pk}.city=Berlin"

    found = bodies(client, shop.viewer, query)

    assert found[shop.cities.pk]["body"]["sources"]["bars"]["title"] == [
        "Nowhere", "Graz", "Wien", "Berlin", "Hamburg",
    ]  # fmt: skip
    assert total(client, shop, query).startswith("30")


@pytest.mark.parametrize("column", ["value", "country", "email"])
def test_only_what_a_card_shows_can_be_clicked(client, shop, column):
    """Else a viewer could ask about every column of a dataset, one value after the other."""
    client.force_login(shop.viewer)

    answer = client.get(f"{URL}?x.{shop.cities.pk}.{column}=1")

    assert answer.status_code == 400
    assert "does not show" in answer.json()["error"]


def test_a_click_on_a_card_of_another_dashboard_is_refused(client, shop):
    from tests.factories.dashboards import WidgetFactory

    other = WidgetFactory(dataset=shop.dataset, options={"value": "count()", "time": "at"})
    client.force_login(shop.viewer)

    assert client.get(f"{URL}?x.{other.pk}.at=1").status_code == 400


@pytest.mark.parametrize(
    "query",
    ["period=soon", "compare=never", "view=99999", "view=a", "view=" + "9" * 30,
     "view=" + "9" * 5000],
)  # fmt: skip
def test_a_wrong_choice_is_said_and_the_page_opens_as_it_starts(client, shop, query):
    shop.filter("period", "period", default_kind="fixed", default="15d")
    client.force_login(shop.viewer)

    assert client.get(f"{URL}?{query}").status_code == 400
    page = client.get(f"/dashboards/six/?{query}")
    assert page.status_code == 200
    assert page.context["view"].wrong
    assert page.context["view"].values["period"] == ("15d",)


@pytest.mark.parametrize(
    ("more", "starts"),
    [
        ({"default_kind": "fixed", "default": "AT, DE"}, ("AT", "DE")),
        ({"default_kind": "largest"}, ("DE",)),
        ({"default_kind": "frequent"}, ("DE",)),
        ({"default_kind": "attribute", "default": "country"}, ("AT",)),
        ({"default_kind": "attribute", "default": "team"}, ()),
        ({"required": True}, ("DE",)),
        ({}, ()),
    ],
)
def test_what_a_filter_starts_with(shop, more, starts):
    shop.viewer.attributes = {"country": ["AT"], "hobby": "chess"}
    shop.filter("country", **more)

    assert choices.start(shop.dashboard, shop.viewer).values["country"] == starts


def test_everything_can_be_chosen_where_less_is_the_start(client, shop):
    shop.filter("country", default_kind="fixed", default="DE")

    assert total(client, shop).startswith("60")
    assert total(client, shop, "country=*").startswith("210")


def test_people_with_other_attributes_never_share_a_body(client, shop):
    shop.filter("country", default_kind="attribute", default="country")
    for person, country in ((shop.viewer, "DE"), (shop.analyst, "AT")):
        person.attributes = {"country": country}
        person.save()

    mine = bodies(client, shop.viewer)[shop.total.pk]["body"]["html"]
    other = bodies(client, shop.analyst)[shop.total.pk]["body"]["html"]

    assert "60" in mine
    assert "90" in other


def test_roles_start_with_their_view(client, shop):
    shop.filter("country")
    saved = SavedView.objects.create(dashboard=shop.dashboard, name="Austria", query="country=AT")
    saved.view_roles.add(shop.role)
    saved.default_roles.add(shop.role)

    assert total(client, shop).startswith("90")
    assert total(client, shop, "country=DE").startswith("60")
    assert total(client, shop, "view=*").startswith("210")
    assert total(client, shop, f"view={saved.pk}").startswith("90")


def test_on_purpose_without_the_view_one_starts_with_stays_in_the_address(client, shop):
    shop.filter("country")
    client.force_login(shop.viewer)
    assert client.get(f"{URL}?view=*&bar=1").json()["state"] == ""  # there is none to be without

    saved = SavedView.objects.create(dashboard=shop.dashboard, name="Austria", query="country=AT")
    saved.view_roles.add(shop.role)
    saved.default_roles.add(shop.role)

    assert client.get(f"{URL}?view=*&bar=1").json()["state"] == "view=%2A"
    assert client.get(f"{URL}?view=*&country=DE&bar=1").json()["state"] == "country=DE"
    assert "data-starts" in client.get(f"{URL}?bar=1").json()["bar"]
    saved.default_roles.set([Group.objects.get(name="Counters")])  # the viewer starts with none
    assert client.get(f"{URL}?view=*&bar=1").json()["state"] == ""
    assert "data-starts" not in client.get(f"{URL}?bar=1").json()["bar"]


@pytest.mark.parametrize("gone", ["card", "column"])
def test_a_click_that_a_saved_view_kept_closes_no_dashboard(client, shop, gone):
    shop.filter("country")
    stale = f"x.{shop.cities.pk}.city=Berlin"
    saved = SavedView.objects.create(
        dashboard=shop.dashboard, name="Berlin", query=f"country=DE&{stale}"
    )
    saved.view_roles.add(shop.role)
    saved.default_roles.add(shop.role)
    assert total(client, shop).startswith("30")

    if gone == "card":
        shop.cities.delete()
    else:
        shop.cities.options |= {"category": "country"}
        shop.cities.save()

    assert total(client, shop).startswith("60")
    assert total(client, shop, f"view={saved.pk}").startswith("60")
    page = client.get("/dashboards/six/")
    assert (page.status_code, page.context["view"].query) == (200, "country=DE")
    assert client.get(f"{URL}?{stale}").status_code == 400
    assert client.get(f"{URL}?view=*&{stale}").status_code == 400


@pytest.mark.parametrize("change", ["deleted", "numbers", "period", "boolean"])
def test_a_value_that_a_saved_view_kept_closes_no_dashboard(client, shop, change):
    country = shop.filter("country", "text")
    shop.filter("value", "numbers")
    saved = SavedView.objects.create(
        dashboard=shop.dashboard, name="Germany", query="country=DE&value=20.."
    )
    saved.view_roles.add(shop.role)
    saved.default_roles.add(shop.role)
    assert total(client, shop).startswith("50")

    if change == "deleted":
        country.delete()
    else:
        country.kind = change
        country.save()

    assert total(client, shop).startswith("200")
    assert client.get("/dashboards/six/").context["view"].query == "value=20.."


def test_views_of_others_do_not_exist(client, shop):
    saved = SavedView.objects.create(
        dashboard=shop.dashboard, name="Secret plan", query="", owner=shop.analyst
    )
    client.force_login(shop.viewer)

    assert client.get(f"{URL}?view={saved.pk}").status_code == 400
    assert b"Secret plan" not in client.get("/dashboards/six/views").content


def test_a_stored_view_drops_what_no_longer_fits(shop):
    kept = [shop.filter("country")]

    chosen = choices.parsed("country=DE&compare=never&gone=1", kept, tab="b")

    assert (dict(chosen.values), chosen.compare, chosen.tab) == ({"country": ("DE",)}, "", "b")


def test_a_view_of_many_wrong_parts_is_read_in_the_end(shop):
    assert choices.parsed("x.1=a&compare=b&x.2=c", []).picks == ()


def test_tabs_show_their_own_cards(client, shop):
    first = shop.dashboard.pages.create(title="One", slug="one", position=0)
    second = shop.dashboard.pages.create(title="Two", slug="two", position=1)
    shop.total.page = second
    shop.total.save()

    assert set(bodies(client, shop.viewer)) == {shop.cities.pk}
    assert set(bodies(client, shop.viewer, "tab=two")) == {shop.total.pk}
    assert set(bodies(client, shop.viewer, "tab=gone")) == {shop.cities.pk}
    assert first.slug == "one"


def test_the_answer_to_a_choice_brings_the_bar_and_no_drawings_to_a_page_that_has_them(
    client, shop
):
    shop.filter("country")
    client.force_login(shop.viewer)

    answer = client.get(f"{URL}?country=DE&bar=1&drawn=1").json()

    assert "DE" in answer["bar"]
    assert answer["state"] == "country=DE"
    assert all("drawing" not in one for one in answer["widgets"])
    early = client.get(f"{URL}?country=DE&bar=1").json()  # chosen before the first answer came
    assert all("drawing" in one for one in early["widgets"])


def test_hostile_values_stay_text(client, shop):
    shop.filter("country", "text")
    client.force_login(shop.viewer)
    hostile = "<img src=x onerror=alert(1)>'\"; DROP TABLE snapshot"

    answer = client.get(URL, {"country": hostile, "bar": "1"})

    assert "<img" not in orjson.loads(answer.content)["bar"]
    page = client.get("/dashboards/six/", {"country": hostile})
    assert b"<img src=x" not in page.content


def test_annotations_are_drawn_on_the_charts_of_their_datasets(shop):
    noted = Annotation.objects.create(title="Sale", start="2026-11-01T00:00:00Z")
    noted.datasets.add(shop.dataset)

    from dashboards.render import _marks

    assert [mark.title for mark in _marks(shop.total)] == ["Sale"]


def test_a_dashboard_of_others_has_no_choices(client, shop):
    hidden = DashboardFactory(slug="hidden", view_roles=[RoleFactory(name="Bosses")])
    client.force_login(shop.viewer)

    for path in ("data", "views", "filters/country"):
        assert client.get(f"/dashboards/{hidden.slug}/{path}").status_code == 404


def test_look_refuses_before_anything_is_read(shop):
    with pytest.raises(ChoiceRefused):
        choices.look(shop.dashboard, shop.viewer, {"compare": ["x"]})
