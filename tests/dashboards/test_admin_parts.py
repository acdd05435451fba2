"""Tabs, filters, saved views, annotations and chart templates in the admin."""

import json
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from dashboards import chart_templates, live
from dashboards.charts import registry
from dashboards.charts.options import roles
from dashboards.models import Annotation, ChartTemplate, Filter, Page, SavedView, Widget
from datasets import cache
from datasets.models import Column, Dataset
from tests.factories.dashboards import DashboardFactory, WidgetFactory
from tests.factories.datasets import DatasetFactory
from tests.factories.people import PersonFactory

KINDS = ("dashboard", "widget", "filter", "savedview", "annotation", "page", "charttemplate")
ALL = [f"{verb}_{kind}" for verb in ("view", "add", "change", "delete") for kind in KINDS]


@pytest.fixture
def root(world, browser):
    return browser(world.people["superuser"])


@pytest.fixture
def partner(world):
    """Staff who may edit the world's dashboard and dataset."""
    return PersonFactory(is_staff=True, roles=["Partners"], may=[*ALL, "view_dataset"])


@pytest.fixture
def told(django_capture_on_commit_callbacks):
    """``told(change)``: the dashboards whose pages are told of a change that commits."""

    def watch(change):
        with cache.client().pubsub(ignore_subscribe_messages=True) as channel:
            channel.subscribe(live.CHANNEL)
            channel.get_message(timeout=5)
            with django_capture_on_commit_callbacks(execute=True):
                change()
            found = set()
            while message := channel.get_message(timeout=0.2):
                found.add(int(message["data"].split()[0]))
            return found

    return watch


def add(client, of, /, **fields):
    return client.post(reverse(f"admin:dashboards_{of}_add"), fields)


def filter_of(world, **changes):
    return {"dashboard": world.dashboard.pk, "label": "Bidder", "name": "bidder", "kind": "choice",
            "columns": "bidder_shortname, bidder", "default_kind": "none", "position": 1,
            } | changes  # fmt: skip


def test_columns_of_a_filter_are_written_with_commas(world, root, told):
    assert told(lambda: add(root, "filter", **filter_of(world))) == {world.dashboard.pk}

    made = Filter.objects.get()
    assert made.columns == ["bidder_shortname", "bidder"]
    page = root.get(reverse("admin:dashboards_filter_change", args=[made.pk])).content.decode()
    assert 'value="bidder_shortname, bidder"' in page
    assert "Its cards have amount, bidder_shortname." in page


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"columns": "nothing"}, "No card of this dashboard has nothing; they have amount"),
        ({"columns": ""}, "Name at least one column."),
        ({"name": "compare"}, "has a meaning of its own"),
        ({"name": "bar"}, "has a meaning of its own"),
        ({"name": "drawn"}, "has a meaning of its own"),
        ({"name": "With Space"}, "small letters"),
        ({"default_kind": "fixed"}, "Write what it starts with."),
    ],
)
def test_a_filter_that_makes_no_sense_is_told_why(world, root, change, said):
    answer = add(root, "filter", **filter_of(world, **change))

    assert said in answer.content.decode()
    assert not Filter.objects.exists()


def test_a_filter_depends_on_and_ignores_only_what_its_dashboard_has(world, root):
    card = WidgetFactory()
    other = Filter.objects.create(dashboard=card.dashboard, label="O", name="o", columns=["c"])

    answer = add(root, "filter", **filter_of(world, depends_on=other.pk, ignored_by=[card.pk]))

    assert "This filter belongs to another dashboard." in answer.content.decode()
    assert "These cards belong to another dashboard." in answer.content.decode()


def test_a_filter_is_offered_what_the_chosen_dashboard_has(world, root):
    elsewhere = WidgetFactory(title="Elsewhere")
    Filter.objects.create(dashboard=elsewhere.dashboard, label="Far", name="far", columns=["c"])
    Filter.objects.create(dashboard=world.dashboard, label="Near", name="near", columns=["c"])
    page = root.get(reverse("admin:dashboards_filter_add")).content.decode()
    assert not any(name in page for name in ("Far", "Near", "Elsewhere"))
    assert "Choose the dashboard first" in page

    fields = {"dashboard": world.dashboard.pk, "columns": "am"}
    parts = root.post(reverse("admin:dashboards_filter_parts"), fields).content.decode()

    assert "Near" in parts
    assert world.widget.title in parts
    assert 'value="am"' in parts
    assert '<option value="amount"></option>' in parts
    assert "Far" not in parts
    assert "Elsewhere" not in parts


