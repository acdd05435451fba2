"""Finished answers in Redis, with a small memory of this process in front of it.

Redis may be empty, slow or away: then answers are made again, and nobody sees an error. Keys hold
the snapshot's and the policy's identity, so entries never go stale; they only fall out of use."""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections import OrderedDict
from collections.abc import Callable
from typing import TYPE_CHECKING

import redis
from django.conf import settings
from django.db import transaction

if TYPE_CHECKING:
    import pyarrow as pa

log = logging.getLogger(__name__)

KEEP = 6 * 3600  # seconds in Redis
LARGEST = 1_000_000  # bytes of one entry; larger answers are quicker read again than sent
RETRY = 5.0  # seconds in which a Redis that failed is not asked again
WORD_KEEP = 60  # seconds of a word: a change that could not be said is seen then
LOCAL_BYTES = 32 * 2**20

_client: redis.Redis | None = None
_down_until = 0.0
_local: OrderedDict[str, bytes] = OrderedDict()
_local_bytes = 0
_lock = threading.Lock()
_flights: dict[str, threading.Lock] = {}


def client() -> redis.Redis:
    global _client
    if _client is None:
        _client = redis.Redis.from_url(
            settings.REDIS_URL, socket_timeout=1.0, socket_connect_timeout=0.5
        )
    return _client


def get_many(keys: list[str]) -> list[bytes | None]:
    found = [_remembered(key) for key in keys]
    if missing := [index for index, value in enumerate(found) if value is None]:
        values = ask(lambda: client().mget([keys[index] for index in missing]))
        for index, value in zip(missing, values or [], strict=False):
            if value is not None:
                found[index] = value
                _remember(keys[index], value)
    return found


def get(key: str) -> bytes | None:
    return get_many([key])[0]


def put(key: str, value: bytes, *, seconds: int = KEEP) -> None:
    if seconds == KEEP:  # this process's memory knows no time
        _remember(key, value)
    if len(value) <= LARGEST:
        ask(lambda: client().set(key, value, ex=seconds))


def recall(key: str) -> bytes | None:
    """What this process kept; Redis is not asked."""
    return _remembered(key)


def keep(key: str, value: bytes) -> None:
    """Keep a value in this process alone: cheap to make again, and one key each few seconds."""
    _remember(key, value)


def once(key: str, make: Callable[[], bytes]) -> bytes:
    """The cached value of ``key``; of many threads that miss it, one makes it and the others
    wait."""
    with _lock:
        flight = _flights.setdefault(key, threading.Lock())
    try:
        with flight:
            value = get(key)
            if value is None:
                value = make()
                put(key, value)
            return value
    finally:
        with _lock:
            _flights.pop(key, None)


def word(key: str) -> bytes | None:
    """The word of something that seldom changes and that each process keeps: it is another one
    after each change. None while Redis is away; then nothing that was kept may be trusted."""
    found = ask(lambda: client().get(key))
    if found is None:  # Redis was emptied, or is away
        ask(lambda: client().set(key, uuid.uuid4().hex, nx=True, ex=WORD_KEEP))
        found = ask(lambda: client().get(key))
    return found


def new_word(key: str, done: Callable[[], None] = lambda: None) -> None:
    """Now, for who reads in this transaction, and when it is committed, for all others."""

    def say() -> None:
        ask(lambda: client().set(key, uuid.uuid4().hex, ex=WORD_KEEP))
        done()

    say()
    transaction.on_commit(say, robust=True)


def get_table(key: str) -> pa.Table | None:
    import pyarrow as pa

    if (raw := get(key)) is None:
        return None
    return pa.ipc.open_stream(raw).read_all()


def put_table(key: str, table: pa.Table) -> None:
    import pyarrow as pa

    if table.nbytes > LARGEST * 4:
        return
    sink = pa.BufferOutputStream()
    options = pa.ipc.IpcWriteOptions(compression="zstd")
    with pa.ipc.new_stream(sink, table.schema, options=options) as writer:
        writer.write_table(table)
    put(key, sink.getvalue().to_pybytes())


def clear_local() -> None:
    global _local_bytes
    with _lock:
        _local.clear()
        _local_bytes = 0


def ask(call: Callable):
    """The result of a call to Redis, or None while Redis is away."""
    global _down_until
    if time.monotonic() < _down_until:
        return None
    try:
        return call()
    except redis.RedisError as error:
        _down_until = time.monotonic() + RETRY
        log.warning("Redis does not answer, going on without it: %s", error)
        return None


def _remembered(key: str) -> bytes | None:
    with _lock:
        value = _local.get(key)
        if value is not None:
            _local.move_to_end(key)
        return value


def _remember(key: str, value: bytes) -> None:
    global _local_bytes
    if len(value) > LARGEST:
        return
    with _lock:
        old = _local.pop(key, b"")
        _local[key] = value
        _local_bytes += len(value) - len(old)
        while _local_bytes > LOCAL_BYTES:
            _, dropped = _local.popitem(last=False)
            _local_bytes -= len(dropped)
