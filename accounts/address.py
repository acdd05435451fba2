"""From where a request comes."""

from __future__ import annotations

import ipaddress

from django.http import HttpRequest


def of(request: HttpRequest) -> str | None:
    """The address of who asks; None for what is none, such as a socket. The server has put it
    there: what ``X-Forwarded-For`` says it believes of ``TRUSTED_PROXIES`` alone."""
    return valid(request.META.get("REMOTE_ADDR", ""))


def valid(text: str) -> str | None:
    """An address without its port and zone; IPv4 written as IPv6 is IPv4."""
    text = text.strip()
    if text.startswith("["):  # [2001:db8::1]:443
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:  # 192.0.2.1:443
        text = text.partition(":")[0]
    try:
        found = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = getattr(found, "ipv4_mapped", None)
    return str(mapped or found)


def network(text: str) -> str:
    """Who shares an address: one machine, or the /64 from which one machine takes any."""
    found = valid(text)
    if found and ":" in found:
        return str(ipaddress.ip_network((found, 64), strict=False))
    return found or text
