"""Files by the command line and by the admin: what is told, who may, and who may not."""

import io
import json
import zipfile
from io import StringIO

import pytest
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.urls import reverse

from dashboards.models import ChartTemplate, Dashboard, Theme
from datasets.models import Column, Dataset
from portal.config import Wish, plan, write
from tests.factories.dashboards import DashboardFactory, WidgetFactory
from tests.factories.datasets import DatasetFactory, SourceFactory
from tests.factories.people import PersonFactory

IMPORT, EXPORT = "admin:config_import", "admin:config_export"
KINDS = ("dashboard", "widget", "page", "filter", "savedview", "annotation")
ALL = [f"{verb}_{kind}" for verb in ("view", "add", "change", "delete") for kind in KINDS]
ALL += ["view_dataset", "add_dataset", "change_dataset", "view_source"]


@pytest.fixture
def analyst(rich):
    """May edit the dashboard and the dataset of carts; mails are not shared with her."""
    return PersonFactory(username="ada", is_staff=True, roles=["Analyst"], may=ALL)


def exported(dashboard, person=None):
    return json.loads(write.text(write.dashboard(dashboard, person)))


def run(command, *args, **options):
    out = StringIO()
    call_command(command, *args, stdout=out, stderr=out, **options)
    return out.getvalue()


# --- Commands


def test_commands_export_and_import(rich, tmp_path):
    file = tmp_path / "recovery.json"
    run("export_config", "recovery", output=str(file))
    assert json.loads(file.read_text()) == exported(rich)
    assert json.loads(run("export_config", "recovery")) == exported(rich)
    Dashboard.objects.all().delete()

    said = run("import_config", str(file))

    assert "+ Dashboard Recovery: new" in said
    assert said.endswith("Applied.\n")
    assert exported(Dashboard.objects.get()) == json.loads(file.read_text())


def test_a_dry_run_tells_and_writes_nothing(rich, tmp_path):
    file = tmp_path / "recovery.json"
    file.write_text(json.dumps(exported(rich) | {"title": "Other", "view_roles": ["Newcomers"]}))

    said = run("import_config", str(file), dry_run=True, replace=True)

    assert "      Title: Recovery -> Other" in said
    assert "+ Role Newcomers: new" in said
    assert "Dry run: nothing was written." in said
    assert Dashboard.objects.get().title == "Recovery"
    assert not Group.objects.filter(name="Newcomers").exists()
    assert "stays as it is" in run("import_config", str(file))  # without --replace
    assert Dashboard.objects.get().title == "Recovery"


def test_conflicts_stop_the_command_until_they_are_forced(rich, tmp_path):
    file = tmp_path / "recovery.json"
    file.write_text(json.dumps(exported(rich) | {"title": "Other"}))
    Dashboard.objects.update(description="By a person")

    with pytest.raises(CommandError) as refused:
        run("import_config", str(file), replace=True)
    assert refused.value.returncode == 2
    assert Dashboard.objects.get().title == "Recovery"

    run("import_config", str(file), replace=True, force=True)
    assert Dashboard.objects.get().title == "Other"


def test_all_kinds_go_into_one_file_and_out_again(rich, tmp_path):
    DashboardFactory(slug="second")
    Theme.objects.create(name="Brand")
    file = tmp_path / "all.json"
    run("export_config", all=True, templates=True, themes=True, output=str(file))
    assert set(json.loads(file.read_text())) == {"dashboards", "chart_templates", "themes"}
    Theme.objects.all().delete()

    assert "+ Theme Brand: new" in run("import_config", str(file), replace=True)
    run("export_config", all=True, output=str(tmp_path))
    assert {path.name for path in tmp_path.iterdir()} == {
        "all.json", "recovery.json", "second.json"
    }  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere.json"], "nowhere.json: No such file"),
        (["broken.json"], "broken.json: $: This is no JSON"),
        (["broken.json", "--source", "a"], "--source takes OLD=NEW"),
    ],
)
def test_what_the_command_cannot_read_is_named(db, tmp_path, monkeypatch, arguments, said):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "broken.json").write_text("{")

    with pytest.raises(CommandError, match=".") as refused:
        run("import_config", *arguments)
    assert said in str(refused.value)


def test_exports_want_names(db):
    with pytest.raises(CommandError, match="no dashboard nowhere"):
        run("export_config", "nowhere")
    with pytest.raises(CommandError, match="--all"):
        run("export_config")


# --- The admin


def post(client, text, **more):
    return client.post(reverse(IMPORT), {"text": json.dumps(text)} | more)


