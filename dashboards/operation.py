"""The portal's own tables of this app, for datasets of the kind "portal"."""

from collections.abc import Iterator

from dashboards.models import PageLoad
from datasets import operation
from datasets.operation import COUNT, FLAG, INSTANT, TEXT


@operation.table(
    "page_loads",
    "How long people waited for pages and for answers to their choices, of 30 days; milliseconds",
    at=INSTANT, kind=TEXT, dashboard=TEXT, cards=COUNT, first_byte=COUNT, first_paint=COUNT,
    first_screen=COUNT, all_cards=COUNT, phone=FLAG,
)  # fmt: skip
def page_loads() -> Iterator[tuple]:
    """Without the person: who waited is nobody's business."""
    found = PageLoad.objects.order_by("pk").values_list(
        "at", "kind", "dashboard__title", "cards", "first_byte", "first_paint", "first_screen",
        "all_cards", "phone",
    )  # fmt: skip
    return found.iterator(operation.CHUNK)
