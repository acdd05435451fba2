"""The admin's tools: preview, refresh, progress, cancel, test, browse; and who may use them."""

import pytest
from django.urls import reverse
from django.utils.html import escape

from datasets import cache, refresh
from datasets.models import ColumnPolicy, Dataset, RefreshRun, RowPolicy, Source
from tests.datasets.conftest import PASSWORD, source_of
from tests.factories.dashboards import WidgetFactory
from tests.factories.datasets import DatasetFactory, RunFactory, SourceFactory
from tests.factories.people import PersonFactory, RoleFactory

pytestmark = pytest.mark.django_db
State = RefreshRun.State
EVERYTHING = [
    f"{verb}_{model}"
    for verb in ("view", "add", "change", "delete")
    for model in ("dataset", "source", "refreshrun", "column", "parameter")
]
SQL = "SELECT id AS marketing_id FROM carts WHERE id < 9"


@pytest.fixture
def dataset(warehouse):
    """Of Marketing."""
    role = RoleFactory(name="Marketing")
    source = SourceFactory(name="crm", **source_of())
    source.edit_roles.set([role])
    made = DatasetFactory(name="Marketing spend", slug="spend", source=source, sql=SQL)
    made.edit_roles.set([role])
    return made


@pytest.fixture
def editor(client, dataset):
    client.force_login(PersonFactory(is_staff=True, roles=["Marketing"], may=EVERYTHING))
    return client


def fields(dataset, **changes):
    """What the form of a dataset sends."""
    managed = {
        f"{prefix}-{name}": value
        for prefix in ("columns", "parameters")
        for name, value in (("TOTAL_FORMS", 0), ("INITIAL_FORMS", 0))
    }
    wanted = {
        "name": dataset.name, "slug": dataset.slug, "source": dataset.source_id, "sql": dataset.sql,
        "time_zone": "UTC", "fresh_for": "00:15:00", "row_limit": 1000, "time_limit": 10,
        "refresh_every": "", "refresh_cron": "", "description": "",
        "edit_roles": [role.pk for role in dataset.edit_roles.all()],
    }  # fmt: skip
    return managed | wanted | changes


def place(dataset, **changes):
    names = ("name", "kind", "host", "port", "database", "username")
    stored = {name: getattr(dataset.source, name) for name in names}
    return {**stored, "options": "{}", "password": "", "record": dataset.source_id} | changes


def preview(client, dataset, sql, **more):
    data = fields(dataset, sql=sql, record=dataset.pk, **more)
    return client.post(reverse("admin:datasets_dataset_preview"), data).content.decode()


def test_a_preview_shows_fifty_rows_with_their_types(editor, dataset):
    page = preview(editor, dataset, "SELECT id, country, amount, day FROM carts ORDER BY id")

    assert page.count("<tr>") == 51
    assert "The first 50 rows" in page
    for name, kind in (
        ("id", "integer"),
        ("country", "text"),
        ("amount", "number"),
        ("day", "date"),
    ):
        assert f"{name}<small>{kind}</small>" in page


def test_a_preview_shows_texts_as_texts(editor, dataset):
    page = preview(editor, dataset, "SELECT '<script>alert(1)</script>' AS \"<b>x</b>\"")

    assert "<script>" not in page
    assert "<b>x" not in page
    assert "All 1 rows" in page


def test_a_preview_takes_the_parameters_of_the_form(editor, dataset):
    page = preview(
        editor,
        dataset,
        "SELECT :word AS w",
        **{
            "parameters-TOTAL_FORMS": 1,
            "parameters-0-name": "word",
            "parameters-0-type": "text",
            "parameters-0-value": "it's",
        },
    )

    assert escape("it's") in page


@pytest.mark.parametrize(
    ("sql", "says", "line", "column"),
    [
        ("SELECT id,\n  amuont FROM carts", "amuont", 2, 3),
        ("SELECT id\nFROM", "Expected table name", 2, 1),
        ("DELETE FROM carts", "Write a SELECT", "", ""),
        ("SELECT pg_sleep(1)", "pg_sleep() is not allowed", "", ""),
        ("SELECT :x AS x", "Give a value to the parameter x", "", ""),
        ("SELECT 1 AS a, 2 AS a", "Two columns are named", "", ""),
        ("", "Choose a source and write a SELECT", "", ""),
    ],
)
def test_a_preview_says_what_is_wrong_and_where(editor, dataset, sql, says, line, column):
    page = preview(editor, dataset, sql)

    assert says in page
    assert f'data-line="{line}" data-column="{column}"' in page
    assert PASSWORD not in page


def test_a_refused_statement_is_told_at_its_field_and_not_saved(editor, dataset):
    url = reverse("admin:datasets_dataset_change", args=[dataset.pk])
    answer = editor.post(url, fields(dataset, sql="SELECT id,\n  amuont\nFROM carts"))

    errors = answer.context["adminform"].form.errors
    assert "Line 2, column 3" in errors["sql"][0]
    assert "amuont" in errors["sql"][0]
    assert Dataset.objects.get(pk=dataset.pk).sql == SQL


