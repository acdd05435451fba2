"""Bring the demo shop forward: draw new carts, then show of all fates what has happened by now."""

import json
import time
from dataclasses import asdict
from functools import lru_cache

import numpy as np

from portal.demo import generate, rows, server, story

LOCK = 7_243_001  # advisory lock in the demo's database: one simulation at a time
STEP_SECONDS = 6 * story.HOUR  # of the shop's time, at most, in one transaction
STEP_CARTS = 50_000  # expected carts, at most, in one transaction
BUDGET = 20  # seconds of a run, in real time; the next run goes on where this one ended

# A cart as it stands at %(now)s. Instants later than that have not happened yet.
SHOW_CARTS = """
INSERT INTO cart_sessions (id, customer_id, created_at, last_activity_at, stage, device, country,
    shop, segment, items, value, currency, checkout_started_at, payment_at, ordered_at,
    abandoned_at, abandoned_stage, contacted_at, recovered_at, status)
SELECT id, customer_id, created_at,
    (SELECT max(t) FROM unnest(ARRAY[created_at, items_added_at, browsed_at, checkout_started_at,
        payment_at, ordered_at]) t WHERE t <= %(now)s),
    CASE WHEN ordered_at <= %(now)s THEN 'Order Complete'
         WHEN payment_at <= %(now)s THEN 'Payment Info'
         WHEN checkout_started_at <= %(now)s THEN 'Checkout Started'
         WHEN items_added_at <= %(now)s THEN 'Items Added'
         ELSE 'Cart Created' END,
    device, country, shop, segment,
    CASE WHEN items_added_at <= %(now)s THEN items ELSE 0 END,
    CASE WHEN items_added_at <= %(now)s THEN value ELSE 0 END,
    currency,
    CASE WHEN checkout_started_at <= %(now)s THEN checkout_started_at END,
    CASE WHEN payment_at <= %(now)s THEN payment_at END,
    CASE WHEN ordered_at <= %(now)s THEN ordered_at END,
    CASE WHEN abandoned_at <= %(now)s THEN abandoned_at END,
    CASE WHEN abandoned_at <= %(now)s THEN abandoned_stage END,
    CASE WHEN contacted_at <= %(now)s THEN contacted_at END,
    CASE WHEN recovered_at <= %(now)s THEN recovered_at END,
    CASE WHEN ordered_at <= %(now)s THEN status
         WHEN lost_at <= %(now)s THEN 'lost'
         WHEN contacted_at <= %(now)s THEN 'contacted'
         WHEN abandoned_at <= %(now)s THEN 'abandoned'
         ELSE 'active' END
FROM demo.planned_carts WHERE next_at <= %(now)s
ON CONFLICT (id) DO UPDATE SET
    last_activity_at = excluded.last_activity_at, stage = excluded.stage, items = excluded.items,
    value = excluded.value, checkout_started_at = excluded.checkout_started_at,
    payment_at = excluded.payment_at, ordered_at = excluded.ordered_at,
    abandoned_at = excluded.abandoned_at, abandoned_stage = excluded.abandoned_stage,
    contacted_at = excluded.contacted_at, recovered_at = excluded.recovered_at,
    status = excluded.status
"""
SHOW_ITEMS = """
INSERT INTO cart_items (id, cart_id, product_id, quantity, price, bought)
SELECT i.id, i.cart_id, i.product_id, i.quantity, i.price,
    i.bought AND coalesce(c.ordered_at <= %(now)s, false)
FROM demo.planned_items i JOIN demo.planned_carts c ON c.id = i.cart_id
WHERE c.next_at <= %(now)s AND c.items_added_at <= %(now)s
ON CONFLICT (id) DO UPDATE SET bought = excluded.bought
    WHERE cart_items.bought <> excluded.bought
"""
SHOW_MESSAGES = """
INSERT INTO campaign_messages (id, campaign_id, cart_id, customer_id, sent_at, delivered_at,
    opened_at, clicked_at, bounced, unsubscribed)
SELECT id, campaign_id, cart_id, customer_id, sent_at,
    CASE WHEN delivered_at <= %(now)s THEN delivered_at END,
    CASE WHEN opened_at <= %(now)s THEN opened_at END,
    CASE WHEN clicked_at <= %(now)s THEN clicked_at END,
    bounced, unsubscribed AND opened_at <= %(now)s
FROM demo.planned_messages WHERE next_at <= %(now)s
ON CONFLICT (id) DO UPDATE SET delivered_at = excluded.delivered_at,
    opened_at = excluded.opened_at, clicked_at = excluded.clicked_at,
    unsubscribed = excluded.unsubscribed
"""
SHOW_ORDERS = """
WITH due AS (DELETE FROM demo.planned_orders WHERE created_at <= %(now)s RETURNING *)
INSERT INTO orders (id, cart_id, customer_id, created_at, total, discount, cost, kind, campaign_id)
SELECT id, cart_id, customer_id, created_at, total, discount, cost, kind, campaign_id FROM due
"""
SHOW_UNITS = """
WITH due AS (DELETE FROM demo.planned_units WHERE exposed_at <= %(now)s RETURNING *)
INSERT INTO experiment_units (experiment_id, cart_id, customer_id, variant, exposed_at)
SELECT experiment_id, cart_id, customer_id, variant, exposed_at FROM due
"""
ADVANCE = """
UPDATE demo.planned_{table} SET next_at =
    (SELECT min(t) FROM unnest(ARRAY[{instants}]) t WHERE t > %(now)s)
WHERE next_at <= %(now)s;
DELETE FROM demo.planned_{table} WHERE next_at IS NULL
"""
CART_INSTANTS = (
    "items_added_at, browsed_at, checkout_started_at, payment_at, ordered_at, abandoned_at,"
    " contacted_at, lost_at"
)
SHOW = (
    SHOW_CARTS,
    SHOW_ITEMS,  # reads next_at, so before it moves on
    SHOW_MESSAGES,
    SHOW_ORDERS,
    SHOW_UNITS,
    ADVANCE.format(table="carts", instants=CART_INSTANTS),
    ADVANCE.format(table="messages", instants="delivered_at, opened_at, clicked_at"),
)


