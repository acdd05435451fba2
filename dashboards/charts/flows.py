"""Core: flows between named places in columns, and where they stand in a picture.

Follows Sugiyama, Tagawa & Toda (1981): columns, places that long flows pass, fewer crossings by
barycentres, coordinates. All lengths are parts of the frame's height, downwards."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

#: Column and name; a flow that passes a column stands there under a name of its own.
Key = tuple[int, str]
#: (from, to, how much); nothing as "to" is what goes no further.
Row = tuple[str | None, str | None, float | None]
OTHER = "Other"
MOST_COLUMNS = 8
SWEEPS = 4
#: Corners of a curve over the whole width of a picture.
CORNERS = 50


@dataclass(slots=True)
class Graph:
    """Flows always lead to a later column. ``totals``: how much is at a place; ``leaves``: how
    much of it goes no further though others do."""

    columns: list[list[str]]  # names, largest first
    flows: dict[tuple[Key, Key], float]
    totals: dict[Key, float]
    leaves: dict[Key, float]
    left_out: int = 0  # flows that led back, or beyond the last column
    merged: dict[int, int] = field(default_factory=dict)  # column -> places in its Other
    start: float = 0.0  # how much comes in at places that nothing leads to


def from_steps(pairs: list[list[Row]]) -> Graph:
    """From ``pairs[i]``: how much goes from each name of step i to each of step i + 1."""
    flows: dict[tuple[Key, Key], float] = defaultdict(float)
    leaves: dict[Key, float] = defaultdict(float)
    arrive: dict[Key, float] = defaultdict(float)
    depart: dict[Key, float] = defaultdict(float)
    for step, rows in enumerate(pairs):
        for source, target, value in rows:
            if source is None or value is None or value <= 0:
                continue
            depart[step, source] += value
            if target is None:
                leaves[step, source] += value
            else:
                flows[(step, source), (step + 1, target)] += value
                arrive[step + 1, target] += value
    # Rows may have a step and none before it, so more may go on than arrived.
    totals = {key: max(arrive.get(key, 0), depart.get(key, 0)) for key in {**depart, **arrive}}
    return _graph(len(pairs) + 1, dict(flows), totals, dict(leaves))


def from_links(rows: Iterable[Row]) -> Graph:
    """From flows between names: each stands one column after the last that leads to it.

    Of flows that lead in a circle, the smallest are left out."""
    value_of: dict[tuple[str, str], float] = defaultdict(float)
    gone: dict[str, float] = defaultdict(float)
    for source, target, value in rows:
        if source is None or value is None or value <= 0:
            continue
        if target is None:
            gone[source] += value
        else:
            value_of[source, target] += value
    kept, column = _forward(value_of)
    for name in gone:
        column.setdefault(name, 0)
    flows = {((column[s], s), (column[t], t)): value_of[s, t] for s, t in kept}
    arrive: dict[str, float] = defaultdict(float)
    depart: dict[str, float] = defaultdict(float, gone)
    for s, t in kept:
        depart[s] += value_of[s, t]
        arrive[t] += value_of[s, t]
    totals = {(at, name): max(arrive[name], depart[name]) for name, at in column.items()}
    leaves = {
        (at, name): gone.get(name, 0) + max(arrive[name] - depart[name], 0)
        for name, at in column.items()
        if depart[name]
    }
    graph = _graph(max(column.values(), default=-1) + 1, flows, totals, leaves)
    graph.left_out = len(value_of) - len(kept)
    return graph


def _forward(
    value_of: dict[tuple[str, str], float],
) -> tuple[list[tuple[str, str]], dict[str, int]]:
    """The links that lead on, largest first, and the column of each name."""
    nexts: dict[str, set[str]] = defaultdict(set)
    column: dict[str, int] = {}
    kept: list[tuple[str, str]] = []

    def pushed(name: str, at: int) -> dict[str, int] | None:
        """New columns where ``name`` moves to ``at``; nothing where there are not so many."""
        moved: dict[str, int] = {}
        waiting = [(name, at)]
        while waiting:
            one, place = waiting.pop()
            if place >= MOST_COLUMNS:
                return None
            if place > max(moved.get(one, -1), column.get(one, -1)):
                moved[one] = place
                waiting += [(after, place + 1) for after in nexts[one]]
        return moved

    for source, target in sorted(value_of, key=lambda link: (-value_of[link], link)):
        if _reaches(nexts, target, source):
            continue
        moved = pushed(target, column.get(source, 0) + 1)
        if moved is None:
            continue
        column.setdefault(source, 0)
        column |= moved
        nexts[source].add(target)
        kept.append((source, target))
    return kept, column


def _reaches(nexts: dict[str, set[str]], start: str, goal: str) -> bool:
    seen, waiting = {start}, [start]
    while waiting:
        one = waiting.pop()
        if one == goal:
            return True
        new = nexts.get(one, set()) - seen
        seen |= new
        waiting += new
    return False


def _graph(
    count: int,
    flows: dict[tuple[Key, Key], float],
    totals: dict[Key, float],
    leaves: dict[Key, float],
) -> Graph:
    columns: list[list[str]] = [[] for _ in range(count)]
    for at, name in sorted(totals, key=lambda key: (-totals[key], key[1])):
        columns[at].append(name)
    leaves = {key: value for key, value in leaves.items() if value > 1e-9 * totals[key]}
    reached = {target for _, target in flows}
    start = sum(total for key, total in totals.items() if key not in reached)
    return Graph(columns, flows, totals, leaves, start=start)


def largest(graph: Graph, top: int) -> Graph:
    """The graph with the ``top`` largest places of each column; the others are one, Other."""
    new: dict[Key, Key] = {}
    merged: dict[int, int] = {}
    for at, names in enumerate(graph.columns):
        rest = names[top:] if len(names) > top + 1 else []  # an Other of one only hides a name
        if rest:
            merged[at] = len(rest)
        new |= {(at, name): (at, OTHER if name in set(rest) else name) for name in names}
    flows: dict[tuple[Key, Key], float] = defaultdict(float)
    for (source, target), value in graph.flows.items():
        flows[new[source], new[target]] += value
    totals, leaves = _summed(graph.totals, new), _summed(graph.leaves, new)
    found = _graph(len(graph.columns), dict(flows), totals, leaves)
    for names in found.columns:
        if OTHER in names:
            names.append(names.pop(names.index(OTHER)))
    found.left_out, found.merged = graph.left_out, merged
    return found


def _summed(values: dict[Key, float], new: dict[Key, Key]) -> dict[Key, float]:
    found: dict[Key, float] = defaultdict(float)
    for key, value in values.items():
        found[new[key]] += value
    return dict(found)


@dataclass(frozen=True, slots=True)
class Room:
    """What a place needs besides its bar."""

    least: float  # height of the thinnest bar with its words beside it
    above: float = 0.0
    below: float = 0.0  # only where some leave
    leaving: float = 0.0  # more height beside the bar where some leave
    gap: float = 0.02


@dataclass(frozen=True, slots=True)
class Box:
    """The bar of a place, and the strip of the column that is its own."""

    key: Key
    top: float
    bottom: float
    strip: tuple[float, float]
    leaves: float  # height of what goes no further, at the lower end of the bar


@dataclass(frozen=True, slots=True)
class Ribbon:
    source: Key
    target: Key
    value: float
    #: (column, top and bottom there, top and bottom in the next column)
    parts: list[tuple[int, float, float, float, float]]


@dataclass(frozen=True, slots=True)
class Layout:
    boxes: list[Box]
    ribbons: list[Ribbon]


def lay_out(graph: Graph, room: Room) -> Layout:
    """Places from the top of each column, all at one scale, without overlaps."""
    chains = {link: _chain(*link) for link in graph.flows}
    heights = dict(graph.totals)
    links: dict[tuple[Key, Key], float] = {}
    for link, chain in chains.items():
        links |= dict.fromkeys(zip(chain, chain[1:], strict=False), graph.flows[link])
        heights |= dict.fromkeys(chain[1:-1], graph.flows[link])
    columns = _ordered(graph, list(heights), links)
    scale = _scale(columns, heights, graph, room)
    boxes: dict[Key, Box] = {}
    for keys in columns:
        used = _used(keys, heights, graph, room, scale)
        shrink = min(1.0, 1 / used) if used > 0 else 1.0
        y = _lead(keys, graph, room) * shrink
        for key in keys:
            strip = _strip(key, heights, graph, room, scale) * shrink
            height = heights[key] * scale * shrink
            above, below = _around(key, graph, room)
            middle = y + above * shrink + (strip - (above + below) * shrink) / 2
            leaves = graph.leaves.get(key, 0) * scale * shrink
            boxes[key] = Box(key, middle - height / 2, middle + height / 2, (y, y + strip), leaves)
            y += strip + room.gap * shrink
    ends = _ends(columns, links, heights, boxes)
    ribbons = [
        Ribbon(*link, graph.flows[link],
               [(pair[0][0], *ends[pair]) for pair in zip(chain, chain[1:], strict=False)])
        for link, chain in chains.items()
    ]  # fmt: skip
    return Layout([box for key, box in boxes.items() if key in graph.totals], ribbons)


def _chain(source: Key, target: Key) -> list[Key]:
    """The places of a flow, with those that it passes."""
    passed = f"\0{source[0]}\0{source[1]}\0{target[0]}\0{target[1]}"
    return [source, *((at, passed) for at in range(source[0] + 1, target[0])), target]


def _ordered(graph: Graph, keys: list[Key], links: dict[tuple[Key, Key], float]) -> list[list[Key]]:
    """Keys of each column from the top: by size, then moved so that flows cross less."""
    columns: list[list[Key]] = [[(at, name) for name in names]
                                for at, names in enumerate(graph.columns)]  # fmt: skip
    for key in keys:
        if key not in graph.totals:
            columns[key[0]].append(key)
    before: dict[Key, list[tuple[Key, float]]] = defaultdict(list)
    after: dict[Key, list[tuple[Key, float]]] = defaultdict(list)
    for (source, target), value in links.items():
        after[source].append((target, value))
        before[target].append((source, value))
    best, fewest = [list(column) for column in columns], _crossings(columns, links)
    for sweep in range(SWEEPS):
        if not fewest:
            break
        forward = sweep % 2 == 0
        for column in columns[1:] if forward else columns[-2::-1]:
            _by_neighbours(column, columns, before if forward else after)
        crossings = _crossings(columns, links)
        if crossings < fewest:
            best, fewest = [list(column) for column in columns], crossings
    return best


def _by_neighbours(
    column: list[Key], columns: list[list[Key]], neighbours: dict[Key, list[tuple[Key, float]]]
) -> None:
    rank = {key: place for keys in columns for place, key in enumerate(keys)}

    def wanted(key: Key) -> tuple[bool, float]:
        near = neighbours.get(key, [])
        weight = sum(value for _, value in near)
        mean = sum(rank[other] * value for other, value in near) / weight if weight else rank[key]
        return key[1] == OTHER, mean

    column.sort(key=wanted)


def _crossings(columns: list[list[Key]], links: dict[tuple[Key, Key], float]) -> int:
    rank = {key: place for keys in columns for place, key in enumerate(keys)}
    by_column: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for source, target in links:
        by_column[source[0]].append((rank[source], rank[target]))
    found = 0
    for pairs in by_column.values():
        above: list[int] = []  # ends of the flows that start higher, sorted
        for _, end in sorted(pairs):
            found += len(above) - bisect_right(above, end)
            insort(above, end)
    return found


def _around(key: Key, graph: Graph, room: Room) -> tuple[float, float]:
    if key not in graph.totals:
        return 0.0, 0.0
    return room.above, room.below if key in graph.leaves else 0.0


def _strip(key: Key, heights: dict[Key, float], graph: Graph, room: Room, scale: float) -> float:
    least = room.least + (room.leaving if key in graph.leaves else 0)
    bar = max(heights[key] * scale, least if key in graph.totals else 0)
    return bar + sum(_around(key, graph, room))


def _lead(keys: list[Key], graph: Graph, room: Room) -> float:
    """What a column leaves free at its top: the bars that others begin with have words there."""
    return room.above if keys and keys[0] not in graph.totals else 0.0


def _used(
    keys: list[Key], heights: dict[Key, float], graph: Graph, room: Room, scale: float
) -> float:
    """The height that a column takes."""
    strips = sum(_strip(key, heights, graph, room, scale) for key in keys)
    return _lead(keys, graph, room) + strips + room.gap * (len(keys) - 1)


def _scale(columns: list[list[Key]], heights: dict[Key, float], graph: Graph, room: Room) -> float:
    """The largest height per unit at which all columns find room."""
    most = max((sum(heights[key] for key in keys) for keys in columns), default=0) or 1
    low, high = 0.02 / most, 1 / most
    for _ in range(20):
        middle = (low + high) / 2
        fits = all(_used(keys, heights, graph, room, middle) <= 1 for keys in columns)
        low, high = (middle, high) if fits else (low, middle)
    return low


def _ends(
    columns: list[list[Key]],
    links: dict[tuple[Key, Key], float],
    heights: dict[Key, float],
    boxes: dict[Key, Box],
) -> dict[tuple[Key, Key], tuple[float, float, float, float]]:
    """Top and bottom of each link at both of its ends, in the order of the other ends."""
    rank = {key: place for keys in columns for place, key in enumerate(keys)}
    found: dict[tuple[Key, Key], list[float]] = {link: [0.0] * 4 for link in links}
    for side in (0, 1):
        used: dict[Key, float] = {}
        for link in sorted(links, key=lambda pair: rank[pair[1 - side]]):
            box = boxes[link[side]]
            top = used.get(box.key, box.top)
            size = links[link] / heights[box.key] * (box.bottom - box.top)
            found[link][2 * side : 2 * side + 2] = [top, top + size]
            used[box.key] = top + size
    return {link: (a, b, c, d) for link, (a, b, c, d) in found.items()}


@lru_cache(16)
def curve(columns: int) -> list[tuple[float, float]]:
    """(x, y) from 0, 0 to 1, 1 of a cubic Bezier curve that starts and ends level."""
    count = max(CORNERS // max(columns - 1, 1), 8)
    places = [index / count for index in range(count + 1)]
    return [(1.5 * t * (1 - t) + t**3, 3 * t**2 - 2 * t**3) for t in places]


def outline(
    part: tuple[int, float, float, float, float], columns: int
) -> tuple[list[float], list[float]]:
    """Corners of a ribbon's part: along its upper side, and back along its lower one."""
    at, top0, bottom0, top1, bottom1 = part
    xs = [round(at + x, 3) for x, _ in curve(columns)]
    upper = [round(top0 + (top1 - top0) * y, 4) for _, y in curve(columns)]
    lower = [round(bottom1 + (bottom0 - bottom1) * y, 4) for _, y in curve(columns)]
    return xs + xs[::-1], upper + lower


def shares_of_source(graph: Graph) -> Iterator[tuple[Key, Key | None, float, float]]:
    """(from, to, how much, share of what is at "from"), largest first; to nothing: leaves."""
    rows: list[tuple[Key, Key | None, float]] = [(s, t, v) for (s, t), v in graph.flows.items()]
    rows += [(key, None, value) for key, value in graph.leaves.items()]
    for source, target, value in sorted(rows, key=lambda row: -row[2]):
        yield source, target, value, value / graph.totals[source]
