"""Charts in plain Python, as the customer's example has them, against a real database."""

import asyncio
import re
import subprocess
import sys
import time
from io import StringIO

import pytest
from django.conf import settings
from django.core.management import call_command

from dashboard_utils import create_funnel_chart, create_heatmap_chart, create_segments_chart
from dashboards.errors import DashboardError, OptionsRefused
from datasets.errors import DatasetError
from datasets.models import Dataset
from portal.demo import load, server, story

# The customer's text, as it was received.
EXAMPLE = """# Example: Creating a custom abandonment funnel chart
from dashboard_utils import create_funnel_chart

funnel_config = {
    'stages': [
        'Cart Created',
        'Items Added', 
        'Checkout Started',
        'Payment Info',
        'Order Complete'
    ],
    'data_query': 'SELECT stage, count FROM funnel_data',
    'colors': ['#ff6b6b', '#feca57', '#48dbfb', '#0abde3', '#00d2d3']
}

chart = create_funnel_chart(funnel_config)
"""  # noqa: W291  the customer's line
COLORS = ["#ff6b6b", "#feca57", "#48dbfb", "#0abde3", "#00d2d3"]
STAGES = ["Cart Created", "Items Added", "Checkout Started", "Payment Info", "Order Complete"]
QUERY = "SELECT stage, count FROM funnel_data"


@pytest.fixture(scope="module")
def _shop(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock():
        load.load(carts=400, days=20, seed=story.SEED, end=int(time.time()) // 60 * 60,
                  say=lambda line: None)  # fmt: skip
        yield
        with server.connect() as connection, connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS {server.DATABASE} WITH (FORCE)")


@pytest.fixture
def shop(db, _shop):
    """The demo's source, and no dataset at all."""
    call_command("load_demo", stdout=StringIO(), if_missing=True, no_records=True)
    from portal.management.commands.load_demo import Command

    Command()._source(server.ensure_reader())


def source_of(chart, name):
    return next(r.data_source for r in chart.renderers if r.data_source.name == name).data


def test_the_customers_example_draws_the_funnel(shop):
    namespace = {}

    exec(EXAMPLE, namespace)  # noqa: S102

    chart = namespace["chart"]
    stages = source_of(chart, "stages")
    assert list(stages["title"]) == STAGES
    assert list(stages["color"]) == COLORS
    widths = list(stages["width"])
    assert widths[0] == 1
    assert widths == sorted(widths, reverse=True)
    assert widths[-1] > 0
    assert chart.height > 100
    assert not Dataset.objects.exists()


def test_it_can_be_put_into_a_page_of_its_own(shop):
    from bokeh.embed import file_html
    from bokeh.resources import INLINE

    page = file_html(create_funnel_chart({"data_query": QUERY}), INLINE)

    assert "Checkout Started" in page
    assert not re.search(r"#fab0[0-9a-f]{2}", page)  # tokens of colours that only pages replace


def test_other_charts_are_made_in_the_same_way(shop):
    segments = create_segments_chart({
        "data_query": "SELECT device, count(*) AS carts FROM cart_sessions GROUP BY 1",
        "colors": ["#ff6b6b"],
    })  # fmt: skip
    heatmap = create_heatmap_chart({
        "data_query": "SELECT device, country, 1 AS carts FROM (VALUES ('phone'), ('tablet')) d "
                      "(device) CROSS JOIN (VALUES ('DE'), ('FR')) c (country)"})  # fmt: skip

    [legend] = segments.legend
    assert {item.label.value for item in legend.items} == {"phone", "desktop", "tablet", "app"}
    assert source_of(segments, "slices")["color"][0] == "#ff6b6b"
    assert len(source_of(heatmap, "cells")["x"]) == 4


@pytest.mark.parametrize(
    ("config", "error", "said"),
    [
        ({}, OptionsRefused, "data_query"),
        ({"data_query": "DELETE FROM cart_sessions"}, DatasetError, "SELECT"),
        ({"data_query": "SELECT lo_create(1) AS n, 'a' AS stage"}, DatasetError, "lo_create"),
        ({"data_query": "SELECT 1 AS one; SELECT 2"}, DatasetError, "one"),
        ({"data_query": "SELECT stage FROM funnel_data"}, OptionsRefused, "measure"),
        ({"data_query": QUERY, "stage": "step"}, OptionsRefused, "stage, count"),
        ({"data_query": QUERY, "colors": ["red"]}, OptionsRefused, "'red' is no colour"),
        ({"data_query": "SELECT id::text, 1 AS n FROM cart_sessions"}, DashboardError, "50 rows"),
        ({"data_query": QUERY + " WHERE false"}, DashboardError, "No rows"),
    ],
)
def test_what_cannot_be_drawn_is_told(shop, config, error, said):
    with pytest.raises(error, match=re.escape(said)):
        create_funnel_chart(config)


def test_a_source_that_is_not_there_is_named(db):
    with pytest.raises(DashboardError, match="no source 'elsewhere'"):
        create_funnel_chart({"data_query": QUERY}, source="elsewhere")


def test_it_works_where_a_loop_runs_as_in_a_notebook(db, monkeypatch):
    from dashboards import snippets

    asked = []
    monkeypatch.setattr(snippets, "funnel", lambda config, source: asked.append(source) or "chart")

    async def cell():
        return create_funnel_chart({})

    assert asyncio.run(cell()) == "chart"
    assert asked == ["crm_workflow_db"]


def test_plain_python_needs_no_set_up():
    """In a process of its own, without Django's command line."""
    code = ("from dashboard_utils import create_funnel_chart\n"
            "try:\n    create_funnel_chart({'data_query': ''})\n"
            "except Exception as error:\n    print(type(error).__name__)")  # fmt: skip

    done = subprocess.run([sys.executable, "-c", code], cwd=settings.BASE_DIR, text=True,
                          capture_output=True, timeout=100)  # fmt: skip

    assert done.stdout.strip() == "OptionsRefused", done.stderr
