"""What the dashboards ask of the demo shop, beside the plain tables it is made from."""

import numpy as np
import pytest

from portal.demo import experiments, generate, server, story
from tests.portal.demo_shop import CARTS, END, run

VIEWS = [
    "cart_journeys", "recovery_times", "attributed_orders", "campaign_costs", "customers_orders",
    "experiment_results",
]  # fmt: skip
STEPS = ["start", "reached", "result", "contact", "response", "outcome"]


@pytest.fixture(scope="module")
def drawn():
    """Carts of a whole history, drawn at once, with customers who came while it went on."""
    world = generate.World(1, 150_000, END - 180 * story.DAY, END)
    times = np.sort(np.random.default_rng(5).integers(world.start, world.end, 120_000))
    counters = generate.Counters(customers=world.customers_before + 1)
    chunks = [
        generate.draw(world, part, counters, np.random.default_rng(number))
        for number, part in enumerate(np.array_split(times, 60))
    ]
    return world, chunks


def column(chunks, table, name):
    return np.concatenate([getattr(chunk, table)[name] for chunk in chunks])


def conversion(chunks, experiment):
    """Share of ordered carts and number of units of both variants."""
    ordered = np.zeros(column(chunks, "carts", "id").max() + 1, dtype=bool)
    ordered[column(chunks, "orders", "cart_id")] = True
    of_test = column(chunks, "units", "experiment_id") == experiment
    cart = column(chunks, "units", "cart_id")[of_test]
    variant = column(chunks, "units", "variant")[of_test]
    return [(ordered[cart[variant == arm]].mean(), int((variant == arm).sum())) for arm in (0, 1)]


@pytest.mark.parametrize(
    ("experiment", "control", "second"),
    [
        (experiments.OFFER, 0.032, 0.073),
        (experiments.PICTURES, 0.080, 0.089),
        (experiments.SENDER, 0.083, 0.083),
        (experiments.HOLDOUT, 0.095, 0.042),
    ],
)
def test_tests_have_the_effect_that_the_story_gives_them(drawn, experiment, control, second):
    for (share, units), expected in zip(
        conversion(drawn[1], experiment), (control, second), strict=True
    ):
        error = (expected * (1 - expected) / units) ** 0.5
        assert share == pytest.approx(expected, abs=3 * error + 0.004)


def test_variants_get_their_share_of_the_units(drawn):
    for id, known in experiments.EXPERIMENTS.items():
        (_, control), (_, second) = conversion(drawn[1], id)
        share = next(iter(known.variants.values()))
        error = (share * (1 - share) / (control + second)) ** 0.5
        assert control / (control + second) == pytest.approx(share, abs=4 * error)


def test_customers_come_back_less_and_less(drawn):
    """Retention: share of who ordered first in a month that order k months later."""
    _, chunks = drawn
    customer = column(chunks, "orders", "customer_id")
    month = (column(chunks, "orders", "created_at") - drawn[0].start) // (30 * story.DAY)
    since = customer > drawn[0].customers_before
    first = np.full(customer.max() + 1, 99)
    np.minimum.at(first, customer[since], month[since])
    cohort = np.isin(first, (0, 1))
    after = [
        len(np.unique(customer[since & cohort[customer] & (month - first[customer] == k)]))
        for k in range(5)
    ]
    retention = [count / after[0] for count in after[1:]]

    assert retention == sorted(retention, reverse=True)
    assert 0.08 < retention[0] < 0.25
    assert 0.02 < retention[-1] < retention[0] * 0.8


def test_some_orders_come_days_after_the_click(shop):
    days = dict(shop("SELECT days_to_order, count(*) FROM attributed_orders GROUP BY 1"))

    assert set(days) <= set(range(1, 8))
    assert 0.6 < days[1] / sum(days.values()) < 0.9
    assert sum(count for day, count in days.items() if day > 2) > 0


@pytest.mark.parametrize("view", VIEWS)
def test_reader_may_ask_the_views_and_reads_what_they_mean(shop, view):
    assert run(f"SELECT count(*) > 0 FROM {view}", reader=True) == [(True,)]
    assert run(f"SELECT obj_description('{view}'::regclass) > ''", reader=True) == [(True,)]


def test_every_table_says_what_it_is(shop):
    untold = shop("""SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace
        AND relkind IN ('r', 'v') AND obj_description(oid) IS NULL""")
    assert untold == []


