"""What the audit keeps: who, what, from where; once; never a secret; never changed afterwards."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts import address, audit, audit_prune, audit_watch
from accounts.models import Action, ApiToken, AuditEvent, User
from datasets.models import Source
from tests.factories.dashboards import DashboardFactory
from tests.factories.datasets import DatasetFactory, SourceFactory
from tests.factories.people import PersonFactory, RoleFactory

CANARY = "correct-horse-battery-canary"


def events(**chosen):
    return list(AuditEvent.objects.filter(**chosen).order_by("id"))


def whole_table() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM accounts_auditevent")
        return str(cursor.fetchall())


# --- Log-in


@pytest.fixture
def ada(db):
    person = PersonFactory(username="ada", first_name="Ada", last_name="Byron")
    person.set_password(CANARY)
    person.save()
    return person


def log_in(client, **changes):
    fields = {"username": "ada", "password": CANARY} | changes
    return client.post(reverse("login"), fields, headers={"User-Agent": "Firefox"})


def test_logging_in_and_out_is_told_with_the_place_and_not_with_the_session(ada, client):
    log_in(client)
    session = client.session.session_key
    client.post(reverse("logout"))

    came, went = events(action__in=(Action.LOGGED_IN, Action.LOGGED_OUT))
    assert (came.action, came.person, came.person_key) == ("logged in", "Ada Byron (ada)", ada.pk)
    assert (came.address, came.agent, came.via) == ("127.0.0.1", "Firefox", "login")
    assert came.session == audit.session_name(session) == went.session
    assert session not in whole_table()
    assert abs(came.at - timezone.now()) < timedelta(minutes=1)


def test_a_failed_log_in_keeps_the_name_as_typed_and_no_password(ada, client):
    log_in(client, username="<b>ada " + "x" * 140)
    log_in(client, username="ada", password="wrong-" + CANARY)

    long, wrong = events(action=Action.LOGIN_FAILED)
    assert long.name == "<b>ada " + "x" * 93
    assert (wrong.name, wrong.person, wrong.person_key) == ("ada", "", None)
    assert CANARY not in whole_table()


def test_a_changed_password_is_told_and_not_kept(ada, browser):
    new = "a-n3w-canary-of-mine!"
    fields = {"old_password": CANARY, "new_password1": new, "new_password2": new}
    browser(ada).post(reverse("password"), fields)

    event = events(action=Action.PASSWORD)[-1]
    ada.refresh_from_db()
    assert (event.person, event.changes) == ("Ada Byron (ada)", {"password": ["not kept"] * 2})
    assert ada.password not in whole_table()
    assert "canary" not in whole_table()


def test_a_hash_that_grew_stronger_at_log_in_is_no_new_password(ada, client, settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher",
                                 *settings.PASSWORD_HASHERS]  # fmt: skip
    before, last = User.objects.get().password, AuditEvent.objects.first().pk
    log_in(client)

    assert User.objects.get().password != before
    assert [event.action for event in events(id__gt=last)] == [Action.LOGGED_IN]


# --- Rights


def test_roles_and_rights_of_a_person_are_told_before_and_after(db):
    viewers, editors = RoleFactory(name="Viewers"), RoleFactory(name="Editors")
    person = PersonFactory(username="bob", roles=["Viewers"])
    last = AuditEvent.objects.first().pk

    person.groups.set([editors])
    viewers.user_set.add(person)
    person.groups.clear()
    person.user_permissions.add(Permission.objects.get(codename="view_source"))
    person.is_superuser, person.attributes = True, {"country": ["DE"]}
    person.save()

    found = [(e.kind, e.changes) for e in events(id__gt=last, action=Action.RIGHTS)]
    names = [(kind, {k: [[one["name"] for one in part] for part in v] for k, v in changes.items()})
             for kind, changes in found[:4]]  # fmt: skip
    assert names == [
        ("accounts.user", {"groups": [["Viewers"], []]}),
        ("accounts.user", {"groups": [[], ["Editors"]]}),
        ("auth.group", {"user_set": [[], ["bob"]]}),
        ("accounts.user", {"groups": [["Viewers", "Editors"], []]}),
    ]
    assert found[4][1]["user_permissions"][1][0]["name"].endswith("Can view source")
    assert found[5][1] == {"is_superuser": [False, True], "attributes": [{}, {"country": ["DE"]}]}


def test_grants_on_a_record_and_rights_of_a_role_are_told(db):
    role, board = RoleFactory(name="Bankers"), DashboardFactory(title="Sales")
    board.view_roles.add(role)
    role.permissions.add(Permission.objects.get(codename="view_dashboard"))

    grant, right = events(action=Action.RIGHTS)[-2:]
    assert (grant.name, grant.changes["view_roles"][1][0]["name"]) == ("Sales", "Bankers")
    assert (right.name, right.kind) == ("Bankers", "auth.group")


# --- Records


def test_the_sql_of_a_dataset_is_kept_before_and_after(db):
    dataset = DatasetFactory(sql="SELECT 1 AS one")
    dataset.sql = "SELECT 2 AS two"
    dataset.save()

    event = events(action=Action.CHANGED)[-1]
    assert event.changes == {"sql": ["SELECT 1 AS one", "SELECT 2 AS two"]}


def test_no_secret_of_any_record_is_kept(db):
    source = SourceFactory(password=CANARY, options={"sslpassword": CANARY, "sslmode": "require"})
    source.password = "another-" + CANARY
    source.save()
    token = ApiToken(user=PersonFactory(), name="Notebook")
    key = token.issue_key()
    token.save()
    source.delete()

    table = whole_table()
    assert CANARY not in table
    assert key not in table
    assert token.digest not in table
    made, changed = events(kind="datasets.source")[:2]
    assert made.changes["options"][1] == {"sslpassword": "not kept", "sslmode": "require"}
    assert changed.changes == {"password": ["not kept", "not kept"]}


def test_what_a_refresh_keeps_on_a_dataset_is_no_change_by_anybody(db):
    dataset = DatasetFactory()
    last = AuditEvent.objects.first().pk
    dataset.failures, dataset.last_error = 3, "away"
    dataset.save()

    assert events(id__gt=last) == []


def test_a_part_is_found_with_what_it_is_a_part_of(db):
    dataset = DatasetFactory()
    dataset.parameters.create(name="since", value="2026")

    event = events(kind="datasets.parameter")[0]
    assert (event.within_kind, event.within_key) == ("datasets.dataset", str(dataset.pk))


def test_names_stay_when_person_and_record_are_gone(ada, browser):
    role = RoleFactory(name="Gone")
    ada.is_superuser = ada.is_staff = True
    ada.save()
    browser(ada).post(reverse("admin:auth_group_delete", args=[role.pk]), {"post": "yes"})
    ada.delete()

    event = events(kind="auth.group", action=Action.DELETED)[0]
    assert (event.person, event.name) == ("Ada Byron (ada)", "Gone")


def test_tokens_are_revoked_in_bulk_and_each_tells_of_it(db, browser):
    root = PersonFactory(is_superuser=True, is_staff=True)
    for name in ("One", "Two"):
        token = ApiToken(user=root, name=name)
        token.issue_key()
        token.save()
    keys = list(ApiToken.objects.values_list("pk", flat=True))
    link = reverse("admin:accounts_apitoken_changelist")
    browser(root).post(link, {"action": "revoke", "_selected_action": keys})

    assert sorted(e.key for e in events(action=Action.REVOKED)) == sorted(map(str, keys))


# --- One transaction


def test_a_change_that_is_taken_back_leaves_no_event(db):
    source = SourceFactory()
    count = AuditEvent.objects.count()
    with transaction.atomic():
        source.name = "never"
        source.save()
        audit.record(Action.CONNECTED, source)
        assert AuditEvent.objects.count() == count + 2
        transaction.set_rollback(True)

    assert AuditEvent.objects.count() == count


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("change", ["save", "delete", "relate", "update", "create"])
def test_a_change_whose_event_cannot_be_written_is_not_made(monkeypatch, change):
    source, role = SourceFactory(name="before"), RoleFactory(name="before")
    person = PersonFactory(username="p")

    def fail(*args, **kwargs):
        raise DatabaseError("no room for events")

    monkeypatch.setattr(AuditEvent, "save", fail)
    source.name = "after"
    deeds = {
        "save": source.save, "delete": source.delete, "relate": lambda: person.groups.add(role),
        "update": lambda: audit_watch.update(Source.objects.all(), name="after"),
        "create": lambda: Group.objects.create(name="after"),
    }  # fmt: skip
    with pytest.raises(DatabaseError, match="no room"):
        deeds[change]()

    assert Source.objects.get().name == "before"
    assert not person.groups.exists()
    assert not Group.objects.filter(name="after").exists()


# --- Append-only


@pytest.mark.parametrize(
    "statement",
    ["UPDATE accounts_auditevent SET person = 'nobody'", "DELETE FROM accounts_auditevent",
     "TRUNCATE accounts_auditevent",
     "SET LOCAL audit.retention = 'on'; DELETE FROM accounts_auditevent",
     "SET LOCAL audit.retention = 'on'; UPDATE accounts_auditevent SET at = 'epoch'",
     "SET LOCAL audit.retention = 'on'; TRUNCATE accounts_auditevent"],
)  # fmt: skip
def test_postgresql_refuses_to_change_events(db, statement):
    audit.record(Action.CONNECTED, name="kept")
    with connection.cursor() as cursor:
        # Transactional tests need it off, see conftest.
        cursor.execute("ALTER TABLE accounts_auditevent ENABLE TRIGGER audit_no_truncate")
        with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
            cursor.execute(statement)

    assert AuditEvent.objects.filter(name="kept", person="").exists()


def test_the_model_refuses_too(db):
    audit.record(Action.CONNECTED, name="kept")
    event = AuditEvent.objects.get()
    for deed in (event.save, event.delete, AuditEvent.objects.all().delete,
                 lambda: AuditEvent.objects.update(name="x")):  # fmt: skip
        with pytest.raises(TypeError, match="never changed"):
            deed()


def age(days: int, count: int = 1):
    """Events of so many days ago, which nobody could write by the portal."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO accounts_auditevent (at, action, person, acting_as, kind, key, name,"
            " within_kind, within_key, note, changes, details, agent, session, via, request, words,"
            " once) SELECT now() - make_interval(days => %s), 'changed', '', '', '', '', 'old', '',"
            " '', '', '{}', '{}', '', '', '', '', '', '' FROM generate_series(1, %s)",
            [days, count],
        )


