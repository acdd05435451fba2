"""Colours: what is read, what is seen, what is told apart; the portal's own and those of themes."""

import re
from itertools import combinations
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from dashboards import brand, brand_css, oklab, vision
from dashboards.charts.theme import FONT_TOKEN, LIGHT, TOKEN_THEME, painted

COLOURS = st.from_regex(r"#[0-9a-f]{6}", fullmatch=True)
FOREST = {"accent_light": "#12715b", "accent_dark": "#4fc3a1"}


def theme(**changes):
    usual = {"accent_light": "", "accent_dark": "", "palette_light": [], "palette_dark": [],
             "font": "system"}  # fmt: skip
    return SimpleNamespace(**usual | changes)


def shipped():
    """Name -> (light, dark) of the portal's own style sheet."""
    text = Path(settings.BASE_DIR, "portal/static/portal/tokens.css").read_text()
    found = re.findall(r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\);", text)
    return {name: (light, dark) for name, light, dark in found}


# --- Contrast


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [
        ("#000000", "#ffffff", 21.0),
        ("#777777", "#ffffff", 4.48),  # the known grey that just fails
        ("#767676", "#ffffff", 4.54),  # and the one that just passes
        ("#ff0000", "#ffffff", 4.00),
        ("#0000ff", "#ffffff", 8.59),
        ("#3b5bdb", "#ffffff", 5.7),
        ("#7c93f5", "#161b22", 6.1),
    ],
)
def test_contrast_is_that_of_wcag(one, other, ratio):
    assert brand.contrast(one, other) == pytest.approx(ratio, abs=0.05)
    assert brand.contrast(other, one) == brand.contrast(one, other)


@pytest.mark.parametrize(
    ("change", "field", "said"),
    [
        # Luminance 0.6866, so (0.9262 + 0.05) / (0.6866 + 0.05) to the page #f6f7f9.
        ({"accent_light": "#ffd400"}, "accent_light", "a contrast of 1.3 to the page"),
        ({"accent_light": "#959595"}, "accent_light", "a contrast of 2.7 to the page"),
        ({"accent_dark": "#0a2a66"}, "accent_dark", "Take a lighter one, such as #"),
        ({"accent_light": "red"}, "accent_light", "'red' is no colour such as #3b5bdb."),
        ({"palette_light": ["#eeeeee"], "palette_dark": ["#eeeeee"]}, "palette_light",
         "marks of charts need 3.0"),
        ({"palette_light": ["#3b5bdb"]}, "palette_dark", "as many colours as for light pages"),
        ({"palette_light": ["#3b5bdb"] * 11}, "palette_light", "a list of up to 10"),
        ({"palette_dark": "#3b5bdb"}, "palette_dark", "a list of up to 10"),
        ({"palette_light": [7]}, "palette_light", "'7' is no colour"),
    ],
)  # fmt: skip
def test_what_could_not_be_seen_is_refused_with_what_to_do(change, field, said):
    problems = {problem.field: problem.message for problem in brand.problems(theme(**change))}

    assert said in problems[field]


def test_all_that_is_wrong_is_said_at_once():
    wrong = theme(accent_light="#ffd400", accent_dark="#000000", palette_light=["#fff", "#eeeeee"])

    said = [problem.field for problem in brand.problems(wrong)]

    assert said == ["accent_light", "palette_light", "palette_light", "accent_dark", "palette_dark"]


@given(COLOURS)
def test_a_colour_that_is_proposed_is_one_that_is_taken(colour):
    for scheme, behind in brand.SURFACES.items():
        proposed = brand.enough(colour, behind, brand.MARKS)
        assert not list(brand.problems(theme(**{f"accent_{scheme}": proposed})))


@given(COLOURS)
def test_words_are_read_on_whatever_follows_an_accent(colour):
    for scheme, behind in brand.SURFACES.items():
        accent = brand.enough(colour, behind, brand.MARKS)
        tokens = brand_css.followers(accent, scheme)

        assert brand.contrast(tokens["on-accent"], accent) >= brand.WORDS
        grounds = (*behind, tokens["accent-soft"])
        assert brand.lowest(tokens["accent-text"], grounds) >= brand.WORDS


# --- What is told apart


