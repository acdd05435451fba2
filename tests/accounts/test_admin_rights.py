"""The admin as staff find it who may edit records, but not those that are not shared with them."""

import pytest
from django.urls import NoReverseMatch, URLPattern, get_resolver, reverse

from dashboards.models import Dashboard, Widget
from datasets.models import RefreshRun
from tests.factories.dashboards import DashboardFactory, WidgetFactory
from tests.factories.datasets import RunFactory
from tests.factories.people import PersonFactory
from tests.factories.world import COLUMN, leaks

RECORDS = ("dashboards_dashboard", "dashboards_widget", "datasets_dataset", "datasets_refreshrun")
HISTORIES = ("dashboards_dashboard", "dashboards_widget", "datasets_dataset")
ABSENT = 987654321


def pages_without_arguments():
    """Every address of the admin that names no record: lists, forms, tools."""
    admin = next(p for p in get_resolver().url_patterns if getattr(p, "app_name", "") == "admin")
    nested = [
        found
        for pattern in admin.url_patterns
        for found in ([pattern] if isinstance(pattern, URLPattern) else pattern.url_patterns)
    ]
    for name in sorted({pattern.name for pattern in nested if pattern.name}):
        try:
            reverse(f"admin:{name}")
        except NoReverseMatch:
            continue
        yield name


PAGES = list(pages_without_arguments())


def test_the_pages_are_found_from_the_configuration():
    assert {"index", "dashboards_widget_preview", "datasets_dataset_add", "autocomplete"} <= set(
        PAGES
    )


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("method", ["get", "post"])
def test_no_page_shows_a_record_that_is_not_shared(world, browser, name, method):
    client = browser(world.people["staff outsider"])
    for _ in range(2):  # what the filters of a list offer is shown from two choices on
        own = WidgetFactory(dashboard__owner=world.people["staff outsider"]).dataset
        RunFactory(dataset=own)

    answer = getattr(client, method)(reverse(f"admin:{name}"))

    assert answer.status_code < 500
    assert leaks(answer) == []


@pytest.mark.parametrize("name", [name for name in PAGES if name != "logout"])
def test_who_is_no_staff_is_sent_to_log_in(world, browser, name):
    for person in (None, world.people["viewer"], world.people["owner"]):
        answer = browser(person).get(reverse(f"admin:{name}"))

        if person and name == "login":  # the end of the way, see test_admin_history
            assert answer.status_code == 403
            continue
        assert answer.status_code == 302
        assert answer.headers["Location"].startswith((reverse("login"), reverse("admin:login")))


@pytest.mark.parametrize("name", [n for n in PAGES if n.endswith(("_changelist", "_add"))])
def test_staff_without_the_model_permission_are_refused(world, browser, name):
    clerk = PersonFactory(is_staff=True, roles=["Bankers", "Partners"])

    answer = browser(clerk).get(reverse(f"admin:{name}"))

    assert answer.status_code == 403
    assert leaks(answer) == []


def key_of(record, world):
    run = RefreshRun.objects.get()
    keys = {"dashboard": world.dashboard, "widget": world.widget, "dataset": world.dataset}
    return keys.get(record.split("_")[1], run).pk


