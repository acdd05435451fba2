"""Countries: codes, names and outlines, from a file of the package ``mapcraft``.

The outlines are those of Natural Earth 1:50m (public domain). What belongs to a country is what
ISO 3166 counts to it, whoever holds it: data by country codes says nothing else."""

from __future__ import annotations

import gzip
import importlib.util
import re
import unicodedata
from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import orjson

from dashboards.charts import projection, topology
from dashboards.charts.topology import Box, Parts, Ring

PACKAGE, FILE = "mapcraft", "packs/world-countries-2024.json.gz"
LEFT_OUT = "AQ"  # nobody sells there, and it takes a sixth of the picture
#: Land that the file lists by itself -> the country that ISO 3166 counts it to.
WITHIN = {"x-somaliland": "SO", "x-n-cyprus": "CY"}
KOSOVO = ("XK", "XKX", "Kosovo")  # no code of ISO 3166, but the one in use
#: (country in the file, box, country by ISO 3166): Crimea is UA-43.
MOVED = (("RU", (32.0, 44.0, 37.0, 46.6), "UA"),)
#: Names in use that neither ISO nor the file has; EL is Greece where the European Union writes it.
ALSO = {
    "uk": "GB", "great britain": "GB", "england": "GB", "united states": "US", "america": "US",
    "south korea": "KR", "korea": "KR", "north korea": "KP", "russia": "RU", "vietnam": "VN",
    "czech republic": "CZ", "holland": "NL", "the netherlands": "NL", "macedonia": "MK",
    "bolivia": "BO", "venezuela": "VE", "iran": "IR", "syria": "SY", "moldova": "MD",
    "tanzania": "TZ", "laos": "LA", "brunei": "BN", "uae": "AE", "macau": "MO",
    "palestine": "PS", "swaziland": "SZ", "cape verde": "CV", "burma": "MM", "vatican": "VA",
    "el": "GR",
}  # fmt: skip
#: A map fitted to a country shows pieces of this share of the largest, not further from it than
#: this many degrees, and not wholly in the Arctic.
SHARE, NEAR, ARCTIC = 0.03, 6.0, 72.0
Outlines: TypeAlias = list[list[list[list[int]]]]  # numbers by country, polygon and ring
OUT_OF_SIGHT = 50  # times as much a point spans where no map of the region shows it
SMALL = 0.45  # degrees in both directions; smaller countries are dots


@dataclass(frozen=True, slots=True)
class Detail:
    """How a drawing shows outlines."""

    project: Any  # of `projection`
    unit: float  # of its whole numbers
    within: Box | None = None  # what lies outside is left out
    least: float = 0.0  # square degrees that a point spans at least
    share: float = 0.0  # or this share of the size of the smaller country, if that is less,
    floor: float = 0.0  # but not less than this
    #: Islands stay that have this share of the country's largest piece, or these square degrees.
    island: tuple[float, float] = (0.004, 1.0)


@dataclass(frozen=True, slots=True)
class Country:
    code: str  # alpha-2
    name: str  # English
    parts: Parts
    box: Box  # of its main part
    middle: tuple[float, float]  # of its largest piece
    size: float  # square degrees of its largest piece
    is_small: bool


#: Per region. A fitted map is of degrees, as its middle depends on the data; there small
#: countries keep more of their outlines than large ones, as they fill the card alone.
DETAILS = {
    "world": Detail(projection.equal_earth, 0.001, least=0.3, island=(0.006, 1.0)),
    "europe": Detail(projection.azimuthal, 0.0004, (-28.0, 30.0, 55.0, 73.0), least=0.013),
    "fit": Detail(
        projection.degrees, 0.02, least=0.4, share=0.0015, floor=0.01, island=(0.04, 0.6)
    ),
}


def find(written: Any) -> str:
    """Alpha-2 code of a country by alpha-2, alpha-3, number or English name; empty: unknown."""
    return "" if written is None else _codes().get(_plain(str(written)), "")


@cache
def countries() -> dict[str, Country]:
    """All by code, in the order of codes."""
    held: dict[str, Parts] = defaultdict(list)
    for shape in _file()["topology"]["objects"]["countries"]["geometries"]:
        if code := _code(shape.get("id") or _slug(shape["properties"]["name"])):
            held[code] += topology.parts(shape)
    for one, box, other in MOVED:
        pieces = [part for part in held[one] if _inside(_outer(part, _arcs()), box)]
        held[one] = [part for part in held[one] if part not in pieces]
        held[other] += pieces
    names = {_code(key): region["name"] for key, region in _file()["regions"].items()}
    names[KOSOVO[0]] = KOSOVO[2]
    return {code: _country(code, names[code], held[code]) for code in sorted(held)}


@cache
def outlines(region: str) -> tuple[Outlines, Outlines]:
    """x and y of the rings per country, polygon and ring, as whole numbers of the region's unit."""
    detail = DETAILS[region]
    arcs = topology.thinned(_arcs(), _least(detail))
    xs: Outlines = []
    ys: Outlines = []
    for country in countries().values():
        polygons = [] if country.is_small else _polygons(country, detail, arcs)
        xs.append([[points[:, 0].tolist() for points in rings] for rings in polygons])
        ys.append([[points[:, 1].tolist() for points in rings] for rings in polygons])
    return xs, ys


