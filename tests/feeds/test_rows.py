"""Rows of a dataset by the API: every row once, every filter, every cell as JSON says it."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest

from datasets import store
from tests.factories.datasets import DatasetFactory, publish
from tests.factories.people import PersonFactory

AS_OF = datetime(2026, 10, 26, 9, 30, tzinfo=UTC)
MANY = 5000
CELLS = pa.table(
    {
        "id": pa.array([1, 2, 3, 4], pa.int64()),
        "price": pa.array(
            [Decimal("19.90"), Decimal("-0.01"), None, Decimal("100.00")], pa.decimal128(12, 2)
        ),
        "score": [0.5, float("nan"), float("inf"), None],
        "paid": [True, False, None, True],
        "day": [date(2026, 10, 26), date(2026, 10, 25), None, date(2025, 1, 1)],
        "at": pa.array(
            [AS_OF - timedelta(hours=1), AS_OF - timedelta(days=3), None, AS_OF],
            pa.timestamp("us", "UTC"),
        ),
        "city": ["Köln", "Berlin, Mitte", None, "köln"],
        "a__b": ["x", "y", "z", "x"],
    }
)


@pytest.fixture
def person(db):
    return PersonFactory()


@pytest.fixture
def ask(client, person):
    """``ask(city="Köln")`` or ``ask("?...")``: the answer of the rows' address."""
    client.force_login(person)

    def get(query="", **parameters):
        return client.get(f"/api/v1/datasets/carts/rows/{query}", parameters or None)

    return get


@pytest.fixture(scope="module")
def cells_file():
    return store.write(CELLS.to_reader())


@pytest.fixture(scope="module")
def many_file():
    numbers = list(range(MANY))
    rows = {"id": numbers, "tens": [n % 7 for n in numbers], "word": [f"w{n % 3}" for n in numbers]}
    return store.write(pa.table(rows).to_reader())


@pytest.fixture
def cells(person, cells_file):
    dataset = DatasetFactory(slug="carts", name="Carts", owner=person)
    publish(dataset, cells_file, as_of=AS_OF)
    return dataset


@pytest.fixture
def many(person, many_file):
    dataset = DatasetFactory(slug="carts", owner=person)
    publish(dataset, many_file)
    return dataset


def every_page(ask, query):
    """Rows of all pages, as the links lead from one to the next."""
    pages, answer = [], ask(query).json()
    while True:
        pages.append(answer["rows"])
        if answer["next"] is None:
            return pages
        answer = ask("?" + answer["next"].partition("?")[2]).json()


@pytest.mark.parametrize(
    "query",
    [
        "?limit=1700",
        "?limit=1250",  # the last page is full
        "?limit=900&order=tens",  # many rows are equal in what orders them
        "?limit=900&order=-word,tens",
        "?limit=900&order=word&select=id",
        "?limit=1000&order=tens&offset=0",
    ],
)
def test_the_pages_give_every_row_exactly_once(many, ask, query):
    pages = every_page(ask, query)

    found = Counter(row["id"] for page in pages for row in page)
    assert found == Counter(range(MANY))
    assert {len(page) for page in pages[:-1]} <= {len(pages[0])}


def test_pages_keep_filters_selection_and_order(many, ask):
    pages = every_page(ask, "?limit=200&tens=3&word__in=w0,w1&select=id,tens&order=-id")
    rows = [row for page in pages for row in page]

    expected = [n for n in reversed(range(MANY)) if n % 7 == 3 and n % 3 in (0, 1)]
    assert rows == [{"id": n, "tens": 3} for n in expected]


def test_the_count_is_of_all_rows_that_pass_the_filters(many, ask):
    answer = ask(limit=5, tens=3).json()

    assert answer["count"] == len([n for n in range(MANY) if n % 7 == 3])
    assert len(answer["rows"]) == 5


@pytest.mark.parametrize(
    ("limit", "offset", "expected"),
    [
        (1, 0, 1),
        (10_000, 0, MANY),
        ("", "", 1000),
        (10, MANY - 3, 3),
        (10, MANY, 0),
        (10, 2**31, 0),
    ],
)
def test_limit_and_offset_within_their_bounds(many, ask, limit, offset, expected):
    parameters = {key: v for key, v in {"limit": limit, "offset": offset}.items() if v != ""}

    answer = ask(**parameters)

    assert answer.status_code == 200
    assert len(answer.json()["rows"]) == expected


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("limit", 0),
        ("limit", -1),
        ("limit", 10_001),
        ("limit", "many"),
        ("limit", "1e3"),
        ("offset", -1),
        ("offset", 2**31 + 1),
        ("offset", "9" * 400),
    ],
)
def test_limit_and_offset_outside_their_bounds_are_refused_by_name(many, ask, name, value):
    answer = ask(**{name: value})

    assert answer.status_code == 400
    assert list(answer.json()) == [name]


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("id=2", [2]),
        ("id__ne=2", [1, 3, 4]),
        ("id__lt=3", [1, 2]),
        ("id__lte=3", [1, 2, 3]),
        ("id__gt=3", [4]),
        ("id__gte=3", [3, 4]),
        ("id__in=1,4", [1, 4]),
        ("id__not_in=1,4", [2, 3]),
        ("price=19.90", [1]),
        ("price__lt=0", [2]),
        ("paid=true", [1, 4]),
        ("paid=False", [2]),
        ("day=2026-10-26", [1]),
        ("day__gte=2026-10-25", [1, 2]),
        ("day__period=2d", [1, 2]),
        ("at__period=24h", [1, 4]),
        ("at__lt=2026-10-26T10:31:00%2B02:00", [1, 2]),
        ("city=K%C3%B6ln", [1]),
        ("city__contains=K%C3%96", [1, 4]),
        ("city__contains=%25", []),  # no pattern: a per cent sign is one
        ("city=Berlin,%20Mitte", [2]),
        ("city__in=k%C3%B6ln", [4]),
        ("id__gt=1&id__lt=4", [2, 3]),
        ("id__gt=1&id__gt=2", [3, 4]),  # a repeated filter holds as well
        ("a__b=x", [1, 4]),
        ("a__b__ne=x", [2, 3]),
    ],
)
def test_filters(cells, ask, query, ids):
    answer = ask(f"?order=id&{query}")

    assert answer.status_code == 200, answer.content
    assert [row["id"] for row in answer.json()["rows"]] == ids


