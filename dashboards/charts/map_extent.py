"""The part of a map that a card shows, as source and props of the drawing."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

from dashboards.charts import atlas, projection, topology
from dashboards.charts.topology import Box

#: Degrees that a fitted map shows at least, and its furthest ends.
LEAST, WORLD = 4.0, (topology.CUT, -56.0, topology.CUT + 360, 78.0)
#: A fitted map wider than this many degrees is right at this latitude and not in its own middle,
#: which may be the equator, where hardly anybody is.
WIDE, RIGHT_AT = 150.0, 38.0
#: Land at the ends of the regions that do not depend on data: Iceland, Nordkapp, Cyprus and
#: Portugal; Alaska, Chukotka, New Zealand, Cape Horn and Greenland.
ENDS = {
    "europe": ([-23.0, 27.0, 34.0, -9.5], [65.5, 71.2, 34.6, 36.9]),
    "world": ([-168.0, 190.0, 178.5, -67.0, -30.0], [60.0, 66.0, -37.7, -56.0, 83.6]),
}


def around(boxes: Iterable[Box]) -> Box:
    """What holds all boxes, but not less than a few degrees nor more than the world."""
    west, south, east, north = topology.joined(boxes)
    more = max(0.0, (LEAST - max(east - west, north - south)) / 2)
    west, south, east, north = topology.wider((west, south, east, north), more)
    if east - west > 300:
        west, east = WORLD[0], WORLD[2]
    return west, max(south, WORLD[1]), east, min(north, WORLD[3])


def extent(region: str, box: Box) -> tuple[dict[str, Any], dict[str, Any]]:
    """``box`` holds the data, in degrees; it counts where the region is fitted to it."""
    scale = 1.0
    if region == "fit":
        unit = atlas.DETAILS[region].unit
        is_wide = box[2] - box[0] > WIDE
        scale = round(projection.east(*((RIGHT_AT, RIGHT_AT) if is_wide else box[1::2])), 3)
        west, south, east, north = (edge / unit for edge in box)
    else:
        west, south, east, north = _fixed(region)
    part = {
        "x": [round((west + east) / 2, 1)], "y": [round((south + north) / 2, 1)],
        "width": [round(east - west, 1)], "height": [round(north - south, 1)],
    }  # fmt: skip
    return {"extent": part}, {"plot": {"aspect_scale": scale}}


@cache
def _fixed(region: str) -> Box:
    x, y = atlas.places(region, *ENDS[region])
    return min(x), min(y), max(x), max(y)
