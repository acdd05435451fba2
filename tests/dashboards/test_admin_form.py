"""The form of a card: what it offers by itself, and what its preview shows."""

import re
from datetime import UTC, datetime
from html.parser import HTMLParser

import pyarrow as pa
import pytest
from django.urls import reverse

from dashboards.charts import registry
from dashboards.forms import OptionsForm, size_of
from dashboards.models import Widget
from tests.factories.dashboards import WidgetFactory
from tests.factories.datasets import DatasetFactory, publish

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
TYPES = [name for name, _ in registry.choices()]


class Fields(HTMLParser):
    """Names of a form's fields with the values that they have now."""

    def __init__(self, html):
        super().__init__()
        self.values, self.sizes, self._select, self._area = {}, {}, "", ""
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        known = dict(attributes)
        if tag == "input" and (known.get("type") != "checkbox" or "checked" in known):
            self.values[known.get("name")] = known.get("value", "")
        if tag == "select":
            self._select = known["name"]
        self._area = known.get("name", "") if tag == "textarea" else ""
        # An order of columns ends with an empty list for the next one.
        if tag == "option" and "selected" in known and not self.values.get(self._select):
            self.values[self._select] = known["value"]
        if known.get("id") == "widget-options":
            self.sizes = (int(known["data-width"]), int(known["data-height"]))

    def handle_data(self, text):
        if self._area:
            self.values[self._area], self._area = text.strip(), ""


@pytest.fixture
def root(world, browser):
    return browser(world.people["superuser"])


@pytest.fixture
def options(root, world):
    """``options(table, type, answers)``: the fields that the form offers for that dataset."""

    def ask(columns, chart_type, **answers):
        dataset = DatasetFactory()
        publish(dataset, pa.table(columns))
        fields = {"card-dataset": dataset.pk, "card-chart_type": chart_type, "record": ""}
        posted = fields | {f"options-{key}": value for key, value in answers.items()}
        answer = root.post(reverse("admin:dashboards_widget_options"), posted)
        return Fields(answer.content.decode())

    return ask


def test_each_type_has_a_size_of_its_own(options):
    sizes = {name: options({"a": ["x"]}, name).sizes for name in TYPES}

    assert sizes == {name: size_of(name) for name in TYPES}
    assert len(set(sizes.values())) > 3
    assert sizes["number"] == (3, 4)


def test_a_new_card_starts_with_the_size_of_its_type(root):
    form = root.get(reverse("admin:dashboards_widget_add"), {"chart_type": "number"})

    values = Fields(form.content.decode()).values
    assert (values["card-width"], values["card-height"]) == ("3", "4")


def test_a_stored_card_keeps_its_size(root, world):
    card = WidgetFactory(dashboard=world.dashboard, dataset=world.dataset, width=9, height=11)

    form = root.get(reverse("admin:dashboards_widget_change", args=[card.pk]))

    values = Fields(form.content.decode()).values
    assert (values["card-width"], values["card-height"]) == ("9", "11")


ONE_TIME = {"at": [NOON], "name": ["a"]}
TWO_TIMES = {"made": [NOON], "paid": [NOON], "name": ["a"]}


@pytest.mark.parametrize(
    ("columns", "chart_type", "option", "chosen"),
    [
        (ONE_TIME, "line", "x", "at"),
        (TWO_TIMES, "line", "x", "made"),
        (ONE_TIME, "number", "time", "at"),
        (ONE_TIME, "heatmap", "time", "at"),
        (ONE_TIME, "line", "grain", "auto"),  # of a new card; a stored one without it has days
        (ONE_TIME, "cohort", "grain", "month"),
        (TWO_TIMES, "number", "time", ""),
        ({"name": ["a"]}, "number", "time", ""),
    ],
)
def test_what_a_new_card_takes_where_there_is_no_doubt(
    options, columns, chart_type, option, chosen
):
    assert options(columns, chart_type).values.get(f"options-{option}", "") == chosen


def test_a_stored_card_without_a_time_stays_without(root, world):
    publish(world.dataset, pa.table(ONE_TIME))
    card = WidgetFactory(dashboard=world.dashboard, dataset=world.dataset)

    form = root.get(reverse("admin:dashboards_widget_change", args=[card.pk]))

    assert Fields(form.content.decode()).values.get("options-time", "") == ""