def places(region: str, longitudes: list[float], latitudes: list[float]) -> list[list[float]]:
    """x and y of points in a drawing of the region."""
    detail = DETAILS[region]
    found = detail.project(np.array(longitudes), np.array(latitudes))
    return [np.round(one / detail.unit, 1).tolist() for one in found]


@cache
def missing(region: str) -> frozenset[str]:
    """Codes of the countries that are too small for the outlines of the region."""
    xs, _ = outlines(region)
    return frozenset(c for c, polygons in zip(countries(), xs, strict=True) if not polygons)


def _polygons(country: Country, detail: Detail, arcs: list[Ring]) -> list[list[Any]]:
    found = []
    for part in country.parts:
        outer = _outer(part, _arcs())
        share, enough = detail.island
        if topology.size(outer) < min(share * country.size, enough):
            continue
        if detail.within and not topology.touch(topology.box(outer), detail.within):
            continue
        rings = [topology.ring(indices, arcs) for indices in part]
        snapped = [
            topology.snapped(*detail.project(ring[:, 0], ring[:, 1]), unit=detail.unit)
            for ring in rings
        ]
        if len(snapped[0]) > 2:
            found.append([points for points in snapped if len(points) > 2])
    return found


def _least(detail: Detail) -> Any:
    """What points of all arcs span at least; far more where they are out of sight."""
    least = np.full(len(_arcs()), np.inf)
    for country in countries().values():
        used = {i if i >= 0 else ~i for part in country.parts for ring in part for i in ring}
        wanted = max(detail.share * country.size, detail.floor) if detail.share else detail.least
        for index in used:
            least[index] = min(least[index], wanted)
    if detail.share:
        least = np.minimum(least, detail.least)
    every = np.repeat(least, [len(arc) for arc in _arcs()])
    if detail.within:
        points, (west, south, east, north) = np.concatenate(_arcs()), detail.within
        far = np.any((points < (west, south)) | (points > (east, north)), axis=1)
        every[far] *= OUT_OF_SIGHT
    return every


@cache
def _file() -> dict[str, Any]:
    # Its code is not imported, only the place of its data is asked for.
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(f"Maps need the package '{PACKAGE}'.", name=PACKAGE)
    path = Path(next(iter(spec.submodule_search_locations))) / FILE
    found: dict[str, Any] = orjson.loads(gzip.decompress(path.read_bytes()))
    return found


@cache
def _arcs() -> list[Ring]:
    return topology.decoded(_file()["topology"])


@cache
def _codes() -> dict[str, str]:
    found: dict[str, str] = {}
    for key, region in _file()["regions"].items():
        if (code := _code(key)) and key not in WITHIN:
            names = KOSOVO if code == KOSOVO[0] else [*region["aliases"], region["name"]]
            found |= {_plain(name): code for name in names}
            if key.isdecimal():
                found[str(int(key))] = code  # 040 is 40 where it is a number
    return {name: code for name, code in ALSO.items() if code in countries()} | found


def _code(key: str) -> str:
    """Alpha-2 code of an entry of the file; empty where it has none or is left out."""
    if key == "x-kosovo" or key in WITHIN:
        return WITHIN.get(key, KOSOVO[0])
    aliases = _file()["regions"].get(key, {"aliases": []})["aliases"]
    short = [one for one in aliases if len(one) == 2 and one.isascii() and one.isupper()]
    return short[0] if short and short[0] != LEFT_OUT else ""


def _slug(name: str) -> str:
    """As the file makes the keys of what has no number."""
    return "x-" + re.sub("[^a-z]+", "-", name.lower()).strip("-")


def _plain(name: str) -> str:
    """For comparing: without case, accents and points, and & is and."""
    name = unicodedata.normalize("NFKD", name.casefold().replace("&", " and "))
    kept = "".join(c if c.isalnum() else " " for c in name if not unicodedata.combining(c))
    return " ".join(kept.split())


def _outer(part: list[list[int]], arcs: list[Ring]) -> Ring:
    return topology.ring(part[0], arcs)


def _inside(outline: Ring, box: Box) -> bool:
    return topology.joined([topology.box(outline), box]) == box


def _country(code: str, name: str, parts: Parts) -> Country:
    outers = [_outer(part, _arcs()) for part in parts]
    sizes = [topology.size(outer) for outer in outers]
    largest = max(sizes)
    west, south, east, north = main = topology.box(outers[sizes.index(largest)])
    near = topology.wider(main, NEAR)
    shown = [
        box
        for box, size in zip(map(topology.box, outers), sizes, strict=True)
        if size >= SHARE * largest and box[1] < ARCTIC and topology.touch(box, near)
    ]
    return Country(
        code, name, parts, topology.joined([main, *shown]),
        ((west + east) / 2, (south + north) / 2), largest,
        max(east - west, north - south) < SMALL,
    )  # fmt: skip
