"""Map projections of a sphere of radius 1: degrees east and north to x and y.

Equal Earth: Savric, Patterson, Jenny (2018), Int. J. Geogr. Inf. Sci. 33(3), 454-465. Lambert's
azimuthal equal-area: Snyder (1987), Map Projections - A Working Manual, USGS PP 1395, p. 185."""

from __future__ import annotations

import math
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

Places: TypeAlias = tuple[NDArray[np.float64], NDArray[np.float64]]

EQUAL_EARTH = (1.340264, -0.081106, 0.000893, 0.003796)
#: Middle of maps of Europe, degrees east and north: that of the European grid ETRS89-LAEA.
EUROPE = (10.0, 52.0)


def equal_earth(longitude: ArrayLike, latitude: ArrayLike) -> Places:
    """The world with areas as they are; shapes: as given, broadcast."""
    a1, a2, a3, a4 = EQUAL_EARTH
    lam, phi = np.broadcast_arrays(np.radians(longitude), np.radians(latitude))
    theta = np.arcsin(math.sqrt(3) / 2 * np.sin(phi))
    t2 = theta**2
    t6 = t2**3
    slope = a1 + 3 * a2 * t2 + t6 * (7 * a3 + 9 * a4 * t2)
    x = 2 * math.sqrt(3) * lam * np.cos(theta) / (3 * slope)
    return x, theta * (a1 + a2 * t2 + t6 * (a3 + a4 * t2))


def azimuthal(
    longitude: ArrayLike, latitude: ArrayLike, center: tuple[float, float] = EUROPE
) -> Places:
    """Areas as they are, shapes nearly so near ``center``; the point opposite to it has no place
    and becomes one at the rim."""
    lam, phi = np.broadcast_arrays(np.radians(longitude), np.radians(latitude))
    lam, phi0 = lam - math.radians(center[0]), math.radians(center[1])
    nearness = math.sin(phi0) * np.sin(phi) + math.cos(phi0) * np.cos(phi) * np.cos(lam)
    k = np.sqrt(2 / np.maximum(1 + nearness, 1e-9))
    x = k * np.cos(phi) * np.sin(lam)
    y = k * (math.cos(phi0) * np.sin(phi) - math.sin(phi0) * np.cos(phi) * np.cos(lam))
    return x, y


def degrees(longitude: ArrayLike, latitude: ArrayLike) -> Places:
    """No projection: a drawing of degrees is right where a degree east is `east` of one north."""
    lam, phi = np.broadcast_arrays(longitude, latitude)
    return lam.astype(float), phi.astype(float)


def east(south: float, north: float) -> float:
    """Length of a degree east by that of a degree north, in the middle between two latitudes."""
    return max(math.cos(math.radians((south + north) / 2)), 0.2)