@pytest.mark.parametrize(
    ("one", "other", "difference"),
    [  # of the paper's table 1
        ((50, 2.6772, -79.7751), (50, 0, -82.7485), 2.0425),
        ((50, -1.3802, -84.2814), (50, 0, -82.7485), 1.0000),
        ((50, 0, 0), (50, -1, 2), 2.3669),
        ((50, 2.49, -0.001), (50, -2.49, 0.0009), 7.1792),
        ((50, 2.49, -0.001), (50, -2.49, 0.0011), 7.2195),
        ((50, -0.001, 2.49), (50, 0.0009, -2.49), 4.8045),
        ((50, -0.001, 2.49), (50, 0.0011, -2.49), 4.7461),
        ((50, 2.5, 0), (73, 25, -18), 27.1492),
        ((50, 2.5, 0), (56, -27, -3), 31.9030),
        ((60.2574, -34.0099, 36.2677), (60.4626, -34.1751, 39.4387), 1.2644),
        ((2.0776, 0.0795, -1.1350), (0.9033, -0.0636, -0.5514), 0.9082),
    ],
)
def test_the_difference_is_ciede2000(one, other, difference):
    assert vision.ciede2000(one, other) == pytest.approx(difference, abs=5e-5)
    assert vision.ciede2000(other, one) == pytest.approx(difference, abs=5e-5)


@pytest.mark.parametrize("kind", vision.DEFICIENCIES)
def test_greys_stay_grey_to_everybody(kind):
    for grey in ("#000000", "#808080", "#ffffff"):
        assert vision.seen(grey, kind) == pytest.approx(vision.seen(grey), abs=1e-4)


#: Least CIEDE2000 of the palette: (all ten, the first four), by scheme and vision.
PROMISED = {
    "light": {"normal": (15.9, 36.7), "deuteranopia": (15.0, 23.1), "protanopia": (12.0, 18.2),
              "tritanopia": (14.0, 18.2)},
    "dark": {"normal": (19.3, 32.3), "deuteranopia": (14.9, 16.3), "protanopia": (14.8, 22.0),
             "tritanopia": (16.0, 20.5)},
}  # fmt: skip


@pytest.mark.parametrize("seen_by", vision.VISIONS)
@pytest.mark.parametrize("scheme", brand_css.SCHEMES)
def test_everybody_tells_the_colours_of_charts_apart(scheme, seen_by):
    colours = [shipped()[f"cat-{number}"][brand_css.SCHEMES.index(scheme)] for number in
               range(1, 11)]  # fmt: skip
    for count, promised in zip((10, 4), PROMISED[scheme][seen_by], strict=True):
        pairs = combinations(colours[:count], 2)
        assert min(vision.difference(*pair, seen_by) for pair in pairs) >= promised - 0.05
    assert min(brand.lowest(one, brand.SURFACES[scheme]) for one in colours) >= brand.MARKS


def test_colours_that_look_alike_are_named_and_not_refused():
    alike = theme(palette_light=["#3b5bdb", "#df6c08", "#3b60dd"], palette_dark=["#7c93f5"] * 3)

    assert not list(brand.problems(alike))
    assert [words.split(":")[0] for words in brand.alike(alike.palette_light)] == [
        "Colours 1 and 3 look nearly alike"
    ]


def test_of_many_that_look_alike_a_few_are_named():
    said = brand.warnings(["#3b5bdb"] * 10)

    assert len(said) == 4
    assert said[3] == "So do 42 more pairs."


def test_a_pair_that_only_some_people_take_for_one_is_named_with_them():
    [said] = brand.alike(["#a6761d", "#7b8a12"])

    assert "look nearly alike to people with" in said


def test_the_shipped_palette_has_no_warning():
    for scheme in brand_css.SCHEMES:
        assert not list(brand.alike(list(brand_css.CATEGORIES[scheme])))


# --- The style sheet


def test_the_tables_of_colours_say_what_the_style_sheet_of_the_portal_says():
    own = shipped()

    assert {name: own[name] for name in brand_css.USUAL} == brand_css.USUAL
    categories = zip(*brand_css.CATEGORIES.values(), strict=True)
    assert [own[f"cat-{number}"] for number in range(1, 11)] == list(categories)
    assert (own["surface"], own["page"]) == tuple(zip(*brand.SURFACES.values(), strict=True))


