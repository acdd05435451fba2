"""Every page of every registered model opens, and lists ask no more when they are longer."""

import re

import pytest
from axes.models import AccessAttempt
from django.contrib import admin
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from accounts import audit
from accounts.models import ApiToken, AuditEvent, User
from dashboards import choices, embedding, sharing
from dashboards.models import (
    Annotation,
    ChartTemplate,
    Dashboard,
    EmbedKey,
    Filter,
    SavedView,
    ShareLink,
    Theme,
    Widget,
)
from datasets.models import Column, ColumnPolicy, Dataset, RefreshRun, RowPolicy, RuleTest, Source
from portal import urls  # noqa: F401  (it fills the registry)
from tests.factories.dashboards import WidgetFactory
from tests.factories.datasets import DatasetFactory, RunFactory, SourceFactory
from tests.factories.people import PersonFactory, RoleFactory


def make_token():
    token = ApiToken(user=PersonFactory(), name="Notebook", expires_at=timezone.now())
    token.issue_key()
    token.save()
    return token


def make_widget():
    return WidgetFactory(dashboard__owner=PersonFactory(), dashboard__view_roles=[RoleFactory()])


def make_filter():
    card = make_widget()
    return Filter.objects.create(dashboard=card.dashboard, label="Country", name="country",
                                 columns=["country"], values_from=card.dataset)  # fmt: skip


def make_view():
    view = SavedView.objects.create(dashboard=make_widget().dashboard, name="Germany",
                                    owner=PersonFactory())  # fmt: skip
    view.view_roles.set([RoleFactory()])
    return view


def make_annotation():
    annotation = Annotation.objects.create(title="Release")
    annotation.datasets.set([DatasetFactory(), DatasetFactory()])
    return annotation


def make_template():
    number = ChartTemplate.objects.count()
    return ChartTemplate.objects.create(name=f"T{number}", slug=f"t{number}", chart_type="pie",
                                        roles=[{"option": "category", "label": "C"}])  # fmt: skip


def make_link():
    dashboard, now = make_widget().dashboard, timezone.now()
    owner = dashboard.owner
    return sharing.issue(choices.start(dashboard, owner), owner, name="Agency", expires_at=now)[0]


def make_key():
    key = EmbedKey(name="Intranet", viewer=PersonFactory(), origins=["https://a.example"])
    embedding.new_key(key)
    key.save()
    key.dashboards.set([make_widget().dashboard])
    return key


def make_rule(model, **more):
    dataset = DatasetFactory()
    Column.objects.create(dataset=dataset, name="one", type="text")
    made = model.objects.create(dataset=dataset, name="Rule", **more)
    made.roles.add(RoleFactory(name="Marketing"))
    return made


def make_event():
    audit.record(audit.Action.PREVIEWED, SourceFactory(), details={"sql": "SELECT 1"})
    return AuditEvent.objects.first()


#: Records that nobody makes or deletes by hand.
WRITTEN_BY_THE_PORTAL = (RefreshRun, AuditEvent, AccessAttempt)


def make_attempt():
    number = AccessAttempt.objects.count()
    return AccessAttempt.objects.create(
        username=f"u{number}", ip_address="10.0.0.1", user_agent="x", failures_since_start=9
    )


#: How one more record of each registered model is made, with all that its list names.
MAKE = {
    User: lambda: PersonFactory(roles=["Marketing", "Analyst"]),
    Group: RoleFactory,
    ApiToken: make_token,
    AuditEvent: make_event,
    AccessAttempt: make_attempt,
    Source: lambda: DatasetFactory().source,
    Dataset: lambda: WidgetFactory(dataset__owner=PersonFactory()).dataset,
    RefreshRun: RunFactory,
    RowPolicy: lambda: make_rule(RowPolicy),
    ColumnPolicy: lambda: make_rule(ColumnPolicy, columns=["one"]),
    RuleTest: lambda: make_rule(RuleTest),
    Dashboard: lambda: make_widget().dashboard,
    Widget: make_widget,
    Filter: make_filter,
    SavedView: make_view,
    Annotation: make_annotation,
    ChartTemplate: make_template,
    ShareLink: make_link,
    EmbedKey: make_key,
    Theme: lambda: Theme.objects.create(name=f"Theme {Theme.objects.count()}"),
}
MODELS = sorted(MAKE, key=lambda model: model._meta.label)


