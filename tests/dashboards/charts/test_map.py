import orjson
import pyarrow as pa
import pytest

from dashboards.charts import atlas, drawing
from dashboards.charts.registry import NO_PICK
from dashboards.charts.theme import LIGHT, TOKEN_THEME
from dashboards.errors import OptionsRefused
from tests.dashboards.charts.tables import context, read, state, table

COUNTRIES = {"country": "name", "measure": "sum(value)"}
POINTS = {"look": "points", "latitude": "value", "longitude": "value", "measure": "sum(value)"}
PLACE = {code: place for place, code in enumerate(atlas.countries())}


def countries(values, **more):
    answer = table(place=list(values), value=list(values.values()))
    return state("map", {"places": answer}, **(COUNTRIES | more))


def points(*rows, **more):
    """Rows of latitude, longitude, name, value."""
    names = ("latitude", "longitude", "category", "value")
    columns = zip(*rows, strict=True) if rows else [[]] * 4
    answer = pa.table(
        {
            name: pa.array(column, pa.string() if name == "category" else pa.float64())
            for name, column in zip(names, columns, strict=True)
        }
    )
    return state("map", {"places": answer}, **(POINTS | more))


def mark(found, code):
    return {name: column[PLACE[code]] for name, column in found.sources["countries"].items()}


def test_a_country_has_the_colour_of_its_step_its_value_and_its_share():
    found = countries({"DE": 60, "FR": 30, "IT": 10})

    assert found.sources["limits"]["text"] == ["0", "20", "40", "60"]
    assert mark(found, "DE") == {
        "color": TOKEN_THEME.sequential[6], "dot": 0, "title": "Germany",
        "text": "60 EUR\n60.0% of all",
    }  # fmt: skip
    assert mark(found, "FR")["color"] == found.sources["ramp"]["color"][1]
    assert mark(found, "IT")["color"] == found.sources["ramp"]["color"][0]
    assert mark(found, "ES")["color"] == TOKEN_THEME.band
    assert mark(found, "ES")["text"] == "No data"
    assert found.sources["caption"]["text"] == ["Most: Germany, 60 EUR"]
    assert found.summary == "Value: Germany has the most of 3 countries, 60 EUR (60.0%)."
    assert found.rows == [
        ["Germany", "60 EUR", "60.0%"],
        ["France", "30 EUR", "30.0%"],
        ["Italy", "10 EUR", "10.0%"],
    ]


def test_a_click_means_the_value_of_the_column():
    found = countries({"DEU": 60, "France": 30})

    assert found.picks["source"] == "countries"
    assert found.picks["column"] == "name"
    values = found.picks["values"]
    assert len(values) == len(found.sources["countries"]["color"])
    assert (values[PLACE["DE"]], values[PLACE["FR"]]) == ("DEU", "France")
    assert values[PLACE["ES"]] == NO_PICK


def test_unknown_countries_are_counted_and_stay_in_the_table():
    found = countries({"DE": 60, "Atlantis": 30, "??": 5, None: 5})

    assert found.note == "3 unknown"
    assert mark(found, "DE")["text"] == "60 EUR\n60.0% of all"
    assert found.rows[1] == ["Atlantis", "30 EUR", "30.0%"]


def test_only_unknown_countries_say_what_to_do():
    found = countries({"<b>Atlantis</b>": 30})

    assert found.empty == (
        "No country is known by <b>Atlantis</b>. Take codes such as DE or DEU, or English names."
    )
    assert found.sources == {}


def test_two_ways_to_write_a_country_are_one_where_values_add_up():
    found = countries({"DE": 60, "Germany": 30})

    assert mark(found, "DE")["text"] == "90 EUR\n100.0% of all"
    assert found.picks["values"][PLACE["DE"]] == NO_PICK  # one of the two would be half of it


def test_averages_of_two_ways_to_write_a_country_are_not_added():
    found = countries({"DE": 60, "Germany": 30}, measure="avg(value)")

    assert mark(found, "DE")["text"] == "60 EUR"
    assert found.note == "1 written twice"
    assert found.headings == ["Name", "Average Value"]


def test_countries_too_small_for_an_outline_are_dots_where_they_have_data():
    found = countries({"MT": 60, "DE": 30})

    assert mark(found, "MT")["dot"] > 0
    assert mark(found, "SM")["dot"] == 0  # no data
    assert mark(found, "DE")["dot"] == 0


def test_negative_values_have_no_share():
    found = countries({"DE": 60, "FR": -30})

    assert mark(found, "DE")["text"] == "60 EUR"
    assert found.headings == ["Name", "Value"]


def test_names_are_those_of_the_locale():
    answer = table(place=["DE", "FR"], value=[2, 1])
    found = state("map", {"places": answer}, locale="de", **COUNTRIES)

    assert [row[0] for row in found.rows] == ["Deutschland", "Frankreich"]


