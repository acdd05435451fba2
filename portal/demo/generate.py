"""Draw carts with their whole fate: items, abandonment, mails and orders, also those still to come.

What is later than "now" is not cut here: `load` and `simulate` show it when its time has come, so
the history and the live shop follow the same rules. Columns are numpy arrays, one entry per row;
times are int64 seconds (`NEVER` = does not happen), money is int64 cents.
"""

from dataclasses import dataclass, field

import numpy as np

from portal.demo import catalog, experiments, mails, story
from portal.demo.draws import NEVER, Columns, joined, pick, seconds
from portal.demo.story import ADDED, CHECKOUT, CREATED, ORDERED, PAYMENT


@dataclass(slots=True)
class Counters:
    """The next free id of each table."""

    customers: int = 1
    carts: int = 1
    items: int = 1
    messages: int = 1
    orders: int = 1

    def take(self, table: str, n: int) -> np.ndarray:
        first = getattr(self, table)
        setattr(self, table, first + n)
        return np.arange(first, first + n, dtype=np.int64)


@dataclass(slots=True)
class Chunk:
    """Rows of some carts, in the order in which they may be inserted."""

    customers: Columns
    carts: Columns
    items: Columns
    messages: Columns
    orders: Columns
    units: Columns  # carts in experiments


@dataclass(frozen=True, slots=True)
class World:
    """What all carts share. The same arguments give the same shop."""

    seed: int
    carts: int  # in the history
    start: int  # seconds
    end: int  # seconds
    outage: tuple[int, int] = field(init=False)
    scale: float = field(init=False)  # carts per second at an intensity of 1
    prices: np.ndarray = field(init=False)  # cents by product id - 1
    costs: np.ndarray = field(init=False)  # cents by product id - 1
    tastes: np.ndarray = field(init=False)  # cumulated choice of products, (segments, products)

    def __post_init__(self):
        products = catalog.products(self.seed)
        prices = np.array(products["price"], dtype=np.int64)
        popularity = np.random.default_rng([self.seed, 1]).permutation(len(prices)) + 12.0
        choice = (1 / popularity**0.75) * (prices[None, :] / 5000) ** (
            story.SEGMENT_TASTE[:, None] - 0.30
        )
        object.__setattr__(self, "outage", story.outage(self.start, self.end))
        total = story.weights(self.start, self.end, self.history)[1].sum()
        object.__setattr__(self, "scale", self.carts / total)
        object.__setattr__(self, "prices", prices)
        object.__setattr__(self, "costs", np.array(products["cost"], dtype=np.int64))
        object.__setattr__(self, "tastes", np.cumsum(choice, 1) / choice.sum(1, keepdims=True))

    @property
    def history(self) -> tuple[int, int]:
        return self.start, self.end

    @property
    def customers_before(self) -> int:
        return max(100, round(self.carts * story.CUSTOMERS_BEFORE))

    # Attributes follow from the id alone, so nothing about millions of customers is kept in memory.
    def segment(self, ids: np.ndarray) -> np.ndarray:
        chance = self.chance(ids, 1)
        before = pick(story.P_SEGMENT_BEFORE, chance)
        return np.where(ids <= self.customers_before, before, pick(story.P_SEGMENT_SINCE, chance))

    def country(self, ids: np.ndarray) -> np.ndarray:
        shares = np.array([share for share, *_ in story.COUNTRIES.values()])
        return pick(shares, self.chance(ids, 2))

    def consent(self, ids: np.ndarray) -> np.ndarray:
        return self.chance(ids, 3) < story.SEGMENT_CONSENT[self.segment(ids)]

    def customers(self, ids: np.ndarray, created: np.ndarray) -> Columns:
        return {
            "id": ids,
            "first": (self.chance(ids, 4) * len(catalog.FIRST_NAMES)).astype(int),
            "last": (self.chance(ids, 5) * len(catalog.LAST_NAMES)).astype(int),
            "city": self.chance(ids, 6),
            "country": self.country(ids),
            "segment": self.segment(ids),
            "consent": self.consent(ids),
            "created_at": created,
            "earlier_order_at": self._earlier_order(ids, created),
        }

    def _earlier_order(self, ids: np.ndarray, created: np.ndarray) -> np.ndarray:
        """First order before the history, of those customers who are older than it."""
        ordered = (ids <= self.customers_before) & (
            self.chance(ids, 7) < story.P_ORDERED_BEFORE[self.segment(ids)]
        )
        # Most soon after they came to us: a square of a chance.
        since = (self.start - created) * self.chance(ids, 8) ** 2
        return np.where(ordered, created + since.astype(np.int64), NEVER)

    def chance(self, ids: np.ndarray, stream: int) -> np.ndarray:
        """Number in [0, 1) that depends on seed, stream and id only (splitmix64)."""
        salt = (self.seed * 1_000_003 + stream) * 0x9E3779B97F4A7C15 & 0xFFFFFFFFFFFFFFFF
        z = ids.astype(np.uint64) * np.uint64(0xD1342543DE82EF95) + np.uint64(salt)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return ((z ^ (z >> np.uint64(31))) >> np.uint64(11)) / 2.0**53


