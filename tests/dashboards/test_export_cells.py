"""Cells of exported files: no formulas of people, plain numbers, names that every system takes."""

import math
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from dashboards.exports import cells

FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "＋1", "－1", "＠x"]


@pytest.mark.parametrize("text", FORMULAS)
def test_a_text_that_begins_like_a_formula_is_marked_as_text(text):
    assert cells.safe(text) == f"'{text}"
    assert cells.plain(text) == f"'{in_lines(text)}"


def in_lines(text):
    """As a file of lines has it, where what comes after a separator could be a cell."""
    return f"{text[0]}'{text[1:]}" if text[0] in "\t\r\n" else text


@pytest.mark.parametrize(
    ("text", "written"),
    [("x;=1+1", "x;'=1+1"), (";=1+1;", ";'=1+1;"), ("a\n=1", "a\n'=1"), ("a\t@b", "a\t'@b"),
     ("a;  -b", "a;  '-b"), ("=a;+b", "'=a;'+b"), ("a\r\n＝1", "a\r\n'＝1")],
)  # fmt: skip
def test_nor_where_another_program_splits_the_line(text, written):
    assert cells.plain(text) == written
    assert cells.safe("x;=1+1") == "x;=1+1"  # a sheet of Excel has cells, and splits nothing


@pytest.mark.parametrize(
    "text", ["a;b", "a; b=1", "5;6", "", "a=1", "Trail jacket", "'quoted'", "1+1", " =1"]
)
def test_other_texts_stay_as_they_are(text):
    assert cells.plain(text) == text


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        (-5, "-5"), (-0.25, "-0.25"), (9412.0, "9412"), (1e-7, "0.0000001"), (0.1, "0.1"),
        (1e22, "10000000000000000000000"), (12345678901234567890, "12345678901234567890"),
        (True, "true"), (None, ""), (date(2026, 11, 5), "2026-11-05"),
    ],
)  # fmt: skip
def test_numbers_are_plain_and_whole(cell, written):
    assert cells.plain(cell) == written


@pytest.mark.parametrize("raw", [math.nan, math.inf, Decimal("NaN"), None])
def test_what_is_no_number_is_empty(raw):
    assert cells.value(raw, "UTC") is None


def test_times_are_clocks_of_the_viewers_zone_with_their_offset():
    noon = datetime(2026, 7, 1, 12, tzinfo=UTC)

    assert cells.plain(cells.value(noon, "Europe/Berlin")) == "2026-07-01T14:00:00+02:00"


def test_times_of_groups_are_clocks_of_that_zone_already():
    hour = datetime(2026, 7, 1, 12)  # noqa: DTZ001

    assert cells.plain(cells.value(hour, "Europe/Berlin", "hour")) == "2026-07-01T12:00:00+02:00"
    assert cells.plain(cells.value(hour, "Europe/Berlin", "week")) == "2026-07-01"


@pytest.mark.parametrize(
    ("pattern", "unit", "found"),
    [
        ("0.0%", "", "0.0%"), ("#,##0", "", "#,##0"), ("#,##0.00", "EUR", '#,##0.00 "EUR"'),
        ("#,##0.##", "", "#,##0.00"), ("0.0%", "EUR", "0.0%"), ("", "EUR", '#,##0.00 "EUR"'),
        ("", "", "General"), ("0.0 kg", "", '0.0" kg"'), ("#,##0", 'a"b', '#,##0 "ab"'),
    ],
)  # fmt: skip
def test_number_formats_of_spreadsheets_follow_the_patterns(pattern, unit, found):
    assert cells.number_format(pattern, unit) == found


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Revenue [EUR]: a/b?*\\c", "Revenue EUR a b c"), ("'quoted'", "quoted"), ("", "Sheet"),
        ("History", "History (2)"), ("x" * 40, "x" * 31), ("about", "about (2)"),
    ],
)  # fmt: skip
def test_sheets_have_names_that_excel_takes(title, name):
    assert cells.sheet_name(title, {"about"}) == name


def test_no_two_sheets_have_one_name():
    taken: set[str] = set()
    names = [cells.sheet_name("Long title " * 4, taken) for _ in range(12)]

    assert len({name.lower() for name in names}) == 12
    assert max(map(len, names)) <= 31


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Main analytics", "Main analytics 2026-11-05.csv"),
        ("../../etc/passwd", "etc passwd 2026-11-05.csv"),
        ('a"b\r\nX: y', "a b X y 2026-11-05.csv"),
        ("Übersicht", "Übersicht 2026-11-05.csv"),
        ("///", "Export 2026-11-05.csv"),
    ],
)
def test_downloads_have_names_that_every_system_takes(title, name):
    assert cells.file_name(title, date(2026, 11, 5), "csv") == name
