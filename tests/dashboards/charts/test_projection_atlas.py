"""Projections against published numbers; codes, outlines and steps of colour by hand."""

import numpy as np
import pytest

from dashboards.charts import atlas, projection, topology
from dashboards.charts.shades import COLORS, shades
from dashboards.charts.theme import TOKEN_THEME


def test_azimuthal_of_the_worked_example():
    """Snyder (1987), p. 332: R = 3, centre 40 N 100 W, point 20 S 100 E."""
    x, y = projection.azimuthal(100, -20, (-100, 40))

    assert (3 * x, 3 * y) == (pytest.approx(-4.2339303), pytest.approx(4.0257775))


def test_equal_earth_has_its_published_proportions():
    """Savric et al. (2018): width to height 2.05458, poles 0.59247 of the equator."""
    equator, _ = projection.equal_earth(180, 0)
    pole, height = projection.equal_earth(180, 90)

    assert equator / height == pytest.approx(2.05458, abs=1e-5)
    assert pole / equator == pytest.approx(0.59247, abs=1e-5)


@pytest.mark.parametrize("project", [projection.equal_earth, projection.azimuthal])
@pytest.mark.parametrize(("longitude", "latitude"), [(0, 0), (10, 52), (-100, 40), (150, -35)])
def test_areas_stay_as_they_are(project, longitude, latitude):
    h = 1e-3  # degrees
    east = np.subtract(project(longitude + h, latitude), project(longitude - h, latitude))
    north = np.subtract(project(longitude, latitude + h), project(longitude, latitude - h))

    area = abs(east[0] * north[1] - east[1] * north[0])

    assert area == pytest.approx(np.radians(2 * h) ** 2 * np.cos(np.radians(latitude)), rel=1e-5)


def test_the_opposite_point_has_a_finite_place():
    assert np.isfinite(projection.azimuthal(-170, -52)).all()


def test_a_degree_east_is_half_as_long_at_sixty_degrees():
    assert projection.east(58, 62) == pytest.approx(0.5)
    assert projection.east(88, 90) == 0.2  # and never nothing


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("DE", "DE"), ("de", "DE"), ("DEU", "DE"), (" Germany ", "DE"), ("276", "DE"), (40, "AT"),
        ("Côte d’Ivoire", "CI"), ("cote d'ivoire", "CI"), ("UK", "GB"), ("United States", "US"),
        ("Türkiye", "TR"), ("Turkey", "TR"), ("Czech Republic", "CZ"), ("Kosovo", "XK"),
        ("Bosnia & Herzegovina", "BA"), ("EL", "GR"), ("NA", "NA"), ("Taiwan", "TW"),
        ("Atlantis", ""), ("", ""), (None, ""), ("AQ", ""), ("<b>DE</b>", ""),
    ],
)  # fmt: skip
def test_a_country_is_found_by_code_and_by_name(written, code):
    assert atlas.find(written) == code


def boxes(code):
    country = atlas.countries()[code]
    return [topology.box(topology.ring(part[0], atlas._arcs())) for part in country.parts]


def holds(box, longitude, latitude):
    return box[0] <= longitude <= box[2] and box[1] <= latitude <= box[3]


def test_every_country_of_the_european_union_has_a_place():
    union = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK"
    shapes = dict(zip(atlas.countries(), atlas.outlines("europe")[0], strict=True))

    assert [code for code in union.split() if not shapes[code]] == ["MT"]
    assert "MT" in atlas.missing("europe")


def test_what_belongs_to_a_country_is_what_iso_3166_counts_to_it():
    crimea = (34.2, 45.1)
    assert any(holds(box, *crimea) and box[2] < 37 for box in boxes("UA"))
    assert not any(holds(box, *crimea) and box[2] < 40 for box in boxes("RU"))
    assert any(holds(box, 33.5, 35.3) for box in boxes("CY"))


