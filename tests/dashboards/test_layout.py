"""How cards and tabs are arranged: the core, the door, and what stays as it was."""

import json
import re

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from dashboards import arrange, arrangement, choices, layout, render
from dashboards.charts import registry
from dashboards.errors import LayoutRefused
from dashboards.models import Page, Widget
from tests.factories.dashboards import DashboardFactory, WidgetFactory

DOOR = "/dashboards/p-73/layout"
PAGE = "/dashboards/p-73/"


def card(key, tab=None, **more):
    return {"id": key, "tab": tab, "width": 4, "height": 6, "places": {}} | more


def tab(key, title="Tab"):
    return {"id": key, "title": title}


def wanted(tabs=(), cards=(), **more):
    return {"version": "v", "tabs": list(tabs), "cards": list(cards)} | more


# --- The core


def test_an_arrangement_names_every_card_once_in_its_order():
    data = wanted([tab(7, " Sales "), tab("new1")], [card(2, 7), card(1, "new1", width=12)])

    found = arrangement.read(data, {7}, {1, 2})

    assert [(one.key, one.title) for one in found.tabs] == [(7, "Sales"), ("new1", "Tab")]
    assert [(one.card, one.tab, one.width) for one in found.cards] == [(2, 7, 4), (1, "new1", 12)]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (None, "version, tabs and cards"),
        ([], "version, tabs and cards"),
        (wanted(more=1), "version, tabs and cards"),
        (wanted() | {"cards": {}}, "are lists"),
        (wanted(cards=[card(1)]), "Card 2 is missing"),
        (wanted(cards=[card(1), card(2), card(3)]), "Card 3 does not stand"),
        (wanted(cards=[card(1), card(1), card(2)]), "named twice"),
        (wanted(cards=[card("1"), card(2)]), "A card has"),
        (wanted(cards=[card(True), card(2)]), "A card has"),
        (wanted(cards=[card(1, width=1), card(2)]), "width is a whole number from 2 to 12"),
        (wanted(cards=[card(1, width=4.5), card(2)]), "width is a whole number"),
        (wanted(cards=[card(1, height=17), card(2)]), "height is a whole number from 3 to 16"),
        (wanted(cards=[card(1, places={"watch": {}}), card(2)]), "not 'watch'"),
        (wanted(cards=[card(1, places={"phone": {"x": 1}}), card(2)]), "no 'x'"),
        (wanted(cards=[card(1, 7), card(2)]), "there are none"),
        (wanted([tab(7)], [card(1), card(2, 7)]), "a tab that is not there"),
        (wanted([tab(7)], [card(1, 7), card(2, "new1")]), "a tab that is not there"),
        (wanted([tab(9)], [card(1, 9), card(2, 9)]), "not there any more"),
        (wanted([tab("old")], []), "not there any more"),
        (wanted([tab(7), tab(7)], [card(1, 7), card(2, 7)]), "named twice"),
        (wanted([tab(7, "  ")], [card(1, 7), card(2, 7)]), "needs a title"),
        (wanted([tab(7, "x" * 61)], [card(1, 7), card(2, 7)]), "at most 60"),
        (wanted([tab(7, "a\x00b")], [card(1, 7), card(2, 7)]), "nobody can see"),
        (wanted([tab(f"new{n}") for n in range(31)], []), "at most 30 tabs"),
    ],
)
def test_what_no_page_has_is_refused_in_words(data, words):
    with pytest.raises(LayoutRefused, match=re.escape(words)):
        arrangement.read(data, {7}, {1, 2})


def test_positions_stay_where_they_say_the_order_already():
    assert arrangement.numbered([(10, 1), (10, 2), (30, 3)]) == [10, 10, 30]
    assert arrangement.numbered([(10, 2), (10, 1), (30, 3)]) == [0, 1, 2]


def test_the_version_of_a_layout_is_another_one_after_any_change():
    rows = [(1, 0, 4, 6, None, {})]
    versions = [
        arrangement.version([], rows),
        arrangement.version([(1, "Tab", 0)], rows),
        arrangement.version([], [(1, 0, 4, 7, None, {})]),
        arrangement.version([], [(1, 0, 4, 6, None, {"phone": {"hidden": True}})]),
    ]

    assert len(set(versions)) == len(versions)