def test_old_events_are_removed_in_batches_and_an_event_says_how_many(db, settings, monkeypatch):
    monkeypatch.setattr(audit_prune, "BATCH", 2)
    settings.AUDIT_KEEP_DAYS = 100
    age(101, 5)
    age(99)

    assert audit_prune.prune() == 5
    assert [event.name for event in events(action=Action.CHANGED)] == ["old"]
    said = [event.details["removed"] for event in events(action=Action.AUDIT_PRUNED)]
    assert said == [2, 2, 1]
    with pytest.raises(DatabaseError), transaction.atomic():  # the door is shut again
        connection.cursor().execute("DELETE FROM accounts_auditevent")


def test_events_of_a_month_stay_whatever_is_set(db, settings):
    settings.AUDIT_KEEP_DAYS = 0
    age(29)

    assert audit_prune.prune() == 0


# --- From where


@pytest.mark.parametrize(
    ("seen", "found"),
    [("192.0.2.7", "192.0.2.7"), ("[2001:db8::1]:4711", "2001:db8::1"), ("<script>", None),
     ("::ffff:192.0.2.7", "192.0.2.7"), ("", None), ("192.0.2.7:443", "192.0.2.7")],
)  # fmt: skip
def test_a_request_comes_from_where_the_server_says_and_not_from_where_it_says(rf, seen, found):
    """The server looks at proxies, see the settings of the supervisor's web processes."""
    request = rf.get("/", headers={"X-Forwarded-For": "6.6.6.6"}, REMOTE_ADDR=seen)

    assert address.of(request) == found