def test_a_good_statement_is_saved_with_the_text_that_is_sent(editor, dataset):
    url = reverse("admin:datasets_dataset_change", args=[dataset.pk])
    answer = editor.post(url, fields(dataset, sql="select id -- of the cart\nfrom carts"))

    assert answer.status_code == 302, answer.context["errors"]
    assert Dataset.objects.get(pk=dataset.pk).canonical_sql == "SELECT id FROM carts"


def test_columns_that_go_while_cards_draw_from_the_dataset_are_told(editor, dataset):
    url = reverse("admin:datasets_dataset_change", args=[dataset.pk])
    for name in ("id", "value"):
        dataset.columns.get_or_create(name=name, defaults={"type": "integer"})

    def told(sql):
        answer = editor.post(url, fields(dataset, sql=sql), follow=True)
        return [str(m) for m in answer.context["messages"] if m.level_tag == "warning"]

    assert told("SELECT id FROM carts") == []  # nobody draws it
    WidgetFactory(dataset=dataset)
    assert told("SELECT id, 1 AS value, 2 AS more FROM carts") == []
    (warning,) = told("SELECT 1 AS id FROM carts")
    assert "does not give value any more, and 1 card draws from this dataset" in warning


def test_a_source_that_is_away_is_told_at_the_source(editor, dataset):
    Source.objects.update(port=1)
    url = reverse("admin:datasets_dataset_change", args=[dataset.pk])
    answer = editor.post(url, fields(dataset, sql="SELECT id FROM carts"))

    assert "could not be checked" in answer.context["adminform"].form.errors["source"][0]


def test_refresh_now_queues_one_run_and_sends_it_after_commit(
    editor, dataset, django_capture_on_commit_callbacks
):
    url = reverse("admin:datasets_dataset_refresh", args=[dataset.pk])
    with django_capture_on_commit_callbacks(execute=True) as sent:
        pages = [editor.post(url).content.decode() for _ in range(2)]

    (run,) = dataset.runs.all()
    assert (run.trigger, run.state) == ("person", "queued")
    assert len(sent) == 1
    assert cache.client().llen("celery") == 1
    assert all("Queued" in page and "every 700ms" in page for page in pages)


def test_progress_shows_rows_so_far_then_the_end(editor, dataset):
    url = reverse("admin:datasets_dataset_progress", args=[dataset.pk])
    assert "Never refreshed yet" in editor.get(url).content.decode()
    run = RunFactory(dataset=dataset, rows=1234)
    running = editor.get(url).content.decode()
    refresh._finish(run, State.FAILED, error="<b>division by zero</b>")
    failed = editor.get(url).content.decode()

    assert "1,234 rows so far" in running
    assert "every 700ms" in running
    assert "&lt;b&gt;division by zero" in failed
    assert "Next try at" in failed
    assert "every 700ms" not in failed


def test_cancel_ends_the_run(editor, dataset):
    run = RunFactory(dataset=dataset)
    page = editor.post(reverse("admin:datasets_dataset_cancel", args=[dataset.pk])).content.decode()
    run.refresh_from_db()

    assert run.state == State.CANCELLED
    assert "Cancelled by a person" in page


def test_a_connection_is_tested_with_what_is_in_the_form(editor, dataset):
    url = reverse("admin:datasets_source_test")

    good = editor.post(url, place(dataset)).content.decode()
    assert "may only read" in good
    wrong = editor.post(url, place(dataset, password="wrong")).content.decode()
    assert "password authentication failed" in wrong
    elsewhere = editor.post(url, place(dataset, host="localhost")).content.decode()
    assert "Type the password again" in elsewhere
    assert escape(PASSWORD) not in good + wrong + elsewhere
    assert Source.objects.get().password == PASSWORD


def test_tables_are_browsed(editor, dataset):
    page = editor.post(reverse("admin:datasets_source_tables"), place(dataset)).content.decode()

    assert "<b>carts</b>" in page
    assert "<code>amount</code> <span>numeric(10,2)</span>" in page
    assert "salaries" not in page


DOORS = {
    "preview": lambda d: (
        "post",
        reverse("admin:datasets_dataset_preview"),
        fields(d, record=d.pk),
    ),
    "refresh": lambda d: ("post", reverse("admin:datasets_dataset_refresh", args=[d.pk]), {}),
    "progress": lambda d: ("get", reverse("admin:datasets_dataset_progress", args=[d.pk]), {}),
    "cancel": lambda d: ("post", reverse("admin:datasets_dataset_cancel", args=[d.pk]), {}),
    "change": lambda d: ("get", reverse("admin:datasets_dataset_change", args=[d.pk]), {}),
    "history": lambda d: ("get", reverse("admin:datasets_dataset_history", args=[d.pk]), {}),
    "test": lambda d: ("post", reverse("admin:datasets_source_test"), place(d)),
    "tables": lambda d: ("post", reverse("admin:datasets_source_tables"), place(d)),
}
OF_SOURCES = ("test", "tables")


def knock(client, dataset, door):
    verb, url, data = DOORS[door](dataset)
    return getattr(client, verb)(url, data)


