"""Making and changing cards in the admin: what is stored, and who is told."""

import json

import pytest
from django.urls import reverse

from dashboards import live
from dashboards.models import Dashboard, Widget
from datasets import cache
from tests.factories.dashboards import DashboardFactory, WidgetFactory
from tests.factories.people import PersonFactory

ADD, CHANGE = "admin:dashboards_widget_add", "admin:dashboards_widget_change"


@pytest.fixture
def root(world, browser):
    return browser(world.people["superuser"])


def fields_of(world, **changes):
    fields = {
        "card-title": "Bids per bidder", "card-dashboard": world.dashboard.pk,
        "card-dataset": world.dataset.pk, "card-chart_type": "pie", "card-position": 3,
        "card-width": 4, "card-height": 6, "options-category": "bidder_shortname",
        "options-measure": "sum(amount)", "record": "",
    }  # fmt: skip
    return fields | changes


def test_a_card_is_stored_with_what_differs_from_the_defaults(world, root):
    filters = {"filters-0-column": "amount", "filters-0-op": ">", "filters-0-value": "5",
               "filters-1-column": "bidder_shortname", "filters-1-op": "not_null",
               "filters-2-column": "bidder_shortname", "filters-2-op": "in",
               "filters-2-value": "a, b"}  # fmt: skip

    answer = root.post(
        reverse(ADD), fields_of(world) | {f"card-{k}": v for k, v in filters.items()}
    )

    assert answer.status_code == 302
    made = Widget.objects.get(title="Bids per bidder")
    assert made.options == {"category": "bidder_shortname", "measure": "sum(amount)"}
    assert made.filters == [
        ["amount", ">", "5"],
        ["bidder_shortname", "not_null"],
        ["bidder_shortname", "in", ["a", "b"]],
    ]
    form = root.get(reverse(CHANGE, args=[made.pk])).content.decode()
    assert 'value="a, b"' in form
    assert made.history.first().history_user == world.people["superuser"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"options-category": ""}, "Some options are missing"),
        ({"options-measure": "sum(nothing)"}, "nothing"),
        ({"options-category": "nothing"}, "Some options are missing"),
        ({"card-chart_type": "hologram"}, "Select a valid choice"),
        ({"card-width": 13}, "less than or equal to 12"),
        (
            {
                "card-filters-0-column": "amount",
                "card-filters-0-op": ">",
                "card-filters-0-value": "x",
            },
            "amount",
        ),
        (
            {
                "card-filters-0-column": "amount",
                "card-filters-0-op": "~",
                "card-filters-0-value": "1",
            },
            "amount",
        ),
        ({"card-filters-0-column": "nothing", "card-filters-0-op": "is_null"}, "nothing"),
    ],
)
def test_what_could_not_be_drawn_is_not_saved(world, root, change, said):
    form = root.post(reverse(ADD), fields_of(world, **change))
    preview = root.post(
        reverse("admin:dashboards_widget_preview"), fields_of(world, **change)
    ).json()

    assert form.status_code == 200
    assert said in form.content.decode()
    assert preview["error"] or preview["wait"]
    assert Widget.objects.count() == 1


def test_the_preview_waits_until_dataset_and_type_are_chosen(world, root):
    for missing in ("card-dataset", "card-chart_type"):
        answer = root.post(
            reverse("admin:dashboards_widget_preview"), fields_of(world, **{missing: ""})
        )
        assert answer.json()["wait"]


def test_a_preview_stores_nothing(world, root):
    answer = root.post(reverse("admin:dashboards_widget_preview"), fields_of(world)).json()

    assert (answer["kind"], answer["height"]) == ("drawing", 6)
    assert answer["drawing"]["doc"]
    assert "Initech-7b1f" in json.dumps(answer["body"])
    assert Widget.objects.count() == 1


def test_the_tools_take_nothing_by_get(world, root):
    for tool in ("preview", "options"):
        assert root.get(reverse(f"admin:dashboards_widget_{tool}")).status_code == 405


# --- Where one lands


def test_who_saves_a_card_lands_on_its_dashboard(world, root):
    dashboard = reverse("admin:dashboards_dashboard_change", args=[world.dashboard.pk])
    fields = fields_of(world, **{"card-title": "<i>Bids</i>"})

    added = root.post(reverse(ADD), fields)
    made = Widget.objects.latest("pk")
    html = root.get(added.headers["Location"]).content.decode()
    changed = root.post(reverse(CHANGE, args=[made.pk]), fields)

    assert added.headers["Location"] == changed.headers["Location"] == dashboard
    assert f'href="{world.dashboard.get_absolute_url()}#widget-{made.pk}"' in html
    assert "“&lt;i&gt;Bids&lt;/i&gt;” was added" in html