def test_a_map_fitted_to_a_country_shows_its_main_part():
    west, south, east, north = atlas.countries()["FR"].box
    assert (west > -6, south > 41, east < 10, north < 52) == (True,) * 4  # Guiana is far away
    assert atlas.countries()["NO"].box[3] < 72  # nor Svalbard
    assert atlas.countries()["US"].box[0] < -150  # but Alaska is near


def test_nothing_crosses_the_map_at_the_date_line():
    for xs in atlas.outlines("world")[0]:
        for rings in xs:
            steps = np.abs(np.diff(rings[0]))
            assert steps.max() < 900  # thousandths of the Earth's radius; the width is 5,400


def test_shared_borders_stay_shared():
    """Points of the Portuguese land border are points of Spain, too."""
    xs, ys = atlas.outlines("fit")
    places = list(atlas.countries())
    points = {
        code: {
            point
            for rx, ry in zip(xs[places.index(code)], ys[places.index(code)], strict=True)
            for point in zip(rx[0], ry[0], strict=True)
        }
        for code in ("PT", "ES")
    }
    inland = [(x, y) for x, y in points["PT"] if x > -8 / 0.02 and y > 37.5 / 0.02]
    assert len(inland) > 5
    assert set(inland) <= points["ES"]


def test_thinning_keeps_ends_and_drops_what_spans_too_little():
    arc = np.array([[0.0, 0], [1, 0.01], [2, 0], [3, 1], [4, 0]])  # areas 0.01, .., 1, ..

    (thin,) = topology.thinned([arc], np.full(5, 0.1))

    assert thin.tolist() == [[0, 0], [2, 0], [3, 1], [4, 0]]


def test_thinning_keeps_arcs_apart():
    arcs = [np.array([[0.0, 0], [1, 0], [2, 0]]), np.array([[5.0, 5], [6, 5]])]

    thin = topology.thinned(arcs, np.ones(5))

    assert [arc.tolist() for arc in thin] == [[[0, 0], [2, 0]], [[5, 5], [6, 5]]]


def test_steps_of_colour_are_round_and_equal():
    found = shades([148_200, 84_100, 61_700, 44_900, 38_300, 31_600, 24_200])

    assert found.limits == (0, 25_000, 50_000, 75_000, 100_000, 125_000, 150_000)
    assert found.colors == TOKEN_THEME.sequential[1:]
    assert found.of(24_999) == found.colors[0]
    assert found.of(25_000) == found.colors[1]  # a limit belongs to the step above
    assert found.of(150_000) == found.colors[5]


def test_skewed_values_share_the_steps_evenly():
    """Eleven of twelve lie below the first sixth of the largest, so the steps hold two each."""
    found = shades([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 1000])

    assert found.limits == (1, 3, 5, 7, 9, 11, 1000)
    assert found.of(2) == found.colors[0]
    assert found.of(1000) == found.of(11) == found.colors[5]


@pytest.mark.parametrize(
    ("values", "limits"),
    [
        ([5], (5, 5)),
        ([0, 0], (0, 0)),
        ([-4, -4, -4], (-4, -4)),
        ([1, 2, 3], (0, 1, 2, 3)),  # counts have no halves
        ([-10, 20], (-20, 0, 20)),
        ([5, 9], (3, 6, 9)),  # steps of 2 would be three
        ([98, 100], (98, 99, 100)),
        ([4, 5], (4, 5, 6)),  # two values have two colours
        ([0, 1], (0, 1, 2)),
    ],
)
def test_steps_of_few_values(values, limits):
    found = shades(values)

    assert found.limits == limits
    assert {found.of(value) for value in values} <= set(found.colors)
    if len(set(values)) > 1:
        assert found.of(min(values)) != found.of(max(values))
    # Of values that are all the same and none, nothing is dark.
    darkest = TOKEN_THEME.sequential[-1] if len(set(values)) > 1 or values[0] > 0 else COLORS[0]
    assert found.of(max(values)) == darkest