# --- The door


@pytest.fixture
def editor(world):
    person = world.people["editor"]
    person.is_staff = True
    person.save()
    names = ["change_dashboard", "change_widget", "add_page", "change_page", "delete_page"]
    person.user_permissions.set(Permission.objects.filter(codename__in=names))
    return type(person).objects.get(pk=person.pk)  # without rights that it remembers


@pytest.fixture
def second(world):
    return WidgetFactory(dashboard=world.dashboard, dataset=world.dataset, position=1)


@pytest.fixture
def state(world, second, editor, browser):
    """What the editor's page starts from."""
    return browser(editor).get(DOOR).json()


def test_every_card_says_in_which_size_it_can_still_be_read(state):
    for chart in registry.load().values():
        assert all(least <= usual for least, usual in zip(chart.least, chart.size, strict=True))
    for card in state["cards"]:
        kind = Widget.objects.get(pk=card["id"]).chart_type
        assert card["least"] == list(registry.get(kind).least)


def sent(state, **changes):
    """The state as the page sends it back, with other values for the cards that are named."""
    parts = ("id", "tab", "width", "height", "places")
    cards = [{name: one[name] for name in parts} for one in state["cards"]]
    for one in cards:
        one |= changes.get(f"card_{one['id']}", {})
    tabs = [{"id": one["id"], "title": one["title"]} for one in state["tabs"]]
    return {"version": state["version"], "tabs": tabs, "cards": cards}


def post(client, data):
    return client.post(DOOR, json.dumps(data), content_type="application/json")


def test_only_the_card_that_changed_gets_a_version_that_says_who_and_why(
    world, second, editor, state, browser
):
    data = sent(state, **{f"card_{second.pk}": {"width": 8, "places": {"phone": {"hidden": True}}}})

    answer = post(browser(editor), data)

    assert answer.status_code == 200
    second.refresh_from_db()
    assert (second.width, second.places) == (8, {"phone": {"hidden": True}})
    newest = second.history.first()
    assert (newest.history_user, newest.history_change_reason) == (editor, "Arranged on the page")
    assert world.widget.history.count() == 1
    assert answer.json()["version"] != state["version"]


def test_a_move_makes_no_picture_and_no_answer_anew(world, second, editor, state, browser):
    def keys():
        cards = render.cards(choices.start(world.dashboard, editor))
        return {card.widget.pk: (card.drawing_key, card.body_key) for card in cards}

    before, data = keys(), sent(state)
    data["cards"].reverse()
    data["cards"][0] |= {"width": 12, "height": 9, "places": {"tablet": {"width": 6}}}

    assert post(browser(editor), data).status_code == 200

    assert [w.pk for w in world.dashboard.widgets.all()] == [second.pk, world.widget.pk]
    assert keys() == before


def test_a_page_in_the_browser_is_not_as_new_as_the_arrangement(editor, second, state, browser):
    client = browser(editor)
    client.get(PAGE)
    tag = client.get(PAGE).headers["ETag"]
    assert client.get(PAGE, headers={"If-None-Match": tag}).status_code == 304

    post(client, sent(state, **{f"card_{second.pk}": {"height": 9}}))

    assert client.get(PAGE, headers={"If-None-Match": tag}).status_code == 200


def test_tabs_are_added_renamed_ordered_and_deleted(world, second, editor, state, browser):
    client, data = browser(editor), sent(state)
    data["tabs"] = [tab("new1", "Overview"), tab("new2", "By device")]
    data["cards"][0]["tab"], data["cards"][1]["tab"] = "new1", "new2"
    two = post(client, data).json()
    assert [(t["title"], t["slug"]) for t in two["tabs"]] == [
        ("Overview", "overview"),
        ("By device", "by-device"),
    ]
    second.refresh_from_db()
    assert second.page.slug == "by-device"

    turned = sent(two)
    turned["tabs"].reverse()
    turned["tabs"][0]["title"] = "Phones"
    again = post(client, turned).json()
    assert [(t["title"], t["slug"]) for t in again["tabs"]] == [
        ("Phones", "by-device"),  # links to it keep working
        ("Overview", "overview"),
    ]

    last = sent(again)
    gone = last["tabs"].pop()["id"]
    for one in last["cards"]:
        one["tab"] = last["tabs"][0]["id"]
    assert post(client, last).status_code == 200
    assert not Page.objects.filter(pk=gone).exists()
    world.widget.refresh_from_db()
    assert world.widget.page.title == "Phones"
    assert Page.history.filter(id=gone, history_type="-").get().history_user == editor