def page(model, kind, *arguments):
    options = model._meta
    return reverse(f"admin:{options.app_label}_{options.model_name}_{kind}", args=arguments)


@pytest.fixture
def root(db, browser):
    return browser(PersonFactory(username="root", is_superuser=True, is_staff=True))


def test_every_registered_model_is_looked_at_here():
    assert set(admin.site._registry) == set(MAKE)


def test_the_index_names_every_list(root):
    html = root.get(reverse("admin:index")).content.decode()

    for model in MODELS:
        assert page(model, "changelist") in html


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_the_pages_of_a_record_open(root, model):
    record = MAKE[model]()
    kinds = {
        "changelist": (),
        "change": (record.pk,),
        "delete": (record.pk,),
        "history": (record.pk,),
    }
    for kind, arguments in kinds.items():
        answer = root.get(page(model, kind, *arguments))
        refused = kind == "delete" and model in (RefreshRun, AuditEvent)
        assert answer.status_code == (403 if refused else 200), kind

    add = root.get(page(model, "add"))
    nobody_adds = (*WRITTEN_BY_THE_PORTAL, ShareLink)
    assert add.status_code == (403 if model in nobody_adds else 200)


@pytest.mark.parametrize(
    "model", [m for m in MODELS if hasattr(m, "history")], ids=lambda m: m.__name__
)
def test_changes_and_old_versions_can_be_looked_at(root, model):
    record = MAKE[model]()
    name = "title" if hasattr(record, "title") else "name"
    setattr(record, name, "Renamed later")
    record.save()

    history = root.get(page(model, "history", record.pk)).content.decode()
    assert "Renamed later" in history
    for version in record.history.all():
        answer = root.get(page(model, "simple_history", record.pk, version.pk))
        assert answer.status_code == 200
    with pytest.raises(NoReverseMatch):
        page(model, "simple_history", record.pk)
    assert root.get(page(model, "simple_history", record.pk, "x")).status_code == 404
    assert root.get(page(model, "simple_history", record.pk, 10**12)).status_code == 404


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_a_longer_list_asks_the_database_no_more(root, model):
    def queries_of_list(count):
        while model.objects.count() < count:
            MAKE[model]()
        root.get(page(model, "changelist"))  # content types are remembered from now on
        with CaptureQueriesContext(
            connection,
        ) as found:
            html = root.get(page(model, "changelist")).content.decode()
        listed = len(re.findall(r'name="_selected_action"', html))
        assert listed >= count or model in WRITTEN_BY_THE_PORTAL
        return len(found)

    assert queries_of_list(2) == queries_of_list(12) < 30


@pytest.mark.parametrize(
    "model", [m for m in MODELS if admin.site._registry[m].search_fields], ids=lambda m: m.__name__
)
@pytest.mark.parametrize("term", ["a", "'\"%_\\", "x" * 5000, "🛒"])
def test_any_search_is_answered(root, model, term):
    MAKE[model]()

    assert root.get(page(model, "changelist"), {"q": term}).status_code == 200


def test_the_password_of_a_source_is_on_no_page(root):
    source = SourceFactory(password="correct-horse-battery")
    source.host = "elsewhere.example.org"
    source.save()
    version = source.history.first()

    for kind, *arguments in [
        ("change", source.pk),
        ("history", source.pk),
        ("changelist",),
        ("delete", source.pk),
        ("simple_history", source.pk, version.pk),
    ]:
        assert "correct-horse" not in root.get(page(Source, kind, *arguments)).content.decode()


def test_a_menu_entry_is_shown_to_who_may_open_it(db, browser):
    clerk = PersonFactory(is_staff=True, may=["view_dashboard"])

    html = browser(clerk).get(reverse("admin:index")).content.decode()

    assert page(Dashboard, "changelist") in html
    assert page(Source, "changelist") not in html
    assert page(User, "changelist") not in html
