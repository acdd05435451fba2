import re

import pyarrow as pa
import pytest
from django.template.loader import render_to_string

from dashboards.charts.tones import Tones
from dashboards.errors import OptionsRefused
from datasets.compile import to_duckdb
from datasets.models import Snapshot
from datasets.policies import Policy
from tests.dashboards.charts.tables import COLUMNS, NOW, context, read, state, table

MEASURES = ["Orders: count()", "Rate: avg(value) | 0.0%"]
BY_NAME = {"group_by": ["name"], "measures": MEASURES}


def answer(count: int, total: int | None = None, **more) -> dict[str, pa.Table]:
    names = [f"n{i}" for i in range(count)]
    rows = table(name=names, measure_0=range(count, 0, -1), measure_1=[0.5] * count)
    return {"rows": rows, "total": pa.table({"total": [count if total is None else total]}), **more}


def queries(wanted=None, **values):
    chart, options = read("table", **values)
    options = chart.browsed(options, wanted or {}, context())
    return chart.queries(options, context())


def page(tables, wanted, **values):
    chart, options = read("table", **values)
    return chart.state(tables, chart.browsed(options, wanted, context()), context())


def html(found) -> str:
    return render_to_string("dashboards/charts/_table.html", {"view": found.view, "state": found})


def test_a_page_is_asked_by_its_number():
    rows = queries({"page": "3"}, limit=8, **BY_NAME)["rows"]

    assert (rows.offset, rows.limit) == (16, 9)  # one more, which tells of a fourth page


def test_equal_rows_have_an_order_too_or_they_could_be_on_two_pages():
    rows = queries({"order": "measure_1", "descending": "0"}, **BY_NAME)["rows"]

    assert [(o.name, o.descending) for o in rows.order] == [("measure_1", False), ("name", False)]


def test_pages_end_where_the_author_ends_them():
    rows = queries({"page": "2"}, limit=8, most=10, **BY_NAME)["rows"]
    found = page(answer(3, 50), {"page": "2"}, limit=8, most=10, **BY_NAME)

    assert rows.limit == 3
    assert [row[0] for row in found.rows] == ["n0", "n1"]
    assert found.view["pages"]["of"] == 2
    assert found.note == "9 to 10 of 50 rows"


@pytest.mark.parametrize(
    ("order", "descending", "words"),
    [("time", True, "The 10 newest, page 1 of 2"), ("time", False, "The 10 oldest, page 1"),
     ("value", True, "The 10 largest, page 1"), ("name", False, "The first 10, page 1")],
)  # fmt: skip
def test_pages_say_why_they_end_before_the_rows_do(order, descending, words):
    rows = table(name=["a"] * 9, value=[1] * 9, time=[NOW] * 9)
    wanted = {"columns": ["name", "value", "time"], "order": order, "descending": descending}
    tables = {"rows": rows, "total": pa.table({"total": [50]})}

    assert words in html(state("table", tables, limit=8, most=10, **wanted))
    assert "<span>Page 1 of 7</span>" in html(state("table", tables, limit=8, **wanted))


def test_the_groups_are_counted_by_the_engine():
    schema = [{"name": column.name, "type": column.type} for column in COLUMNS.values()]
    total = queries(**BY_NAME)["total"]

    statement, _ = to_duckdb(total, Snapshot(schema=schema, as_of=NOW), Policy(), "dataset")

    assert statement.startswith("SELECT count(*) AS total FROM ( SELECT")


@pytest.mark.parametrize(
    ("wanted", "field"),
    [({"order": "nothing"}, "order"), ({"page": "0"}, "page"), ({"page": "1e3"}, "page"),
     ({"page": "٣"}, "page"), ({"page": "9999999"}, "page")],
)  # fmt: skip
def test_what_a_link_asks_for_is_checked(wanted, field):
    with pytest.raises(OptionsRefused) as refused:
        queries(wanted, **BY_NAME)

    assert refused.value.field == field


def test_a_link_changes_nothing_but_what_readers_may():
    assert queries({"limit": "50", "most": "1"}, **BY_NAME) == queries(**BY_NAME)


def test_a_page_that_is_no_more_says_so():
    nothing = {"rows": answer(3)["rows"].slice(0, 0)}

    assert page(nothing, {"page": "9"}, **BY_NAME).empty == "There are no more rows."


def test_a_page_is_no_option_that_is_kept():
    with pytest.raises(OptionsRefused, match="page: is not an option"):
        read("table", page=2, **BY_NAME)


def test_all_rows_on_one_page_are_sorted_by_the_page_itself():
    assert state("table", answer(3), **BY_NAME).view["whole"] is True
    paged = state("table", answer(9, 20), limit=8, **BY_NAME)
    assert paged.view["whole"] is False
    assert paged.view["pages"] == {
        "page": 1, "of": 3, "size": 8, "rows": 20, "first": 1, "last": 8, "ends": "",
    }  # fmt: skip


def test_bars_stay_when_a_reader_orders_by_something_else():
    found = page(answer(2), {"order": "name"}, **BY_NAME)

    assert [c["sorted"] for c in found.view["columns"]] == ["descending", "", ""]
    assert ["bar" in cell for cell in found.view["rows"][0]["cells"]] == [False, True, False]