def test_the_next_card_goes_to_the_same_dashboard(world, root):
    answer = root.post(reverse(ADD), fields_of(world) | {"_addanother": "1"})

    assert answer.headers["Location"] == f"{reverse(ADD)}?dashboard={world.dashboard.pk}"


def test_who_deletes_a_card_lands_on_its_dashboard(world, root):
    dashboard = reverse("admin:dashboards_dashboard_change", args=[world.dashboard.pk])
    delete = reverse("admin:dashboards_widget_delete", args=[world.widget.pk])

    answer = root.post(delete, {"post": "yes"})

    assert answer.headers["Location"] == dashboard
    assert not Widget.objects.exists()


def test_who_may_not_open_the_dashboard_form_is_not_sent_there(world, browser):
    clerk = PersonFactory(is_staff=True, roles=["Partners"], may=["view_widget", "add_widget"])

    answer = browser(clerk).post(reverse(ADD), fields_of(world))

    assert answer.headers["Location"] == reverse("admin:dashboards_widget_changelist")


# --- Open pages are told


@pytest.fixture
def told(django_capture_on_commit_callbacks):
    """``told(change)``: the dashboards whose pages are told of a change that commits."""

    def watch(change):
        with cache.client().pubsub(ignore_subscribe_messages=True) as channel:
            channel.subscribe(live.CHANNEL)
            channel.get_message(timeout=5)  # that of the subscription itself
            with django_capture_on_commit_callbacks(execute=True):
                change()
            found = set()
            while message := channel.get_message(timeout=0.2):
                found.add(int(message["data"].split()[0]))
            return found

    return watch


def test_pages_are_told_of_a_new_a_changed_and_a_deleted_card(world, root, told):
    dashboard, widget = world.dashboard.pk, world.widget.pk
    delete = reverse("admin:dashboards_widget_delete", args=[widget])

    assert told(lambda: root.post(reverse(ADD), fields_of(world))) == {dashboard}
    assert told(lambda: root.post(reverse(CHANGE, args=[widget]), fields_of(world))) == {dashboard}
    assert told(lambda: root.post(delete, {"post": "yes"})) == {dashboard}
    assert not Widget.objects.filter(pk=widget).exists()


def test_pages_are_told_of_cards_that_are_deleted_together(world, root, told):
    other = WidgetFactory()
    chosen = {
        "action": "delete_selected",
        "post": "yes",
        "_selected_action": [world.widget.pk, other.pk],
    }

    found = told(lambda: root.post(reverse("admin:dashboards_widget_changelist"), chosen))

    assert not Widget.objects.exists()
    assert found == {world.dashboard.pk, other.dashboard_id}


def test_both_pages_are_told_when_a_card_moves_from_one_to_the_other(world, root, told):
    other = DashboardFactory()
    fields = fields_of(world, **{"card-dashboard": other.pk})

    found = told(lambda: root.post(reverse(CHANGE, args=[world.widget.pk]), fields))

    assert found == {world.dashboard.pk, other.pk}


def test_pages_are_told_of_a_changed_dashboard(world, root, told):
    change = reverse("admin:dashboards_dashboard_change", args=[world.dashboard.pk])
    fields = {"title": "Renamed", "slug": "p-73", "position": 1, "widgets-TOTAL_FORMS": 0,
              "widgets-INITIAL_FORMS": 0,
              "pages-TOTAL_FORMS": 0, "pages-INITIAL_FORMS": 0}  # fmt: skip

    assert told(lambda: root.post(change, fields)) == {world.dashboard.pk}
    assert Dashboard.objects.get().title == "Renamed"


def test_a_card_is_saved_while_redis_is_away(
    world, root, settings, django_capture_on_commit_callbacks
):
    kept, settings.REDIS_URL, cache._client = cache._client, "redis://127.0.0.1:1/0", None
    try:
        with django_capture_on_commit_callbacks(execute=True):
            answer = root.post(reverse(ADD), fields_of(world))
    finally:
        cache._client, cache._down_until = kept, 0.0

    assert answer.status_code == 302
    assert Widget.objects.filter(title="Bids per bidder").exists()


def test_who_makes_a_dashboard_owns_it(world, browser):
    person = world.people["staff outsider"]
    fields = {"title": "Mine", "slug": "mine", "position": 1, "widgets-TOTAL_FORMS": 0,
              "widgets-INITIAL_FORMS": 0,
              "pages-TOTAL_FORMS": 0, "pages-INITIAL_FORMS": 0}  # fmt: skip

    browser(person).post(reverse("admin:dashboards_dashboard_add"), fields)

    assert Dashboard.objects.get(slug="mine").owner == person
