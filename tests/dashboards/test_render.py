"""What is drawn, kept and told: keys of the caches, cards that fail, data that is old."""

import logging
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

import pyarrow as pa
import pytest
from django.utils import timezone

from dashboards import render
from dashboards.charts import options as chart_options
from dashboards.charts import registry
from dashboards.charts.registry import Chart, State, chart_type
from dashboards.filters import Wish
from dashboards.models import Widget
from datasets import cache, policies
from datasets.models import RowPolicy
from datasets.query import Filter
from tests.factories.dashboards import WidgetFactory
from tests.factories.datasets import DatasetFactory, publish
from tests.factories.world import CELL

DATA = "/dashboards/p-73/data"


@pytest.fixture
def viewer(world, browser):
    return browser(world.people["viewer"])


def body_of(answer, widget):
    """The body of one card of a dashboard's answer."""
    assert answer.status_code == 200
    return next(found["body"] for found in answer.json()["widgets"] if found["id"] == widget.pk)


def keys(world):
    card = render.card(Widget.objects.get(pk=world.widget.pk), world.people["viewer"])
    return card.drawing_key, card.body_key


def test_a_changed_widget_has_other_keys(world):
    before = keys(world)
    world.widget.save()

    assert set(before).isdisjoint(keys(world))


def test_a_new_snapshot_changes_the_body_but_not_the_drawing(world):
    drawing, body = keys(world)
    publish(world.dataset, pa.table({"bidder_shortname": ["Hooli"], "amount": [1]}))

    assert keys(world)[0] == drawing
    assert keys(world)[1] != body


@pytest.mark.parametrize("name", ["TIME_ZONE", "FORMAT_LOCALE"])
def test_zone_and_locale_are_part_of_the_key(world, settings, name):
    before = keys(world)
    setattr(settings, name, "Asia/Tokyo" if name == "TIME_ZONE" else "de")

    assert keys(world)[1] != before[1]


def test_two_policies_never_share_a_key():
    """Over every pair of rules that differ in rows, values, operators or hidden columns."""
    rows = [
        (),
        (Filter("a", "=", 1),),
        (Filter("a", "=", "1"),),
        (Filter("a", "!=", 1),),
        (Filter("b", "=", 1),),
        (Filter("a", "=", 1), Filter("b", "=", 1)),
        (Filter("a", "in", [1, 2]),),
        (Filter("a", "in", [1, 2, 3]),),
        (Filter("a", "in", [12]),),
    ]
    hidden = [frozenset(), frozenset({"a"}), frozenset({"a", "b"}), frozenset({"ab"})]
    found = [policies.Policy(r, h).fingerprint for r in rows for h in hidden]

    assert len(set(found)) == len(rows) * len(hidden)


@pytest.mark.parametrize(("period", "note"), [("30d", "Per day"), ("12m", "Per week")])
def test_a_line_that_fits_its_period_says_what_a_point_is(world, period, note):
    dataset = DatasetFactory()
    times = [datetime(2025, 11, day, tzinfo=UTC) for day in (1, 22)]
    publish(dataset, pa.table({"at": times}), as_of=times[-1])
    options = {"x": "at", "grain": "auto", "period": "30d"}
    widget = WidgetFactory(dataset=dataset, chart_type="line", options=options)
    wish = Wish(period=period)

    _, state, *_ = render.compute(widget, world.people["superuser"], wish)

    assert note in state.note


@pytest.mark.parametrize(
    ("period", "count", "note"),
    [("1h", 1, "Whole days: 22 Nov"), ("24h", 2, "Whole days: 21 Nov to 22 Nov"), ("2d", 2, "")],
)
def test_hours_of_data_by_the_day_are_whole_days_and_the_card_says_so(world, period, count, note):
    dataset = DatasetFactory()
    days = [date(2025, 11, day) for day in range(1, 23)]
    publish(dataset, pa.table({"day": days}), as_of=datetime(2025, 11, 22, 13, 5, tzinfo=UTC))
    options = {"value": "count()", "time": "day", "period": period, "compare": False}
    widget = WidgetFactory(dataset=dataset, options=options)

    _, state, *_ = render.compute(widget, world.people["superuser"])

    assert state.summary.startswith(f"Count: {count}")
    assert state.note == note


@pytest.mark.parametrize(
    ("name", "written"), [("cart_id", "200207"), ("id", "200207"), ("paid", "200,207")]
)
def test_numbers_that_name_rows_are_written_as_they_are(world, name, written):
    dataset = DatasetFactory()
    publish(dataset, pa.table({name: [200207]}))
    widget = WidgetFactory(dataset=dataset, chart_type="table", options={"columns": [name]})

    _, state, *_ = render.compute(widget, world.people["superuser"])

    assert state.rows == [[written]]