def test_a_filter_is_offered_nothing_of_a_dashboard_that_its_editor_may_not_change(
    world, browser, partner
):
    card = WidgetFactory(title="Salaries")
    Column.objects.create(dataset=card.dataset, name="salary", type="number")

    fields = {"dashboard": card.dashboard.pk}
    parts = browser(partner).post(reverse("admin:dashboards_filter_parts"), fields)

    assert parts.status_code == 200
    assert "alar" not in parts.content.decode()


def test_a_new_filter_stands_last_and_its_dashboard_lists_it(world, root):
    Filter.objects.create(dashboard=world.dashboard, label="A", name="a", columns=["c"], position=6)

    add(root, "filter", **filter_of(world, position=""))

    assert Filter.objects.get(name="bidder").position == 7
    page = root.get(reverse("admin:dashboards_dashboard_change", args=[world.dashboard.pk]))
    add_url = f"{reverse('admin:dashboards_filter_add')}?dashboard={world.dashboard.pk}"
    assert add_url in page.content.decode()
    assert "One value: bidder_shortname, bidder" in page.content.decode()


def test_a_wrong_column_of_a_filter_is_told_once(world, root):
    answer = add(root, "filter", **filter_of(world, columns="amuont")).content.decode()

    assert "No card of this dashboard has amuont" in answer
    assert "Name at least one column." not in answer


def test_a_dataset_that_is_not_shared_stays_in_its_filter(world, browser, partner):
    hidden = DatasetFactory()
    made = Filter.objects.create(dashboard=world.dashboard, label="B", name="b", values_from=hidden,
                                 columns=["bidder_shortname"])  # fmt: skip
    change = reverse("admin:dashboards_filter_change", args=[made.pk])

    browser(partner).post(change, filter_of(world, label="Other", values_from=""))

    made.refresh_from_db()
    assert (made.label, made.values_from) == ("Other", hidden)


def test_a_filter_lists_no_values_of_a_dataset_that_is_not_shared_with_its_editor(
    world, browser, partner
):
    secret = DatasetFactory()
    Column.objects.create(dataset=secret, name="email", type="text")
    WidgetFactory(dashboard=world.dashboard, dataset=secret)
    wanted = filter_of(world, columns="email")

    answer = add(browser(partner), "filter", **wanted)

    assert "email would list values of a dataset that is not shared" in answer.content.decode()
    assert not Filter.objects.exists()
    add(browser(world.people["superuser"]), "filter", **wanted)
    assert Filter.objects.get().columns == ["email"]


def test_tabs_are_rows_of_the_dashboards_form(world, root, told):
    change = reverse("admin:dashboards_dashboard_change", args=[world.dashboard.pk])
    fields = {"title": "T", "slug": "p-73", "position": 1, "widgets-TOTAL_FORMS": 0,
              "widgets-INITIAL_FORMS": 0, "pages-TOTAL_FORMS": 1, "pages-INITIAL_FORMS": 0,
              "pages-0-title": "By bidder", "pages-0-slug": "bidder",
              "pages-0-position": 0}  # fmt: skip

    assert told(lambda: root.post(change, fields)) == {world.dashboard.pk}

    page = Page.objects.get()
    assert page.history.first().history_user == world.people["superuser"]
    card = reverse("admin:dashboards_widget_change", args=[world.widget.pk])
    assert "By bidder" in root.get(card).content.decode()
    elsewhere = Page.objects.create(dashboard=DashboardFactory(), title="Elsewhere", slug="e")
    assert "Elsewhere" not in root.get(card).content.decode()
    assert elsewhere.pk