def test_several_measures_carry_bars_and_all_pages_have_one_scale():
    values = {"bars": ["Orders", "Rate"], **BY_NAME}
    asked = queries({"page": "2"}, **values)
    most = {"most_measure_1": table(measure_1=[2.0])}

    found = state("table", answer(2, **most), **values)

    assert asked["most_measure_0"].order[0].descending
    assert (asked["most_measure_0"].limit, asked["most_measure_1"].limit) == (1, 1)
    cells = found.view["rows"][1]["cells"]
    assert [cell.get("bar") for cell in cells] == [None, "50.0%", "25.0%"]


def test_one_name_of_a_measure_with_bars_is_a_list_of_one():
    assert read("table", bars="Rate", **BY_NAME)[1].bars == ("Rate",)


def test_totals_are_of_the_whole_and_no_sum_of_averages():
    asked = queries(totals=True, **BY_NAME)["totals"]
    whole = {"totals": table(measure_0=[1204], measure_1=[0.123])}

    found = state("table", answer(2, 40, **whole), totals=True, limit=2, **BY_NAME)

    assert asked.group_by == ()
    assert asked.limit is None
    assert found.rows[-1] == ["Total", "1,204", "12.3%"]
    assert found.values[-1] == ["Total", 1204, 0.123]
    assert "<tfoot>" in html(found)


def test_plain_rows_have_no_totals():
    with pytest.raises(OptionsRefused, match="totals: are of measures"):
        queries(columns=["name"], totals=True)


@pytest.mark.parametrize(
    ("tones", "value", "kind", "icon"),
    [
        (Tones(True), 3, "good", "up-r"),
        (Tones(True), -3, "bad", "down-r"),
        (Tones(False), -3, "good", "down-r"),
        (Tones(True, 0.9, 0.5), 0.95, "good", "check"),
        (Tones(True, 0.9, 0.5), 0.9, "good", "check"),
        (Tones(True, 0.9, 0.5), 0.7, "warn", "warn"),
        (Tones(True, 0.9, 0.5), 0.4, "bad", "err"),
        (Tones(False, None, 10), 11, "bad", "err"),
        (Tones(False, 5, None), 6, "warn", "warn"),
    ],
)
def test_verdicts_by_sign_and_by_limits(tones, value, kind, icon):
    tone = tones.of(value)

    assert (tone.kind, tone.icon) == (kind, icon)


def test_nothing_and_zero_have_no_verdict_by_sign():
    assert Tones(True).of(0) is None
    assert Tones(True).of(None) is None


def test_a_verdict_is_never_a_colour_alone():
    found = state("table", answer(1), color_in="Rate", bad_beyond=0.6, **BY_NAME)

    assert found.view["rows"][0]["cells"][2]["tone"]["kind"] == "bad"
    assert 'href="#i-err"' in html(found)
    assert '<span class="sr">bad: </span>50.0%' in html(found)


def test_formats_and_units_of_single_columns():
    values = {"patterns": ["Orders: 0.00 | pcs", "Rate: 0%"], **BY_NAME}

    found = state("table", answer(1), **values)

    assert found.headings == ["Name", "Orders, pcs", "Rate"]
    assert found.rows == [["n0", "1.00", "50%"]]


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"patterns": ["Orders 0.00"]}, "patterns"),
        ({"patterns": ["Nobody: 0.00"]}, "patterns"),
        ({"patterns": ["Orders: word"]}, "patterns"),
        ({"bars": ["Name"]}, "bars"),
        ({"color_in": "Name"}, "color_in"),
        ({"measures": ["count()"] * 51}, "columns"),
    ],
)
def test_the_option_that_is_wrong_is_named(values, field):
    with pytest.raises(OptionsRefused) as refused:
        queries(**BY_NAME | values)

    assert refused.value.field == field


def test_a_row_of_one_group_stands_for_its_value():
    found = state("table", {"rows": table(name=["a", None], measure_0=[1, 2])},
                  group_by=["name"], measures=["count()"])  # fmt: skip
    two = state("table", {"rows": table(name=["a"], other=["b"])}, group_by=["name", "other"])

    assert found.picks == {"source": "", "column": "name", "values": ["a", None]}
    assert '<tr class="pickable" data-pick="1">' in html(found)
    assert '<button type="button" class="name">a</button>' in html(found)
    assert two.picks == {}
    assert "data-pick" not in html(two)


def test_cells_carry_what_they_are_sorted_by():
    found = html(state("table", answer(1), **BY_NAME))

    assert 'data-rank="0.5"' in found
    assert 'aria-sort="descending"' in found
    assert '<button type="button" data-order="measure_1">' in found


def test_a_table_of_hostile_names_has_no_markup_of_theirs():
    hostile = '"><img src=x onerror=alert(1)>'
    tables = {"rows": table(name=[hostile], measure_0=[1])}

    found = html(state("table", tables, group_by=["name"], measures=[f"{hostile}: count()"],
                       color_in=hostile, bars=[hostile]))  # fmt: skip

    assert "<img" not in found
    assert re.findall(r"style=\S*", found) == ['style="--rows:1">']