def test_answers_stay_where_the_next_type_asks_the_same(options):
    pie = {"of": "pie", "category": "name", "measure": "sum(n)", "unit": "EUR"}

    values = options({"name": ["a"], "n": [1]}, "funnel", **pie).values
    assert values["options-measure"] == "sum(n)"
    values = options({"name": ["a"], "n": [1]}, "bar", **pie).values
    assert values["options-category"] == "name"
    assert values["options-unit"] == "EUR"


def test_answers_to_another_question_do_not_stay(options):
    bar = {"of": "bar", "category": "name", "order": "value"}

    values = options({"name": ["a"]}, "table", **bar).values

    assert values.get("options-order", "") == ""  # of a table it is the name of a column
    assert "options-compare" in options({"name": ["a"]}, "number", **bar).values  # its default


def test_a_wrong_answer_costs_no_other_when_the_dataset_changes(options):
    line = {"of": "line", "x": "gone", "measure": "sum(n)", "unit": "EUR"}

    values = options({"at": [NOON], "n": [1]}, "line", **line).values

    assert values["options-measure"] == "sum(n)"
    assert values["options-x"] == "at"


@pytest.mark.parametrize("name", TYPES)
def test_no_two_options_of_a_type_have_one_label(name):
    labels = [field.label for field in OptionsForm(registry.get(name), {}).fields.values()]

    assert len(labels) == len(set(labels))


def fields_of(world, **changes):
    return {
        "card-title": "Bids", "card-subtitle": "All of them", "card-dashboard": world.dashboard.pk,
        "card-dataset": world.dataset.pk, "card-chart_type": "pie", "card-position": "",
        "card-width": 3, "card-height": 8, "options-category": "bidder_shortname", "record": "",
    } | changes  # fmt: skip


def test_as_many_filters_as_one_wants_are_stored(world, root):
    filters = {}
    for index in (*range(40), 77):
        row = f"card-filters-{index}"
        filters |= {f"{row}-column": "amount", f"{row}-op": "!=", f"{row}-value": str(index)}

    root.post(reverse("admin:dashboards_widget_add"), fields_of(world) | filters)

    stored = Widget.objects.get(title="Bids").filters
    assert [row[2] for row in stored] == [str(index) for index in (*range(40), 77)]


def test_a_new_card_stands_last(world, root):
    WidgetFactory(dashboard=world.dashboard, dataset=world.dataset, position=41)

    root.post(reverse("admin:dashboards_widget_add"), fields_of(world))

    assert Widget.objects.get(title="Bids").position == 42


def preview(root, fields):
    return root.post(reverse("admin:dashboards_widget_preview"), fields).json()


def test_the_preview_is_the_card_of_the_page(world, root):
    shown = preview(root, fields_of(world, **{"card-subtitle": "<b>All</b>"}))

    assert 'style="--w:3;--h:8;' in shown["card"]
    assert "Bids</h2>" in shown["card"]
    assert "&lt;b&gt;All&lt;/b&gt;" in shown["card"]
    assert world.dataset.name in shown["card"]
    assert {row["label"] for row in shown["body"]["legend"]} == {"Umbrella", "Initech-7b1f"}


def test_a_card_is_shown_before_it_has_a_title_or_a_dashboard(world, root):
    shown = preview(root, fields_of(world, **{"card-title": "", "card-dashboard": ""}))

    assert "Title of the card" in shown["card"]


def test_the_preview_says_what_it_waits_for(world, root):
    shown = preview(root, fields_of(world, **{"options-category": ""}))

    assert shown == {"error": "", "wait": "Choose “Category” to see the card."}


def test_an_option_that_the_chart_refuses_is_told_at_its_field_by_its_label(root, world):
    asked = {
        "card-dashboard": world.dashboard.pk,
        "card-dataset": world.dataset.pk,
        "card-title": "Shares",
        "card-chart_type": "pie",
        "options-category": world.dataset.columns.first().name,
        "options-measure": "avg(amount)",
        "card-width": 4,
        "card-height": 6,
        "record": "",
    }

    preview = root.post(reverse("admin:dashboards_widget_preview"), asked).json()
    page = root.post(reverse("admin:dashboards_widget_add"), asked).content.decode()

    assert preview["error"].startswith("Measure: shares of")
    field = page[page.index('for="id_options-measure"') : page.index('for="id_options-slices"')]
    assert "mean nothing" in field
    assert not Widget.objects.filter(title="Shares").exists()


