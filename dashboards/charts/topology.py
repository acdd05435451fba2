"""Outlines as arcs that neighbours share (TopoJSON): simplified once, so no gaps open between them.

Thinning is that of Visvalingam and Whyatt (1993), The Cartographic Journal 30(1): the point that
spans the smallest triangle with its neighbours goes first. Here all points go at once that span
less than both of their neighbours do."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Ring: TypeAlias = NDArray[np.float64]  # shape (n, 2): degrees east and north
Box: TypeAlias = tuple[float, float, float, float]  # west, south, east, north
#: Per polygon its rings, outer one first; a ring is a list of arcs, negative where backwards.
Parts: TypeAlias = list[list[list[int]]]
CUT = -169.5  # degrees east, where a map of the world ends


def decoded(topology: dict[str, Any]) -> list[Ring]:
    """The arcs in degrees; the file has them as differences of whole numbers."""
    scale = np.array(topology["transform"]["scale"])
    move = np.array(topology["transform"]["translate"])
    return [np.cumsum(np.array(arc), axis=0) * scale + move for arc in topology["arcs"]]


def parts(shape: dict[str, Any]) -> Parts:
    found: Parts = shape["arcs"] if shape["type"] == "MultiPolygon" else [shape["arcs"]]
    return found


def ring(indices: list[int], arcs: list[Ring]) -> Ring:
    """Each arc begins where the one before ended; the last point is the first.

    A ring over the date line goes on beyond 180 degrees, and what lies in the far west follows it:
    the world is cut in the Bering Strait."""
    found = [arcs[index] if index >= 0 else arcs[~index][::-1] for index in indices]
    points = np.concatenate([found[0], *(part[1:] for part in found[1:])])
    longitudes = np.unwrap(points[:, 0], period=360)
    turns = 360 * np.ceil((CUT - longitudes.mean()) / 360)
    return np.column_stack((longitudes + turns, points[:, 1]))


def size(outline: Ring) -> float:
    """Area in square degrees of latitude."""
    x, y = outline[:, 0] * np.cos(np.radians(outline[:, 1].mean())), outline[:, 1]
    return float(abs(np.dot(x[:-1], y[1:]) - np.dot(x[1:], y[:-1])) / 2)


def box(outline: Ring) -> Box:
    (west, south), (east, north) = outline.min(axis=0), outline.max(axis=0)
    return float(west), float(south), float(east), float(north)


def wider(one: Box, by: float) -> Box:
    return one[0] - by, one[1] - by, one[2] + by, one[3] + by


def joined(boxes: Iterable[Box]) -> Box:
    west, south, east, north = zip(*boxes, strict=True)
    return min(west), min(south), max(east), max(north)


def touch(one: Box, other: Box) -> bool:
    return one[0] <= other[2] and other[0] <= one[2] and one[1] <= other[3] and other[1] <= one[3]


def thinned(arcs: list[Ring], least: NDArray[np.float64]) -> list[Ring]:
    """The arcs without points that span less than ``least``, square degrees per point of all arcs.

    The ends of an arc stay: other arcs begin there."""
    points = np.concatenate(arcs)
    lengths = np.array([len(arc) for arc in arcs])
    owner, least = np.repeat(np.arange(len(arcs)), lengths), least.copy()
    while len(points) > 2:
        spans = _spans(points, owner)
        before, after = np.roll(spans, 1), np.roll(spans, -1)
        goes = (spans < least) & (spans <= before) & (spans < after)
        if not goes.any():
            break
        points, owner, least = points[~goes], owner[~goes], least[~goes]
    starts = np.searchsorted(owner, np.arange(1, len(arcs)))
    return np.split(points, starts)


def _spans(points: Ring, owner: NDArray[np.int64]) -> NDArray[np.float64]:
    """Area of the triangle of each point with its neighbours; infinite at the ends of arcs."""
    x, y = points[:, 0] * np.cos(np.radians(points[:, 1])), points[:, 1]
    (x0, x1), (y0, y1) = (np.roll(x, 1), np.roll(x, -1)), (np.roll(y, 1), np.roll(y, -1))
    spans: NDArray[np.float64] = np.abs((x - x0) * (y1 - y0) - (x1 - x0) * (y - y0)) / 2
    ends = (owner != np.roll(owner, 1)) | (owner != np.roll(owner, -1))
    ends[[0, -1]] = True
    spans[ends] = np.inf
    return spans


def snapped(x: NDArray[np.float64], y: NDArray[np.float64], *, unit: float) -> NDArray[np.int64]:
    """Points on the grid of ``unit``, shape (n, 2), without those that fall on the one before."""
    points = np.rint(np.column_stack((x, y)) / unit).astype(np.int64)
    return points[np.any(points != np.roll(points, 1, axis=0), axis=1)]
