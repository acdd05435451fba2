"""To which addresses the portal connects for people, and that it connects to what was checked."""

import socket

import pytest

from datasets.addresses import AddressRefused, AddressUnknown, Guard
from datasets.connectors import network
from datasets.errors import SourceRefused, SourceUnavailable
from tests.datasets import statements
from tests.datasets.conftest import source_of
from tests.factories.datasets import SourceFactory

NOBODY = Guard.of([], "SOURCE_NETWORKS")
PUBLIC = ["93.184.216.34", "8.8.8.8", "2606:4700::1111", "64:ff9b::808:808", "::ffff:8.8.8.8"]
PRIVATE = [
    "127.0.0.1", "127.255.0.1", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1",
    "100.64.0.1", "192.0.0.8", "198.18.0.1", "::1", "fc00::1", "fd12:3456::1",
    "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::a00:1", "64:ff9b:1::a00:1", "2002:a00:1::",
    "2002:7f00:1::1", "::10.0.0.1", "::127.0.0.1", "2001:0:a00:1::f5ff:fffe", "2001:db8::1",
]  # fmt: skip
NEVER = [
    "169.254.169.254", "169.254.0.1", "fe80::1", "0.0.0.0", "0.1.2.3", "::", "224.0.0.1",
    "ff02::1", "255.255.255.255", "240.0.0.1", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe",
    "2002:a9fe:a9fe::", "fd00:ec2::254", "100.100.100.200", "168.63.129.16",
]  # fmt: skip


def answering(*addresses):
    """A name server at the network's edge."""

    def lookup(host, port, **kwargs):
        return [(0, 0, 0, "", (address, 0)) for address in addresses]

    return lookup


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_given_back_as_they_were_checked(address):
    assert NOBODY.addresses("db.example.org", answering(address)) == [address]
    NOBODY.check_literal(address)


@pytest.mark.parametrize("address", PRIVATE)
def test_private_addresses_are_refused_by_name_and_as_they_are(address):
    with pytest.raises(AddressRefused, match="'db.example.org' is at .*, which is not a public"):
        NOBODY.addresses("db.example.org", answering(address))
    with pytest.raises(AddressRefused, match="add for example .*/(32|128) to SOURCE_NETWORKS"):
        NOBODY.check_literal(address)


@pytest.mark.parametrize("address", NEVER)
def test_links_groups_and_the_metadata_of_clouds_are_refused_whatever_is_allowed(address):
    for guard in (NOBODY, Guard.of(["0.0.0.0/0", "::/0"], "SOURCE_NETWORKS")):
        with pytest.raises(AddressRefused):
            guard.addresses("db.example.org", answering(address))


def test_one_address_that_is_refused_refuses_the_host():
    with pytest.raises(AddressRefused, match="at 10.0.0.1"):
        NOBODY.addresses("db.example.org", answering("93.184.216.34", "10.0.0.1"))


@pytest.mark.parametrize(
    ("address", "allowed"),
    [("10.1.2.3", True), ("10.2.0.1", False), ("::ffff:10.1.2.3", True), ("fd00::7", True),
     ("64:ff9b::a01:203", True), ("64:ff9b::a02:1", False), ("192.168.0.1", False)],
)  # fmt: skip
def test_the_operators_networks_are_allowed_and_no_others(address, allowed):
    guard = Guard.of(["10.1.0.0/16", " fd00::/16"], "SOURCE_NETWORKS")
    if allowed:
        assert guard.addresses("db", answering(address)) == [address]
    else:
        with pytest.raises(AddressRefused):
            guard.addresses("db", answering(address))


@pytest.mark.parametrize(
    "host", ["127.1", "0x7f000001", "2130706433", "0177.0.0.1", "localhost", "[::1]"]
)
def test_other_ways_to_write_this_machine_are_seen_through(host):
    with pytest.raises(AddressRefused):
        NOBODY.addresses(host)


@pytest.mark.parametrize(
    "host", ["", " ", "a b", "a\nb", "a\x00b", "/tmp", "@x", "a,b", "x" * 254, "fe80::1%eth0"]
)
def test_what_is_no_host_is_told_without_asking_anybody(host):
    with pytest.raises(AddressUnknown):
        NOBODY.addresses(host, answering("93.184.216.34"))


@pytest.mark.parametrize("text", ["10.0.0.1/8", "10.0.0.0/33", "db.example.org", ""])
def test_a_setting_that_is_no_network_is_an_error(text):
    with pytest.raises(ValueError):
        Guard.of([text], "SOURCE_NETWORKS")


@pytest.mark.parametrize("kind", ["postgresql", "mysql"])
@pytest.mark.parametrize("host", ["10.0.0.1", "169.254.169.254", "::1", "[fd00::1]"])
def test_a_source_in_no_allowed_network_cannot_be_saved(kind, host, settings):
    settings.SOURCE_NETWORKS = []
    source = SourceFactory.build(kind=kind, host=host)
    with pytest.raises(SourceRefused):
        source.connector.check(source)


@pytest.mark.parametrize("kind", ["postgresql", "mysql"])
def test_a_source_is_refused_by_its_address_before_anybody_is_called(kind, settings):
    settings.SOURCE_NETWORKS = []
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        listening.settimeout(0.2)
        port = listening.getsockname()[1]
        source = SourceFactory.build(kind=kind, host="localhost", port=port)
        for ask in (
            source.connector.test,
            source.connector.tables,
            lambda s: statements.run(s, "SELECT 1 AS a"),
        ):
            with pytest.raises(SourceRefused, match="SOURCE_NETWORKS"):
                ask(source)
        with pytest.raises(TimeoutError):
            listening.accept()


def test_a_name_is_looked_up_once_and_its_answer_is_what_is_connected_to(warehouse, monkeypatch):
    """The second look-up of a rebinding name would lead elsewhere."""
    asked = []
    real = socket.getaddrinfo

    def lookup(host, *args, **kwargs):
        if host != "shop.example.org":
            return real(host, *args, **kwargs)
        asked.append(host)
        return answering("127.0.0.1" if len(asked) == 1 else "203.0.113.1")(host, None)

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    source = SourceFactory.build(**source_of(host="shop.example.org"))

    assert "The role tests_reader may only read." in source.connector.test(source)
    assert asked == ["shop.example.org"]


def test_a_name_that_nobody_knows_is_no_refusal():
    with pytest.raises(SourceUnavailable, match="is not known") as caught:
        network.addresses("no-such-host.invalid")
    assert not isinstance(caught.value, SourceRefused)