def test_the_policy_is_part_of_what_a_page_and_an_open_socket_share(world):
    card = render.card(world.widget, world.people["viewer"])
    rule = policies.Policy(rows=(Filter("amount", "<", 5),)).fingerprint

    assert policies.Policy().fingerprint in card.body_key
    assert rule not in card.body_key
    assert render.etag([card]) != render.etag([replace(card, body_key=card.body_key + rule)])


def test_what_is_made_while_a_rule_changes_is_not_kept_for_those_without_the_change(world):
    rule = RowPolicy.objects.create(
        dataset=world.dataset, name="Nobody's", everybody=True,
        condition={"column": "bidder", "op": "=", "value": "nobody"},
    )  # fmt: skip
    card = render.card(world.widget, world.people["viewer"])
    rule.condition = {}
    rule.save()

    [body] = render.bodies([card])

    assert b"changed just now" in body
    assert CELL.encode() not in body
    assert cache.get(card.body_key) is None
    assert CELL.encode() in render.bodies([render.card(world.widget, card.viewer)])[0]


def test_nothing_is_made_twice_for_the_same_data(world, viewer, django_assert_max_num_queries):
    first = viewer.get(DATA).json()

    with django_assert_max_num_queries(6):
        assert viewer.get(DATA).json() == first


def test_a_page_has_as_many_queries_with_twelve_cards_as_with_one(
    world, viewer, django_assert_max_num_queries
):
    for _ in range(11):
        WidgetFactory(dashboard=world.dashboard, dataset=world.dataset)
    viewer.get(DATA)

    with django_assert_max_num_queries(6):
        assert len(viewer.get(DATA).json()["widgets"]) == 12
    with django_assert_max_num_queries(6):
        viewer.get("/dashboards/p-73/")


@dataclass(frozen=True)
class NoOptions:
    fails: str = chart_options.text("Fails", default="")


@pytest.fixture
def failing_type():
    """A chart type with a fault in it, as somebody may write one."""
    registry.load()

    @chart_type("failing", label="Failing")
    class Failing(Chart):
        Options = NoOptions

        def queries(self, options, context):
            return {}

        def state(self, tables, options, context):
            if options.fails == "state":
                raise ZeroDivisionError("division by zero in the margin of Globex")
            return State(summary="fine")

        def figure(self, options, theme):
            raise KeyError("no such model")

    yield
    registry._charts.pop("failing")


@pytest.mark.parametrize("where", ["state", "figure"])
@pytest.mark.parametrize("person", ["viewer", "superuser"])
def test_a_card_that_fails_leaves_the_others_alone(
    world, browser, failing_type, caplog, where, person
):
    bad = WidgetFactory(
        dashboard=world.dashboard,
        dataset=world.dataset,
        chart_type="failing",
        options={"fails": where},
    )
    with caplog.at_level(logging.ERROR, "dashboards.render"):
        answer = browser(world.people[person]).get(DATA)

    assert CELL in body_of(answer, world.widget)["html"]
    assert body_of(answer, bad) == {"error": "This card fails; the log of the portal says why."}
    assert "ETag" not in answer.headers  # so that it is asked again
    assert "Globex" not in answer.content.decode()
    assert f"idget {bad.pk} fails" in caplog.text


def test_a_chart_type_that_is_gone_leaves_page_and_other_cards_alone(world, viewer):
    gone = WidgetFactory(dashboard=world.dashboard, dataset=world.dataset, chart_type="gauge")

    page = viewer.get("/dashboards/p-73/")
    data = viewer.get(DATA)
    table = viewer.get(f"/dashboards/p-73/widgets/{gone.pk}/table")

    assert (page.status_code, table.status_code) == (200, 200)
    assert "do not fit" in body_of(data, gone)["error"]
    assert CELL in body_of(data, world.widget)["html"]


@pytest.mark.parametrize(
    "settings_that_do_not_fit",
    [
        {"options": {"value": "sum(hidden_margin)"}},
        {"options": {"hidden_margin": 1}},
        {"filters": [["hidden_margin", "=", 1]]},
        {"filters": "hidden_margin"},
        {"filters": [["amount", "hidden_margin", 1]]},
        {"filters": {"hidden_margin": 1}},
        {"options": {"value": "count()", "time": "hidden_margin"}},
    ],
)
def test_only_staff_read_why_a_card_cannot_be_drawn(world, browser, settings_that_do_not_fit):
    bad = WidgetFactory(
        dashboard=world.dashboard, dataset=world.dataset, **settings_that_do_not_fit
    )
    table = f"/dashboards/p-73/widgets/{bad.pk}/table"

    staff, viewer = world.people["superuser"], world.people["viewer"]
    told_staff = [
        body_of(browser(staff).get(DATA), bad)["error"],
        browser(staff).get(table).content.decode(),
    ]
    told_viewer = [
        body_of(browser(viewer).get(DATA), bad)["error"],
        browser(viewer).get(table).content.decode(),
    ]

    assert all("hidden_margin" in text or "expected" in text for text in told_staff)
    assert all("do not fit its data any more. Owner: owner." in text for text in told_viewer)
    assert all("hidden_margin" not in text for text in told_viewer)