def test_an_upload_shows_the_difference_and_is_applied_after_that(rich, browser, analyst):
    client = browser(analyst)
    file = exported(rich, analyst) | {"title": "<b>Other</b>"}
    upload = SimpleUploadedFile("recovery.json", json.dumps(file).encode())

    shown = client.post(reverse(IMPORT), {"file": upload})

    content = shown.content.decode()
    assert "&lt;b&gt;Other&lt;/b&gt;" in content
    assert "<b>Other</b>" not in content
    assert Dashboard.objects.get().title == "Recovery"
    again = shown.context["again"].initial
    answer = client.post(reverse(IMPORT), again | {"apply": "yes"})
    assert answer.headers["Location"] == reverse(
        "admin:dashboards_dashboard_change", args=[rich.pk]
    )
    made = Dashboard.objects.get().history.first()
    assert made.title == "<b>Other</b>"
    assert made.history_user == analyst
    assert made.history_change_reason == "Imported from recovery.json"


def test_what_changed_since_it_was_shown_is_not_applied(rich, browser, analyst):
    client = browser(analyst)
    shown = post(client, exported(rich, analyst) | {"title": "Other"})
    again = shown.context["again"].initial | {"apply": "yes"}
    Dashboard.objects.update(description="Meanwhile")

    answer = client.post(reverse(IMPORT), again)

    assert "Somebody changed these records" in answer.content.decode()
    assert Dashboard.objects.get().title == "Recovery"
    # Now it is a conflict with the export, which must be agreed to.
    again = answer.context["again"].initial | {"apply": "yes"}
    client.post(reverse(IMPORT), again)
    assert Dashboard.objects.get().title == "Recovery"
    client.post(reverse(IMPORT), again | {"overwrite": "yes"})
    assert Dashboard.objects.get().title == "Other"


@pytest.mark.parametrize(
    ("cards", "button"),
    [(3, ">Apply<"), (2, ">Apply, and delete 1 record<")],
)
def test_the_button_says_how_many_records_a_file_deletes(rich, browser, cards, button):
    root = PersonFactory(is_superuser=True, is_staff=True)
    file = exported(rich) | {"description": "Another"}
    file["widgets"] = file["widgets"][:cards]

    assert button in post(browser(root), file).content.decode()


def test_nothing_is_applied_unseen(rich, browser, analyst):
    post(browser(analyst), exported(rich, analyst) | {"title": "Other"}, apply="yes")

    assert Dashboard.objects.get().title == "Recovery"


def test_a_wrong_file_is_told_with_its_places(rich, browser, analyst):
    answer = post(browser(analyst), {"dashboard_id": "x", "widgets": [{"title": 1}]})

    content = answer.content.decode()
    assert "$.widgets[0].query" in content
    assert "It must be a text, not 1." in content
    for text in ("{", "", "[]", "7"):
        assert browser(analyst).post(reverse(IMPORT), {"text": text}).status_code == 200


def test_who_may_not_edit_dashboards_has_no_door(rich, browser):
    clerk = PersonFactory(is_staff=True, roles=["Analyst"], may=["view_dashboard"])

    assert browser(clerk).get(reverse(IMPORT)).status_code == 403
    assert post(browser(clerk), {"dashboard_id": "x"}).status_code == 403
    assert post(browser(PersonFactory()), {"dashboard_id": "x"}).status_code == 302


def test_an_export_names_what_is_not_shared_and_no_more(rich, browser, analyst):
    answer = browser(analyst).get(reverse(EXPORT), {"slug": "recovery"})

    assert "recovery.json" in answer.headers["Content-Disposition"]
    queries = {name: query for source in answer.json()["data_sources"]
               for name, query in source["queries"].items()}  # fmt: skip
    assert queries["mails"] == {"dataset": "mails"}
    assert queries["places_of_2026"] == {"dataset": "places-of-2026"}
    assert queries["carts"]["sql"].startswith("SELECT")
    other = DashboardFactory(slug="hidden")
    for slugs in ([other.slug], ["recovery", other.slug], ["nowhere"], []):
        assert browser(analyst).get(reverse(EXPORT), {"slug": slugs}).status_code == 404
    outsider = PersonFactory(is_staff=True)
    assert browser(outsider).get(reverse(EXPORT), {"slug": "recovery"}).status_code == 403


def test_several_are_exported_as_a_zip(rich, browser, analyst):
    DashboardFactory(slug="second", owner=analyst)
    chosen = {"action": "export_json", "_selected_action": [d.pk for d in Dashboard.objects.all()]}

    answer = browser(analyst).post(
        reverse("admin:dashboards_dashboard_changelist"), chosen, follow=True
    )

    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.namelist() == ["recovery.json", "second.json"]
        assert json.loads(archive.read("recovery.json"))["title"] == "Recovery"


# --- What a file may not do for a person: each of these is a second door to a right


def refused(person, file):
    found = plan([file], Wish(person))[0]
    assert found.problems, "It would have been applied."
    assert found.entries == []
    return "\n".join(map(str, found.problems))


