"""Columns of `generate` as rows of PostgreSQL: names for codes, then COPY."""

import io

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from portal.demo import catalog, experiments, story
from portal.demo.generate import NEVER, Columns

STATUSES = ["completed", "recovered", "self_recovered", "lost"]
KINDS = ["direct", "recovered", "self_recovered"]
TIMES = (
    "created_at", "last_activity_at", "checkout_started_at", "payment_at", "ordered_at",
    "abandoned_at", "contacted_at", "recovered_at", "sent_at", "delivered_at", "opened_at",
    "clicked_at", "items_added_at", "browsed_at", "lost_at", "next_at", "exposed_at",
)  # fmt: skip
MONEY = ("value", "price", "total", "discount", "cost")
CART = (
    "id", "customer_id", "created_at", "last_activity_at", "stage", "abandoned_stage", "device",
    "country", "shop", "segment", "items", "value", "checkout_started_at", "payment_at",
    "ordered_at", "abandoned_at", "contacted_at", "recovered_at", "status",
)  # fmt: skip
PLANNED_CART = (*CART, "items_added_at", "browsed_at", "lost_at", "next_at")
ITEM = ("id", "cart_id", "product_id", "quantity", "price", "bought")
MESSAGE = (
    "id", "campaign_id", "cart_id", "customer_id", "sent_at", "delivered_at", "opened_at",
    "clicked_at", "bounced", "unsubscribed",
)  # fmt: skip
PLANNED_MESSAGE = (*MESSAGE, "next_at")
ORDER = (
    "id", "cart_id", "customer_id", "created_at", "total", "discount", "cost", "kind",
    "campaign_id",
)  # fmt: skip
UNIT = ("experiment_id", "cart_id", "customer_id", "variant", "exposed_at")


def copy(cursor, table: str, columns: dict, *, freeze: bool = False) -> None:
    """COPY columns (numpy, Arrow or lists) into ``table``.

    ``freeze`` spares a later VACUUM; only for a table made in the same transaction."""
    rows = pa.table(columns)
    if not rows.num_rows:
        return
    text = io.BytesIO()
    csv.write_csv(rows, text, csv.WriteOptions(include_header=False))
    text.seek(0)
    options = "FORMAT csv, FREEZE" if freeze else "FORMAT csv"
    cursor.copy_expert(f"COPY {table} ({', '.join(columns)}) FROM STDIN WITH ({options})", text)


def write(cursor, chunk, *, planned: bool) -> None:
    """Insert a chunk: its carts as they end, or (``planned``) as fates that are not shown yet."""
    copy(cursor, "customers", customers(chunk.customers), freeze=not planned)
    schema = "demo.planned_" if planned else ""
    carts, messages = dict(chunk.carts), dict(chunk.messages)
    carts["next_at"], messages["next_at"] = carts["created_at"], messages["sent_at"]
    for table, columns, names in (
        (
            schema + "carts" if planned else "cart_sessions",
            carts,
            PLANNED_CART if planned else CART,
        ),
        (schema + "items" if planned else "cart_items", chunk.items, ITEM),
        (
            schema + "messages" if planned else "campaign_messages",
            messages,
            PLANNED_MESSAGE if planned else MESSAGE,
        ),
        (schema + "orders", chunk.orders, ORDER),
        (schema + "units" if planned else "experiment_units", chunk.units, UNIT),
    ):
        copy(cursor, table, _named(columns, names), freeze=not planned)


def customers(columns: Columns) -> dict:
    first = pa.array(catalog.FIRST_NAMES).take(pa.array(columns["first"]))
    last = pa.array(catalog.LAST_NAMES).take(pa.array(columns["last"]))
    number = pa.array(columns["id"]).cast(pa.string())
    local = pc.utf8_lower(pc.binary_join_element_wise(first, last, number, "."))
    # Cities of all countries in one list, and where those of each country begin.
    lists = [cities for *_, cities in story.COUNTRIES.values()]
    sizes = np.array([len(cities) for cities in lists])[columns["country"]]
    starts = np.cumsum([0, *(len(cities) for cities in lists)])[columns["country"]]
    city = starts + (columns["city"] * sizes).astype(int)
    return {
        "id": columns["id"],
        "email": pc.binary_join_element_wise(local, "example.com", "@"),
        "name": pc.binary_join_element_wise(first, last, " "),
        "country": pa.array(list(story.COUNTRIES)).take(pa.array(columns["country"])),
        "city": pa.array([name for cities in lists for name in cities]).take(pa.array(city)),
        "segment": pa.array(story.SEGMENTS).take(pa.array(columns["segment"])),
        "consent": columns["consent"],
        "created_at": _time(columns["created_at"]),
        "earlier_order_at": _time(columns["earlier_order_at"]),
    }


def _named(columns: Columns, names: tuple[str, ...]) -> dict:
    return {name: _value(name, columns) for name in names}


def _value(name: str, columns: Columns):
    if name == "shop":
        shops = [shop for *_, shop, _ in story.COUNTRIES.values()]
        return pa.array(shops).take(pa.array(columns["country"]))
    values = columns[name]
    if name == "variant":
        position = experiments.names(columns["experiment_id"], values)
        return pa.array(experiments.all_names()).take(pa.array(position))
    if name in TIMES:
        return _time(values)
    if name in MONEY:
        return values / 100
    words = {
        "stage": story.STAGES,
        "abandoned_stage": story.STAGES,
        "device": story.DEVICES,
        "segment": story.SEGMENTS,
        "country": list(story.COUNTRIES),
        "status": STATUSES,
        "kind": KINDS,
    }.get(name)
    if words:
        return pa.array(words).take(pa.array(values, mask=values < 0))
    if name == "campaign_id":
        return pa.array(values, mask=values == 0)
    return values


def _time(seconds: np.ndarray) -> pa.Array:
    return pa.array(seconds, mask=seconds == NEVER).cast(pa.timestamp("s", "UTC"))