def test_a_card_without_a_tab_stays_so_on_the_first(world, editor, second, browser):
    Page.objects.create(dashboard=world.dashboard, title="One", slug="one")
    client = browser(editor)
    state = client.get(DOOR).json()
    assert {one["tab"] for one in state["cards"]} == {state["tabs"][0]["id"]}

    post(client, sent(state, **{f"card_{second.pk}": {"width": 9}}))

    second.refresh_from_db()
    assert (second.width, second.page) == (9, None)


def test_who_was_slower_is_told_who_was_quicker_and_nothing_is_saved(
    world, second, editor, state, browser
):
    client = browser(editor)
    post(client, sent(state, **{f"card_{second.pk}": {"width": 10}}))

    answer = post(client, sent(state, **{f"card_{world.widget.pk}": {"width": 2}}))

    assert answer.status_code == 409
    assert answer.json()["error"].startswith(f"{editor.get_full_name() or editor.username} changed")
    world.widget.refresh_from_db()
    assert world.widget.width == 4


def test_what_is_refused_changes_nothing(world, second, editor, state, browser):
    data = sent(state, **{f"card_{second.pk}": {"width": 13}})
    data["cards"].reverse()

    answer = post(browser(editor), data)

    assert (answer.status_code, "width is" in answer.json()["error"]) == (400, True)
    assert [w.pk for w in world.dashboard.widgets.all()] == [world.widget.pk, second.pk]
    assert browser(editor).post(DOOR, b"{", content_type="application/json").status_code == 400


def test_cards_of_another_dashboard_are_not_moved(world, second, editor, state, browser):
    other = WidgetFactory(dashboard=DashboardFactory(owner=editor), dataset=world.dataset)
    data = sent(state)
    data["cards"].append(card(other.pk))

    assert post(browser(editor), data).status_code == 400


@pytest.mark.parametrize("person", ["viewer", "owner", "editor"])
def test_who_may_only_look_or_works_not_in_the_admin_may_not_arrange(world, browser, person):
    """The owner and the editor of this world are no staff."""
    client = browser(world.people[person])

    assert client.get(DOOR).status_code == 403
    assert post(client, wanted()).status_code == 403
    assert "data-arrange" not in client.get(PAGE).content.decode()


@pytest.mark.parametrize("missing", ["change_dashboard", "change_widget"])
def test_the_rights_are_those_of_the_admin(editor, state, browser, missing):
    editor.user_permissions.remove(Permission.objects.get(codename=missing))

    assert post(browser(editor), sent(state)).status_code == 403


def test_tabs_want_rights_of_their_own(world, second, editor, state, browser):
    editor.user_permissions.remove(Permission.objects.get(codename="add_page"))
    data = sent(state)
    data["tabs"] = [tab("new1")]
    for one in data["cards"]:
        one |= {"tab": "new1", "width": 9}

    answer = post(browser(editor), data)

    assert (answer.status_code, answer.json()["error"]) == (403, "You may not add tabs.")
    assert not Page.objects.exists()
    assert not Widget.objects.filter(width=9).exists()


def test_another_site_cannot_arrange(world, editor):
    client = Client(enforce_csrf_checks=True)
    client.force_login(editor)

    assert post(client, wanted()).status_code == 403


def test_open_pages_are_told(
    second, editor, state, browser, monkeypatch, django_capture_on_commit_callbacks
):
    told = []
    monkeypatch.setattr(arrange.live, "announce_change", told.append)

    with django_capture_on_commit_callbacks(execute=True):
        post(browser(editor), sent(state, **{f"card_{second.pk}": {"width": 9}}))

    assert told == [second.dashboard_id]


def test_a_phone_has_its_own_order_and_hides_what_it_shall():
    places = {"phone": {"position": 2, "hidden": True}, "tablet": {"width": 6, "height": 9}}

    assert layout.style(4, 6, places) == "--w:4;--h:6;--tw:6;--th:9;--ph:6;--po:2"
    assert layout.hidden_on(places) == "no-phone"
