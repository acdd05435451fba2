"""What must run inside Django, with the settings of a bench portal.

``python -m bench.inside COMMAND ARGUMENTS``: each command prints one line of JSON."""

from __future__ import annotations

import json
import secrets
import sys
import time

import django

from bench import inside_rights


def sessions(people: str, count: str) -> list[str]:
    """Keys of `count` sessions of `people` new persons, of roles that see the main dashboard."""
    from django.contrib.auth import (
        BACKEND_SESSION_KEY,
        HASH_SESSION_KEY,
        SESSION_KEY,
        get_user_model,
    )

    from accounts.backends import PATH
    from accounts.sessions import SessionStore
    from dashboards.models import Dashboard

    roles = Dashboard.objects.get(slug="main-analytics").view_roles.all()
    User = get_user_model()
    persons = []
    for number in range(int(people)):
        person = User(username=f"bench-{number}")
        person.set_unusable_password()
        person.save()
        person.groups.add(roles[number % len(roles)])
        persons.append(person)
    keys = []
    for number in range(int(count)):
        person = persons[number % len(persons)]
        session = SessionStore()
        session[SESSION_KEY] = str(person.pk)
        session[BACKEND_SESSION_KEY] = PATH
        session[HASH_SESSION_KEY] = person.get_session_auth_hash()
        session.create()
        keys.append(session.session_key)
    return keys


def uncached() -> dict[str, float]:
    """Seconds to make all cards of the dashboard once from its snapshots. Run it without Redis."""
    from django.contrib.auth import get_user_model
    from django.utils import timezone

    from dashboards import choices, render
    from dashboards.models import Dashboard
    from datasets import cache

    viewer = get_user_model().objects.get(username="bench-0")

    def once() -> int:
        made = 0
        view = choices.start(Dashboard.objects.get(slug="main-analytics"), viewer)
        for card in render.cards(view):
            cache.clear_local()
            body = render.bodies([card])[0]
            picture = render.drawing(card.widget)  # past the drawings kept in the data folder
            made += len(render.as_json(card, body, picture, timezone.now()))
        return made

    once()  # imports
    times, cpu = [], []
    for _ in range(3):
        wall, process = time.perf_counter(), time.process_time()
        size = once()
        times.append(time.perf_counter() - wall)
        cpu.append(time.process_time() - process)
    return {"wall": sorted(times)[1], "cpu": sorted(cpu)[1], "bytes": size}


def large(count: str) -> dict[str, str]:
    """The address of a dashboard of so many cards: those of the main one, again and again."""
    from dashboards.models import Dashboard, Widget

    main = Dashboard.objects.get(slug="main-analytics")
    made, is_new = Dashboard.objects.get_or_create(slug="bench-large", title="Large")
    made.view_roles.set(main.view_roles.all())
    cards = list(main.widgets.all())
    for number in range(int(count) if is_new else 0):
        card = cards[number % len(cards)]
        fields = ("dataset", "chart_type", "options", "filters", "width", "height", "subtitle")
        copied = {name: getattr(card, name) for name in fields}
        title = f"{card.title} {number // len(cards) + 1}"
        Widget.objects.create(dashboard=made, title=title, position=number, **copied)
    return {"path": made.get_absolute_url()}


TABLE = """
CREATE TABLE rows AS
SELECT n AS id,
       timestamptz '2026-01-01' + n * interval '13 seconds' AS happened_at,
       mod(n * 7919::bigint, 1000003)::integer AS customer,
       ('{new,open,paid,sent,returned}'::text[])[mod(n, 5) + 1] AS status,
       (mod(n * 104729::bigint, 1000000) / 100.0)::numeric(12,2) AS amount,
       mod(n, 97) * 1.25::double precision AS weight,
       mod(n, 3) = 0 AS is_new,
       CASE WHEN mod(n, 11) = 0 THEN NULL ELSE 'Remark ' || md5(n::text) END AS remark
FROM generate_series(1, %s) n
"""
QUERY = "SELECT id, happened_at, customer, status, amount, weight, is_new, remark FROM rows"


def big_table(slug: str, count: str) -> dict[str, str]:
    """A dataset on a table of mixed columns, in a database and by a role of their own."""
    from psycopg2 import sql

    from datasets.models import Dataset, Source
    from portal.demo import server
    from portal.management.commands.load_demo import address

    password = secrets.token_urlsafe(20)
    role = sql.Identifier(slug)
    with server.connect() as connection, connection.cursor() as cursor:
        cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(role))
        cursor.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(role))
        cursor.execute(sql.SQL("CREATE DATABASE {}").format(role))
        cursor.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD %s").format(role), [password])
    with server.connect(slug) as connection, connection.cursor() as cursor:
        cursor.execute(TABLE, [int(count)])
        cursor.execute(sql.SQL("GRANT SELECT ON rows TO {}").format(role))
        cursor.execute("VACUUM ANALYZE rows")
    host, port = address()
    access = {"host": host, "port": port, "database": slug, "username": slug, "password": password}
    source, _ = Source.objects.update_or_create(
        name=slug, defaults={"kind": "postgresql", **access}
    )
    dataset = Dataset.objects.filter(slug=slug).first() or Dataset(slug=slug, name=slug)
    dataset.source, dataset.sql, dataset.enabled = source, QUERY, False
    dataset.full_clean()
    dataset.save()
    return access | {"query": QUERY}


