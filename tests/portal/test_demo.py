"""The demo shop against a real PostgreSQL: one load of 3,000 carts that ended 30 hours ago."""

import json
import stat
from collections import Counter
from io import StringIO

import numpy as np
import psycopg2
import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command

from accounts import roles
from datasets.models import Source
from portal.demo import generate, load, people, server, simulate, story
from tests.portal.demo_rules import RULES
from tests.portal.demo_shop import CARTS, DAYS, END, NOW, build, connection, run

SEED_QUERIES = [
    "SELECT * FROM cart_abandonments WHERE created_at >= NOW() - INTERVAL '24 hours'",
    "SELECT * FROM campaign_results WHERE status = 'recovered'",
    "SELECT stage, count FROM funnel_data",
]


def _draw_days(world, numbers):
    counters = generate.Counters(customers=1_000)
    days = [day for number, day in enumerate(load._days(world)) if number in numbers]
    return [
        generate.draw(world, generate.spread(edges, counts, rng), counters, rng)
        for rng, edges, counts in days
    ]


def test_same_seed_gives_the_same_shop_and_another_seed_another():
    def totals(seed):
        world = generate.World(seed, 20_000, END - 30 * story.DAY, END)
        return [
            (len(chunk.carts["id"]), chunk.carts["value"].sum(), chunk.orders["total"].sum())
            for chunk in _draw_days(world, {0, 17})
        ]

    assert totals(1) == totals(1)
    assert totals(1) != totals(2)


def test_history_has_the_storys_levels():
    world = generate.World(1, 150_000, END - 180 * story.DAY, END)
    chunk = generate.draw(
        world,
        np.sort(np.random.default_rng(0).integers(world.start, world.end, 60_000)),
        generate.Counters(customers=20_000),
        np.random.default_rng(0),
    )
    carts, never = chunk.carts, generate.NEVER
    filled, ordered = carts["filled"], carts["ordered_at"] < never

    def abandonment(device):
        of_device = filled & (carts["device"] == story.DEVICES.index(device))
        return 1 - ordered[of_device].mean()

    def recovery(carts_of_period):
        return (carts["recovered_at"] < never)[carts_of_period].mean()

    contacted = carts["contacted_at"] < never
    with_offer = carts["created_at"] > story.free_shipping_start(*world.history)
    assert 1 - ordered[filled].mean() == pytest.approx(0.705, abs=0.01)
    assert abandonment("phone") == pytest.approx(0.79, abs=0.015)
    assert abandonment("desktop") == pytest.approx(0.67, abs=0.015)
    assert recovery(contacted & ~with_offer) == pytest.approx(0.082, abs=0.008)
    assert recovery(contacted & with_offer) == pytest.approx(0.103, abs=0.008)
    assert (chunk.messages["opened_at"] < never).mean() == pytest.approx(0.475, abs=0.02)
    assert (chunk.messages["clicked_at"] < never).mean() == pytest.approx(0.12, abs=0.015)
    assert 9_000 < chunk.orders["total"].mean() < 13_000


def test_payment_failure_stops_orders_for_five_hours():
    world = generate.World(1, 10_000, END - 180 * story.DAY, END)
    begin, end = world.outage
    times = np.arange(begin, end, 5, dtype=np.int64)
    chunk = generate.draw(
        world, times, generate.Counters(customers=1_000), np.random.default_rng(0)
    )
    paid = (chunk.carts["payment_at"] < end) & (chunk.carts["payment_at"] >= begin)
    direct = chunk.carts["status"] == 0

    assert direct[paid].mean() < 0.1
    after = (chunk.carts["payment_at"] >= end) & (chunk.carts["payment_at"] < end + 900)
    assert direct[after].mean() > 0.4


def test_clock_of_the_shop_follows_daylight_saving():
    summer, winter = 1_751_364_000, 1_764_582_000  # 2025-07-01 10:00 and 2025-12-01 09:40 UTC
    hours, weekdays = story.local_clock(np.array([summer, winter]))

    assert hours == pytest.approx([12.0, 10 + 40 / 60])
    assert list(weekdays) == [1, 0]


def test_all_carts_of_the_period_are_there(shop):
    assert shop("SELECT count(*) FROM cart_sessions") == [(CARTS,)]
    oldest, newest = shop(
        "SELECT extract(epoch FROM min(created_at)), extract(epoch FROM max(created_at))"
        " FROM cart_sessions"
    )[0]
    assert END - DAYS * story.DAY <= oldest < END - (DAYS - 1) * story.DAY
    assert END - story.DAY < newest < END


@pytest.mark.parametrize("rule", RULES)
def test_rules_hold_in_the_history(shop, rule):
    assert shop(RULES[rule]) == [(0,)]


