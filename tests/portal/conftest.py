"""The demo shop, loaded once per module, and records of every kind that a file may hold."""

from datetime import UTC, datetime, timedelta

import pytest

from dashboards.models import Annotation, Dashboard, Filter, Page, SavedView
from datasets.models import Column, Parameter
from portal.demo import server
from tests.factories.dashboards import DashboardFactory, WidgetFactory
from tests.factories.datasets import DatasetFactory, SourceFactory
from tests.factories.fixtures import browser, fresh  # noqa: F401
from tests.factories.people import PersonFactory, RoleFactory
from tests.portal.demo_shop import END, build, run


@pytest.fixture
def rich(db) -> Dashboard:
    """A dashboard with everything: tabs, filters, views, annotations, a cron dataset, places."""
    viewers, editors = RoleFactory(name="Marketing"), RoleFactory(name="Analyst")
    source = SourceFactory(name="warehouse", password="swordfish-42", host="db.internal")
    source.view_roles.set([RoleFactory(name="Analyst")])
    carts = DatasetFactory(
        name="Carts", slug="carts", source=source, sql="SELECT * FROM carts WHERE d > :since",
        refresh_cron="30 6 * * 1-5", time_zone="Europe/Berlin", description="One row per cart",
        fresh_for=timedelta(hours=26), row_limit=5000, time_limit=20, view_roles=[viewers],
        edit_roles=[editors], owner=PersonFactory(username="anna"),
    )  # fmt: skip
    Parameter.objects.create(dataset=carts, name="since", type="date", value="2026-01-01")
    columns = {"country": "text", "created_at": "datetime", "value": "number"}
    for place, (name, kind) in enumerate(columns.items()):
        Column.objects.create(dataset=carts, name=name, type=kind, position=place, label=name[:3])
    mails = DatasetFactory(name="Mails", slug="mails", source=source, enabled=False,
                           refresh_every=timedelta(minutes=5))  # fmt: skip
    places = DatasetFactory(name="Places", slug="places-of-2026")  # of another source
    found = DashboardFactory(title="Recovery", slug="recovery", description="What comes back",
                             position=7, view_roles=[viewers], edit_roles=[editors])  # fmt: skip
    second = Page.objects.create(dashboard=found, title="First", slug="first", position=3)
    second = Page.objects.create(dashboard=found, title="By segment", slug="segment", position=5)
    number = WidgetFactory(dashboard=found, dataset=carts, title="Carts", position=10, width=3,
                           height=4, filters=[["country", "in", ["DE", "AT"]]])  # fmt: skip
    pie = WidgetFactory(
        dashboard=found, dataset=carts, title="Carts", position=20, page=second, chart_type="pie",
        options={"category": "country", "measure": "sum(value)"},
        places={"phone": {"hidden": True}, "tablet": {"width": 6}},
    )  # fmt: skip
    WidgetFactory(dashboard=found, dataset=mails, title="Mails", subtitle="Sent", position=30)
    country = Filter.objects.create(
        dashboard=found, label="Country", name="country", columns=["country"], values_from=places,
        default_kind="fixed", default="DE,AT", kind="choices", required=True, position=2,
    )  # fmt: skip
    country.ignored_by.set([pie])
    Filter.objects.create(dashboard=found, label="City", name="city", columns=["city", "town"],
                          depends_on=country, position=4)  # fmt: skip
    shared = SavedView.objects.create(
        dashboard=found, name="Germany", query=f"country=DE&x.{number.pk}.country=DE&tab=segment"
    )
    shared.view_roles.set([viewers])
    shared.default_roles.set([editors])
    SavedView.objects.create(dashboard=found, name="Mine", owner=carts.owner)
    mark = Annotation.objects.create(title="Free shipping", kind="campaign",
                                     start=datetime(2026, 9, 1, 8, tzinfo=UTC),
                                     end=datetime(2026, 9, 8, tzinfo=UTC))  # fmt: skip
    mark.datasets.set([carts, DatasetFactory(slug="elsewhere")])
    return found


@pytest.fixture(scope="module")
def _shop(django_db_setup, django_db_blocker):
    """Loads the shop at ``END``; tests that move it forward load anew."""
    with django_db_blocker.unblock():
        build()
        yield
        with server.connect() as connection, connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS {server.DATABASE} WITH (FORCE)")


@pytest.fixture
def shop(db, _shop):
    """A function that runs SQL on the shop as its owner, with the shop as loaded at ``END``."""
    if not server.exists():
        build()
    with server.connect(server.DATABASE) as connection, connection.cursor() as cursor:
        state = server.state(cursor)
    if not state or state["simulated_to"] != END:
        build()
    return run
