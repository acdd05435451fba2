"""A dashboard whose cards have more rows than they show, and hostile texts among them."""

import csv
from datetime import UTC, datetime, timedelta

import openpyxl
import pyarrow as pa
import pytest

from dashboards import export
from dashboards.models import Filter
from datasets.models import Column
from tests.dashboards.test_export_cells import FORMULAS
from tests.factories.dashboards import DashboardFactory, WidgetFactory
from tests.factories.datasets import DatasetFactory, publish
from tests.factories.people import PersonFactory, RoleFactory

START = datetime(2026, 10, 1, 22, 30, tzinfo=UTC)  # half past midnight in Berlin
COUNT = 1500


def orders() -> pa.Table:
    """More rows than any card shows; each hostile text once as a product."""
    products = [*FORMULAS, "=cmd|' /C calc'!A0", 'a,"b"\nc']
    names = [*products, *(f"Product {n:04}" for n in range(len(products), COUNT))]
    times = [START + timedelta(hours=n) for n in range(COUNT)]
    return pa.table({
        "product": names,
        "country": ["DE" if n % 3 else "AT" for n in range(COUNT)],
        "amount": [n * 0.37 - 20 for n in range(COUNT)],
        "pieces": list(range(COUNT)),
        "at": pa.array(times, pa.timestamp("us", "UTC")),
    })  # fmt: skip


def make_shop():
    """(dashboard, its cards by title, a person who may see it)."""
    role = RoleFactory(name="Merchants")
    dashboard = DashboardFactory(title="Orders: all/any", slug="orders", view_roles=[role])
    dataset = DatasetFactory(name="Orders", view_roles=[role])
    publish(dataset, orders(), as_of=START + timedelta(hours=COUNT))
    Column.objects.filter(dataset=dataset, name="amount").update(
        label="Amount", unit="EUR", format="#,##0.00"
    )
    Filter.objects.create(dashboard=dashboard, label="Country", name="country", columns=["country"])
    groups = {"group_by": ["product"], "measures": ["sum(amount)", "Pieces: sum(pieces)"]}
    wanted = {
        "Products": ("table", groups | {"limit": 8}),
        "Rows": ("table", {"columns": ["product", "amount", "at"], "limit": 5}),
        "Orders": ("number", {"value": "count()", "time": "at", "period": "30d", "grain": "day"}),
        "By country": ("bar", {"category": "country", "measures": ["sum(amount) / count()"]}),
    }
    cards = {
        title: WidgetFactory(
            dashboard=dashboard, dataset=dataset, title=title, chart_type=kind, options=options,
            position=place,
        )
        for place, (title, (kind, options)) in enumerate(wanted.items())
    }  # fmt: skip
    person = PersonFactory(username="merchant", first_name="=HYPERLINK(1)", roles=["Merchants"])
    return dashboard, cards, person


@pytest.fixture(name="shop")
def shop_of_orders(tmp_path, monkeypatch):
    """What `make_shop` makes, and a folder of its own for what is exported."""
    monkeypatch.setattr(export, "folder", lambda: tmp_path)
    return make_shop()


def made(person, dashboard, wanted, widget=None, query=""):
    """The export, as a worker leaves it."""
    asked = export.ask(
        person, dashboard, wanted, widget=widget, query=query, origin="https://bi.example.org"
    )
    export.make(asked.pk)
    asked.refresh_from_db()
    assert asked.state == "done", asked.error
    return asked


def table_of(done) -> list[list[str]]:
    text = export.path_of(done).read_bytes()
    assert text.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(text.decode("utf-8-sig").splitlines(keepends=True)))


def book_of(done):
    return openpyxl.load_workbook(export.path_of(done))
