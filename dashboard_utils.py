"""Charts of the portal in plain Python::

    from dashboard_utils import create_funnel_chart

    chart = create_funnel_chart({"stages": [...], "data_query": "SELECT ...", "colors": [...]})

Each gives a Bokeh figure: ``bokeh.plotting.show(chart)``. ``source`` is the name of a source in
the portal; the statement is read-only and is checked and limited like the preview of a dataset."""

from __future__ import annotations

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bokeh.plotting import figure as Figure

SOURCE = "crm_workflow_db"


def create_funnel_chart(config: dict[str, Any], *, source: str = SOURCE) -> Figure:
    """``data_query`` gives stages and counts, ``stages`` their order, ``colors`` one for each."""
    return _create("funnel", config, source)


def create_segments_chart(config: dict[str, Any], *, source: str = SOURCE) -> Figure:
    """A pie: ``data_query`` gives segments and what is split, ``colors`` are the largest first."""
    return _create("segments", config, source)


def create_heatmap_chart(config: dict[str, Any], *, source: str = SOURCE) -> Figure:
    """``data_query`` gives names of rows, names of columns, and the values of the cells."""
    return _create("heatmap", config, source)


def _create(name: str, config: dict[str, Any], source: str) -> Figure:
    _set_up()
    from dashboards import snippets

    function = getattr(snippets, name)
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return function(config, source)
    with ThreadPoolExecutor(1) as thread:  # a notebook has a loop, in which no database is asked
        return thread.submit(function, config, source).result()


def _set_up() -> None:
    """Django, where nobody has set it up."""
    import django
    from django.apps import apps

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    if not apps.ready:
        django.setup()