def test_a_journey_per_cart_ends_where_its_status_says(shop):
    assert shop("SELECT count(*), count(DISTINCT cart_id) FROM cart_journeys") == [(CARTS, CARTS)]
    outcome = {"recovered": "Recovered", "self_recovered": "Self-recovered", "lost": "Lost",
               "contacted": "Maturing", "abandoned": "Maturing"}  # fmt: skip
    for status, found in shop("SELECT DISTINCT status, outcome FROM cart_journeys WHERE items > 0"):
        assert found == outcome.get(status)
    assert shop("""SELECT count(*) FROM cart_journeys WHERE (outcome IS NULL) <> (contact IS NULL)
        OR (outcome IS NOT NULL) <> coalesce(result = 'Abandoned', false)
        OR (contact = 'No consent') AND consent OR (contact = 'Held out') AND mails > 0
        OR (response = 'No mail') <> (mails = 0 AND outcome IS NOT NULL)""") == [(0,)]
    for step in STEPS:
        assert shop(f"SELECT count(DISTINCT {step}) > 0 FROM cart_journeys") == [(True,)]


def test_numbers_of_the_views_are_those_of_the_tables(shop):
    assert shop("SELECT sum(revenue), sum(margin) FROM cart_journeys") == shop(
        "SELECT sum(total), sum(total - cost) FROM orders"
    )
    assert shop("SELECT count(*), sum(revenue), sum(discount) FROM attributed_orders") == shop(
        "SELECT count(*), sum(total), sum(discount) FROM orders WHERE kind = 'recovered'"
    )
    assert shop("SELECT sum(mails), sum(orders), sum(revenue) FROM campaign_costs") == shop(
        "SELECT (SELECT count(*) FROM campaign_messages), count(*), sum(total) FROM orders"
        " WHERE kind = 'recovered'"
    )
    assert shop("SELECT count(*), sum(returned::int) FROM recovery_times") == shop(
        "SELECT count(*), count(ordered_at) FROM cart_abandonments"
    )
    assert shop("SELECT count(*), count(DISTINCT order_id) FROM customers_orders") == shop(
        "SELECT count(*), count(*) FROM orders"
    )
    assert shop("SELECT count(*), count(DISTINCT (experiment_id, cart_id)) FROM experiment_results"
                ) == shop("SELECT count(*), count(*) FROM experiment_units")  # fmt: skip


def test_time_to_order_is_counted_in_whole_hours_up_to_the_window(shop):
    assert shop("""SELECT count(*) FROM recovery_times WHERE NOT hours BETWEEN 1 AND 168
        OR returned AND hours <> ceil(extract(epoch FROM ordered_at - abandoned_at) / 3600)
        OR NOT returned AND matured AND hours <> 168""") == [(0,)]


def test_costs_grow_with_the_mails_and_the_days(shop):
    assert shop("""SELECT bool_and(abs(message_cost - mails * message_cost_each) < 0.006) FROM
        campaign_costs JOIN (SELECT id, message_cost AS message_cost_each FROM email_campaigns) e
        ON e.id = campaign_id""") == [(True,)]
    assert shop("SELECT min(tool_cost) >= 0, max(tool_cost) > 0 FROM campaign_costs") == [
        (True, True)
    ]


def test_first_orders_before_the_history_are_known(shop):
    assert shop("""SELECT count(*) FROM customers_orders WHERE first_order_at > ordered_at
        OR months_since_first < 0 OR first_order_month > order_month
        OR number > 1 AND first_order_at = ordered_at""") == [(0,)]
    old, new = shop(f"""SELECT count(*) FILTER (WHERE first_order_at < to_timestamp({END})
        - interval '30 days'), count(*) FILTER (WHERE first_order_at = ordered_at)
        FROM customers_orders""")[0]
    assert old > 50
    assert new > 50


def test_queries_of_the_views_see_fates_only_when_they_happened(shop):
    """Planned units are shown when their time has come, as orders are."""
    with server.connect(server.DATABASE) as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*), min(exposed_at) > max(simulated_to)"
            " FROM demo.planned_units, demo.state"
        )
        waiting, later = cursor.fetchone()
    assert waiting > 0
    assert later


@pytest.mark.parametrize(("view", "time"), [("cart_journeys", "abandoned_at"),
                                            ("recovery_times", "abandoned_at"),
                                            ("experiment_results", "exposed_at")])  # fmt: skip
def test_days_mature_as_a_whole(shop, view, time):
    """The rate of a part of a day would be of a few carts, and stand at the end of every line."""
    assert shop(f"""SELECT count(*) FROM (SELECT {time}::date FROM {view} GROUP BY 1
        HAVING bool_or(matured) AND NOT bool_and(matured)) of_parts""") == [(0,)]