def test_abandonment_rate_of_the_orders_is_that_of_the_view(shop):
    """Abandonment = 1 - carts with order / carts with items; the view has all but those."""
    by_orders = shop("""SELECT count(*), count(o.id) FROM cart_sessions s LEFT JOIN orders o
        ON o.cart_id = s.id WHERE s.created_at < now() - interval '10 days'
        AND EXISTS (SELECT FROM cart_items i WHERE i.cart_id = s.id)""")[0]
    in_view = shop("""SELECT count(*) FROM cart_abandonments
        WHERE created_at < now() - interval '10 days' AND ordered_at IS NULL""")[0][0]

    assert in_view == by_orders[0] - by_orders[1]
    assert in_view / by_orders[0] == pytest.approx(0.70, abs=0.05)


def test_views_agree_with_the_tables(shop):
    revenue = shop("SELECT sum(revenue), count(*) FROM campaign_results WHERE status = 'recovered'")
    assert revenue == shop("SELECT sum(total), count(*) FROM orders WHERE kind = 'recovered'")
    messages = shop("SELECT count(*) FROM campaign_messages")
    assert shop("SELECT count(*) FROM campaign_results") == messages
    funnel = shop("SELECT stage, count FROM funnel_data")
    assert [stage for stage, _ in funnel] == story.STAGES
    assert funnel[-1:] == shop(
        "SELECT 'Order Complete', count(*) FROM cart_sessions WHERE ordered_at IS NOT NULL"
        " AND created_at >= now() - interval '30 days'"
    )
    assert sorted((count for _, count in funnel), reverse=True) == [count for _, count in funnel]


@pytest.mark.parametrize("query", SEED_QUERIES)
def test_queries_of_the_description_run_for_the_reader(shop, query):
    simulate.simulate(NOW)
    assert run(query, reader=True)


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM orders",
        "INSERT INTO products VALUES (0, 'x', 'x', 'x', 1)",
        "CREATE TABLE mine (id int)",
        "CREATE TEMP TABLE mine (id int)",
        "CREATE SCHEMA mine",
        "SELECT * FROM demo.state",
        "SELECT pg_read_file('postgresql.conf')",
        "SELECT lo_create(0)",
        "COPY products TO PROGRAM 'true'",
        "SET ROLE portal",
        "ALTER ROLE crm_reader SUPERUSER",
    ],
)
def test_reader_may_only_read(shop, statement):
    with connection(reader=True) as reader, reader.cursor() as cursor:
        cursor.execute("ROLLBACK; SET default_transaction_read_only = off")
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            cursor.execute(statement)


def test_reader_has_limits_and_no_way_to_the_portal(shop, settings):
    limits = ["default_transaction_read_only", "statement_timeout", "temp_file_limit"]
    shown = [run(f"SHOW {limit}", reader=True)[0][0] for limit in limits]
    assert shown == ["on", "1min", "1GB"]
    for database in (server.settings_dict()["NAME"], "postgres", "template1"):
        with pytest.raises(psycopg2.OperationalError, match="permission denied"):
            run("SELECT 1", reader=True, database=database)
    shop("CREATE TABLE later (id int)")
    assert run("SELECT count(*) FROM later", reader=True) == [(0,)]
    shop("DROP TABLE later")


def test_simulation_closes_a_pause_without_a_gap(shop):
    made = simulate.simulate(NOW)

    assert {rule: shop(sql)[0][0] for rule, sql in RULES.items()} == dict.fromkeys(RULES, 0)
    expected = CARTS / DAYS * 30 / 24
    assert expected * 0.5 < made < expected * 2
    # The longest pause between two carts of the bridged time is that of a quiet night.
    gap = shop(f"""SELECT extract(epoch FROM max(gap)) FROM (SELECT created_at, created_at -
        lag(created_at) OVER (ORDER BY created_at) AS gap FROM cart_sessions) x
        WHERE created_at > to_timestamp({END})""")[0][0]
    assert gap < 9 * story.HOUR
    since = f"> to_timestamp({END})"
    assert shop(f"SELECT count(*) FROM orders WHERE created_at {since}")[0][0] > 8
    assert shop(f"SELECT count(*) FROM campaign_messages WHERE sent_at {since}")[0][0] > 50


def test_small_steps_show_the_same_fates_as_one_large_step(shop):
    """The carts of the history end the same way, however often the simulation looks."""
    fates = (
        "SELECT status, ordered_at, contacted_at, abandoned_at, value FROM cart_sessions"
        f" WHERE id <= {CARTS} ORDER BY id"
    )
    simulate.simulate(END + 6 * story.HOUR)
    at_once = shop(fates)
    build()
    for step in range(1, 25):
        simulate.simulate(END + step * 15 * story.MINUTE)

    assert shop(fates) == at_once
    assert {rule: shop(sql)[0][0] for rule, sql in RULES.items()} == dict.fromkeys(RULES, 0)


def test_simulation_does_nothing_while_another_runs(shop):
    with server.connect(server.DATABASE) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [simulate.LOCK])
        assert simulate.simulate(NOW) == 0
    assert shop("SELECT extract(epoch FROM simulated_to)::bigint FROM demo.state") == [(END,)]


