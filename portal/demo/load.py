"""Build the demo's database in one transaction: either all of it is there, or nothing."""

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

import numpy as np
from tqdm import tqdm

from portal.demo import catalog, experiments, generate, places, rows, server, simulate, story

FOLDER = Path(__file__).parent
LOCK = 7_243_002  # advisory lock in the portal's database: one load at a time


def load(*, carts: int, days: int, seed: int, end: int, say: Callable[[str], None]) -> None:
    """Build the database anew: ``carts`` over the ``days`` days before ``end`` (seconds)."""
    with server.connect() as connection, connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        server.create()
        world = generate.World(seed, carts, end - days * story.DAY, end)
        _build(world, say)
        server.ensure_reader()


def _build(world: generate.World, say) -> None:
    with server.connect(server.DATABASE) as connection, connection.cursor() as cursor:
        connection.autocommit = False
        with connection:
            cursor.execute("SET LOCAL maintenance_work_mem = '128MB'")
            cursor.execute((FOLDER / "schema.sql").read_text())
            cursor.execute((FOLDER / "views.sql").read_text())
            cursor.execute(
                "INSERT INTO demo.state (version, seed, carts, start_at, end_at)"
                " VALUES (%s, %s, %s, to_timestamp(%s), to_timestamp(%s))",
                [server.VERSION, world.seed, world.carts, world.start, world.end],
            )
            counters = _fill(cursor, world, say)
            say("Building indexes")
            cursor.execute((FOLDER / "finish.sql").read_text())
            cursor.execute("ANALYZE")
            simulate.show(cursor, world.end)
            cursor.execute(
                "UPDATE demo.state SET counters = %s, simulated_to = end_at, completed_at = now()",
                [json.dumps(asdict(counters))],
            )


def _fill(cursor, world: generate.World, say) -> generate.Counters:
    _small_tables(cursor, world)
    counters = generate.Counters()
    before = generate.first_customers(world, counters)
    rows.copy(cursor, "customers", rows.customers(before), freeze=True)
    done, quarter = 0, 1
    with tqdm(total=world.carts, unit=" carts", disable=not sys.stdout.isatty()) as bar:
        for rng, edges, counts in _days(world):
            chunk = generate.draw(world, generate.spread(edges, counts, rng), counters, rng)
            rows.write(cursor, chunk, planned=edges[-1] > world.end - story.CLOSED_AFTER)
            bar.update(int(counts.sum()))
            done += int(counts.sum())
            if bar.disable and done * 4 >= world.carts * quarter:
                say(f"{done:,} of {world.carts:,} carts")
                quarter = done * 4 // world.carts + 1
    return counters


def _days(world) -> Iterator[tuple[np.random.Generator, np.ndarray, np.ndarray]]:
    """For each day of 24 hours its own chance, the edges of its bins, and the carts per bin."""
    edges, weights = story.weights(*world.history, world.history)
    counts = np.random.default_rng([world.seed, 3]).multinomial(
        world.carts, weights / weights.sum()
    )
    per_day = story.DAY // story.BIN
    for day in range(len(counts) // per_day):
        part = slice(day * per_day, (day + 1) * per_day)
        rng = np.random.default_rng([world.seed, 4, day])
        yield rng, edges[part.start : part.stop + 1], counts[part]


def _small_tables(cursor, world) -> None:
    products = catalog.products(world.seed)
    for money in ("price", "cost"):
        products[money] = np.array(products[money]) / 100
    rows.copy(cursor, "products", products, freeze=True)
    for country, (*_, cities) in story.COUNTRIES.items():
        for city in cities:
            cursor.execute(
                "INSERT INTO cities (country, city, latitude, longitude) VALUES (%s, %s, %s, %s)",
                [country, city, *places.CITIES[city]],
            )
    _campaigns(cursor, world)
    _experiments(cursor, world)


def _campaigns(cursor, world) -> None:
    per_day = world.carts / ((world.end - world.start) / story.DAY)
    tool_cost = story.TOOL_COST * per_day / (story.CARTS / story.DAYS)  # tools bill by volume
    for id, (name, kind, delay, percent, *_) in story.CAMPAIGNS.items():
        begin = (
            story.free_shipping_start(*world.history) if kind == "free_shipping" else world.start
        )
        cursor.execute(
            "INSERT INTO email_campaigns (id, name, kind, delay, discount_percent, started_at,"
            " message_cost, tool_cost_per_day)"
            " VALUES (%s, %s, %s, make_interval(mins => %s), %s, to_timestamp(%s), %s, %s)",
            [id, name, kind, delay // 60, percent, begin, story.MESSAGE_COST, tool_cost],
        )


def _experiments(cursor, world) -> None:
    for id, known in experiments.EXPERIMENTS.items():
        begin, end = known.period(*world.history)
        cursor.execute(
            "INSERT INTO experiments (id, name, hypothesis, kind, unit, goal, started_at, ended_at,"
            " status) VALUES (%s, %s, %s, %s, 'cart', %s, to_timestamp(%s), to_timestamp(%s), %s)",
            [id, known.name, known.hypothesis, known.kind, experiments.GOAL, begin, end,
             "concluded" if end else "running"],
        )  # fmt: skip
        for position, (name, share) in enumerate(known.variants.items()):
            cursor.execute(
                "INSERT INTO experiment_variants (experiment_id, position, variant, share,"
                " is_control) VALUES (%s, %s, %s, %s, %s)",
                [id, position, name, share, position == 0],
            )
