"""Draw carts with their whole fate: items, abandonment, mails and orders, also those still to come.

What is later than "now" is not cut here: `load` and `simulate` show it when its time has come, so
the history and the live shop follow the same rules. Columns are numpy arrays, one entry per row;
times are int64 seconds (`NEVER` = does not happen), money is int64 cents.
"""

from dataclasses import dataclass, field

import numpy as np

from portal.demo import catalog, story
from portal.demo.story import ADDED, CHECKOUT, CREATED, ORDERED, PAYMENT

NEVER = np.iinfo(np.int64).max // 4
Columns = dict[str, np.ndarray]


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
    tastes: np.ndarray = field(init=False)  # cumulated choice of products, (segments, products)

    def __post_init__(self):
        prices = np.array(catalog.products(self.seed)["price"], dtype=np.int64)
        popularity = np.random.default_rng([self.seed, 1]).permutation(len(prices)) + 12.0
        choice = (1 / popularity**0.75) * (prices[None, :] / 5000) ** (
            story.SEGMENT_TASTE[:, None] - 0.30
        )
        object.__setattr__(self, "outage", story.outage(self.start, self.end))
        total = story.weights(self.start, self.end, self.history)[1].sum()
        object.__setattr__(self, "scale", self.carts / total)
        object.__setattr__(self, "prices", prices)
        object.__setattr__(self, "tastes", np.cumsum(choice, 1) / choice.sum(1, keepdims=True))

    @property
    def history(self) -> tuple[int, int]:
        return self.start, self.end

    @property
    def customers_before(self) -> int:
        return max(100, round(self.carts * story.CUSTOMERS_BEFORE))

    # Attributes follow from the id alone, so nothing about millions of customers is kept in memory.
    def segment(self, ids: np.ndarray) -> np.ndarray:
        chance = self._chance(ids, 1)
        before = pick(story.P_SEGMENT_BEFORE, chance)
        return np.where(ids <= self.customers_before, before, pick(story.P_SEGMENT_SINCE, chance))

    def country(self, ids: np.ndarray) -> np.ndarray:
        shares = np.array([share for share, *_ in story.COUNTRIES.values()])
        return pick(shares, self._chance(ids, 2))

    def consent(self, ids: np.ndarray) -> np.ndarray:
        return self._chance(ids, 3) < story.SEGMENT_CONSENT[self.segment(ids)]

    def customers(self, ids: np.ndarray, created: np.ndarray) -> Columns:
        return {
            "id": ids,
            "first": (self._chance(ids, 4) * len(catalog.FIRST_NAMES)).astype(int),
            "last": (self._chance(ids, 5) * len(catalog.LAST_NAMES)).astype(int),
            "city": self._chance(ids, 6),
            "country": self.country(ids),
            "segment": self.segment(ids),
            "consent": self.consent(ids),
            "created_at": created,
        }

    def _chance(self, ids: np.ndarray, stream: int) -> np.ndarray:
        """Number in [0, 1) that depends on seed, stream and id only (splitmix64)."""
        salt = (self.seed * 1_000_003 + stream) * 0x9E3779B97F4A7C15 & 0xFFFFFFFFFFFFFFFF
        z = ids.astype(np.uint64) * np.uint64(0xD1342543DE82EF95) + np.uint64(salt)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return ((z ^ (z >> np.uint64(31))) >> np.uint64(11)) / 2.0**53


def pick(shares: np.ndarray, chance: np.ndarray) -> np.ndarray:
    """Index of a share by a number in [0, 1); shares need not add up to exactly 1."""
    edges = np.cumsum(shares)
    return np.searchsorted(edges[:-1] / edges[-1], chance, side="right")


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
    _shop(world, carts, rng)
    messages = _mails(world, carts, counters, rng)
    items = _items(world, carts, counters, rng)
    orders = _orders(carts, items, counters)
    _finish(carts)
    return Chunk(customers, carts, items, messages, orders)


def _carts(world, times, counters, rng) -> tuple[Columns, Columns]:
    n = len(times)
    known = counters.customers - 1
    # Of two customers the better one comes: loyal customers shop more often.
    one, other = rng.integers(1, known + 1, (2, n))
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


def _shop(world, carts, rng) -> None:
    """The visit: how far the customer gets, and when."""
    created, device, n = carts["created_at"], carts["device"], len(carts["id"])
    lean = np.array([factor for _, factor, *_ in story.COUNTRIES.values()])[carts["country"]]
    lean = lean * story.SEGMENT_ORDERS[carts["segment"]]
    filled = rng.random(n) < story.P_ITEMS
    added = created + rng.integers(5, 90, n)
    browsed = added + _seconds(rng, n, 5 * story.MINUTE, 0.9)
    checkout = filled & (rng.random(n) < story.P_CHECKOUT[device] * lean)
    payment = checkout & (rng.random(n) < story.P_PAYMENT[device])
    paid = browsed + _seconds(rng, n, 110, 0.6)
    down = (paid >= world.outage[0]) & (paid < world.outage[1])
    works = np.where(down, story.OUTAGE_FACTOR, 1.0)
    order = payment & (rng.random(n) < story.P_ORDER[device] * works)
    ordered = paid + _seconds(rng, n, 70, 0.6)
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