def spread(edges: np.ndarray, counts: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Sorted times: ``counts[i]`` of them in [edges[i], edges[i + 1])."""
    width = np.repeat(np.diff(edges), counts)
    return np.sort(
        np.repeat(edges[:-1], counts) + (rng.random(len(width)) * width).astype(np.int64)
    )


def first_customers(world: World, counters: Counters) -> Columns:
    """Customers of the two years before the history."""
    rng = np.random.default_rng([world.seed, 2])
    ids = counters.take("customers", world.customers_before)
    return world.customers(ids, np.sort(world.start - rng.integers(1, 730 * story.DAY, len(ids))))


def draw(world: World, times: np.ndarray, counters: Counters, rng: np.random.Generator) -> Chunk:
    """Carts created at ``times`` (sorted) with everything that will ever happen to them."""
    customers, carts = _carts(world, times, counters, rng)
    at_checkout = _shop(world, carts, rng)
    messages, by_mail = mails.draw(world, carts, counters, rng)
    items = _items(world, carts, counters, rng)
    orders = _orders(world, carts, items, counters)
    _finish(carts)
    return Chunk(customers, carts, items, messages, orders, joined([at_checkout, *by_mail]))


def _carts(world, times, counters, rng) -> tuple[Columns, Columns]:
    n = len(times)
    known = counters.customers - 1
    # Of two customers the better one comes: loyal customers shop more often, and recent ones.
    one, other = known - (known * rng.random((2, n)) ** story.LOYALTY).astype(np.int64)
    who = np.where(world.segment(other) > world.segment(one), other, one)
    first = rng.random(n) < story.P_FIRST_CART
    who[first] = counters.take("customers", int(first.sum()))
    registered = times[first] - rng.integers(20, 300, int(first.sum()))
    carts = {
        "id": counters.take("carts", n),
        "customer_id": who,
        "created_at": times,
        "segment": world.segment(who),
        "country": world.country(who),
        "device": pick(story.P_DEVICE, rng.random(n)),
    }
    return world.customers(who[first], registered), carts


def _shop(world, carts, rng) -> Columns:
    """The visit: how far the customer gets, and when. Returns who is in a test at the checkout."""
    created, device, n = carts["created_at"], carts["device"], len(carts["id"])
    lean = np.array([factor for _, factor, *_ in story.COUNTRIES.values()])[carts["country"]]
    lean = lean * story.SEGMENT_ORDERS[carts["segment"]]
    filled = rng.random(n) < story.P_ITEMS
    added = created + rng.integers(5, 90, n)
    browsed = added + seconds(rng, n, 5 * story.MINUTE, 0.9)
    checkout = filled & (rng.random(n) < story.P_CHECKOUT[device] * lean)
    payment = checkout & (rng.random(n) < story.P_PAYMENT[device])
    paid = browsed + seconds(rng, n, 110, 0.6)
    down = (paid >= world.outage[0]) & (paid < world.outage[1])
    works = np.where(down, story.OUTAGE_FACTOR, 1.0)
    works = works * experiments.lift(world, experiments.DELIVERY, carts["id"], browsed)
    order = payment & (rng.random(n) < story.P_ORDER[device] * works)
    ordered = paid + seconds(rng, n, 70, 0.6)
    last = np.where(payment, paid, browsed)
    stage = np.select(
        [order, payment, checkout, filled], [ORDERED, PAYMENT, CHECKOUT, ADDED], CREATED
    )
    carts.update(
        stage=stage,
        filled=filled,
        items_added_at=np.where(filled, added, NEVER),
        browsed_at=browsed,
        checkout_started_at=np.where(checkout, browsed, NEVER),
        payment_at=np.where(payment, paid, NEVER),
        ordered_at=np.where(order, ordered, NEVER),
        abandoned_at=np.where(order, NEVER, last + story.IDLE),
        abandoned_stage=np.where(order, -1, stage),
        last_activity_at=np.where(order, ordered, last),
    )
    rows = np.flatnonzero(checkout & experiments.runs(world, experiments.DELIVERY, browsed))
    arm = experiments.variant(world, experiments.DELIVERY, carts["id"][rows])
    return experiments.units(experiments.DELIVERY, carts, rows, arm, browsed[rows])


def _items(world, carts, counters, rng) -> Columns:
    rows = np.flatnonzero(carts["filled"])
    lines = 1 + pick(story.P_LINES, rng.random(len(rows)))
    cart = np.repeat(rows, lines)
    n = len(cart)
    chance, segment = rng.random(n), carts["segment"][cart]
    product = np.empty(n, dtype=np.int64)
    for code, edges in enumerate(world.tastes):
        of_segment = segment == code
        product[of_segment] = np.searchsorted(edges[:-1], chance[of_segment], side="right")
    quantity = 1 + pick(story.P_QUANTITY, rng.random(n))
    price = world.prices[product]
    first = np.diff(cart, prepend=-1) != 0
    kept = first | (rng.random(n) < story.P_LINE_KEPT)
    carts["items"] = np.bincount(cart, quantity, len(carts["id"])).astype(np.int64)
    carts["value"] = np.bincount(cart, quantity * price, len(carts["id"])).astype(np.int64)
    return {
        "id": counters.take("items", n),
        "cart": cart,
        "cart_id": carts["id"][cart],
        "product_id": product + 1,
        "quantity": quantity,
        "price": price,
        "bought": kept & (carts["ordered_at"][cart] < NEVER),
    }


def _orders(world, carts, items, counters) -> Columns:
    bought, n = items["bought"] * items["quantity"], len(carts["id"])
    spent = np.bincount(items["cart"], bought * items["price"], n)
    cost = np.bincount(items["cart"], bought * world.costs[items["product_id"] - 1], n)
    rows = np.flatnonzero(carts["ordered_at"] < NEVER)
    goods, campaign = spent[rows].astype(np.int64), carts["campaign_id"][rows]
    percent = np.array([0, *(values[3] for values in story.CAMPAIGNS.values())])[campaign]
    discount = np.where(
        campaign == 4, np.minimum(story.SHIPPING_FEE, goods), goods * percent // 100
    )
    direct = carts["abandoned_at"][rows] == NEVER
    return {
        "id": counters.take("orders", len(rows)),
        "cart_id": carts["id"][rows],
        "customer_id": carts["customer_id"][rows],
        "created_at": carts["ordered_at"][rows],
        "total": goods - discount,
        "discount": discount,
        "cost": cost[rows].astype(np.int64),
        "kind": np.select([direct, campaign > 0], [0, 1], 2),
        "campaign_id": campaign,
    }


def _finish(carts) -> None:
    """Columns that follow from the others: the second visit of who comes back, and the end."""
    order, abandoned = carts["ordered_at"], carts["abandoned_at"]
    ordered, returned = order < NEVER, (order < NEVER) & (abandoned < NEVER)
    by_mail = returned & (carts["campaign_id"] > 0)
    carts["stage"] = np.where(ordered, ORDERED, carts["stage"])
    for step, before in (("checkout_started_at", 200), ("payment_at", 70)):
        carts[step] = np.where(returned & (carts[step] == NEVER), order - before, carts[step])
    carts["last_activity_at"] = np.where(returned, order, carts["last_activity_at"])
    carts["recovered_at"] = np.where(by_mail, order, NEVER)
    carts["lost_at"] = np.where(ordered, NEVER, abandoned + story.WINDOW)
    # Codes of rows.STATUSES: completed, recovered, self_recovered, lost.
    carts["status"] = np.select([~ordered, ~returned, by_mail], [3, 0, 1], 2)