def test_a_dataset_without_data_is_pending_and_not_a_failure(world, viewer):
    empty = DatasetFactory(name="Bids of tomorrow")
    waiting = WidgetFactory(dashboard=world.dashboard, dataset=empty)

    page = viewer.get("/dashboards/p-73/")
    data = viewer.get(DATA)
    table = viewer.get(f"/dashboards/p-73/widgets/{waiting.pk}/table")

    assert page.status_code == 200
    assert list(body_of(data, waiting)) == ["pending"]
    assert "has no data yet" in body_of(data, waiting)["pending"]
    assert "has no data yet" in table.content.decode()
    assert "ETag" not in data.headers  # the next one may have it
    assert CELL in body_of(data, world.widget)["html"]


@pytest.mark.parametrize(("age", "said"), [(14, ""), (16, "because the refresh is late")])
def test_data_older_than_promised_is_said_to_be_late(world, viewer, age, said):
    now = timezone.now()
    publish(
        world.dataset,
        pa.table({"bidder_shortname": ["x"], "amount": [1]}),
        now - timedelta(minutes=age),
    )

    assert viewer.get(DATA).json()["widgets"][0]["stale"].endswith(said)
    assert ('class="card old"' in viewer.get("/dashboards/p-73/").content.decode()) == bool(said)


def test_a_refresh_that_fails_is_said_with_its_time_but_not_the_words_of_the_engine(world, viewer):
    since = timezone.make_aware(timezone.datetime(2026, 3, 4, 5, 6))
    error = 'permission denied for table "hidden_margin"'
    because = "the source refuses the query"
    type(world.dataset).objects.update(
        failures=2, failing_since=since, last_error=error, failing_because=because
    )
    publish_time = viewer.get(DATA).json()["widgets"][0]

    assert publish_time["stale"] == f"Stale since 04 Mar 05:06 because {because}"
    page = viewer.get("/dashboards/p-73/").content.decode()
    assert f"Stale since 04 Mar 05:06 because {because}" in page
    assert "hidden_margin" not in page
    assert CELL in publish_time["body"]["html"]  # the last good data still shows


def test_a_page_that_turns_stale_is_no_304(world, viewer):
    now = timezone.now()
    rows = pa.table({"bidder_shortname": ["x"], "amount": [1]})
    publish(world.dataset, rows, now)
    tags = {path: viewer.get(path).headers["ETag"] for path in (DATA, "/dashboards/p-73/")}

    type(world.dataset).objects.update(fresh_for=timedelta(0))

    for path, tag in tags.items():
        assert viewer.get(path, headers={"If-None-Match": tag}).status_code == 200


@pytest.fixture
def redis_away(settings):
    """Nobody answers where Redis should be."""
    kept, settings.REDIS_URL = cache._client, "redis://127.0.0.1:1/0"
    cache._client = None
    yield
    cache._client, cache._down_until = kept, 0.0


def test_without_redis_everything_is_shown_and_drawn(world, viewer, redis_away, caplog):
    drawn = WidgetFactory(
        dashboard=world.dashboard,
        dataset=world.dataset,
        chart_type="pie",
        options={"category": "bidder_shortname"},
    )

    assert viewer.get("/dashboards/p-73/").status_code == 200
    data = viewer.get(DATA)
    assert CELL in body_of(data, world.widget)["html"]
    assert CELL in str(body_of(data, drawn)["sources"])
    assert data.json()["widgets"][-1]["drawing"]["doc"]
    assert viewer.get(f"/dashboards/p-73/widgets/{world.widget.pk}/table").status_code == 200
    assert viewer.get("/api/v1/datasets/d-41/rows/").json()["count"] == 2
    assert "Redis does not answer" in caplog.text


def test_a_redis_that_lost_everything_is_filled_again(world, viewer):
    first = viewer.get(DATA).json()
    cache.clear_local()
    cache.client().flushdb()

    assert viewer.get(DATA).json() == first
    assert cache.client().keys("body:*") != []