@pytest.mark.parametrize(
    ("query", "column"),
    [
        ("id=x", "id"),
        ("id=1.5x", "id"),
        ("id__in=1,x", "id"),
        ("price__gt=cheap", "price"),
        ("paid=maybe", "paid"),
        ("day=26.10.2026", "day"),
        ("at__gte=yesterday", "at"),
        ("city__period=24h", "city"),
        ("at__period=24 hours", "24 hours"),
        ("id__like=1", "id__like"),
        ("city__contains__x=1", "city__contains__x"),
        ("nothing=1", "nothing"),
        ("select=id,nothing", "nothing"),
        ("order=nothing", "nothing"),
        ("order=-", ""),
    ],
)
def test_what_does_not_fit_is_refused_with_the_name_of_the_column(cells, ask, query, column):
    answer = ask(f"?{query}")

    assert answer.status_code == 400
    assert column in answer.json()["detail"]


@pytest.mark.parametrize(
    "query",
    [
        "id=" + "9" * 60,
        "id__in=1," + "9" * 30,
        "id__lt=-" + "9" * 25,
        "at__gt=0001-01-01T00:00:00%2B23:59",
        "day=9999-12-31",
        "price=1e400",
        "score=nan",
        "id=%D9%A3",
        "city=%00",
        "city__contains=%00",
    ],
)
def test_extreme_values_are_answered_or_refused(cells, ask, query):
    assert ask(f"?{query}").status_code in (200, 400)


def test_cells_are_written_as_json_can_say_them(cells, ask):
    rows = ask(order="id").json()["rows"]

    assert [row["price"] for row in rows] == [19.9, -0.01, None, 100]
    assert [row["score"] for row in rows] == [0.5, None, None, None]
    assert [row["paid"] for row in rows] == [True, False, None, True]
    assert [row["day"] for row in rows] == ["2026-10-26", "2026-10-25", None, "2025-01-01"]
    assert [row["at"] for row in rows][:3] == [
        "2026-10-26T08:30:00+00:00",
        "2026-10-23T09:30:00+00:00",
        None,
    ]
    assert [row["city"] for row in rows][0] == "Köln"


def test_the_newest_data_has_another_etag_and_the_same_has_304(cells, ask, client):
    first = ask(order="id")
    tag = {"If-None-Match": first.headers["ETag"]}
    again = client.get("/api/v1/datasets/carts/rows/", {"order": "id"}, headers=tag)
    other = client.get("/api/v1/datasets/carts/rows/", {"order": "-id"}, headers=tag)
    publish(cells, CELLS.slice(0, 1))
    newer = client.get("/api/v1/datasets/carts/rows/", {"order": "id"}, headers=tag)

    assert (again.status_code, again.content) == (304, b"")
    assert other.status_code == 200
    assert newer.status_code == 200
    assert newer.json()["count"] == 1
    for answer in (first, again, newer):
        assert answer.headers["Cache-Control"] == "private, no-cache"


def test_a_dataset_without_data_says_so(person, ask):
    DatasetFactory(slug="carts", name="Carts to come", owner=person)

    answer = ask()

    assert answer.status_code == 404
    assert "'Carts to come' has no data yet" in answer.json()["detail"]


def test_more_filters_than_are_taken_are_refused(cells, ask):
    assert ask("?" + "&".join(["id=1"] * 50)).status_code == 200
    assert "At most 50" in ask("?" + "&".join(["id=1"] * 51)).json()["detail"]


def test_a_selection_of_one_column_twice_is_one_column(cells, ask):
    answer = ask(select="id,id")

    assert answer.status_code in (200, 400)
    assert answer.status_code == 400 or answer.json()["rows"][0] == {"id": 1}


@pytest.mark.parametrize("zone", ["Europe/Berlin", "UTC", "America/New_York"])
@pytest.mark.parametrize("asked", [{"at__gte": "2026-10-26"}, {"at__period": "1d"}])
def test_a_day_is_the_portals_as_on_the_pages(settings, ask, person, zone, asked):
    """Midnight lies between two of the three rows, and elsewhere in each zone."""
    settings.TIME_ZONE = zone
    midnight = datetime(2026, 10, 26, tzinfo=ZoneInfo(zone))
    second = timedelta(seconds=1)
    dataset = DatasetFactory(slug="carts", owner=person)
    at = pa.array([midnight - second, midnight, AS_OF], pa.timestamp("us", "UTC"))
    publish(dataset, pa.table({"id": [1, 2, 3], "at": at}), as_of=AS_OF)

    answer = ask(**asked, order="id").json()

    assert [row["id"] for row in answer["rows"]] == [2, 3]
    assert answer["count"] == 2
