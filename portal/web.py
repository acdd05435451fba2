"""The web processes: ``python -m portal.web --fd N``, where file N is the listening socket.

The portal is loaded once and forked, so what all of them only read is in memory once; that saves
some 70 MiB for each process after the first. Nothing may connect or start a thread before the fork.
"""

import argparse
import resource
import sys
from typing import Any

import django
import uvicorn

from portal import processes, settings
from portal.supervisor import Service, Supervisor

GRACEFUL_SECONDS = 5
KEEP_ALIVE_SECONDS = 75
OPEN_FILES = 16_384  # for each process: the sockets of open pages, and what their requests open


def serve(application: Any, listener: int) -> None:
    uvicorn.run(
        application,
        fd=listener,
        loop="uvloop",
        http="httptools",
        ws="websockets-sansio",
        access_log=False,
        server_header=False,
        # Longer than the proxies in front of us keep theirs, or a request meets a closing socket.
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        # The hub sends what is compressed already, once for all: doing it again for each socket
        # takes more memory than all else of a socket.
        ws_per_message_deflate=False,
        # Who stands directly in the network must not name his own address.
        proxy_headers=settings.HTTPS,
        timeout_graceful_shutdown=GRACEFUL_SECONDS,
        log_level="warning",
    )


def allow_open_files() -> None:
    """Many systems start programs with 1,024; up to the hard limit everybody may help himself."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = OPEN_FILES if hard == resource.RLIM_INFINITY else min(OPEN_FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--fd", type=int, required=True)
    listener = options.parse_args().fd
    allow_open_files()
    django.setup()
    from portal.asgi import application  # models need the apps that are loaded by now

    processes.freeze_memory()
    with Supervisor(lambda text: print(text, flush=True)) as supervisor:
        for number in range(1, settings.WEB_PROCESSES + 1):
            supervisor.add(
                Service(
                    f"web-{number}",
                    lambda: processes.fork(lambda: serve(application, listener)),
                    stop_seconds=GRACEFUL_SECONDS + 3,
                )
            )
        supervisor.run()


if __name__ == "__main__":
    sys.exit(main())
