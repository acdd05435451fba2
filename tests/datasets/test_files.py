"""CSV and Parquet of one folder, read in a child that sees nothing else and can be killed."""

import threading
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import psutil
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from datasets import jail, sql, store
from datasets.connectors.registry import Limits, Progress
from datasets.errors import DatasetError, LimitExceeded, QueryFailed, SourceUnavailable
from tests.datasets.workers import eventually
from tests.factories.datasets import SourceFactory

LIMITS = Limits(rows=1000, seconds=20)
HEAVY = "SELECT sum(a.range * b.range) AS s FROM range(10000000000) a, range(1000) b"


@pytest.fixture
def folder(tmp_path, settings):
    """Files of a source, beside those of another."""
    settings.FILES_FOLDER = tmp_path
    for name in ("shop", "other"):
        (tmp_path / name).mkdir()
    shop = tmp_path / "shop"
    (shop / "visits.csv").write_text(
        'id,at,who\n1,2026-01-01 10:00:00,Ada\n2,2026-01-02 11:00:00,"B, ""ob"""\n3,,\n'
    )
    (shop / 'odd "name".csv').write_text("a\n1\n")
    pq.write_table(pa.table({"x": [1, None]}), shop / "people.parquet")
    (tmp_path / "other" / "secret.csv").write_text("a\nsecret\n")
    (shop / "link.csv").symlink_to(tmp_path / "other" / "secret.csv")
    (shop / "linked").symlink_to(tmp_path / "other")
    return shop


@pytest.fixture
def source(folder):
    return SourceFactory.build(kind="files", host="", username="", password="", database="shop")


def fetch(source, text, limits=LIMITS, values=None, progress=None):
    canonical = sql.canonical(text, "duckdb")
    with source.connector.stream(
        source, canonical, values or {}, limits, progress or Progress()
    ) as reader:
        return reader.read_all()


def children():
    return [c for c in psutil.Process().children() if "datasets.jail" in " ".join(c.cmdline())]


def test_every_file_is_a_table(source):
    assert {t.name: [c for c, _ in t.columns] for t in source.connector.tables(source)} == {
        "visits": ["id", "at", "who"],
        'odd "name"': ["a"],
        "people": ["x"],
    }


def test_rows_have_types_and_nulls(source):
    assert fetch(source, "SELECT * FROM visits ORDER BY id").to_pylist() == [
        {"id": 1, "at": datetime(2026, 1, 1, 10), "who": "Ada"},  # noqa: DTZ001
        {"id": 2, "at": datetime(2026, 1, 2, 11), "who": 'B, "ob"'},  # noqa: DTZ001
        {"id": 3, "at": None, "who": None},
    ]
    joined = 'SELECT sum(x) AS s FROM people, "odd ""name"""'
    assert fetch(source, joined).to_pylist() == [{"s": 1}]


@pytest.mark.parametrize("value", ["Ada", "it's", '"; --', "$x", "?"])
def test_a_parameter_is_bound(source, value):
    found = fetch(
        source,
        "SELECT concat(:x, '') AS x, count(*) FILTER (WHERE who = :x) AS n FROM visits",
        values={"x": value},
    )

    assert found.to_pylist() == [{"x": value, "n": int(value == "Ada")}]


HOSTILE = {
    "another folder": "SELECT * FROM '{other}/secret.csv'",
    "up and away": "SELECT * FROM '{shop}/../other/secret.csv'",
    "read_csv": "SELECT * FROM read_csv('{other}/secret.csv')",
    "read_text": "SELECT * FROM read_text('/etc/passwd')",
    "glob": "SELECT * FROM glob('{other}/*')",
    "a link to a file": "SELECT * FROM '{shop}/link.csv'",
    "a link to a file by its function": "SELECT * FROM read_csv('{shop}/link.csv')",
    "a linked folder": "SELECT * FROM '{shop}/linked/secret.csv'",
    "attach": "ATTACH '{other}/x.db' AS x",
    "copy": "COPY visits TO '{shop}/stolen.csv'",
    "export": "EXPORT DATABASE '{shop}/stolen'",
    "install": "INSTALL httpfs",
    "load": "LOAD httpfs",
    "set": "SET enable_external_access = true",
    "reset": "RESET lock_configuration",
    "pragma": "PRAGMA enable_external_access",
    "getenv": "SELECT getenv('HOME')",
    "out of the brackets": "SELECT 1) q; COPY visits TO '{shop}/stolen.csv' --",
    "url": "SELECT * FROM 'http://127.0.0.1:1/x.csv'",
    "secrets": "SELECT * FROM duckdb_secrets()",
}