def new(**more):
    query = {"sql": "SELECT 1 AS value"}
    return {"dashboard_id": "new", "data_sources": [
        {"type": "postgresql", "connection": "warehouse", "queries": {"q": query}}],
        "widgets": [{"title": "A", "query": "q", "visualization": "number"}]} | more  # fmt: skip


def test_who_may_edit_may_import_and_owns_what_is_new(rich, analyst):
    assert plan([exported(rich, analyst)], Wish(analyst))[0].problems == []
    from portal.config import apply_all

    apply_all([new()], Wish(analyst))

    assert Dashboard.objects.get(slug="new").owner == analyst
    assert Dataset.objects.get(slug="q").owner == analyst


def test_a_dashboard_of_others_is_not_overwritten(rich, analyst):
    DashboardFactory(slug="theirs", title="Secret title")

    said = refused(analyst, {"dashboard_id": "theirs", "title": "Mine"})

    assert said == "$.dashboard_id: The name 'theirs' is taken by a dashboard that you may not " \
                   "change."  # fmt: skip


def test_a_dataset_of_others_gets_no_other_sql_and_shows_no_rows(rich, analyst):
    said = refused(analyst, new(data_sources=[
        {"type": "postgresql", "connection": "warehouse", "queries": {
            "q": {"sql": "SELECT 2 AS value", "slug": "mails", "name": "Mails"}}}]))  # fmt: skip
    assert "taken by a dataset that is not shared with you" in said

    said = refused(analyst, new(data_sources=[{"queries": {"q": {"dataset": "mails"}}}]))
    assert "There is no dataset 'mails' that you may use." in said


def test_a_card_of_a_hidden_dataset_may_be_moved_but_asks_nothing_new(rich, analyst):
    file = exported(rich, analyst)
    file["widgets"][2] |= {"title": "Mails sent", "width": 5, "id": "mails"}
    assert plan([file], Wish(analyst))[0].problems == []

    file["widgets"][2]["options"] = {"value": "sum(secret)"}
    assert "only its words and its place" in refused(analyst, file)
    file = exported(rich, analyst)
    file["widgets"].append({"title": "New", "query": "mails", "visualization": "number"})
    assert "$.widgets[3]: Its dataset is not shared" in refused(analyst, file)


def test_a_filter_lists_no_values_of_a_hidden_dataset(rich, analyst):
    Column.objects.create(dataset=Dataset.objects.get(slug="mails"), name="email", type="text")
    file = exported(rich, analyst)
    assert plan([file], Wish(analyst))[0].problems == []

    file["filters"][1]["columns"] = ["email"]

    assert "email would list values of a dataset that is not shared" in refused(analyst, file)


@pytest.mark.parametrize(
    ("without", "said"),
    [
        ("add_dashboard", "You may not add dashboards."),
        ("add_dataset", "You may not add datasets."),
        ("add_widget", "You may not add cards."),
        ("view_source", "There is no source 'warehouse'"),
    ],
)
def test_each_right_that_the_forms_ask_for_is_asked_for(rich, without, said):
    person = PersonFactory(is_staff=True, may=[name for name in ALL if name != without])

    assert said in "\n".join(map(str, plan([new()], Wish(person))[0].problems))


def test_who_may_see_a_dataset_does_not_change_it_by_a_file(rich, analyst):
    SourceFactory(name="other")
    shown = DatasetFactory(slug="shown", view_roles=list(Group.objects.filter(name="Analyst")))
    widget = WidgetFactory(dashboard=rich, dataset=shown, title="Shown")
    file = exported(rich, analyst)
    assert plan([file], Wish(analyst))[0].problems == []

    for source in file["data_sources"]:
        if "shown" in source["queries"]:
            source["queries"]["shown"]["sql"] = "SELECT secret FROM everything"
    assert "You may not change the dataset 'shown'." in refused(analyst, file)
    assert widget.dataset.sql == "SELECT 1 AS one"


def test_roles_templates_and_themes_want_their_own_rights(rich, analyst):
    assert "may not make roles" in refused(analyst, new(view_roles=["Invented"]))
    assert "You may not add themes." in refused(analyst, {"themes": [{"name": "Mine"}]})
    template = {"slug": "a", "name": "A", "visualization": "pie", "roles": []}
    assert "You may not add chart templates." in refused(
        analyst, {"chart_templates": [template]}
    )  # fmt: skip
    assert not ChartTemplate.objects.exists()


def test_annotations_mark_only_what_one_may_change(rich, analyst):
    file = exported(rich, analyst)
    file["annotations"][0]["description"] = "Also on a dataset that is not hers"

    assert "$.annotations[0]: It marks a dataset that you may not change." in refused(
        analyst, file
    )  # fmt: skip