def show(cursor, now: int) -> None:
    """Move what has happened by ``now`` (seconds) from the plan into the tables people see."""
    for statement in SHOW:
        cursor.execute(statement.replace("%(now)s", "to_timestamp(%(now)s)"), {"now": now})


@lru_cache(maxsize=1)
def world_of(seed: int, carts: int, start: int, end: int) -> generate.World:
    return generate.World(seed, carts, start, end)


def simulate(now: int, *, budget: float = BUDGET) -> int:
    """Bring the shop to ``now`` (seconds); returns the number of new carts.

    Does nothing without a loaded demo or while another run is under way. After a long pause a run
    ends when ``budget`` (seconds) is used up; the following ones close the gap."""
    if not server.exists():
        return 0
    deadline, made = time.monotonic() + budget, 0
    with server.connect(server.DATABASE) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK])
        if not cursor.fetchone()[0]:
            return 0
        state = server.state(cursor)
        while state and state["simulated_to"] < now and time.monotonic() < deadline:
            until = min(now, state["simulated_to"] + _step_seconds(state))
            connection.autocommit = False
            with connection:
                made += _step(cursor, state, until)
            connection.autocommit = True
            state["simulated_to"] = until
    return made  # closing the connection gives the lock back


def _step_seconds(state: dict) -> int:
    per_second = state["carts"] / (state["end"] - state["start"])
    # Peaks have about three times the mean of the history.
    return max(story.BIN, min(STEP_SECONDS, int(STEP_CARTS / (3 * per_second))))


def _step(cursor, state: dict, until: int) -> int:
    world = world_of(state["seed"], state["carts"], state["start"], state["end"])
    counters = generate.Counters(**state["counters"])
    rng = np.random.default_rng()
    edges, weights = story.weights(state["simulated_to"], until, world.history)
    times = generate.spread(edges, rng.poisson(weights * world.scale), rng)
    if len(times):
        rows.write(cursor, generate.draw(world, times, counters, rng), planned=True)
    show(cursor, until)
    state["counters"] = asdict(counters)
    cursor.execute(
        "UPDATE demo.state SET simulated_to = to_timestamp(%s), counters = %s",
        [until, json.dumps(state["counters"])],
    )
    return len(times)
