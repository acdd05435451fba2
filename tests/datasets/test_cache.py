"""Redis may be empty, away or full of nonsense: questions are answered all the same."""

import shutil
import tempfile
import threading
import time
from pathlib import Path

import pyarrow as pa
import pytest

from datasets import cache
from datasets.policies import ServiceViewer
from datasets.query import Measure, Query, run
from portal import embedded
from portal.embedded.redis import Redis

TEST = ServiceViewer("test")
COUNT = Query(measures=(Measure("n", "count()"),))


@pytest.fixture
def own_redis(settings, monkeypatch):
    """A Redis of this test alone, which it may stop."""
    folder = Path(tempfile.mkdtemp(prefix="redis-"))  # short, as the path of a socket must be
    server = Redis(folder)
    server.start()
    settings.REDIS_URL = embedded.redis_url(folder)
    monkeypatch.setattr(cache, "_client", None)
    monkeypatch.setattr(cache, "_down_until", 0.0)
    cache.clear_local()
    yield server
    server.stop()
    shutil.rmtree(folder, ignore_errors=True)


def answer(dataset):
    result = run(COUNT, dataset, TEST)
    return result.table.to_pylist(), result.from_cache


def test_an_answer_is_made_once_and_then_found(carts, own_redis):
    assert answer(carts) == ([{"n": 6000}], False)
    assert answer(carts) == ([{"n": 6000}], True)
    cache.clear_local()  # as another process
    assert answer(carts) == ([{"n": 6000}], True)


def test_a_redis_that_stops_is_not_missed(carts, own_redis):
    answer(carts)
    own_redis.stop()
    cache.clear_local()

    assert answer(carts) == ([{"n": 6000}], False)
    assert answer(carts) == ([{"n": 6000}], True)  # this process remembers


def test_a_redis_that_never_was_is_not_missed(carts, settings, monkeypatch):
    settings.REDIS_URL = "unix:///tmp/there-is-no-such.sock"
    monkeypatch.setattr(cache, "_client", None)
    monkeypatch.setattr(cache, "_down_until", 0.0)

    assert answer(carts) == ([{"n": 6000}], False)


def test_a_redis_that_came_back_is_used_again(carts, own_redis, monkeypatch):
    own_redis.stop()
    answer(carts)
    own_redis.start()
    monkeypatch.setattr(cache, "_down_until", time.monotonic())  # the pause is over
    cache.clear_local()
    answer(carts)
    cache.clear_local()

    assert answer(carts) == ([{"n": 6000}], True)


def test_a_flushed_redis_is_filled_again(carts, own_redis):
    answer(carts)
    cache.client().flushall()
    cache.clear_local()

    assert answer(carts) == ([{"n": 6000}], False)
    cache.clear_local()
    assert answer(carts) == ([{"n": 6000}], True)


def test_a_full_redis_is_not_missed(carts, own_redis):
    cache.client().config_set("maxmemory", "1")

    assert answer(carts) == ([{"n": 6000}], False)


def test_of_many_who_ask_at_once_one_makes_the_answer(own_redis):
    made, answers = [], []
    everybody_asks = threading.Barrier(8)

    def make():
        made.append(1)
        return b"answer"

    def ask():
        everybody_asks.wait()
        answers.append(cache.once("key", make))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert answers == [b"answer"] * 8
    assert len(made) == 1


def test_a_maker_that_fails_leaves_no_lock_behind(own_redis):
    def fail():
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        cache.once("key", fail)
    assert cache.once("key", lambda: b"yes") == b"yes"


def test_memory_of_a_process_has_an_end(own_redis):
    for number in range(50):
        cache.put(f"key{number}", bytes(900_000))

    assert sum(map(len, cache._local.values())) <= cache.LOCAL_BYTES
    assert cache.get("key49") == bytes(900_000)


def test_a_table_comes_back_with_its_types_and_nulls(own_redis):
    table = pa.table(
        {"a": pa.array([1, None], pa.int32()), "b": ["x", ""], "c": pa.array([None, None])}
    )
    cache.put_table("key", table)
    cache.clear_local()

    assert cache.get_table("key").equals(table)