def test_a_tab_without_a_name_in_links_takes_that_of_its_title(world, root):
    Page.objects.create(dashboard=world.dashboard, title="Mails", slug="by-bidder")
    change = reverse("admin:dashboards_dashboard_change", args=[world.dashboard.pk])
    fields = {"title": "T", "slug": "p-73", "position": 1, "widgets-TOTAL_FORMS": 0,
              "widgets-INITIAL_FORMS": 0, "pages-TOTAL_FORMS": 1, "pages-INITIAL_FORMS": 0,
              "pages-0-title": "By bidder", "pages-0-slug": "", "pages-0-position": 1}  # fmt: skip

    root.post(change, fields)

    assert Page.objects.get(title="By bidder").slug == "by-bidder-2"


def test_an_annotation_is_of_datasets_to_tick_and_of_times_in_the_persons_zone(world, browser):
    person = world.people["superuser"]
    person.time_zone = "Asia/Kolkata"
    person.save()
    client = browser(person)

    page = client.get(reverse("admin:dashboards_annotation_add")).content.decode()
    add(client, "annotation", title="Sale", kind="note", datasets=[world.dataset.pk],
        start_0="2026-11-27", start_1="12:00")  # fmt: skip

    assert 'type="checkbox" name="datasets"' in page
    assert page.count("In your time zone, Asia/Kolkata.") == 2
    assert Annotation.objects.get().start.isoformat() == "2026-11-27T06:30:00+00:00"


def test_a_saved_view_holds_choices_that_its_filters_take(world, root):
    Filter.objects.create(dashboard=world.dashboard, label="Yes", name="yes", kind="boolean",
                          columns=["c"])  # fmt: skip
    fields = {"dashboard": world.dashboard.pk, "name": "Mine"}

    answer = add(root, "savedview", query="yes=perhaps", **fields)
    assert "neither true nor false" in answer.content.decode()
    add(root, "savedview", query="yes=true", **fields)

    assert SavedView.objects.get().owner == world.people["superuser"]


@pytest.mark.parametrize("kind", ["filter", "savedview"])
def test_only_who_may_edit_the_dashboard_adds_to_it(world, browser, partner, kind):
    fields = filter_of(world) | {"query": ""}
    outsider = PersonFactory(is_staff=True, may=ALL)

    answer = add(browser(outsider), kind, **fields)
    assert "Select a valid choice" in answer.content.decode()
    model = {"filter": Filter, "savedview": SavedView}[kind]
    assert not model.objects.exists()
    add(browser(partner), kind, **fields)
    made = model.objects.get()
    change = reverse(f"admin:dashboards_{kind}_change", args=[made.pk])
    assert browser(outsider).get(change).status_code == 302  # as if it were not there
    assert browser(partner).get(change).status_code == 200


# --- Annotations


def annotation_of(*datasets, **changes):
    return {"title": "Takeover", "kind": "note", "start_0": "2026-11-01", "start_1": "10:00",
            "datasets": [dataset.pk for dataset in datasets]} | changes  # fmt: skip


def changed_at(dataset):
    return Dataset.objects.get(pk=dataset.pk).changed_at


def test_pictures_and_pages_follow_an_annotation_in_all_it_does(world, root, told):
    other = WidgetFactory()
    steps = []

    def follows(change, *datasets):
        before = [changed_at(dataset) for dataset in datasets]
        steps.append(told(change))
        assert all(changed_at(d) > b for d, b in zip(datasets, before, strict=True))

    follows(lambda: add(root, "annotation", **annotation_of(world.dataset)), world.dataset)
    made = Annotation.objects.get()
    change = reverse("admin:dashboards_annotation_change", args=[made.pk])
    follows(lambda: root.post(change, annotation_of(world.dataset, title="B")), world.dataset)
    follows(lambda: root.post(change, annotation_of(other.dataset)), world.dataset, other.dataset)
    follows(lambda: made.delete(), other.dataset)

    mine, theirs = world.dashboard.pk, other.dashboard_id
    assert steps == [{mine}, {mine}, {mine, theirs}, {theirs}]


