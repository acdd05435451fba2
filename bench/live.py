"""New data reaches 1,000 open pages within 1 s of its publish; a page costs at most 50 kB.

Pages are sockets of two other processes, of 1,000 sessions. A worker refreshes one dataset; what
it publishes is seen by a subscriber of our own on the same channel, whose clock starts there."""

from __future__ import annotations

import json
import threading
import time
import zlib
from contextlib import closing

import psycopg2
import redis

from bench import meter, portal, report
from bench.report import Figure
from portal import embedded

PAGES = 1000
PROCESSES = 2
ROUNDS = 3
NEWS_SECONDS = 20
DATASET = "carts"


def measure(stack: portal.Portal):
    stack.ensure_running()
    for _ in range(20):  # both web processes have all they import
        stack.get(portal.DASHBOARD)
        stack.get(f"{portal.DASHBOARD}data")
    warm_up = Pages(stack, 20)
    warm_up.stop()
    idle, began = memory(stack), time.monotonic()
    before = meter.cpu_by_service(stack.pid)["web"]
    pages = Pages(stack, PAGES)
    joined = time.monotonic() - began
    joined_cpu = meter.cpu_by_service(stack.pid)["web"] - before
    with Channel(stack) as channel:
        rounds = [publish(stack, pages, channel) for _ in range(ROUNDS)]
        held = memory(stack) - idle
    pages.stop()
    if pages.lost:
        raise RuntimeError(f"Pages were lost: {pages.lost[:3]}")
    worst = max(rounds, key=lambda one: one["all"])
    middle = report.median([one["all"] for one in rounds])
    yield Figure("publish until the last page has it", middle, "s", 1)
    yield Figure("  slowest round", worst["all"], "s")
    yield Figure("  until the first page has it", report.median([o["first"] for o in rounds]), "s")
    yield Figure(
        "commit until the last page has it", report.median([o["commit"] for o in rounds]), "s"
    )
    yield Figure("size of the message", worst["bytes"] / 1000, "kB")
    yield Figure(
        "pages that got it, fewest", min(o["count"] for o in rounds), "", PAGES, at_least=True
    )
    yield Figure("memory of a page in the web processes", held / PAGES / 1000, "kB", 50)
    yield Figure(
        "CPU of the web for one message to all", report.median([o["cpu"] for o in rounds]), "s"
    )
    yield Figure("opening 1,000 pages", joined, "s")
    yield Figure("  CPU of the web for each", joined_cpu / PAGES * 1000, "ms")
    yield Figure("CPU of the two processes of pages", pages.cpu, "s")


def memory(stack: portal.Portal) -> int:
    return meter.pss(meter.services(stack.pid)["web"])


class Pages:
    """Open pages in processes of their own."""

    def __init__(self, stack: portal.Portal, count: int):
        sessions = stack.sessions()[:count]
        self.lost: list[str] = []
        self.cpu = 0.0
        self.processes = [
            stack.python("bench.sockets", json.dumps(plan), talk=True)
            for part in range(PROCESSES)
            for plan in [
                {
                    "port": stack.port,
                    "slug": "main-analytics",
                    "sessions": sessions[part::PROCESSES],
                }
            ]
        ]
        for process in self.processes:
            self.lost += json.loads(process.stdout.readline())["lost"]

    def tell(self) -> dict[int, tuple[int, float, float]]:
        """Message -> how many got it, when the first did, when the last did."""
        told: dict[int, tuple[int, float, float]] = {}
        self.cpu = 0.0
        for process in self.processes:
            process.stdin.write(b"\n")
            process.stdin.flush()
            answer = json.loads(process.stdout.readline())
            self.lost += answer["lost"]
            self.cpu += answer["cpu"]
            for checksum, (count, first, last) in answer["got"].items():
                sum_, earliest, latest = told.get(int(checksum), (0, first, last))
                told[int(checksum)] = (sum_ + count, min(earliest, first), max(latest, last))
        return told

    def stop(self) -> None:
        for process in self.processes:
            process.stdin.close()
        for process in self.processes:
            process.wait(30)


class Channel:
    """What the workers publish, with the instant at which it was on the channel."""

    def __init__(self, stack: portal.Portal):
        self.client = redis.Redis.from_url(embedded.redis_url(stack.data))
        self.seen: list[tuple[float, bytes]] = []

    def __enter__(self) -> Channel:
        self.channel = self.client.pubsub()
        self.channel.subscribe("live")
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self._listen)
        self.thread.start()
        return self

    def __exit__(self, *exception) -> None:
        self.ended.set()
        self.thread.join()
        self.client.close()

    def _listen(self) -> None:
        while not self.ended.is_set():
            message = self.channel.get_message(ignore_subscribe_messages=True, timeout=0.2)
            if message:
                self.seen.append((time.monotonic(), message["data"].partition(b"\n")[2]))


def publish(stack: portal.Portal, pages: Pages, channel: Channel) -> dict[str, float]:
    """One refresh by the portal's worker, until nothing more arrives."""
    before, known = meter.cpu_by_service(stack.pid)["web"], len(channel.seen)
    committed = refreshed(stack)
    deadline = time.monotonic() + NEWS_SECONDS
    while not (news := [one for one in channel.seen[known:] if one[0] > committed - 0.5]):
        if time.monotonic() > deadline:
            raise RuntimeError("Nothing was published.")
        time.sleep(0.05)
    time.sleep(2)
    told = pages.tell()
    # Other datasets may be published meanwhile: the slowest of these messages counts.
    found = []
    for sent, payload in news:
        count, first, last = told.get(zlib.crc32(payload), (0, sent, sent + NEWS_SECONDS))
        found.append(
            {"count": count, "first": first - sent, "all": last - sent, "bytes": len(payload),
             "commit": last - committed}
        )  # fmt: skip
    worst = max(found, key=lambda one: one["all"])
    cpu = meter.cpu_by_service(stack.pid)["web"] - before
    return worst | {"commit": found[0]["commit"], "cpu": cpu / len(news)}


def refreshed(stack: portal.Portal) -> float:
    """Ask for a refresh as a person does; the instant at which its snapshot is there for others."""
    connection = psycopg2.connect(
        host=str(embedded.socket_folder(stack.data)),
        user=embedded.SUPERUSER,
        dbname=embedded.DATABASE,
    )
    connection.autocommit = True
    current = "SELECT current_snapshot_id FROM datasets_dataset WHERE slug = %s"
    with closing(connection), connection.cursor() as cursor:
        cursor.execute(current, [DATASET])
        (old,) = cursor.fetchone()
        stack.inside("ask_for_refresh", DATASET)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            cursor.execute(current, [DATASET])
            if cursor.fetchone()[0] != old:
                return time.monotonic()
            time.sleep(0.003)
    raise RuntimeError(f"The worker did not refresh {DATASET} within 60 s.")