def nothing_happened(dataset, run):
    run.refresh_from_db()
    return run.state == State.RUNNING and dataset.runs.count() == 1


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("may", [[], ["view_dataset", "view_source"]], ids=["nothing", "only view"])
def test_staff_without_the_permission_does_not_come_in(client, dataset, door, may):
    run = RunFactory(dataset=dataset)
    client.force_login(PersonFactory(is_staff=True, roles=["Marketing"], may=may))
    answer = knock(client, dataset, door)

    if may and door in ("progress", "change", "history"):
        assert answer.status_code == 200, "To look is what this person may."
    else:
        assert answer.status_code in (403, 404)
        assert b"marketing_id" not in answer.content
    assert nothing_happened(dataset, run)


@pytest.mark.parametrize("door", [door for door in DOORS if door not in (*OF_SOURCES, "preview")])
def test_staff_of_another_role_finds_nothing(client, dataset, door):
    run = RunFactory(dataset=dataset)
    client.force_login(PersonFactory(is_staff=True, roles=["Sales"], may=EVERYTHING))
    answer = knock(client, dataset, door)

    assert answer.status_code in (302, 404)  # the admin leads from an unknown record to its index
    assert b"Marketing spend" not in answer.content
    assert nothing_happened(dataset, run)


@pytest.mark.parametrize("door", DOORS)
def test_who_is_not_staff_is_sent_to_log_in(client, dataset, door):
    run = RunFactory(dataset=dataset)
    for person in (None, PersonFactory(roles=["Marketing"], may=EVERYTHING)):
        if person:
            client.force_login(person)
        answer = knock(client, dataset, door)
        assert answer.status_code == 302
        assert "login" in answer.url
    assert nothing_happened(dataset, run)


@pytest.mark.parametrize("page", ["dataset", "refreshrun"])
def test_lists_do_not_show_what_is_of_another_role(client, dataset, page):
    RunFactory(dataset=dataset, state=State.FAILED, error="marketing_id is wrong")
    client.force_login(PersonFactory(is_staff=True, roles=["Sales"], may=EVERYTHING))
    text = client.get(reverse(f"admin:datasets_{page}_changelist")).content.decode()

    assert "Marketing spend" not in text
    assert "marketing_id" not in text


def test_who_may_only_add_sources_cannot_use_a_stored_password(client, dataset):
    dataset.source.view_roles.set([RoleFactory(name="Writers")])
    client.force_login(PersonFactory(is_staff=True, may=["add_source"], roles=["Writers"]))
    for door in OF_SOURCES:
        assert knock(client, dataset, door).status_code == 403


@pytest.mark.parametrize("door", ["preview", "save"])
@pytest.mark.parametrize("why", ["not shared", "a rule keeps rows", "a rule keeps a column"])
def test_sql_is_written_by_whom_the_source_is_shared_with_whole(client, dataset, door, why):
    """A new dataset of the same source would show what rules keep in another one."""
    writer = PersonFactory(is_staff=True, may=EVERYTHING, roles=["Writers"])
    if why != "not shared":
        dataset.source.view_roles.set([RoleFactory(name="Writers")])
    if why == "a rule keeps rows":
        RowPolicy.objects.create(dataset=dataset, name="Nobody's")
    if why == "a rule keeps a column":
        ColumnPolicy.objects.create(dataset=dataset, name="Hidden", columns=["marketing_id"])
    client.force_login(writer)
    sent = fields(dataset, name="Mine", slug="mine", sql="SELECT * FROM carts", edit_roles=[])

    address = (
        "admin:datasets_dataset_preview" if door == "preview" else "admin:datasets_dataset_add"
    )
    answer = client.post(reverse(address), sent)

    assert answer.status_code == 200
    assert not Dataset.objects.filter(slug="mine").exists()
    assert "<tbody>" not in answer.content.decode().partition("tools-answer")[2]
    RowPolicy.objects.all().delete()
    ColumnPolicy.objects.all().delete()
    dataset.source.view_roles.set([RoleFactory(name="Writers")])
    again = client.post(reverse(address), sent)
    assert again.status_code == (200 if door == "preview" else 302)
    assert ("tools-good" in again.content.decode()) == (door == "preview")


def test_old_sql_is_brought_back_by_whom_the_source_is_shared_with_whole(client, dataset):
    old = dataset.history.first()
    dataset.edit_roles.set([RoleFactory(name="Writers")])
    dataset.sql = "SELECT id FROM carts"
    dataset.save()
    client.force_login(PersonFactory(is_staff=True, may=EVERYTHING, roles=["Writers"]))
    address = reverse("admin:datasets_dataset_simple_history", args=[dataset.pk, old.pk])

    def restored():
        client.post(address, fields(dataset, sql=old.sql, edit_roles=[]))
        return Dataset.objects.get(pk=dataset.pk).sql == old.sql

    assert not restored()
    dataset.source.view_roles.set([RoleFactory(name="Writers")])
    assert restored()


@pytest.mark.parametrize("door", ["preview", "refresh", "cancel", "test", "tables"])
def test_a_link_changes_nothing(editor, dataset, door):
    _, url, _ = DOORS[door](dataset)

    assert editor.get(url).status_code == 405