def test_an_annotation_is_changed_by_who_may_change_all_its_datasets(world, browser, partner):
    client = browser(partner)
    hidden = DatasetFactory(name="Hidden dataset")
    assert "Select a valid choice" in add(
        client, "annotation", **annotation_of(hidden)
    ).content.decode()  # fmt: skip
    add(client, "annotation", **annotation_of(world.dataset))
    made = Annotation.objects.get()
    change = reverse("admin:dashboards_annotation_change", args=[made.pk])
    assert client.post(change, annotation_of(world.dataset, title="B")).status_code == 302

    made.datasets.add(hidden)
    assert client.post(change, annotation_of(world.dataset, title="C")).status_code == 403
    shown = client.get(change).content.decode()
    assert "Hidden dataset" not in shown
    assert f"{world.dataset.name}, 1 not shared with you" in shown
    chosen = {"action": "delete_selected", "post": "yes", "_selected_action": [made.pk]}
    client.post(reverse("admin:dashboards_annotation_changelist"), chosen)
    assert Annotation.objects.get().title == "B"


# --- Chart templates


@pytest.fixture
def template(db):
    return ChartTemplate.objects.create(
        name="Segments", slug="segments", chart_type="pie", options={"slices": 4},
        roles=[{"option": "category", "label": "Bidder"}, {"option": "measure", "label": "What"}],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"chart_type": "gaude"}, "There is no chart type"),
        ({"roles": [{"option": "stage", "label": "S"}]}, "'stage' is no option"),
        ({"roles": [{"option": "category"}]}, "each has an option and a label"),
        ({"roles": "category"}, "Write a list"),
        ({"roles": [{"option": "slices", "label": "S"}]}, "'slices' is there twice"),
        ({"options": {"stage": 1}}, "'stage' is no option"),
    ],
)
def test_a_template_asks_only_for_options_of_its_chart_type(template, change, said):
    for name, value in change.items():
        setattr(template, name, value)

    with pytest.raises(ValidationError) as refused:
        template.full_clean()
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("chart", "option", "label", "columns", "found"),
    [
        ("funnel", "stage", "Stage", {"shop": "text", "stage": "text"}, "stage"),
        ("pie", "category", "Segment", {"id": "integer", "segment": "text"}, "segment"),
        ("heatmap", "time", "Time", {"a": "text", "sent_at": "datetime"}, "sent_at"),
        ("funnel", "measure", "Count", {"stage": "text", "count": "integer"}, "sum(count)"),
        ("bar", "measures", "What", {"stage": "text"}, ["count()"]),
        ("heatmap", "time", "Time", {"a": "text"}, ""),
    ],
)
def test_likely_columns_are_chosen_by_type_and_name(chart, option, label, columns, found):
    role = roles(registry.get(chart).Options)[option]

    assert chart_templates.likely(option, label, role, columns) == found


def test_a_card_is_begun_with_a_template(world, browser, partner, template):
    client, start = browser(partner), reverse("admin:dashboards_charttemplate_start")
    asked = {"template": "segments", "dataset": world.dataset.pk, "dashboard": world.dashboard.pk}

    page = client.get(start, asked).content.decode()
    assert '<option value="bidder_shortname" selected>' in page
    answers = {"role-category": "bidder_shortname", "role-measure": "sum(amount)"}
    location = client.get(start, asked | answers).headers["Location"]

    filled = {name: value for name, [value] in parse_qs(urlsplit(location).query).items()}
    assert json.loads(filled["options"]) == {
        "slices": 4, "category": "bidder_shortname", "measure": "sum(amount)"
    }  # fmt: skip
    form = client.get(location)
    assert form.status_code == 200
    shown = form.context["adminform"].form
    assert shown["title"].value() == "Segments"
    assert 'value="sum(amount)"' in form.content.decode()
    assert not Widget.objects.filter(chart_type="pie").exists()


def test_templates_offer_only_datasets_that_the_person_may_use(world, browser, template):
    outsider, start = PersonFactory(is_staff=True, may=ALL), "admin:dashboards_charttemplate_start"
    asked = {"template": "segments", "dataset": world.dataset.pk}

    page = browser(outsider).get(reverse(start), asked).content.decode()

    assert "Select a valid choice" in page
    assert "bidder_shortname" not in page
    clerk = PersonFactory(is_staff=True, may=["view_widget"])
    assert browser(clerk).get(reverse(start)).status_code == 403


@pytest.mark.parametrize("broken", ["options={", "options=7", "filters=7", "filters={"])
def test_a_link_with_odd_options_shows_the_form(root, broken):
    answer = root.get(f"{reverse('admin:dashboards_widget_add')}?chart_type=pie&{broken}")

    assert answer.status_code == 200
