"""People who load dashboards over HTTP: ``python -m bench.load`` with the plan as JSON.

A dashboard is its page and then its data, over one kept connection per person. With ``every``
each person begins one so often, and a late begin counts into its time; without it they go on
without a break. Prints times, errors and the CPU this generator took."""

from __future__ import annotations

import gzip
import http.client
import json
import random
import sys
import threading
import time
from dataclasses import dataclass, field


@dataclass
class Plan:
    port: int
    path: str
    sessions: list[str]
    people: int
    seconds: float
    every: float = 0.0
    again: bool = False  # come with the ETags of the visit before
    parts: tuple[str, ...] = ("", "data")  # of a dashboard, below its path

    times: list[float] = field(default_factory=list)
    statuses: dict[str, int] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    bytes: int = 0


def person(plan: Plan, number: int, begin: float) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", plan.port, timeout=30)
    headers = {
        "Host": f"localhost:{plan.port}",
        "Cookie": f"sessionid={plan.sessions[number % len(plan.sessions)]}",
        "Accept-Encoding": "gzip",
    }
    tags: dict[str, str] = {}
    due = begin + (random.random() * plan.every if plan.every else 0)
    while due < begin + plan.seconds:
        time.sleep(max(0.0, due - time.monotonic()))
        for path in (f"{plan.path}{part}" for part in plan.parts):
            asked = headers | ({"If-None-Match": tags[path]} if path in tags else {})
            response, body = fetch(connection, path, asked)
            plan.bytes += len(body)
            status = str(response.status)
            plan.statuses[status] = plan.statuses.get(status, 0) + 1
            if response.status not in (200, 304):
                plan.wrong.append(f"{path} {response.status}")
            if plan.again and (tag := response.headers.get("ETag")):
                tags[path] = tag
        now = time.monotonic()
        plan.times.append(now - due)
        due = due + plan.every if plan.every else now
    if body:
        check(plan, body)


def fetch(connection: http.client.HTTPConnection, path: str, headers: dict[str, str]):
    """As browsers do: a kept connection that the server has just closed is opened again, once."""
    for last in (False, True):
        try:
            connection.request("GET", path, headers=headers)
            response = connection.getresponse()
            return response, response.read()
        except ConnectionError:
            connection.close()
            if last:
                raise
    raise AssertionError("Either it returned or it raised.")


def check(plan: Plan, body: bytes) -> None:
    """The last answer is what a reader expects: every card has its data."""
    widgets = json.loads(gzip.decompress(body))["widgets"]
    empty = [w["id"] for w in widgets if "error" in w["body"] or "pending" in w["body"]]
    if len(widgets) != 12 or empty:
        plan.wrong.append(f"{len(widgets)} cards, without data: {empty}")


def all_of(plan: Plan, number: int, begin: float) -> None:
    try:
        person(plan, number, begin)
    except (OSError, http.client.HTTPException) as error:
        plan.wrong.append(repr(error))


def main() -> None:
    plan = Plan(**json.loads(sys.argv[1]))
    random.seed(1)
    begin = time.monotonic()
    threads = [
        threading.Thread(target=all_of, args=(plan, number, begin)) for number in range(plan.people)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = {
        "times": plan.times, "statuses": plan.statuses, "wrong": plan.wrong[:5],
        "bytes": plan.bytes, "seconds": time.monotonic() - begin, "cpu": time.process_time(),
    }  # fmt: skip
    print(json.dumps(found))


if __name__ == "__main__":
    main()