def test_simulation_stops_at_its_budget_and_goes_on_later(shop):
    assert simulate.simulate(NOW, budget=0) == 0
    assert simulate.simulate(NOW) > 0


def test_partly_loaded_shop_is_found_and_built_anew(shop):
    shop("UPDATE demo.state SET completed_at = NULL; DELETE FROM orders")
    assert not server.is_loaded()
    assert simulate.simulate(NOW) == 0

    call_command("load_demo", carts=500, days=10, no_records=True, stdout=StringIO())

    assert server.is_loaded()
    assert shop("SELECT count(*) FROM cart_sessions") == [(500,)]
    assert shop("SELECT count(*) > 0 FROM orders") == [(True,)]


def test_interrupted_load_leaves_nothing_behind(shop, monkeypatch):
    monkeypatch.setattr(simulate, "show", lambda *arguments: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        build()
    assert not server.is_loaded()
    monkeypatch.undo()
    build()
    assert server.is_loaded()


def test_database_of_somebody_else_is_refused(shop):
    shop("ALTER SCHEMA demo RENAME TO other")
    with pytest.raises(server.NotTheDemo):
        server.create()
    shop("ALTER SCHEMA other RENAME TO demo")


def test_loaded_shop_is_left_alone_unless_replaced(shop):
    out = StringIO()
    call_command("load_demo", carts=500, days=10, no_records=True, stdout=out)
    assert "--replace" in out.getvalue()
    assert shop("SELECT count(*) FROM cart_sessions") == [(CARTS,)]
    call_command("load_demo", carts=500, days=10, replace=True, no_records=True, stdout=out)
    assert shop("SELECT count(*) FROM cart_sessions") == [(500,)]


@pytest.mark.parametrize(
    "older", ["ALTER TABLE demo.state DROP COLUMN version", "UPDATE demo.state SET version = 1"]
)
def test_shop_of_another_version_is_built_anew_and_that_is_said(shop, older):
    shop(older)
    assert simulate.simulate(NOW) == 0  # its tables are not those of today

    out = StringIO()
    call_command("load_demo", carts=500, days=10, if_missing=True, no_records=True, stdout=out)

    assert "of another version of the portal" in out.getvalue()
    assert shop("SELECT count(*) FROM cart_sessions") == [(500,)]
    out = StringIO()
    call_command("load_demo", if_missing=True, no_records=True, stdout=out)
    assert out.getvalue() == ""


@pytest.fixture
def data_folder(settings, tmp_path):
    settings.DATA_FOLDER = tmp_path
    return tmp_path


def test_people_get_roles_and_keep_their_passwords(db, data_folder):
    roles.ensure_shipped()  # as the portal's start has done
    people.ensure_people(print)
    path = data_folder / people.FILE
    first = json.loads(path.read_text())
    people.ensure_people(print)

    assert json.loads(path.read_text()) == first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    users = {user.username: user for user in get_user_model().objects.all()}
    assert Counter(user.is_staff for user in users.values()) == {True: 2, False: 3}
    assert [name for name, user in users.items() if user.is_superuser] == ["admin"]
    for person in first:
        user = users[person["username"]]
        assert user.check_password(person["password"])
        assert [group.name for group in user.groups.all()] == [person["role"]]
    analyst = users["analyst"]
    assert analyst.has_perm("datasets.change_source")
    assert not analyst.has_perm("datasets.delete_source")
    assert analyst.has_perm("accounts.add_apitoken")
    assert not analyst.has_perm("accounts.change_user")


def test_person_of_the_same_name_is_not_taken_over(db, data_folder):
    get_user_model().objects.create_user("admin", password="not the demo's")
    lines = []
    people.ensure_people(lines.append)

    assert lines == ["The person 'admin' exists already and is left as is."]
    assert not get_user_model().objects.get(username="admin").is_superuser
    written = json.loads((data_folder / people.FILE).read_text())
    assert "admin" not in {person["username"] for person in written}


def test_command_makes_the_source_once_and_follows_the_port(shop, settings, tmp_path):
    settings.BASE_DIR = tmp_path  # no dashboards there
    roles.ensure_shipped()
    call_command("load_demo", if_missing=True, stdout=StringIO())
    call_command("load_demo", if_missing=True, stdout=StringIO())
    source = Source.objects.get(name="crm_workflow_db")

    assert source.history.count() == 2  # made, and shared
    assert [role.name for role in source.view_roles.all()] == ["Analyst"]
    assert Source.objects.get(name="portal").kind == "portal"
    with psycopg2.connect(
        host=source.host,
        port=source.port,
        dbname=source.database,
        user=source.username,
        password=source.password,
    ) as connection:
        assert connection.info.dbname == "crm_workflow"
    connection.close()

    Source.objects.filter(pk=source.pk).update(port=1)
    call_command("load_demo", if_missing=True, stdout=StringIO())
    assert Source.objects.get(pk=source.pk).port == source.port
