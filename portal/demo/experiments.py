"""The shop's A/B tests: what was compared, when, and what difference there really is.

Chance assigns each cart by its id and the test alone, so a cart stays in its variant however often
the simulation looks. The unit is the cart, the goal an order within 7 days of the exposure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from portal.demo import story

OFFER, PICTURES, SENDER, DELIVERY, HOLDOUT = 1, 2, 3, 4, 5
MAILED, HELD_OUT = 0, 1  # variants of the holdout
CHANCE = 20  # first of the streams of `World.chance` that assign variants
GOAL = "Order within 7 days of the exposure"
Columns = dict[str, np.ndarray]


@dataclass(frozen=True, slots=True)
class Experiment:
    name: str
    hypothesis: str
    variants: dict[str, float]  # name: share; the first one is the control
    lift: float = 1.0  # factor of the second variant on clicks, or on orders at the checkout
    begin: float = 0.0  # fraction of the history
    end: float | None = None  # None: it still runs
    kind: str = "test"

    def period(self, start: int, end: int) -> tuple[int, int | None]:
        """First second, and the first second after it when it has ended."""
        span = end - start
        last = None if self.end is None else start + int(span * self.end)
        return start + int(span * self.begin), last


EXPERIMENTS = {
    OFFER: Experiment(
        "Discount or free shipping",
        "Free shipping brings more carts back than 10 % off, and costs less.",
        {"Discount 10 %": 0.5, "Free shipping": 0.5},
        begin=story.FREE_SHIPPING_START,
    ),
    PICTURES: Experiment(
        "Pictures in the first reminder",
        "Pictures of the products in the cart bring more clicks than a link to it.",
        {"Link to the cart": 0.5, "Pictures of the products": 0.5},
        lift=1.20,
        begin=0.11,
        end=0.31,
    ),
    SENDER: Experiment(
        "Sender of the second reminder",
        "A mail from a person is trusted more than one from the shop.",
        {"The shop": 0.5, "A person": 0.5},
        begin=0.58,
        end=0.72,
    ),
    DELIVERY: Experiment(
        "Delivery date at the checkout",
        "Who sees the day of delivery at the checkout finishes the order more often.",
        {"No date": 0.5, "Date shown": 0.5},
        lift=1.03,
        begin=0.95,
    ),
    HOLDOUT: Experiment(
        "Recovery mails or none",
        "Mails bring orders that would not have come anyway.",
        {"Mailed": 0.95, "Held out": 0.05},
        kind="holdout",
    ),
}


def variant(world, experiment: int, carts: np.ndarray) -> np.ndarray:
    """Which variant each cart (id) is in: 0 or 1."""
    control = next(iter(EXPERIMENTS[experiment].variants.values()))
    return (world.chance(carts, CHANCE + experiment) >= control).astype(np.int64)


def runs(world, experiment: int, times: np.ndarray) -> np.ndarray:
    """Whether the test runs at each time."""
    begin, end = EXPERIMENTS[experiment].period(*world.history)
    return (times >= begin) & (times < (np.inf if end is None else end))


def lift(world, experiment: int, carts: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Factor on what the test changes, for carts (ids) that meet it at ``times``."""
    changed = runs(world, experiment, times) & (variant(world, experiment, carts) == 1)
    return np.where(changed, EXPERIMENTS[experiment].lift, 1.0)


def units(experiment: int, carts: Columns, rows: np.ndarray, arm, exposed: np.ndarray) -> Columns:
    """Rows of the table experiment_units for some of the carts."""
    return {
        "experiment_id": np.full(len(rows), experiment, dtype=np.int64),
        "cart_id": carts["id"][rows],
        "customer_id": carts["customer_id"][rows],
        "variant": np.asarray(arm, dtype=np.int64),
        "exposed_at": exposed,
    }


def names(experiment: np.ndarray, arm: np.ndarray) -> np.ndarray:
    """Position of each variant's name in `all_names`."""
    return (experiment - 1) * 2 + arm


def all_names() -> list[str]:
    return [name for known in EXPERIMENTS.values() for name in known.variants]
