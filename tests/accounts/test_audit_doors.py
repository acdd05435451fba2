"""What people do at the portal's doors besides changing records, as the audit tells it."""

import ast
import json
from datetime import timedelta
from io import StringIO
from pathlib import Path

import jwt
import pytest
from django.conf import settings
from django.contrib.auth.models import Group, Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from accounts.models import Action, ApiToken, AuditEvent
from dashboards import arrange, choices, embedding, export, sharing, tasks
from dashboards.models import Dashboard, EmbedKey, Export
from datasets import tasks as dataset_tasks
from portal.config import write
from tests.accounts.test_audit_records import fields_of
from tests.factories.world import TITLE

SQL = "SELECT part AS hidden_column FROM health"


@pytest.fixture
def since(world):
    """``since()``: the events since the test began, oldest first; ``since(action)``: of a kind."""
    newest = AuditEvent.objects.first()
    last = newest.pk if newest else 0

    def found(*actions):
        events = AuditEvent.objects.filter(id__gt=last).order_by("id")
        return list(events.filter(action__in=actions) if actions else events)

    return found


@pytest.fixture
def root(world, browser):
    return browser(world.people["superuser"])


# --- Tokens, links, keys: once an hour and address


def test_a_token_is_told_once_an_hour_and_address(world, client, since):
    token = ApiToken(user=world.people["viewer"], name="Notebook")
    key = token.issue_key()
    token.save()
    for place in ("10.0.0.1", "10.0.0.1", "10.0.0.2"):
        client.get("/api/v1/datasets/", headers={"Authorization": f"Bearer {key}"},
                   REMOTE_ADDR=place)  # fmt: skip

    assert [(e.action, e.kind) for e in since(Action.CREATED)] == [("created", "accounts.apitoken")]
    used = since(Action.USED)
    assert [event.address for event in used] == ["10.0.0.1", "10.0.0.2"]
    assert {(e.person, e.session, e.via) for e in used} == {
        ("viewer", f"token {token.prefix}", "api-dataset-list")
    }


def test_who_was_the_first_to_use_it_in_an_hour_is_decided_by_the_database(world, client, since):
    """Each process remembers for itself; here none does."""
    from django.core.cache import cache

    token = ApiToken(user=world.people["viewer"], name="Notebook")
    key = token.issue_key()
    token.save()
    for _ in range(3):
        cache.clear()
        client.get("/api/v1/datasets/", headers={"Authorization": f"Bearer {key}"})

    assert len(since(Action.USED)) == 1


def test_a_share_link_tells_that_it_was_made_opened_and_revoked(world, browser, since):
    editor = world.people["editor"]
    editor.user_permissions.add(Permission.objects.get(codename="share_dashboard"))
    view = choices.start(world.dashboard, editor)
    link, token = sharing.issue(
        view, editor, name="Agency", expires_at=timezone.now() + timedelta(days=1)
    )
    stranger = browser(None)
    for _ in range(3):
        stranger.get(reverse("shared", args=[token]))
    browser(editor).post(reverse("revoke-share-link", args=["p-73", link.pk]))

    mine = [e for e in since() if e.kind == "dashboards.sharelink"]
    assert [(e.action, e.person) for e in mine] == [
        ("created", ""), ("opened", ""), ("revoked", "editor")
    ]  # fmt: skip
    assert {(e.within_kind, e.within_key) for e in mine} == {
        ("dashboards.dashboard", str(world.dashboard.pk))
    }
    assert token not in str([vars(event) for event in since()])


def test_an_embedding_key_tells_of_its_use_once_an_hour(world, client, since):
    key = EmbedKey(name="Intranet", viewer=world.people["editor"], origins=["https://a.example"])
    secret = embedding.new_key(key)
    key.save()
    key.dashboards.set([world.dashboard])
    said = {"dashboard": "p-73", "filters": {}, "exp": timezone.now() + timedelta(minutes=5)}
    token = jwt.encode(said, secret, "HS256", headers={"kid": key.key_id})
    for _ in range(2):
        assert client.get(reverse("embed", args=["p-73"]), {"token": token}).status_code == 200

    (used,) = since(Action.USED)
    assert (used.name, used.details["dashboard"]) == ("Intranet", "p-73")
    table = str([vars(event) for event in since()])
    assert secret not in table
    assert token not in table


