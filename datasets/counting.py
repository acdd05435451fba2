"""How often something happened lately, counted by all processes together."""

from __future__ import annotations

from django.core.cache import cache as own_cache

from datasets import cache

PERIODS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def count(key: str, seconds: int, step: int = 1) -> tuple[int, int]:
    """Times since the first one, for so many seconds after it, and how many of these are left.
    Known to all processes, and to this one alone while Redis is away."""

    def ask() -> tuple[int, int]:
        pipe = cache.client().pipeline()
        pipe.set(key, 0, ex=seconds, nx=True)
        pipe.incrby(key, step)
        pipe.ttl(key)
        _, many, left = pipe.execute()
        return many, max(left, 1)

    if (found := cache.ask(ask)) is not None:
        return found
    own_cache.add(key, 0, seconds)
    try:
        return own_cache.incr(key, step), seconds
    except ValueError:  # it ended between the two
        return step, seconds


def rate(text: str) -> tuple[int, int]:
    """``30/min`` as (30, 60)."""
    many, _, period = text.partition("/")
    return int(many), PERIODS[period[:1]]
