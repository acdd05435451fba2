"""Whatever stands in an address, the API answers or refuses; it never fails."""

from urllib.parse import quote, urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rest_framework.throttling import SimpleRateThrottle

from tests.factories.world import COLUMN, leaks

OPERATORS = [
    "",
    "__ne",
    "__lt",
    "__lte",
    "__gt",
    "__gte",
    "__in",
    "__not_in",
    "__contains",
    "__period",
    "__",
    "__like",
    "__sql",
]
COLUMNS = [COLUMN, "amount", "select", "limit", "offset", "order", "format", "$snapshot", '"', "*"]
HOSTILE = [
    "\0",
    "'; DROP TABLE x; --",
    '"',
    "\\",
    "%00",
    "1e999",
    "-0",
    "NaN",
    "٣",
    "🛒" * 50,
    "a" * 9000,
    "../../etc/passwd",
    "{{7*7}}",
    "9" * 60,
    "",
    " ",
    ",",
    ",,",
    "-",
    "--x",
]
NAMES = st.one_of(
    st.tuples(st.sampled_from(COLUMNS), st.sampled_from(OPERATORS)).map("".join),
    st.text(max_size=30),
)
VALUES = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(max_size=40),
    st.integers().map(str),
    st.floats().map(str),
    st.datetimes().map(str),
    st.from_regex(r"\A-?\d{1,5}[hdwmx]\Z"),
)
FUZZ = settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@given(pairs=st.lists(st.tuples(NAMES, VALUES), max_size=4))
@FUZZ
def test_any_query_of_rows_is_answered_or_refused(world, viewer, pairs):
    query = urlencode(pairs, errors="surrogatepass")

    answer = viewer.get(f"/api/v1/datasets/d-41/rows/?{query}")

    assert answer.status_code in (200, 400, 404), answer.content
    if answer.status_code == 200:
        assert answer.json()["count"] <= 2


@pytest.mark.parametrize("operator", OPERATORS)
@pytest.mark.parametrize("column", [COLUMN, "amount"])
def test_hostile_values_of_filters(viewer, column, operator):
    for value in HOSTILE:
        answer = viewer.get("/api/v1/datasets/d-41/rows/", {column + operator: value})

        assert answer.status_code in (200, 400), (value, answer.content)
        assert answer.headers["Content-Type"] == "application/json"


@pytest.fixture
def viewer(world, browser):
    rates = SimpleRateThrottle.THROTTLE_RATES
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SimpleRateThrottle, "THROTTLE_RATES", rates | {"user": None})
        yield browser(world.people["viewer"])


@pytest.mark.parametrize(
    "value", [value for value in HOSTILE if value not in ("", "../../etc/passwd")]
)
def test_hostile_names_of_records(world, viewer, value):
    for path in (
        "api/v1/datasets/{}/",
        "api/v1/datasets/{}/rows/",
        "api/v1/dashboards/{}/",
        "api/v1/dashboards/{}/data/",
        "api/v1/dashboards/p-73/widgets/{}/data/",
        "dashboards/{}/",
        "dashboards/{}/data",
        "dashboards/p-73/widgets/{}/table",
    ):
        answer = viewer.get("/" + path.format(quote(value)))

        assert answer.status_code == 404
        assert leaks(answer) == []


@pytest.mark.parametrize("accept", ["text/html", "application/xml", "*/*", "", "\xff", "x" * 5000])
def test_any_accept_header_gets_json_or_406(viewer, accept):
    answer = viewer.get("/api/v1/datasets/d-41/rows/", headers={"Accept": accept})

    assert answer.status_code in (200, 406)
    assert answer.headers["Content-Type"] == "application/json"


def test_a_refusal_names_the_column_that_was_asked_and_no_row(viewer):
    answer = viewer.get("/api/v1/datasets/d-41/rows/", {"ammount": "1"})

    assert answer.status_code == 400
    assert "'ammount'" in answer.json()["detail"]
    assert "Initech-7b1f" not in answer.json()["detail"]
