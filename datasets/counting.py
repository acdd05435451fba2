"""How often something happened lately, counted by all processes together."""

from __future__ import annotations

import ipaddress

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


def network(address: str) -> str:
    """Who shares an address: one machine, or the /64 from which one machine takes any."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)