@pytest.mark.parametrize("attack", HOSTILE)
def test_the_child_sees_one_folder_and_changes_nothing(source, folder, attack):
    """By our check, and by the child's own walls when the check is left out."""
    text = HOSTILE[attack].format(shop=folder, other=folder.parent / "other")
    before = sorted(folder.rglob("*"))
    with pytest.raises(DatasetError):
        fetch(source, text)
    request = {"folder": str(folder), "time_zone": "UTC", "sql": text, "limit": 10}
    with pytest.raises(DatasetError), jail.run(request, 20) as reader:
        assert "secret" not in str(reader.read_all())

    assert sorted(folder.rglob("*")) == before


@pytest.mark.parametrize(
    "database", ["..", "../other/..", "/etc", "missing", "shop/visits.csv", "linked-out"]
)
def test_a_folder_outside_is_no_folder(source, folder, database):
    (folder.parent / "linked-out").symlink_to("/etc")
    source.database = database
    for ask in (source.connector.check, source.connector.tables, source.connector.test):
        with pytest.raises(SourceUnavailable, match="There is no folder"):
            ask(source)


def test_the_child_is_killed_at_the_time_limit(source):
    with pytest.raises(LimitExceeded, match="longer than 1 s"):
        fetch(source, HEAVY, Limits(rows=10, seconds=1))

    assert children() == []


def test_the_child_is_killed_when_the_run_is_cancelled(source):
    progress = Progress()
    threading.Thread(target=lambda: eventually(children) and progress.cancel.set()).start()
    with pytest.raises(LimitExceeded, match="cancelled"):
        fetch(source, HEAVY, Limits(rows=10, seconds=120), progress=progress)

    assert children() == []


@pytest.mark.parametrize(
    "bomb",
    ["SELECT list(a.range || repeat('y', 1000)) AS a FROM range(100000000) a",
     "SELECT length(repeat(repeat('x', 100000), 100000)) AS a"],
)  # fmt: skip
def test_memory_has_an_end_and_the_portal_does_not_pay(source, bomb):
    before = psutil.Process().memory_info().rss
    with pytest.raises(DatasetError):
        fetch(source, bomb)

    assert children() == []
    assert psutil.Process().memory_info().rss - before < 300 * 2**20


def test_more_rows_or_bytes_than_the_limit_are_an_error_in_words(source):
    rows = "SELECT range AS n FROM range(5000)"
    with pytest.raises(LimitExceeded, match="more than 100 rows"):
        fetch(source, rows, Limits(rows=100, seconds=20))
    with pytest.raises(LimitExceeded, match="more than 1,000 bytes"):
        fetch(source, rows, Limits(rows=10_000, seconds=20, bytes=1000))
    assert fetch(source, rows, Limits(rows=5000, seconds=20)).num_rows == 5000


def test_an_error_of_the_engine_is_told(source):
    with pytest.raises(QueryFailed, match="nonsense"):
        source.connector.check_sql(source, "SELECT nonsense FROM visits", {})
    with pytest.raises(QueryFailed, match="no_such"):
        fetch(source, "SELECT * FROM no_such")


@pytest.mark.parametrize(
    "value",
    [
        "'infinity'::DATE",
        "'infinity'::TIMESTAMP",
        "'-infinity'::TIMESTAMPTZ",
        "DATE '0044-01-01 (BC)'",
    ],
)
def test_a_time_beyond_the_calendar_is_told_with_its_column(source, value):
    with pytest.raises(QueryFailed, match="The column 'odd' holds a time"):
        fetch(source, f"SELECT {value} AS odd")


def test_what_is_kept_is_what_was_read(source):
    made = fetch(
        source,
        "SELECT '' AS empty, NULL::VARCHAR AS nothing, 1.5::DECIMAL(10, 2) AS d, [1, 2] AS l",
    )
    kept = store.execute(store.write(made.to_reader()).file, "SELECT * FROM snapshot", [])

    assert kept.to_pylist() == made.to_pylist()


def test_a_file_that_is_broken_does_not_hide_the_others(source, folder):
    (folder / "broken.parquet").write_bytes(b"PAR1 this is no parquet")

    assert "visits" in {table.name for table in source.connector.tables(source)}
    assert Path(folder / "broken.parquet").exists()


@pytest.mark.parametrize("zone", ["Europe/Berlin", "UTC", "America/New_York"])
def test_days_in_sql_begin_as_on_the_pages(source, settings, zone):
    settings.TIME_ZONE = zone
    instant = datetime(2026, 7, 13, 23, 30, tzinfo=UTC)
    text = """SELECT at, date_trunc('day', at) AS day, CAST(at AS DATE) AS date
              FROM (SELECT TIMESTAMPTZ '2026-07-13 23:30+00' AS at) q"""

    found = fetch(source, text)

    local = instant.astimezone(ZoneInfo(zone))
    midnight = local.replace(hour=0, minute=0)
    assert found.to_pylist() == [{"at": instant, "day": midnight, "date": local.date()}]
    assert str(found.schema.field("day").type) == "timestamp[us, tz=UTC]"
