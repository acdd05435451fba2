import math

import pytest

from dashboards.charts.theme import TOKEN_THEME
from dashboards.errors import OptionsRefused
from tests.dashboards.charts.tables import context, read, state, table


def gauge(value, **values):
    return state("gauge", {"value": table(value=[value])}, **({"measure": "sum(value)"} | values))


@pytest.mark.parametrize(("value", "good", "word", "color"), [
    (90, "up", "✓ Good", "good"), (80, "up", "✓ Good", "good"), (79, "up", "! Warning", "warn"),
    (50, "up", "! Warning", "warn"), (49, "up", "× Critical", "bad"),
    (50, "down", "✓ Good", "good"), (51, "down", "! Warning", "warn"),
    (81, "down", "× Critical", "bad"),
])  # fmt: skip
def test_limits_give_a_verdict_in_words(value, good, word, color):
    warn, critical = (80.0, 50.0) if good == "up" else (50.0, 80.0)

    found = gauge(value, warn=warn, critical=critical, good=good).sources["verdict"]

    assert found == {"text": [word], "color": [getattr(TOKEN_THEME, color)]}


@pytest.mark.parametrize(("value", "good", "target", "pattern", "word"), [
    (100, "up", 100.0, "", "✓ On target"),
    (90, "up", 100.0, "", "! 10 EUR short"),
    (110, "down", 100.0, "", "! 10 EUR over"),
    (0.722, "down", 0.7, "0.0%", "! 2.2 pp over"),
    (1_000, "up", 51_000.0, "", "! 50K EUR short"),
    (5, "up", None, "", ""),
])  # fmt: skip
def test_without_limits_the_target_decides(value, good, target, pattern, word):
    found = gauge(value, good=good, target=target, pattern=pattern)

    assert found.sources["verdict"]["text"] == [word]


def test_bullet_has_bands_bar_and_mark_in_shares_of_the_scale():
    found = gauge(60, warn=80.0, critical=50.0, target=90.0, scale_to=100.0)

    bands, bar = found.sources["bands"], found.sources["bar"]
    assert bands["width"] == pytest.approx([0.5, 0.3, 0.2])
    assert bands["middle"] == pytest.approx([0.25, 0.65, 0.9])
    assert bands["color"] == [TOKEN_THEME.bad, TOKEN_THEME.warn, TOKEN_THEME.good]
    assert bands["text"][1] == "Warning: 50 EUR to 80 EUR"
    assert (bar["middle"], bar["width"]) == ([0.3], [0.6])
    assert found.sources["target"]["x"] == [0.9]
    assert found.sources["target"]["text"] == ["Target 90"]
    assert found.sources["value"]["text"] == ["60"]
    assert found.sources["value"]["unit"] == ["EUR"]
    assert found.summary == "Value: 60 EUR; warning; target 90."


def test_less_is_good_turns_the_bands_around():
    found = gauge(60, warn=50.0, critical=80.0, good="down", scale_to=100.0).sources["bands"]

    assert found["color"] == [TOKEN_THEME.good, TOKEN_THEME.warn, TOKEN_THEME.bad]
    assert found["width"] == pytest.approx([0.5, 0.3, 0.2])


def test_dial_turns_from_left_to_right():
    found = gauge(25, look="dial", warn=50.0, target=75.0, scale_to=100.0)

    assert found.sources["bar"]["start"] == pytest.approx([math.pi])
    assert found.sources["bar"]["end"] == pytest.approx([math.pi * 3 / 4])
    assert found.sources["bands"]["end"] == pytest.approx([math.pi / 2, 0])
    assert found.sources["target"]["x1"][0] == pytest.approx(
        found.sources["target"]["y1"][0]
    )  # 45 degrees
    assert found.sources["ends"]["text"] == ["0", "100"]


def test_a_scale_has_room_beyond_its_last_limit():
    found = gauge(40, warn=60.0, critical=80.0, good="down")

    assert found.sources["bands"]["color"][-1] == TOKEN_THEME.bad
    assert found.sources["bands"]["width"][-1] > 0.1


def test_a_value_beyond_the_scale_is_told():
    found = gauge(150, scale_to=100.0)

    assert found.sources["bar"]["width"] == [1]
    assert found.note == "Beyond the scale from 0 to 100"


def test_bars_of_negative_values_begin_at_zero():
    found = gauge(-20, scale_to=20.0, scale_from=-20.0)

    assert (found.sources["bar"]["middle"], found.sources["bar"]["width"]) == ([0.25], [0.5])


@pytest.mark.parametrize(("values", "field"), [
    ({"warn": 50.0, "critical": 80.0}, "critical"),
    ({"warn": 80.0, "critical": 50.0, "good": "down"}, "critical"),
    ({"warn": 50.0, "critical": 50.0}, "critical"),
    ({"scale_from": 10.0, "scale_to": 10.0}, "scale_to"),
    ({"pattern": "abc"}, "pattern"),
])  # fmt: skip
def test_contradicting_options_are_refused(values, field):
    chart, options = read("gauge", **values)
    with pytest.raises(OptionsRefused) as refused:
        chart.queries(options, context())
    assert refused.value.field == field


def test_the_table_has_the_limits():
    found = gauge(60, warn=80.0, critical=50.0, target=90.0, scale_to=100.0)

    assert found.rows == [
        ["Value", "60 EUR"], ["Verdict", "Warning"], ["Target", "90 EUR"],
        ["Warning from", "80 EUR"], ["Critical from", "50 EUR"],
        ["Scale from", "0 EUR"], ["Scale to", "100 EUR"],
    ]  # fmt: skip
    assert found.values[0][1] == 60


def test_nothing_says_so():
    assert gauge(None, time="time", period="30d").empty == "No rows in the last 30 days."


def test_limits_of_an_amount_are_of_its_whole_and_those_of_a_share_of_any_part():
    limits = {"target": 100, "warn": 60, "critical": 40}
    chart, amount = read("gauge", measure="sum(value)", **limits)
    _, share = read("gauge", measure="avg(happened)", **limits)

    limited = chart.limited(amount, context())

    assert (limited.target, limited.warn, limited.critical) == (None, None, None)
    assert chart.limited(share, context()) == share