def _seconds(rng, n, median, sigma, *, longest=story.LONGEST_STEP) -> np.ndarray:
    """Lognormal durations in whole seconds, at most ``longest``."""
    return np.minimum(rng.lognormal(np.log(median), sigma, n), longest).astype(np.int64) + 1


def _mails(world, carts, counters, rng) -> Columns:
    """Come back alone or by a mail; returns the mails and sets the orders that follow from them."""
    n, abandoned = len(carts["id"]), carts["abandoned_at"]
    left = carts["filled"] & (abandoned < NEVER)
    consent = world.consent(carts["customer_id"])
    soon = left & consent & (rng.random(n) < story.P_ALONE)
    late = left & ~consent & (rng.random(n) < story.P_ALONE_LATER)
    order = carts["ordered_at"].copy()
    order[soon] = abandoned[soon] + rng.integers(120, story.IDLE - 120, int(soon.sum()))
    order[late] = abandoned[late] + _seconds(
        rng, int(late.sum()), 16 * story.HOUR, 1.1, longest=6.5 * story.DAY
    )
    carts["campaign_id"] = np.zeros(n, dtype=np.int64)
    carts["contacted_at"] = np.full(n, NEVER)
    open_ = left & consent & ~soon
    lucky = rng.random(n) < 0.5  # Discount and Free shipping take turns by chance: an A/B test
    offered = abandoned >= story.free_shipping_start(*world.history) - 48 * story.HOUR
    third = np.where(lucky & offered, 4, 3)
    steps = []
    for campaign in (np.full(n, 1), np.full(n, 2), third):
        rows = np.flatnonzero(open_)
        mails = _step(carts, order, rows, campaign[rows], rng)
        steps.append(mails)
        stop = rows[mails["bounced"] | mails["unsubscribed"]]
        open_[stop] = False
        # An order ends the mails that come after it, not one that was sent before.
        delay = (24 if len(steps) == 1 else 48) * story.HOUR + story.MAIL_DELAY
        open_ &= order > abandoned + delay
    _keep_out_of_outage(world, order, left, rng)
    carts["ordered_at"] = order
    mails = {name: np.concatenate([step[name] for step in steps]) for name in steps[0]}
    return {"id": counters.take("messages", len(mails["cart_id"])), **mails}


def _step(carts, order, rows, campaign, rng) -> Columns:
    """One mail to each cart of ``rows``; sets order and campaign of those it brings back."""
    _, _, delay, _, *rates = zip(*story.CAMPAIGNS.values(), strict=True)
    p_open, p_click, p_order = (np.array(rate)[campaign - 1] for rate in rates)
    n = len(rows)
    sent = carts["abandoned_at"][rows] + np.array(delay)[campaign - 1]
    sent += rng.integers(0, story.MAIL_DELAY, n)
    bounced = rng.random(n) < story.P_BOUNCE
    delivered = np.where(bounced, NEVER, sent + rng.integers(2, 40, n))
    opens = ~bounced & (rng.random(n) < p_open)
    opened = delivered + _seconds(rng, n, 75 * story.MINUTE, 1.5, longest=60 * story.HOUR)
    # Who comes back by an earlier mail does not click a later one: one order has one campaign.
    clicks = opens & (rng.random(n) < p_click) & (carts["campaign_id"][rows] == 0)
    clicked = opened + _seconds(rng, n, 40, 0.8)
    returns = clicks & (rng.random(n) < p_order / (p_open * p_click))
    back = rows[returns]
    takes = _seconds(rng, len(back), 20 * story.MINUTE, 1.0, longest=18 * story.HOUR)
    order[back] = clicked[returns] + 240 + takes
    carts["campaign_id"][back] = campaign[returns]
    carts["contacted_at"][rows] = np.minimum(carts["contacted_at"][rows], sent)
    return {
        "campaign_id": campaign,
        "cart_id": carts["id"][rows],
        "customer_id": carts["customer_id"][rows],
        "sent_at": sent,
        "delivered_at": delivered,
        "opened_at": np.where(opens, opened, NEVER),
        "clicked_at": np.where(clicks, clicked, NEVER),
        "bounced": bounced,
        "unsubscribed": opens & ~clicks & (rng.random(n) < story.P_UNSUBSCRIBE / p_open),
    }


def _keep_out_of_outage(world, order, left, rng) -> None:
    """Who comes back while the payment provider fails, pays later that day."""
    begin, end = world.outage
    blocked = left & (order >= begin) & (order < end)
    order[blocked] = end + rng.integers(300, 3 * story.HOUR, int(blocked.sum()))


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


def _orders(carts, items, counters) -> Columns:
    spent = np.bincount(
        items["cart"], items["bought"] * items["quantity"] * items["price"], len(carts["id"])
    )
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
