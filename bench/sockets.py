"""Open pages: ``python -m bench.sockets`` with {port, slug, sessions} as JSON.

Says when all are subscribed. For each line on stdin it then tells what came since: for each
message a checksum, how many got it, and the instants of the first and the last (monotonic, which
is one clock for all processes)."""

from __future__ import annotations

import asyncio
import json
import resource
import sys
import time
import zlib

from websockets.asyncio.client import connect

AT_ONCE = 20


class Pages:
    def __init__(self):
        self.got: dict[int, list] = {}  # checksum -> [count, first, last]
        self.lost: list[str] = []

    async def page(self, port: int, slug: str, session: str, gate, ready) -> None:
        origin = f"http://localhost:{port}"
        headers = {"Cookie": f"sessionid={session}", "Origin": origin}
        try:
            async with gate:
                # The host of the URL is what browsers send; it resolves to 127.0.0.1 or ::1.
                socket = await connect(
                    f"ws://localhost:{port}/live/", host="127.0.0.1", additional_headers=headers,
                    open_timeout=60, max_size=None, ping_interval=None,
                )  # fmt: skip
                await socket.send(json.dumps({"dashboard": slug}))
                assert "subscribed" in await socket.recv()
            ready.release()
            async for message in socket:
                self.note(zlib.crc32(message), time.monotonic())
            self.lost.append("closed")
        except Exception as error:  # noqa: BLE001  (whatever it is, the page has no news any more)
            self.lost.append(repr(error))
            ready.release()

    def note(self, checksum: int, now: float) -> None:
        entry = self.got.setdefault(checksum, [0, now, now])
        entry[0] += 1
        entry[2] = now


async def main() -> None:
    plan = json.loads(sys.argv[1])
    pages, gate, ready = Pages(), asyncio.Semaphore(AT_ONCE), asyncio.Semaphore(0)
    tasks = [
        asyncio.create_task(pages.page(plan["port"], plan["slug"], session, gate, ready))
        for session in plan["sessions"]
    ]
    for _ in tasks:
        await ready.acquire()
    print(json.dumps({"ready": len(tasks), "lost": pages.lost[:5]}), flush=True)
    loop = asyncio.get_running_loop()
    while await loop.run_in_executor(None, sys.stdin.readline):
        print(
            json.dumps({"got": pages.got, "lost": pages.lost[:5], "cpu": time.process_time()}),
            flush=True,
        )
    for task in tasks:
        task.cancel()


if __name__ == "__main__":
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    asyncio.run(main())