# --- Exports


def test_an_export_is_told_when_asked_when_made_and_when_taken(
    world, browser, since, monkeypatch, tmp_path
):
    monkeypatch.setattr(export, "folder", lambda: tmp_path)
    monkeypatch.setattr(tasks.export, "delay", lambda pk: None)
    monkeypatch.setattr(export, "close_old_connections", lambda: None)  # one transaction here
    monkeypatch.setattr(export._Beat, "_run", lambda self: None)
    client = browser(world.people["viewer"])
    client.post("/dashboards/p-73/export/", {"format": "csv", "widget": world.widget.pk})
    made = Export.objects.get()
    export.make(made.pk)
    assert b"".join(client.get(reverse("export-file", args=[made.pk])))

    asked, exported, taken = since(Action.EXPORT_ASKED, Action.EXPORTED, Action.DOWNLOADED)
    assert [e.action for e in (asked, exported, taken)] == [
        "export asked", "exported", "downloaded"
    ]  # fmt: skip
    assert {(e.person, e.name, e.within_key) for e in (asked, exported, taken)} == {
        ("viewer", "Bids by bidder", str(world.dashboard.pk))
    }
    assert (exported.details["rows"], exported.details["format"]) == (2, "csv")


# --- What is tried out in forms


def test_sql_that_is_tried_and_connections_that_are_tested_are_told(world, root, since):
    source = world.dataset.source
    source.kind, source.host, source.password = "portal", "", ""
    source.save()
    root.post(reverse("admin:datasets_dataset_preview"), {"source": source.pk, "sql": SQL})
    fields = {"name": "new one", "kind": "postgresql", "host": "127.0.0.1", "port": "1",
              "database": "d", "username": "u", "options": "{}"}  # fmt: skip
    fields["password"] = "canary-pass"
    root.post(reverse("admin:datasets_source_test"), fields)

    tried, tested = since(Action.PREVIEWED, Action.CONNECTED)
    assert (tried.details["sql"], tried.person) == (SQL, "superuser")
    assert (tested.name, tested.details["host"], tested.details["port"]) == (
        "new one", "127.0.0.1", 1
    )  # fmt: skip
    assert "canary-pass" not in str(vars(tested))


def test_a_refresh_by_hand_is_told_and_one_by_the_schedule_is_not(world, root, since, monkeypatch):
    monkeypatch.setattr(dataset_tasks.refresh_dataset, "delay", lambda pk: None)
    root.post(reverse("admin:datasets_dataset_refresh", args=[world.dataset.pk]))

    assert [(e.action, e.person, e.name) for e in since()] == [
        ("refreshed", "superuser", "Bids received")
    ]


# --- Histories, files, the page


def test_an_old_version_that_is_brought_back_is_told_as_that(world, root, since):
    world.dashboard.title = "Renamed"
    world.dashboard.save()
    first = world.dashboard.history.earliest()
    link = reverse("admin:dashboards_dashboard_simple_history",
                   args=[world.dashboard.pk, first.pk])  # fmt: skip
    root.post(link, fields_of(root.get(link)))

    event = since(Action.RESTORED)[0]
    assert event.changes["title"] == ["Renamed", TITLE]
    assert event.note.startswith("As it was after ")


def test_a_file_tells_of_itself_and_of_each_record(world, root, since):
    root.get(reverse("admin:config_export"), {"slug": "p-73"})
    file = json.loads(write.text(write.dashboard(world.dashboard)))
    file["title"] = "Imported"
    form = {"file": SimpleUploadedFile("bids.json", json.dumps(file).encode())}
    shown = root.post(reverse("admin:config_import"), form)
    assert since(Action.CHANGED) == [], "What was only planned is no change."
    again = {name: field.value() for name in ("text", "name", "seen")
             for field in [shown.context["again"][name]]}  # fmt: skip
    root.post(reverse("admin:config_import"), again | {"apply": "1", "overwrite": "1"})

    assert Dashboard.objects.get().title == "Imported"
    assert [e.name for e in since(Action.CONFIG_EXPORTED)] == [TITLE]
    (whole,) = since(Action.CONFIG_IMPORTED)
    (part,) = [e for e in since(Action.CHANGED) if e.kind == "dashboards.dashboard"]
    assert (part.changes["title"], part.request) == ([TITLE, "Imported"], whole.request)
    assert whole.note == part.note == "Imported from bids.json"