def test_ten_thousand_names_stay_quick_to_read():
    found = countries({f"Place {n}": n for n in range(10_000)} | {"DE": 5})

    assert found.note == "10,000 unknown"
    assert len(found.rows) == 200


def test_a_fitted_map_shows_the_countries_that_have_data():
    found = countries({"DE": 2, "AT": 1})

    part = {name: column[0] * 0.02 for name, column in found.sources["extent"].items()}
    west, east = part["x"] - part["width"] / 2, part["x"] + part["width"] / 2
    south, north = part["y"] - part["height"] / 2, part["y"] + part["height"] / 2
    assert (west, east) == (pytest.approx(5.9, abs=0.1), pytest.approx(17.1, abs=0.1))
    assert (south, north) == (pytest.approx(46.4, abs=0.1), pytest.approx(54.9, abs=0.1))
    # cos(50.65 degrees) = 0.634
    assert found.props["plot"]["aspect_scale"] == pytest.approx(0.634, abs=0.001)


def test_a_region_is_the_same_whatever_the_data():
    parts = [countries({code: 1}, region="world").sources["extent"] for code in ("DE", "US", "FJ")]
    assert parts[0] == parts[1] == parts[2]


def test_one_small_country_does_not_fill_the_card_alone():
    part = countries({"MT": 1}).sources["extent"]

    assert max(part["width"][0], part["height"][0]) * 0.02 >= 4


@pytest.mark.parametrize("region", ["fit", "europe", "world"])
def test_a_figure_with_its_state_is_small_and_whole(region):
    chart, options = read("map", **COUNTRIES, region=region)
    found = countries({"DE": 2, "US": 1}, region=region)

    figure = drawing.apply(chart.figure(options, LIGHT), found)

    shapes = drawing.named(figure)["countries"]
    assert {len(column) for column in shapes.data.values()} == {len(atlas.countries())}
    assert "xs" in shapes.data
    assert "xs" not in found.sources["countries"]
    assert len(orjson.dumps([found.sources, found.props, found.narrow])) < 15_000


def test_areas_of_points_are_their_values():
    found = points((52.5, 13.4, "Berlin", 400), (48.1, 11.6, "Munich", 100), category="name")

    large, small = found.sources["points"]["size"]
    assert large / small == pytest.approx(2)  # diameters; areas are 4 to 1
    assert found.sources["points"]["title"] == ["Berlin", "Munich"]
    assert found.picks == {"source": "points", "column": "name", "values": ["Berlin", "Munich"]}
    assert found.summary == "Value: Berlin has the most of 2 points, 400 EUR."
    assert found.rows[0] == ["Berlin", "52.50° N", "13.40° E", "400 EUR"]


def test_a_fitted_map_holds_circles_whole():
    ends = [(53.6, 10.0, "Hamburg", 400), (47.1, 15.4, "Graz", 100), (50.9, 6.9, "Cologne", 300)]

    found = points(*ends, category="name")

    part = {name: column[0] for name, column in found.sources["extent"].items()}
    marks, short = found.sources["points"], found.props["plot"]["aspect_scale"]
    for width, height in ((320, 200), (546, 338)):
        pixel = min(width / (part["width"] * short), height / part["height"])  # per unit of y
        for x, y, size in zip(marks["x"], marks["y"], marks["size"], strict=True):
            assert abs(x - part["x"]) * pixel * short + size / 2 <= width / 2
            assert abs(y - part["y"]) * pixel + size / 2 <= height / 2


def test_points_without_a_name_are_called_by_their_coordinates():
    found = points((-33.9, -70.7, None, 4))

    assert found.sources["points"]["title"] == ["33.90° S, 70.70° W"]
    assert found.picks == {}


def test_points_off_the_earth_are_counted_and_not_drawn():
    found = points((95, 13.4, "a", 4), (52.5, 200, "b", 4), (52.5, 13.4, "c", 4), category="name")

    assert found.note == "2 off the map"
    assert found.sources["points"]["title"] == ["c"]
    assert points((95, 13.4, "a", 4)).empty.startswith("No point lies on the map")


def test_the_largest_of_many_points_are_shown():
    found = points(*[(50 + n / 1000, 10, str(n), n) for n in range(1200)], category="name")

    assert found.note == "500 of 1,200 points"
    assert found.sources["points"]["title"][0] == "1199"
    assert len(found.sources["points"]["x"]) == 500


def test_points_of_nothing_and_below_are_small_and_not_gone():
    found = points((50, 10, "a", 0), (51, 10, "b", -5))

    assert found.sources["points"]["size"] == [5, 5]


@pytest.mark.parametrize(
    ("given", "field"),
    [({}, "country"), ({"look": "points", "latitude": "value"}, "longitude")],
)
def test_columns_that_the_look_needs_are_asked_for(given, field):
    chart, options = read("map", **given)

    with pytest.raises(OptionsRefused) as refused:
        chart.queries(options, context())

    assert refused.value.field == field
