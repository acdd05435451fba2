"""How many of something there are, as the person who looks writes numbers."""

from pathlib import Path

import pytest
from django.conf import settings
from django.template import Context, Template

from accounts import locale
from tests.dashboards.charts.tables import state, table

MANY = [f"n{number:04}" for number in range(1070)]
VALUES = [float(number % 7 + 1) for number in range(1070)]


def scatter(locale):
    values = {"value_x": VALUES, "value_y": VALUES, "value_rows": VALUES}
    tables = {"groups": table(category=MANY, **values)}
    return state("scatter", tables, locale=locale, category="name", measure_x="sum(value)",
                 measure_y="count()", top=60)  # fmt: skip


def bar(locale):
    tables = {"bars": table(category=MANY, value_0=VALUES)}
    return state("bar", tables, locale=locale, category="name", top=5)


def pie(locale):
    tables = {"slices": table(category=MANY, value=VALUES)}
    return state("pie", tables, locale=locale, category="name", slices=6)


def waterfall(locale):
    tables = {"parts": table(category=MANY, value=VALUES)}
    return state("waterfall", tables, locale=locale, category="name", top=5)


@pytest.mark.parametrize(
    ("chart", "part", "written"),
    [
        (scatter, "note", "60 of 1,070"),
        (bar, "rows", "Other (1,065)"),
        (pie, "legend", "Other (1,065)"),
        (waterfall, "rows", "Other (1,065)"),
    ],
)
def test_counts_are_written_as_the_person_writes_numbers(chart, part, written):
    assert written in str(getattr(chart("en"), part))
    assert written.replace(",", ".") in str(getattr(chart("de"), part))


@pytest.fixture
def german():
    locale.activate("de")
    yield
    locale.deactivate()


def test_counts_on_pages_too(german):
    page = Template("{% load moments %}Rows {{ first|count }} to {{ last|count }}")

    assert page.render(Context({"first": 1, "last": 10_001})) == "Rows 1 to 10.001"


def test_no_dashboard_writes_counts_as_python_does():
    for path in (Path(settings.BASE_DIR) / "dashboards").rglob("*.py"):
        assert ":,}" not in path.read_text(), path
