import pytest

from dashboards.errors import OptionsRefused
from tests.dashboards.charts.tables import read


@pytest.mark.parametrize(
    ("written", "kept"), [("#12AB34", "#12AB34"), ("cat-1", "#fab00b"), ("good", "#fab008")]
)
def test_colours_are_hex_or_named_as_the_page_names_them(written, kept):
    _, options = read("pie", category="name", colors=[written])

    assert options.colors == (kept,)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"category": "name", "colors": ["red;}"]}, "colors: 'red;}' is no colour"),
        ({"category": "name", "slices": "six"}, "slices: does not take 'six'"),
        ({"category": "name", "slices": 7}, "slices: 7 is not from 2 to 6"),
        ({"category": "name", "slices": -1}, "slices: -1 is not from 2 to 6"),
        ({"category": "missing"}, "category: the dataset has no column 'missing'"),
        ({}, "category: is required"),
        ({"category": "name", "nonsense": 1}, "nonsense: is not an option here"),
    ],
)
def test_wrong_options_are_named(values, message):
    with pytest.raises(OptionsRefused, match=message):
        read("pie", **values)