def test_a_command_is_told_by_its_name(db, monkeypatch):
    monkeypatch.setattr("sys.argv", ["manage.py", "createsuperuser"])
    call_command("createsuperuser", interactive=False, username="root", email="r@example.org")

    event = events(kind="accounts.user", action=Action.CREATED)[0]
    assert (event.via, event.person, event.address) == ("manage.py createsuperuser", "", None)


def test_who_views_as_somebody_else_is_told_with_both_names(ada, rf):
    shown = PersonFactory(username="shown")
    request = rf.get("/")
    request.user = shown
    with audit.during(request):
        audit.acting_as(request, ada, shown)
        DatasetFactory(name="Made")

    event = events(kind="datasets.dataset", action=Action.CREATED)[0]
    assert (event.person_key, event.acting_as_key) == (ada.pk, shown.pk)
    assert (event.person, event.acting_as) == ("Ada Byron (ada)", "shown")


def test_pages_that_change_nothing_ask_no_more_for_the_audit(db, browser):
    person = PersonFactory()
    client = browser(person)
    client.get(reverse("home"))
    with CaptureQueriesContext(connection) as found:
        client.get(reverse("home"))

    assert not [one for one in found if "audit" in one["sql"].lower()]


def test_odd_values_are_kept_as_far_as_a_database_takes_them(db):
    odd = {"credentials": {"user": CANARY}, "key": "country", "nul": "a\0b",
           "half": "\ud83d", "nan": float("nan"), "deep": [{"api_key": CANARY}],
           "long": "x" * 300_000, "when": timezone.now(), "raw": b"\x89PNG"}  # fmt: skip
    audit.record(Action.CONNECTED, name="odd\0", details=odd)

    (event,) = events()
    assert event.details["deep"] == [{"api_key": "not kept"}]
    assert (event.details["credentials"], event.details["key"]) == ("not kept", "country")
    assert len(event.details["long"]) == 200_000
    assert "PNG" not in str(event.details["raw"])


def test_a_line_for_the_log_keeper_has_keys_and_no_values(
    db, settings, caplog, django_capture_on_commit_callbacks
):
    settings.AUDIT_LOG = True
    with caplog.at_level("INFO", "portal.audit"):
        with django_capture_on_commit_callbacks(execute=True):
            source = SourceFactory(name="secret project", host="db.example.org")
        with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
            audit.record(Action.CONNECTED, name="taken back")
            transaction.set_rollback(True)

    (line,) = caplog.messages
    assert line.startswith(f"created kind=datasets.source key={source.pk} person=-")
    assert "secret project" not in line
