"""Palettes that many add to at once; apart, as a module's world holds a transaction open."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from dashboards import colors
from dashboards.models import Palette
from tests.factories.dashboards import DashboardFactory


@pytest.mark.django_db(transaction=True)
def test_processes_that_add_at_once_lose_nothing():
    board = DashboardFactory().pk

    def add(number):
        colors.of(board)("device", [f"d{number}"])
        connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add, range(40)))

    kept = Palette.objects.get(pk=board).places["device"]
    assert sorted(kept) == sorted(f"d{number}" for number in range(40))
