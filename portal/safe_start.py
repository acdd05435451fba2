"""Core: what a portal does not start with. A warning changed nothing at the peers (CVE-2023-27524:
two thirds of the exposed servers ran with the key of the example)."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

KNOWN_EXAMPLE_KEYS = ("insecure", "changeme", "change-me", "secret", "example", "your-", "django-")
SHORTEST_KEY, FEWEST_CHARACTERS = 32, 10
LOCAL_HOSTS = {"localhost", "127.0.0.1", "[::1]", "testserver"}
MAKE_ONE = 'python -c "import secrets; print(secrets.token_urlsafe(50))"'
PLAIN = (
    "passwords, sessions and numbers would cross the network in the clear. Put a proxy that ends "
    "TLS in front and set HTTPS=true; in a network where nobody can listen, set PLAIN_HTTP=true."
)


@dataclass(frozen=True, slots=True)
class Start:
    """What the environment says about safety."""

    secret_key: str
    encryption_keys: Sequence[str]
    hosts: Sequence[str]
    trusted_origins: Sequence[str]
    debug: bool
    https: bool
    plain_http: bool


def reasons(start: Start) -> Iterator[str]:
    """Why a portal with these settings must not start."""
    if _is_weak(start.secret_key):
        yield (
            "SECRET_KEY is missing, shorter than 32 characters, made of few different ones, or a "
            f"known example. Make one with: {MAKE_ONE}"
        )
    if not start.encryption_keys or any(_is_weak(key) for key in start.encryption_keys):
        yield (
            "ENCRYPTION_KEYS must name at least one key of 32 or more random characters; it "
            "encrypts the passwords of your sources. List several, newest first, to rotate them. "
            f"Make one with: {MAKE_ONE}"
        )
    yield from _of_hosts(start)
    for origin in start.trusted_origins:
        if "*" in origin or (start.https and not origin.startswith("https://")):
            yield (
                f"CSRF_TRUSTED_ORIGINS has {origin}: pages of such an origin could act for the "
                "people who are signed in. Write full origins, https://bi.example.org."
            )


def _of_hosts(start: Start) -> Iterator[str]:
    public = sorted(set(start.hosts) - LOCAL_HOSTS)
    if any("*" in host or not host.strip(".") for host in start.hosts):
        yield (
            "ALLOWED_HOSTS takes every name, so whoever sends a request decides which address "
            "stands in links of the portal. Name the hosts under which people reach it."
        )
    elif any("/" in host for host in start.hosts):
        yield "ALLOWED_HOSTS are names without https:// and path, such as bi.example.org."
    elif public and start.debug:
        yield (
            "DEBUG shows source code to everybody who causes an error, and ALLOWED_HOSTS has "
            f"{', '.join(public)}. Unset DEBUG."
        )
    elif public and not (start.https or start.plain_http):
        yield f"ALLOWED_HOSTS has {', '.join(public)}, and HTTPS is not set: {PLAIN}"


def _is_weak(key: str) -> bool:
    few = len(key) < SHORTEST_KEY or len(set(key)) < FEWEST_CHARACTERS
    return few or any(word in key.lower() for word in KNOWN_EXAMPLE_KEYS)


def wrong_listener(host: str, *, https: bool, plain_http: bool) -> str:
    """Why the portal must not listen at an address; empty where it may."""
    if https or plain_http or host == "localhost":
        return ""
    try:
        loopback = ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = False
    return "" if loopback else f"Other machines would reach {host}, and HTTPS is not set: {PLAIN}"
