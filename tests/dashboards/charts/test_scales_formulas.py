import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboards.charts import scales
from dashboards.charts.formulas import read_formula
from dashboards.errors import OptionsRefused
from datasets import formats
from tests.dashboards.charts.tables import COLUMNS


@pytest.mark.parametrize(
    ("values", "ticks"),
    [
        ([0, 860], [0, 300, 600, 900]),
        ([0.079, 0.468], [0, 0.25, 0.5]),
        ([0, 0], [0, 0.5, 1]),
        ([-20, 30], [-20, 0, 20, 40]),
        ([], [0, 0.5, 1]),
    ],
)
def test_scale(values, ticks):
    assert scales.scale(values) == ticks


def test_scale_of_few_things_has_no_fractions():
    assert scales.scale([0, 1], whole=True) == [0, 1]
    assert scales.scale([0, 2], whole=True) == [0, 1, 2]


@given(st.lists(st.floats(-1e12, 1e12).filter(lambda v: v == 0 or abs(v) > 1e-9), max_size=5))
def test_scale_holds_all_values(values):
    ticks = scales.scale(values)

    assert ticks == sorted(ticks)
    assert len(ticks) >= 2
    room = 1e-6 * max(map(abs, ticks))
    assert all(ticks[0] - room <= value <= ticks[-1] + room for value in values)


@given(st.lists(st.floats(0, 100), min_size=1, max_size=6))
def test_places_are_apart_and_in_order(wanted):
    places = scales.apart(wanted, 10, 0, 100)

    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    gaps = [places[b] - places[a] for a, b in zip(order, order[1:], strict=False)]
    assert all(gap >= 10 - 1e-6 for gap in gaps)
    assert all(-1e-6 <= place <= 100 + 1e-6 for place in places)


def test_labels_of_ticks_agree_with_each_other():
    assert scales.tick_texts([0, 0.025, 0.05], "0.0%", "en") == {
        "0": "0.0%", "0.025": "2.5%", "0.05": "5.0%",
    }  # fmt: skip
    assert list(scales.tick_texts([0, 500_000, 1_000_000], "", "en").values()) == [
        "0",
        "500K",
        "1M",
    ]


def test_long_words_are_cut():
    assert scales.cut("short", 100) == "short"
    assert scales.cut("a rather long name of a thing", 60).endswith("…")
    assert scales.wrapped("Reminder 24 h", 60) == "Reminder\n24 h"


@pytest.mark.parametrize(
    ("written", "label", "formula", "pattern", "unit"),
    [
        ("count()", "Count", "count()", "", ""),
        ("sum(value)", "Value", "sum(value)", "#,##0", "EUR"),
        ("avg(value)", "Average Value", "avg(value)", "#,##0", "EUR"),
        ("count_distinct(value)", "Distinct Value", "count_distinct(value)", "", ""),
        ("Rate: sum(value) / count() | 0.0%", "Rate", "sum(value) / count()", "0.0%", ""),
        ("A: b: max(value) | 0.0%", "A: b", "max(value)", "0.0%", ""),
    ],
)
def test_measures_as_written(written, label, formula, pattern, unit):
    found = read_formula(written, COLUMNS)

    assert (found.label, found.formula, found.pattern, found.unit) == (
        label,
        formula,
        pattern,
        unit,
    )


@pytest.mark.parametrize(
    ("formula", "adds_up"),
    [
        ("count()", True),
        ("sum(value)", True),
        ("sum(value) - count()", True),
        ("sum(value) / 1000", True),
        ("avg(value)", False),
        ("sum(value) / count()", False),
        ("count_distinct(value)", False),
    ],
)
def test_what_adds_up(formula, adds_up):
    assert read_formula(formula, COLUMNS).adds_up is adds_up


@pytest.mark.parametrize(
    "pattern", ["many", "0.0.0%%", "0.0%%", "0..0", "%0", "0,,0", "0,", ".00", "0;0", "0 ¤"]
)
def test_number_formats_are_checked(pattern):
    with pytest.raises(OptionsRefused, match="no number format"):
        read_formula("count()", COLUMNS, pattern=pattern)


@pytest.mark.parametrize(
    "pattern", ["0", "#,##0", "#,##0.00", "0.##%", "#", "0,000", "0.0 kg", "0 %"]
)
def test_number_formats_that_are_taken(pattern):
    assert (
        read_formula("count()", COLUMNS, pattern=pattern).number(1, "en").startswith(("1", "0,001"))
    )


@pytest.mark.parametrize(
    ("pattern", "locale", "written"),
    [
        ("0.0%", "en", "69.4%"),
        ("0.0%", "de", "69,4\xa0%"),
        ("0.##%", "de", "69,42\xa0%"),
        ("#,##0.000", "de", "0,694"),
    ],
)
def test_numbers_are_written_as_the_locale_does(pattern, locale, written):
    assert formats.number(0.6942, pattern, locale) == written


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("summ(value)", r"There is no aggregate summ\(\). Did you mean sum\(\)?"),
        ("Value: sum(value", "'sum\\(value' is not understood. Write for example"),
    ],
)
def test_what_is_no_formula_is_told_before_its_values_are_asked_to_add_up(written, said):
    with pytest.raises(OptionsRefused, match=said):
        read_formula(written, COLUMNS)
