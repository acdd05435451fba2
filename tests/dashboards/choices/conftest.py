from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest
from django.core.cache import cache as throttles

from dashboards.models import Filter
from datasets import cache
from tests.factories.dashboards import DashboardFactory, WidgetFactory
from tests.factories.datasets import DatasetFactory, publish
from tests.factories.people import PersonFactory, RoleFactory

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
COUNTRIES = ["DE", "DE", "DE", "AT", "AT", None]
CITIES = ["Berlin", "Berlin", "Hamburg", "Wien", "Graz", "Nowhere"]
VALUES = [10.0, 20.0, 30.0, 40.0, 50.0, 60.0]


class Shop:
    """A dashboard over six carts, its filters, a viewer, and somebody who may see the rows too."""

    def __init__(self):
        self.role = RoleFactory(name="Sellers")
        self.viewer = PersonFactory(username="seller", roles=["Sellers"])
        self.analyst = PersonFactory(username="counter", roles=["Sellers", "Counters"])
        self.outsider = PersonFactory(username="stranger", roles=["Interns"])
        self.dataset = DatasetFactory(slug="carts-6", name="Six carts")
        self.dataset.view_roles.set([RoleFactory(name="Counters")])
        table = pa.table({
            "country": COUNTRIES, "city": CITIES, "value": VALUES,
            "at": pa.array([NOW - timedelta(days=10 * i) for i in range(6)],
                           pa.timestamp("us", tz="UTC")),
        })  # fmt: skip
        publish(self.dataset, table, as_of=NOW)
        self.dashboard = DashboardFactory(slug="six", title="Six", view_roles=[self.role])
        self.cities = WidgetFactory(
            dashboard=self.dashboard, dataset=self.dataset, title="By city", chart_type="bar",
            options={"category": "city", "measures": ["sum(value)"], "time": "at"}, position=1,
        )  # fmt: skip
        self.total = WidgetFactory(
            dashboard=self.dashboard, dataset=self.dataset, title="Value", chart_type="number",
            options={"value": "sum(value)", "time": "at", "compare": False}, position=2,
        )  # fmt: skip

    def filter(self, name, kind="choices", **more) -> Filter:
        columns = more.pop("columns", [] if kind == "period" else [name])
        made = Filter(
            dashboard=self.dashboard, name=name, label=name.capitalize(), kind=kind,
            columns=columns, **more,
        )  # fmt: skip
        made.full_clean()
        made.save()
        return made


@pytest.fixture
def shop(db) -> Shop:
    cache.clear_local()
    cache.ask(lambda: cache.client().flushdb())
    throttles.clear()
    return Shop()
