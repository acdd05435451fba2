"""Every number of the demo shop, with its reason. Benchmarks: Baymard 2025, Dynamic Yield, Klaviyo.

Times are seconds since 1970 (UTC) as int64, durations are seconds, money is EUR cents as int64.
Shares are fractions of 1.
"""

from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np

MINUTE, HOUR, DAY = 60, 3600, 86_400
LOCAL = ZoneInfo("Europe/Berlin")  # the shop's rhythm follows the clock of most customers

CARTS = 200_000
DAYS = 180
SEED = 1

# --- When carts are created -----------------------------------------------------------------------
GROWTH = 0.35  # more carts per day at the end than at the start; level afterwards
# Relative carts per local hour 0-23: nights quiet but alive, a bump at lunch, the peak at 20-21 h.
HOURS = np.array(
    [.42, .28, .22, .20, .20, .24, .36, .58, .80, .95, 1.05, 1.15,
     1.38, 1.22, 1.08, 1.06, 1.12, 1.22, 1.40, 1.72, 2.02, 1.98, 1.45, .80]
)  # fmt: skip
WEEKDAYS = np.array([1.02, 0.96, 0.94, 0.96, 0.92, 0.95, 1.25])  # Monday to Sunday: Sundays sell
SALE_PEAK = 3.5 * DAY  # before the end of the history: a week of offers, over by then
SALE_WIDTH = 1.3 * DAY  # standard deviation of the bump
SALE_HEIGHT = 0.75  # more carts at its top
BIN = 15 * MINUTE  # the rhythm is taken as level within a bin

# --- What happens in a cart -----------------------------------------------------------------------
STAGES = ["Cart Created", "Items Added", "Checkout Started", "Payment Info", "Order Complete"]
CREATED, ADDED, CHECKOUT, PAYMENT, ORDERED = range(5)
IDLE = 60 * MINUTE  # T: a cart without activity for this long is abandoned
WINDOW = 7 * DAY  # W: an order later than this after abandonment is no recovery; the cart is lost
LONGEST_STEP = 40 * MINUTE  # less than T, or a customer would abandon in the middle of a purchase
CLOSED_AFTER = 9 * DAY  # no cart changes later than this after it was created
P_ITEMS = 0.90  # the rest of the carts stay empty and count in no rate

# Orders by device: the abandonment rate of features.md 3 comes out near 78.5 % on phones, 67 % on
# desktops, 75 % on tablets, 57 % in the app and 70.5 % in all (Baymard: 70.2 %; Dynamic Yield:
# 80 % and 69 %).
DEVICES = ["phone", "desktop", "tablet", "app"]
P_DEVICE = np.array([0.41, 0.38, 0.06, 0.15])
P_CHECKOUT = np.array([0.325, 0.442, 0.362, 0.555])
P_PAYMENT = np.array([0.72, 0.80, 0.75, 0.84])
P_ORDER = np.array([0.57, 0.715, 0.63, 0.77])

# The payment provider fails for five hours of one day in the middle of the history.
OUTAGE_DAY = 96 / 180  # fraction of the history
OUTAGE_HOUR = 15  # local time at which it begins
OUTAGE = 5 * HOUR
OUTAGE_FACTOR = 0.08  # of P_ORDER: only invoices still go through

# --- Customers ------------------------------------------------------------------------------------
SEGMENTS = ["new", "returning", "loyal", "vip"]
P_SEGMENT_BEFORE = np.array([0.10, 0.55, 0.27, 0.08])  # customers older than the history
P_SEGMENT_SINCE = np.array([0.72, 0.20, 0.07, 0.01])
SEGMENT_ORDERS = np.array([0.90, 1.04, 1.12, 1.20])  # factor on P_CHECKOUT: trust grows
SEGMENT_CONSENT = np.array([0.68, 0.80, 0.87, 0.91])
SEGMENT_TASTE = np.array([-0.06, 0.0, 0.06, 0.20])  # exponent on the price of the products chosen
CUSTOMERS_BEFORE = 0.15  # customers older than the history, per cart of the history
P_FIRST_CART = 0.27  # carts of customers who were not there before
LOYALTY = 2.0  # who came to us lately comes back more often: rank from the newest ~ chance ** this
# Share of the customers older than the history who had ordered by then; since when is by chance.
P_ORDERED_BEFORE = np.array([0.12, 1.0, 1.0, 1.0])
# Code: share of customers, factor on P_CHECKOUT, storefront, cities.
COUNTRIES = {
    "DE": (.400, 1.03, "DACH", ["Berlin", "Hamburg", "Munich", "Cologne", "Leipzig", "Stuttgart"]),
    "FR": (.110, 0.98, "France", ["Paris", "Lyon", "Marseille", "Lille"]),
    "NL": (.080, 1.06, "Benelux", ["Amsterdam", "Rotterdam", "Utrecht"]),
    "AT": (.070, 1.02, "DACH", ["Vienna", "Graz", "Linz"]),
    "IT": (.060, 0.90, "South", ["Milan", "Rome", "Turin"]),
    "ES": (.055, 0.92, "South", ["Madrid", "Barcelona", "Valencia"]),
    "BE": (.045, 1.01, "Benelux", ["Brussels", "Antwerp", "Ghent"]),
    "CH": (.045, 1.04, "DACH", ["Zurich", "Basel", "Bern"]),
    "PL": (.025, 0.97, "International", ["Warsaw", "Krakow"]),
    "DK": (.018, 1.03, "International", ["Copenhagen", "Aarhus"]),
    "SE": (.016, 1.02, "International", ["Stockholm", "Gothenburg"]),
    "CZ": (.013, 0.96, "International", ["Prague", "Brno"]),
    "LU": (.010, 1.04, "Benelux", ["Luxembourg"]),
    "FI": (.009, 1.00, "International", ["Helsinki"]),
    "PT": (.008, 0.90, "South", ["Lisbon", "Porto"]),
    "IE": (.008, 0.99, "International", ["Dublin"]),
    "NO": (.007, 1.01, "International", ["Oslo"]),
    "HU": (.006, 0.92, "International", ["Budapest"]),
    "SK": (.005, 0.93, "International", ["Bratislava"]),
    "SI": (.004, 0.95, "International", ["Ljubljana"]),
    "GR": (.003, 0.86, "South", ["Athens"]),
    "HR": (.003, 0.91, "South", ["Zagreb"]),
}  # fmt: skip