def test_the_ramp_of_the_usual_accent_is_that_of_the_portal():
    for place, scheme in enumerate(brand_css.SCHEMES):
        made = brand_css.followers(brand_css.USUAL["accent"][place], scheme)
        for name in ("seq-0", "seq-3", "seq-5", "seq-6", "div-0", "div-1", "div-2"):
            usual = brand_css.USUAL[name][place]
            assert vision.difference(made[name], usual) < 1, name


@given(COLOURS)
def test_ramps_go_one_way(colour):
    for scheme, behind in brand.SURFACES.items():
        made = brand_css.followers(brand.enough(colour, behind, brand.MARKS), scheme)
        steps = [oklab.of(made[f"seq-{step}"])[0] for step in range(7)]
        assert steps == sorted(steps, reverse=scheme == "light")


def test_a_theme_that_changes_nothing_has_no_style_sheet():
    assert brand_css.css(theme()) == ""


def test_one_accent_leaves_the_other_scheme_as_it_is():
    found = brand_css.tokens(theme(accent_light="#12715b"))

    assert found["accent"] == ("#12715b", "#7c93f5")
    usual = {name: pair[1] for name, pair in shipped().items()}
    assert {name: pair[1] for name, pair in found.items()} == {name: usual[name] for name in found}


def test_charts_start_with_the_accent_unless_the_theme_names_their_colours():
    accent = brand_css.tokens(theme(**FOREST))
    named = brand_css.tokens(theme(**FOREST, palette_light=["#a01a58"], palette_dark=["#ff8fab"]))

    assert accent["cat-1"] == accent["seq-6"] == ("#12715b", "#4fc3a1")
    assert named["cat-1"] == named["seq-6"] == ("#a01a58", "#ff8fab")
    assert named["accent"] == ("#12715b", "#4fc3a1")


def test_the_colour_most_like_the_accent_gives_its_place_to_the_usual_first():
    orange = theme(accent_light="#d9650a")

    assert brand_css.palette(orange, "light")[:3] == ["#d9650a", "#3b5bdb", "#319e7b"]
    assert brand_css.palette(orange, "dark") == []
    assert not brand.warnings(brand_css.palette(orange, "light"))


@given(COLOURS)
def test_words_are_read_on_the_first_colour_of_charts(colour):
    for scheme, behind in brand.SURFACES.items():
        made = brand_css.followers(brand.enough(colour, behind, brand.MARKS), scheme)
        assert brand.contrast(made["on-cat-1"], made["seq-6"]) >= brand.WORDS


def test_a_short_palette_keeps_the_usual_colours_after_it():
    css = brand_css.css(theme(palette_light=["#12715b"], palette_dark=["#4fc3a1"]))

    assert "--cat-1: light-dark(#12715b, #4fc3a1);" in css
    assert "--cat-2" not in css
    assert "--accent" not in css


def test_a_font_is_a_stack_that_ends_with_a_kind():
    css = brand_css.css(theme(font="georgia"))

    assert css == ':root {\n  --font: Georgia, "Times New Roman", "Liberation Serif", serif;\n}\n'


def test_an_accent_like_the_other_end_leaves_the_diverging_ramp_alone():
    made = brand_css.followers("#b4560a", "light")

    assert made["seq-6"] == "#b4560a"
    assert made["div-0"] == "#3b5bdb"


def test_the_admin_takes_steps_of_the_accent():
    steps = brand_css.admin_steps(theme(**FOREST))

    assert (steps["600"], steps["400"]) == ("#12715b", "#4fc3a1")
    assert brand.contrast(steps["600"], "#ffffff") >= brand.WORDS
    assert brand_css.admin_steps(theme(font="arial")) == {}


# --- Drawings


def test_a_drawing_names_the_font_and_the_page_puts_it_in():
    drawn = {"text_font": TOKEN_THEME.font, "styles": {"font": f"12px/1.5 {TOKEN_THEME.font}"}}

    assert TOKEN_THEME.font == FONT_TOKEN
    assert painted(drawn, LIGHT) == {
        "text_font": LIGHT.font, "styles": {"font": f"12px/1.5 {LIGHT.font}"}
    }  # fmt: skip
