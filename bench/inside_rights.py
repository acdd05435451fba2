"""Rights and rules measured inside Django, where nothing but the portal's own work counts."""

from __future__ import annotations

import time
from collections.abc import Callable

BLOCKS, ROUNDS = 5, 15
DASHBOARDS, ROLES, ROLES_OF_ONE = 1000, 50, 3


def rules() -> dict[str, float]:
    """CPU milliseconds of a cached dashboard, page and data, for a person of one role: without
    rules, and with a row rule on each dataset; in turns."""
    from django.contrib.auth import get_user_model

    from dashboards.models import Dashboard
    from datasets.models import RowPolicy

    board = Dashboard.objects.get(slug="main-analytics")
    role = board.view_roles.first()
    person = _person(get_user_model(), "limited", [role])
    person.attributes = {"country": ["DE", "AT"]}
    person.save()
    visit = _visit(person, board)
    times: dict[str, list[float]] = {"without": [], "with": []}
    try:
        for _ in range(BLOCKS):
            times["without"] += _times(visit)
            _add_rules(board, role)
            times["with"] += _times(visit)
            RowPolicy.objects.filter(name="Bench").delete()
    finally:
        RowPolicy.objects.filter(name="Bench").delete()
    return {name: sorted(found)[len(found) // 2] for name, found in times.items()}


def _add_rules(board, role) -> None:
    from datasets.models import Dataset, RowPolicy

    own = {"column": "country", "op": "in", "attribute": "country"}
    for dataset in Dataset.objects.filter(widgets__dashboard=board).distinct():
        has_country = dataset.columns.filter(name="country").exists()
        rule = RowPolicy.objects.create(
            dataset=dataset, name="Bench", condition=own if has_country else {}
        )
        rule.roles.set([role])


def many() -> dict[str, float]:
    """CPU milliseconds and queries of the list of dashboards, of 1,000 shared with 50 roles."""
    from django.contrib.auth import get_user_model
    from django.contrib.auth.models import Group
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from dashboards.models import Dashboard

    roles = [Group.objects.get_or_create(name=f"bench {n}")[0] for n in range(ROLES)]
    made = [Dashboard(title=f"Bench {n}", slug=f"bench-many-{n}") for n in range(DASHBOARDS)]
    Dashboard.objects.bulk_create(made)
    through = Dashboard.view_roles.through
    through.objects.bulk_create(
        through(dashboard_id=one.pk, group_id=roles[(n * 7 + more) % ROLES].pk)
        for n, one in enumerate(made)
        for more in range(2)
    )
    person = _person(get_user_model(), "many", roles[:ROLES_OF_ONE])
    client = Client(headers={"host": "localhost"})
    client.force_login(person)
    try:
        found = {}
        for name, address in (("page", "/"), ("api", "/api/v1/dashboards/")):
            client.get(address)
            with CaptureQueriesContext(connection) as queries:
                assert client.get(address).status_code == 200
            found[f"{name}_queries"] = len(queries)
            found[name] = _median(lambda address=address: client.get(address))
        found["shown"] = len(client.get("/api/v1/dashboards/").json())
        return found
    finally:
        Dashboard.objects.filter(slug__startswith="bench-many-").delete()
        Group.objects.filter(name__startswith="bench ").delete()


def _person(model, name: str, roles):
    person, _ = model.objects.get_or_create(username=f"bench-{name}")
    person.groups.set(roles)
    return person


def _visit(person, board) -> Callable[[], None]:
    from django.test import Client

    client = Client(headers={"host": "localhost"})
    client.force_login(person)

    def visit() -> None:
        for address in (board.get_absolute_url(), f"{board.get_absolute_url()}data"):
            assert client.get(address).status_code == 200

    return visit


def _times(act: Callable[[], object]) -> list[float]:
    """CPU milliseconds of each of some rounds; the first ones make what the caches lack."""
    found = []
    for number in range(ROUNDS + 2):
        before = time.process_time()
        act()
        if number >= 2:
            found.append((time.process_time() - before) * 1000)
    return found


def _median(act: Callable[[], object]) -> float:
    found = _times(act)
    return sorted(found)[len(found) // 2]