@pytest.mark.parametrize("record", RECORDS)
@pytest.mark.parametrize("page", ["change", "delete", "history"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_record_that_is_not_shared_answers_as_one_that_is_not_there(
    world, browser, record, page, method
):
    client, key = browser(world.people["staff outsider"]), key_of(record, world)
    ask = getattr(client, method)

    hidden = ask(reverse(f"admin:{record}_{page}", args=[key]), {"post": "yes"})
    absent = ask(reverse(f"admin:{record}_{page}", args=[ABSENT]), {"post": "yes"})

    assert hidden.status_code == absent.status_code
    assert hidden.headers.get("Location") == absent.headers.get("Location")
    assert leaks(hidden) == []
    assert Dashboard.objects.filter(pk=world.dashboard.pk).exists()
    assert leaks(client.get(reverse("admin:index"))) == []  # the message of what is not there


@pytest.mark.parametrize("record", HISTORIES)
@pytest.mark.parametrize("method", ["get", "post"])
def test_an_old_version_is_as_secret_as_the_record(world, browser, record, method):
    found = {"dashboard": world.dashboard, "widget": world.widget, "dataset": world.dataset}
    version = found[record.split("_")[1]].history.first()
    key = key_of(record, world)
    client = browser(world.people["staff outsider"])

    answer = getattr(client, method)(
        reverse(f"admin:{record}_simple_history", args=[key, version.pk]), {"title": "Mine"}
    )

    assert answer.status_code == 404
    assert leaks(answer) == []


def test_who_may_only_view_a_record_cannot_write_it_by_its_history(world, browser):
    reader = PersonFactory(is_staff=True, roles=["Bankers"], may=["view_dashboard"])
    version = world.dashboard.history.first()
    address = reverse(
        "admin:dashboards_dashboard_simple_history", args=[world.dashboard.pk, version.pk]
    )

    shown = browser(reader).get(address)
    answer = browser(reader).post(
        address, {"title": "Mine", "slug": "mine", "position": 1, "owner": reader.pk}
    )

    assert shown.status_code == 200
    assert answer.status_code == 403
    world.dashboard.refresh_from_db()
    assert world.dashboard.slug == "p-73"


def test_who_may_view_a_record_may_look_but_not_change_or_delete_it(world, browser):
    reader = PersonFactory(
        is_staff=True,
        roles=["Bankers"],
        may=["view_dashboard", "change_dashboard", "delete_dashboard", "delete_widget"],
    )
    change = reverse("admin:dashboards_dashboard_change", args=[world.dashboard.pk])

    assert browser(reader).get(change).status_code == 200
    assert browser(reader).post(change, {"title": "Mine"}).status_code == 403
    delete = reverse("admin:dashboards_dashboard_delete", args=[world.dashboard.pk])
    assert browser(reader).post(delete, {"post": "yes"}).status_code == 403
    chosen = {"action": "delete_selected", "_selected_action": [world.dashboard.pk], "post": "yes"}
    browser(reader).post(reverse("admin:dashboards_dashboard_changelist"), chosen)
    assert Dashboard.objects.filter(pk=world.dashboard.pk).exists()


@pytest.mark.parametrize(
    ("app", "model", "field"),
    [
        ("datasets", "dataset", "source"),
        ("dashboards", "dashboard", "owner"),
        ("dashboards", "dashboard", "view_roles"),
    ],
)
def test_suggestions_while_typing_tell_no_secret(world, browser, app, model, field):
    asked = {"app_label": app, "model_name": model, "field_name": field, "term": ""}

    answer = browser(world.people["staff outsider"]).get(reverse("admin:autocomplete"), asked)

    assert answer.status_code in (200, 403)
    assert leaks(answer) == []


@pytest.fixture
def analyst(world):
    """Has a dashboard, but no right on the secret dataset; and a client that is logged in."""
    person = world.people["staff outsider"]
    person.own = DashboardFactory(owner=person, title="My own")
    return person


def form_of(widget_or_none, dashboard, dataset, **changes):
    fields = {
        "card-title": "Spy", "card-dashboard": dashboard.pk, "card-dataset": dataset.pk,
        "card-chart_type": "table", "card-position": 0, "card-width": 4, "card-height": 6,
        "options-group_by": [COLUMN], "options-measures": "count()",
        "record": widget_or_none.pk if widget_or_none else "",
    }  # fmt: skip
    return fields | changes


@pytest.mark.parametrize("tool", ["options", "preview", "add"])
def test_a_new_card_shows_nothing_of_a_dataset_that_is_not_shared(world, browser, analyst, tool):
    client = browser(analyst)
    fields = form_of(None, analyst.own, world.dataset)
    fields["options-group_by"] = []

    answer = client.post(reverse(f"admin:dashboards_widget_{tool}"), fields)

    assert answer.status_code == 200
    assert leaks(answer) == []
    assert not Widget.objects.filter(title="Spy").exists()


def test_the_add_form_shows_nothing_of_a_dataset_named_in_the_link(world, browser, analyst):
    link = reverse("admin:dashboards_widget_add")
    names = {"dataset": world.dataset.pk, "dashboard": world.dashboard.pk, "chart_type": "table"}

    for wanted in (names, {f"card-{key}": value for key, value in names.items()}):
        answer = browser(analyst).get(link, wanted)
        assert answer.status_code == 200
        assert leaks(answer) == []


@pytest.mark.parametrize("tool", ["options", "preview"])
def test_a_foreign_card_is_no_way_to_its_dataset(world, browser, analyst, tool):
    """Named as the record that the form edits, by somebody who may add cards elsewhere."""
    fields = form_of(world.widget, analyst.own, world.dataset)
    fields["options-group_by"] = []

    answer = browser(analyst).post(reverse(f"admin:dashboards_widget_{tool}"), fields)

    assert leaks(answer) == []


@pytest.mark.parametrize("tool", ["options", "preview", "change"])
def test_who_edits_a_card_without_a_right_on_its_dataset_learns_nothing_of_it(
    world, browser, analyst, tool
):
    card = WidgetFactory(dashboard=analyst.own, dataset=world.dataset, title="Allowed card")
    link = reverse(f"admin:dashboards_widget_{tool}", args=[card.pk] if tool == "change" else [])
    fields = form_of(card, analyst.own, world.dataset)

    answer = browser(analyst).post(link, fields | {"options-group_by": []})

    assert [found for found in leaks(answer) if found != "Bids received"] == []
    card.refresh_from_db()
    assert card.chart_type == "number"


def test_a_card_cannot_be_put_on_a_dashboard_that_one_may_only_view(world, browser, analyst):
    analyst.groups.set(world.dashboard.view_roles.all())  # sees both, edits neither
    fields = form_of(None, world.dashboard, world.dataset)

    answer = browser(analyst).post(reverse("admin:dashboards_widget_add"), fields)

    assert answer.status_code == 200  # the form again, with its errors
    assert "Select a valid choice" in answer.content.decode()
    assert not Widget.objects.filter(title="Spy").exists()


def test_the_tools_work_for_who_may_see_dataset_and_dashboard(world, browser, analyst):
    analyst.groups.set(world.dataset.view_roles.all())
    fields = form_of(None, analyst.own, world.dataset)
    client = browser(analyst)

    assert (
        COLUMN in client.post(reverse("admin:dashboards_widget_options"), fields).content.decode()
    )
    assert (
        "Initech-7b1f"
        in client.post(reverse("admin:dashboards_widget_preview"), fields).json()["body"]["html"]
    )
    client.post(reverse("admin:dashboards_widget_add"), fields)
    assert Widget.objects.get(title="Spy").dataset == world.dataset


@pytest.mark.parametrize("record", ["x", "1e9", "99999999999999999999", "\0"])
def test_a_senseless_record_is_answered_and_is_no_error_of_ours(world, browser, analyst, record):
    fields = form_of(None, analyst.own, world.dataset, record=record)

    for tool in ("options", "preview"):
        answer = browser(analyst).post(reverse(f"admin:dashboards_widget_{tool}"), fields)
        assert answer.status_code in (200, 404)


@pytest.mark.parametrize(
    ("kind", "tool"),
    [("widget", "data-preview="), ("source", "Test connection"), ("dataset", "hx-post"),
     ("dashboard", "Add a card")],
)  # fmt: skip
def test_tools_are_offered_to_who_may_use_them(world, browser, kind, tool):
    records = {"widget": world.widget, "dashboard": world.dashboard, "dataset": world.dataset,
               "source": world.dataset.source}  # fmt: skip
    record = records[kind]
    link = reverse(f"admin:{record._meta.label_lower.replace('.', '_')}_change", args=[record.pk])
    reader = PersonFactory(is_staff=True, roles=["Bankers"], may=[f"view_{kind}"])

    assert tool not in browser(reader).get(link).content.decode()
    assert tool in browser(world.people["superuser"]).get(link).content.decode()
