"""Core: to which network addresses the portal connects on behalf of a person. No Django.

A host's name is looked up once, every address that it has is checked, and the caller connects to
the checked addresses and to no other: a name that means something else a moment later (DNS
rebinding) is of no use. What is not public is refused unless an operator lists its network; what
belongs to one link or machine, and the metadata services of clouds, is refused always."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

#: Translation prefixes whose last 32 bits are an IPv4 address that is reached through them.
NAT64 = (ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("64:ff9b:1::/48"))
COMPATIBLE = ipaddress.IPv6Network("::/96")
METADATA = frozenset(
    ipaddress.ip_address(text)
    for text in ("169.254.169.254", "fd00:ec2::254", "100.100.100.200", "168.63.129.16")
)
#: Not public, though some versions of Python say so.
SPECIAL = (ipaddress.IPv4Network("192.0.0.0/24"), ipaddress.IPv4Network("192.88.99.0/24"),
           ipaddress.IPv6Network("64:ff9b:1::/48"), ipaddress.IPv6Network("2001::/23"))  # fmt: skip
LONGEST_HOST = 253


class AddressRefused(Exception):
    """The host stands in a network to which the portal may not connect."""


class AddressUnknown(Exception):
    """The host's name has no address, or is none."""


@dataclass(frozen=True, slots=True)
class Guard:
    """Which addresses one kind of connection may use."""

    networks: tuple[Network, ...]  # not public, and allowed by the operator all the same
    setting: str  # where the operator lists them, named in the refusal

    @classmethod
    def of(cls, networks: Iterable[str], setting: str) -> Guard:
        """Raises ValueError for a text that is no network, such as 10.0.0.1/8."""
        return cls(tuple(ipaddress.ip_network(text.strip()) for text in networks), setting)

    def addresses(self, host: str, lookup: Callable[..., Iterable[Any]] | None = None) -> list[str]:
        """The host's addresses, each of them checked; raises if there is one that is refused."""
        if not host or len(host) > LONGEST_HOST or any(c.isspace() or c in "\0/@,%" for c in host):
            raise AddressUnknown(f"'{host[:60]}' is no name of a host and no address.")
        try:
            ask = lookup or socket.getaddrinfo
            found = ask(host.strip("[]"), None, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:
            raise AddressUnknown(f"The name of the host '{host}' is not known: {error}") from error
        # In the order of the system, which knows what it reaches.
        texts = list(dict.fromkeys(str(answer[4][0]) for answer in found))
        for text in texts:
            self._check(host, text)
        if not texts:
            raise AddressUnknown(f"The host '{host}' has no address.")
        return texts

    def check_literal(self, host: str) -> None:
        """Refuse an address that is written as one; a name is looked up when it is used."""
        try:
            ipaddress.ip_address(host.strip("[]"))
        except ValueError:
            return
        self._check(host, host.strip("[]"))

    def _check(self, host: str, text: str) -> None:
        address = ipaddress.ip_address(text)
        told = host if host.strip("[]") == text else f"'{host}' is at {text}, which"
        for form in forms(address):
            if never(form):
                raise AddressRefused(
                    f"{told} is an address of this machine's own links, of a group or of a "
                    "cloud's metadata. The portal never connects to those."
                )
            if not public(form) and not any(form in network for network in self.networks):
                raise AddressRefused(
                    f"{told} is not a public address. The operator can allow its network: add "
                    f"for example {form}/{form.max_prefixlen} to {self.setting}."
                )


def forms(address: Address) -> list[Address]:
    """The address and the IPv4 address that is reached through it, where there is one."""
    if isinstance(address, ipaddress.IPv4Address):
        return [address]
    if address.ipv4_mapped is not None:
        return [address.ipv4_mapped]
    found: list[Address] = [address]
    low = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    compatible = address in COMPATIBLE and int(address) > 1  # not :: and ::1
    if compatible or any(address in network for network in NAT64):
        found.append(low)
    if address.sixtofour is not None:
        found.append(address.sixtofour)
    if address.teredo is not None:
        found += address.teredo
    return found


def public(address: Address) -> bool:
    return address.is_global and not any(address in network for network in SPECIAL)


def never(address: Address) -> bool:
    return (
        address in METADATA
        or address.is_link_local
        or address.is_multicast
        or address.is_unspecified
        or (address.is_reserved and not address.is_global and not address.is_loopback)
        or (isinstance(address, ipaddress.IPv4Address) and int(address) < 2**24)  # 0.0.0.0/8
    )