def refresh(slug: str) -> dict[str, float]:
    """One refresh in this new process, as a worker does it: seconds and memory above idle."""
    import dashboards.tasks  # noqa: F401
    import datasets.tasks  # noqa: F401
    from bench import meter
    from datasets import refresh as verb
    from datasets.models import Dataset

    run = verb.queue(Dataset.objects.get(slug=slug))
    peak = meter.Peak()
    peak.start()
    wall, process = time.perf_counter(), time.process_time()
    verb.refresh(run.pk)
    seconds, cpu = time.perf_counter() - wall, time.process_time() - process
    run.refresh_from_db()
    if run.state != run.State.SUCCEEDED:
        raise RuntimeError(run.error)
    return {
        "wall": seconds, "cpu": cpu, "memory": peak.above_idle(), "rows": run.rows,
        "bytes": run.snapshot.bytes,
    }  # fmt: skip


def ask_for_refresh(slug: str) -> bool:
    """Hand a refresh to the portal's own worker, unless one is under way."""
    from datasets import refresh as verb
    from datasets import tasks
    from datasets.models import Dataset

    if run := verb.queue(Dataset.objects.get(slug=slug)):
        tasks.refresh_dataset.delay(run.pk)
    return bool(run)


CARDS = [
    ("number", {"value": "sum(amount)", "time": "happened_at"}),
    ("number", {"value": "avg(is_new)", "time": "happened_at", "pattern": "0.0%"}),
    ("number", {"value": "count_distinct(customer)", "time": "happened_at"}),
    ("line", {"x": "happened_at", "measure": "sum(amount)", "series": "status"}),
    ("line", {"x": "happened_at", "measure": "count()", "grain": "week"}),
    ("bar", {"category": "status", "measures": ["sum(amount)"], "time": "happened_at"}),
    ("pie", {"category": "status", "time": "happened_at"}),
    ("heatmap", {"time": "happened_at"}),
    ("histogram", {"column": "amount", "time": "happened_at"}),
    ("table", {"group_by": ["customer"], "measures": ["sum(amount)"], "limit": 8}),
    ("pivot", {"group_by": ["status"], "column": "is_new", "measures": ["sum(amount)"]}),
    ("treemap", {"category": "status", "measure": "sum(amount)", "time": "happened_at"}),
]


def filtered_dashboard(slug: str) -> int:
    """A dashboard of 12 cards on the big table, with filters; for who sees the main dashboard."""
    from dashboards.definition import check
    from dashboards.models import Dashboard, Filter, Widget
    from datasets.models import Dataset

    Dashboard.objects.filter(slug=f"{slug}-cards").delete()
    board = Dashboard.objects.create(slug=f"{slug}-cards", title="Large")
    board.view_roles.set(Dashboard.objects.get(slug="main-analytics").view_roles.all())
    for position, (name, kind, columns) in enumerate(
        [("customer", "numbers", ["customer"]), ("status", "choices", ["status"])]
    ):
        Filter.objects.create(
            dashboard=board, label=name.capitalize(), name=name, kind=kind, columns=columns,
            position=position,
        )  # fmt: skip
    for position, (chart_type, options) in enumerate(CARDS):
        widget = Widget(
            dashboard=board, dataset=Dataset.objects.get(slug=slug), title=f"Card {position}",
            chart_type=chart_type, options=options, position=position, width=4, height=6,
        )  # fmt: skip
        check(widget)
        widget.save()
    return board.pk


def build_charts() -> dict[str, list[float]]:
    """CPU seconds to make the drawing of each shipped card as JSON, as a worker does it."""
    from dashboards import render
    from dashboards.charts import registry
    from dashboards.models import Widget

    found: dict[str, list[float]] = {}
    drawn = [w for w in Widget.objects.all() if not registry.get(w.chart_type).template]
    for widget in [*drawn[:1], *drawn]:  # the first one pays for the import of Bokeh
        process = time.process_time()
        render.drawing(widget)
        found.setdefault(widget.chart_type, []).append(time.process_time() - process)
    found[drawn[0].chart_type].pop(0)
    return found


COMMANDS = {
    command.__name__: command
    for command in (
        sessions,
        uncached,
        large,
        big_table,
        refresh,
        ask_for_refresh,
        filtered_dashboard,
        build_charts,
        inside_rights.rules,
        inside_rights.many,
    )
}


if __name__ == "__main__":
    django.setup()
    print(json.dumps(COMMANDS[sys.argv[1]](*sys.argv[2:])))
