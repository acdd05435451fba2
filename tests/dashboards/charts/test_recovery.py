"""The estimator against a published example, and by hand."""

import pytest

from dashboards.charts.recovery import (
    at_risk,
    kaplan_meier,
    last_sure_time,
    open_at,
    time_until,
)

#: Weeks in remission of 21 patients with 6-MP; "open" were still so when the study ended.
#: Freireich et al. (1963), Blood 21, as analysed by Gehan (1965), Biometrika 52.
HAPPENED = [6, 6, 6, 7, 10, 13, 16, 22, 23]
OPEN = [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
PLACEBO = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]


def six_mp():
    return kaplan_meier([(t, True, 1) for t in HAPPENED] + [(t, False, 1) for t in OPEN])


@pytest.mark.parametrize(
    ("week", "risk", "share", "low", "high"),
    [
        (6, 21, 0.857, 0.6197, 0.9516),
        (7, 17, 0.807, 0.5631, 0.9228),
        (10, 15, 0.753, 0.5032, 0.8894),
        (13, 12, 0.690, 0.4316, 0.8491),
        (16, 11, 0.627, 0.3675, 0.8049),
        (22, 7, 0.538, 0.2678, 0.7468),
        (23, 6, 0.448, 0.1881, 0.6801),
    ],
)
def test_six_mp_as_published(week, risk, share, low, high):
    step = next(step for step in six_mp() if step.time == week)

    assert step.at_risk == risk
    assert step.open == pytest.approx(share, abs=0.0006)
    assert (step.low, step.high) == pytest.approx((low, high), abs=0.0001)


def test_medians_as_published():
    placebo = kaplan_meier([(t, True, 1) for t in PLACEBO])

    assert time_until(six_mp(), 0.5) == 23
    assert time_until(placebo, 0.5) == 8


def test_what_most_did_not_live_to_see_is_not_reached():
    assert time_until(six_mp(), 0.9) is None


def test_without_open_ones_it_is_the_plain_share():
    steps = kaplan_meier([(t, True, 1) for t in PLACEBO])

    assert [open_at(steps, week) for week in (0, 1, 8, 23)] == pytest.approx(
        [1, 19 / 21, 8 / 21, 0]
    )


def test_by_hand():
    """10 at risk, 2 happen: 0.8. Then 3 leave; of 5, 1 happens: 0.8 * 4/5 = 0.64."""
    steps = kaplan_meier([(1.0, True, 2), (2.0, False, 3), (3.0, True, 1), (4.0, False, 4)])

    assert [step.at_risk for step in steps] == [10, 8, 5, 4]
    assert [step.open for step in steps] == pytest.approx([0.8, 0.8, 0.64, 0.64])
    assert [at_risk(steps, time) for time in (0, 1, 1.5, 4, 5)] == [10, 10, 8, 4, 0]


def test_who_is_last_seen_when_it_happens_to_others_is_at_risk_then():
    (step,) = kaplan_meier([(5.0, True, 1), (5.0, False, 1)])

    assert (step.at_risk, step.happened, step.censored, step.open) == (2, 1, 1, 0.5)


@pytest.mark.parametrize("rows", [[], [(1.0, False, 3)], [(0.0, True, 2)]])
def test_degenerate(rows):
    steps = kaplan_meier(rows)

    assert all(0 <= step.low <= step.open <= step.high <= 1 for step in steps)
    assert time_until(steps, 0.5) == (0.0 if rows and rows[0][1] else None)


def test_the_interval_holds_the_estimate_and_stays_between_none_and_all():
    steps = kaplan_meier([(float(t), t % 3 > 0, 1 + t % 4) for t in range(60)])

    assert all(0 <= step.low <= step.open <= step.high <= 1 for step in steps)


def test_the_curve_ends_where_hardly_anybody_is_left():
    steps = kaplan_meier([(1.0, True, 50), (2.0, False, 49), (90.0, False, 1)])

    assert last_sure_time(steps) == 2.0
