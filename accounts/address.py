"""From where a request comes, as far as one may believe it."""

import ipaddress

from django.conf import settings


def of(request) -> str | None:
    """The address of who asks; None for what is none, such as a socket.

    Everybody may send ``X-Forwarded-For``; only what the operator's own proxies append to its end
    is true. ``TRUSTED_PROXIES`` says how many of them a request passes: the address that the
    outermost of them saw is the one at that place from the end."""
    own = request.META.get("REMOTE_ADDR", "")
    count = settings.TRUSTED_PROXIES
    if count < 1:
        return valid(own)
    told = [one.strip() for one in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
    return valid(told[-count]) if len(told) >= count and valid(told[-count]) else valid(own)


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