TABLE = {"device": ["app"], "amount": [1.0], "at": [NOON]}
PIE = {"category": "device", "measure": "sum(amount)", "time": "at", "period": "30d"}
LINE = {"x": "at", "measure": "avg(amount)", "period": "30d"}


@pytest.mark.parametrize(
    ("before", "answers", "after", "expected"),
    [
        ("pie", PIE, "bar", PIE | {"measures": "sum(amount)", "measure": None}),
        ("pie", PIE, "funnel", {"stage": "device", "measure": "sum(amount)", "time": "at"}),
        ("pie", PIE, "number", {"value": "sum(amount)", "time": "at", "period": "30d"}),
        ("pie", PIE, "table", {"group_by": "device", "measures": "sum(amount)", "time": "at"}),
        ("bar", {"category": "device", "measures": "A: sum(amount) | 0.0\ncount()"}, "pie",
         {"category": "device", "measure": "A: sum(amount) | 0.0"}),
        ("line", LINE | {"target_measure": "max(amount)", "compare": "year"}, "line",
         LINE | {"target_measure": "max(amount)", "compare": "year"}),
        ("line", LINE, "number", {"value": "avg(amount)", "time": "at", "period": "30d"}),
        ("number", {"value": "avg(amount)", "time": "at"}, "line",
         {"x": "at", "measure": "avg(amount)"}),
    ],
)  # fmt: skip
def test_another_chart_type_takes_the_answers_that_mean_the_same(
    options, before, answers, after, expected
):
    shown = options(TABLE, after, of=before, **answers)

    wanted = {f"options-{name}": value for name, value in expected.items() if value}
    assert {name: shown.values.get(name) for name in wanted} == wanted


def test_one_measure_does_not_become_the_target_and_the_forecast_too(options):
    shown = options(TABLE, "line", of="number", value="avg(amount)", time="at")

    given = [name for name, value in shown.values.items() if value == "avg(amount)"]
    assert given == ["options-measure"]


@pytest.mark.parametrize("page", ["add", "options", "preview"])
def test_numbers_too_long_to_read_name_no_record(root, world, page):
    """Python refuses to read numbers of more than some thousand digits."""
    long = "9" * 5000
    card = {"dashboard": long, "dataset": long, "chart_type": "bar", "record": long}
    posted = card | {f"card-{name}": value for name, value in card.items()}

    if page == "add":
        answer = root.get(reverse("admin:dashboards_widget_add"), card)
    else:
        answer = root.post(reverse(f"admin:dashboards_widget_{page}"), posted)

    assert answer.status_code < 500


def test_the_head_of_a_form_that_adds_says_so(root):
    def head(name):
        page = root.get(reverse(f"admin:dashboards_dashboard_{name}")).content.decode()
        words = re.sub(r"<[^>]+>", " ", page.partition("<h1")[2].partition("</h1>")[0])
        return words.split()[-1]

    assert head("add") == "Add"
    assert head("changelist") == "Dashboards"


def test_columns_keep_the_order_in_which_they_were_chosen(root, world):
    publish(world.dataset, pa.table({"a": ["x"], "b": ["y"], "c": ["z"]}))
    chosen = {"options-group_by": ["c", "a", "", "c"], "options-measures": "count()"}
    card = WidgetFactory(dashboard=world.dashboard, dataset=world.dataset, chart_type="pivot",
                         options={"group_by": ["b"]})  # fmt: skip
    page = reverse("admin:dashboards_widget_change", args=[card.pk])

    assert (
        root.post(page, fields_of(world, **{"card-chart_type": "pivot"}) | chosen).status_code
        == 302
    )
    card.refresh_from_db()
    assert card.options["group_by"] == ["c", "a"]

    shown = root.get(page).content.decode()
    assert re.findall(r'value="([a-z])" selected', shown) == ["c", "a"]
