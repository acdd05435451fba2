"""The arithmetic of the wall clock agrees with the engine's calendar and with `zoneinfo`."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from datasets import clocks

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
ZONES = ["Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kolkata", "UTC",
         "Africa/Casablanca", "America/Sao_Paulo", "Pacific/Apia", "Asia/Kathmandu"]  # fmt: skip


def on_the_clock(moments, zone):
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    connection.register("t", pa.table({"moment": pa.array(moments, pa.timestamp("us", tz="UTC"))}))
    query = f"SELECT {clocks.local('moment', zone, NOW)} AS here FROM t"
    return [row[0] for row in connection.execute(query).fetchall()]


@pytest.mark.parametrize("zone", ZONES)
def test_around_every_change_of_four_years(zone):
    moments = [
        datetime(2023, 1, 1, tzinfo=UTC) + timedelta(minutes=30) * step
        for step in range(2 * 24 * 365 * 4)
    ]
    tz = ZoneInfo(zone)

    found = on_the_clock(moments, zone)

    assert found == [moment.astimezone(tz).replace(tzinfo=None) for moment in moments]


@settings(deadline=None, max_examples=60)
@given(
    st.lists(
        st.integers(0, 4_000_000_000).map(lambda s: datetime.fromtimestamp(s, UTC)),
        min_size=1, max_size=20,
    ),
    # Of the far future of Casablanca, whose clocks follow Ramadan, two libraries know two things.
    st.sampled_from([zone for zone in ZONES if zone != "Africa/Casablanca"]),
)  # fmt: skip
def test_any_instant_is_where_zoneinfo_puts_it(moments, zone):
    tz = ZoneInfo(zone)

    found = on_the_clock(moments, zone)

    assert found == [moment.astimezone(tz).replace(tzinfo=None) for moment in moments]


def test_the_missing_instant_stays_missing():
    assert on_the_clock([None, NOW], "Europe/Berlin")[0] is None


def test_what_is_no_zone_is_refused():
    with pytest.raises((ValueError, KeyError)):
        clocks.local("at", "UTC'; DROP TABLE t; --", NOW)