# --- What is in a cart ----------------------------------------------------------------------------
P_LINES = np.array([0.47, 0.27, 0.14, 0.08, 0.04])  # 1 to 5 products: 2 on average
P_QUANTITY = np.array([0.90, 0.08, 0.02])  # 1 to 3 pieces
P_LINE_KEPT = 0.94  # of an order's lines; the first one is always bought

# --- Mails and recoveries -------------------------------------------------------------------------
# Healthy shops recover 8-12 % of the contacted carts; before Free shipping this one has about 8 %,
# with it 10 %. Opens near 48 % and clicks near 12 % of the mails sent (Klaviyo: 50 and 6-13 %).
# Id: name, kind, delay after abandonment, percent off, open rate, clicks per open, orders per mail.
CAMPAIGNS = {
    1: ("Reminder 1 h", "reminder", 1 * HOUR, 0, 0.50, 0.255, 0.047),
    2: ("Reminder 24 h", "reminder", 24 * HOUR, 0, 0.47, 0.235, 0.024),
    3: ("Discount 10 %", "discount", 48 * HOUR, 10, 0.46, 0.260, 0.014),
    4: ("Free shipping", "free_shipping", 48 * HOUR, 0, 0.49, 0.310, 0.058),
}
FREE_SHIPPING_START = 0.45  # fraction of the history; from then half of the discount's carts
SHIPPING_FEE = 495  # cents; what Free shipping gives away
MAIL_DELAY = 5 * MINUTE  # a mail leaves at most this long after it is due
P_BOUNCE = 0.008
P_UNSUBSCRIBE = 0.004  # of delivered mails
P_ALONE = 0.012  # self-recovered in the hour before the first mail
P_ALONE_LATER = 0.055  # self-recovered within W, of carts nobody may write to
P_ALONE_HELD_OUT = 0.042  # of carts that were held out: half of what the mails seem to bring
P_SLOW = 0.30  # of those who come back by a mail: not at once but days after the click
SLOW_RETURN = 1.6 * DAY  # median
LAST_RETURN = 9 * HOUR  # before the end of W at the latest; longer than an outage delays
# What the mails cost, EUR: the service per mail, and the tool per day and campaign at CARTS / DAYS.
MESSAGE_COST = 0.004
TOOL_COST = 9.0


def intensity(times: np.ndarray, start: int, end: int) -> np.ndarray:
    """Relative number of carts per second at ``times``; the history is [start, end)."""
    hour, weekday = local_clock(times)
    growth = 1 + GROWTH * np.clip((times - start) / (end - start), 0, 1)
    sale = 1 + SALE_HEIGHT * np.exp(-0.5 * ((times - (end - SALE_PEAK)) / SALE_WIDTH) ** 2)
    day = np.interp(hour, np.arange(25), np.append(HOURS, HOURS[0]))
    return growth * sale * day * WEEKDAYS[weekday]


def local_clock(times: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Local hour as a fraction [0, 24) and weekday (0 = Monday) of each time."""
    hours, where = np.unique(times // HOUR, return_inverse=True)
    offsets = [datetime.fromtimestamp(int(h) * HOUR, LOCAL).utcoffset().seconds for h in hours]
    local = times + np.array(offsets, dtype=np.int64)[where]
    return (local % DAY) / HOUR, (local // DAY + 3) % 7  # 1970-01-01 was a Thursday


def bins(start: int, end: int) -> tuple[np.ndarray, np.ndarray]:
    """Edges of the bins that cover [start, end), shape (n + 1,), and their middles, shape (n,)."""
    edges = np.append(np.arange(start, end, BIN, dtype=np.int64), end)
    return edges, (edges[:-1] + edges[1:]) // 2


def weights(start: int, end: int, history: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Edges of the bins of [start, end) and the relative number of carts in each bin."""
    edges, middles = bins(start, end)
    return edges, intensity(middles, *history) * np.diff(edges)


def outage(start: int, end: int) -> tuple[int, int]:
    """First second of the payment provider's failure and the first second after it."""
    day = datetime.fromtimestamp(start + int((end - start) * OUTAGE_DAY), LOCAL)
    begin = int(day.replace(hour=OUTAGE_HOUR, minute=0, second=0, microsecond=0).timestamp())
    return begin, begin + OUTAGE


def free_shipping_start(start: int, end: int) -> int:
    return start + int((end - start) * FREE_SHIPPING_START)