def test_a_command_that_imports_is_told_too(world, since, tmp_path, monkeypatch):
    monkeypatch.setattr("sys.argv", ["manage.py", "import_config"])
    file = json.loads(write.text(write.dashboard(world.dashboard)))
    (tmp_path / "bids.json").write_text(json.dumps(file | {"title": "By command"}))
    file = str(tmp_path / "bids.json")
    call_command("import_config", file, replace=True, force=True, stdout=StringIO())

    (event,) = [e for e in since(Action.CHANGED) if e.kind == "dashboards.dashboard"]
    assert (event.via, event.person) == ("manage.py import_config", "")


def test_cards_that_are_moved_on_the_page_tell_who_moved_them(world, root, since):
    state = arrange.state(world.dashboard)
    cards = [{**card, "width": 6} for card in state["cards"]]
    wanted = {"version": state["version"], "tabs": [], "cards": [
        {name: card[name] for name in ("id", "width", "height", "places", "tab")}
        for card in cards]}  # fmt: skip
    answer = root.post(reverse("dashboard-layout", args=["p-73"]), json.dumps(wanted),
                       content_type="application/json")  # fmt: skip
    assert answer.status_code == 200, answer.content

    (event,) = since(Action.CHANGED)
    assert (event.person, event.note) == ("superuser", "Arranged on the page")
    assert event.changes["width"][1] == 6


def test_a_role_that_a_person_gets_in_the_admin_is_told(world, root, since):
    person, role = world.people["outsider"], Group.objects.get(name="Bankers")
    link = reverse("admin:accounts_user_change", args=[person.pk])
    root.post(link, fields_of(root.get(link)) | {"groups": [role.pk]})

    gone, came = since(Action.RIGHTS)
    assert [one["name"] for one in gone.changes["groups"][0]] == ["Interns"]
    assert [one["name"] for one in came.changes["groups"][1]] == ["Bankers"]
    assert (came.person, came.name) == ("superuser", "outsider")


# --- What goes past the records

#: Every place that writes rows without their records: what it writes is the portal's own
#: book-keeping, or it tells by itself.
PAST_THE_RECORDS = {
    "accounts/audit.py:_write_once": "an event",
    "accounts/audit_watch.py:update": "tells by itself",
    "accounts/authentication.py:authenticate": "last use of a token",
    "accounts/invite.py:send_way_back": "when a mail went out",
    "accounts/passkeys.py:_count": "last use of a passkey",
    "accounts/sessions.py:touch": "last use of a session",
    "accounts/two_factor.py": "second factors, which a signal tells",
    "dashboards/annotations.py": "instant of a change",
    "dashboards/export.py": "states of exports",
    "dashboards/sharing.py:count_opening": "counts openings, which are told",
    "dashboards/snippets.py:_drawn": "no rows: a plot",
    "dashboards/views.py:set_theme": "a person's own colours",
    "datasets/admin.py:save_related": "when the next run is due",
    "datasets/refresh.py": "states of runs and datasets",
    "datasets/trial.py:run_tests": "what a test found",
    "datasets/rotate.py:_field": "the same secret under another key; tells by itself",
}


def test_nothing_goes_past_the_records_without_a_reason_here():
    found = set()
    for folder in ("accounts", "dashboards", "datasets", "feeds", "portal"):
        for path in (Path(settings.BASE_DIR) / folder).rglob("*.py"):
            name = path.relative_to(settings.BASE_DIR).as_posix()
            if "/migrations/" not in name and "/demo/" not in name:
                found |= set(bulk_writes(path, name))

    unknown = {one for one in found
               if not {one, one.partition(":")[0]} & set(PAST_THE_RECORDS)}  # fmt: skip
    assert not unknown, f"Use audit_watch.update, or say why not: {sorted(unknown)}"


def bulk_writes(path, name):
    """``file:function`` of each call that looks like one of a QuerySet that writes many rows."""
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.FunctionDef):
            continue
        for call in ast.walk(node):
            called = getattr(getattr(call, "func", None), "attr", "")
            is_update = called == "update" and getattr(call, "keywords", None) and not call.args
            if is_update or called in ("bulk_create", "bulk_update", "_raw_delete"):
                yield f"{name}:{node.name}"
