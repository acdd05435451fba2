"""The live hub as a browser meets it: a real uvicorn with the portal's application, real Redis,
committed records."""

import asyncio
import gzip
import json
import time
from contextlib import contextmanager

import pyarrow as pa
import pytest
from django.conf import settings
from django.test import Client
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from accounts.models import Session
from dashboards import live
from datasets import cache
from datasets.models import RowPolicy
from tests.dashboards.conftest import WAIT, database_away, eventually
from tests.factories.dashboards import DashboardFactory, WidgetFactory
from tests.factories.datasets import publish
from tests.factories.people import PersonFactory
from tests.factories.world import CELL


def cookie_of(person):
    client = Client()
    client.force_login(person)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


@contextmanager
def opened(server, person=None, *, cookie=None, origin=""):
    """A socket as a page of the portal opens it."""
    cookie = cookie if cookie is not None else cookie_of(person)
    headers = {"Cookie": f"{settings.SESSION_COOKIE_NAME}={cookie}"} if cookie else {}
    origin = f"http://{server}" if origin == "" else origin
    with connect(f"ws://{server}/live/", origin=origin, additional_headers=headers) as found:
        yield found


def subscribe(socket_, slug="p-73"):
    socket_.send(json.dumps({"dashboard": slug}))
    assert json.loads(socket_.recv(WAIT)) == {"subscribed": True}


def received(socket_):
    return json.loads(gzip.decompress(socket_.recv(WAIT)))


def closed_with(socket_) -> int:
    try:
        while True:
            socket_.recv(WAIT)
    except ConnectionClosed as closed:
        return closed.rcvd.code


def new_data(dataset, name="Hooli"):
    return publish(dataset, pa.table({"bidder_shortname": [name], "amount": [1]}))


def refused(server, **options) -> int:
    with pytest.raises(InvalidStatus) as found, opened(server, **options):
        pass
    return found.value.response.status_code


# --- Before a socket is accepted


def test_without_a_session_nothing_is_accepted(shop, server):
    assert refused(server, cookie="") == 403
    assert refused(server, cookie="0123456789abcdef0123456789abcdef") == 403
    assert refused(server, cookie="'; --") == 403


@pytest.mark.parametrize(
    "origin", [None, "http://evil.example", "null", "http://localhost:1", "http://[::1"]
)
def test_a_page_of_another_origin_cannot_open_a_socket_with_the_persons_cookie(
    shop, server, origin
):
    status = refused(server, person=shop.people["viewer"], origin=origin)

    assert status == 403


def test_the_session_is_found_beside_cookies_of_others(shop, server):
    """What other software of the same host sets, which Python's own parser stumbles over."""
    cookie = cookie_of(shop.people["viewer"])
    name = settings.SESSION_COOKIE_NAME
    for others in ('prefs={"a": [1, 2]}', "a(b=1", "bare", 'x="unclosed', "k[]=v"):
        headers = {"Cookie": f"{others}; {name}={cookie}"}
        url = f"ws://{server}/live/"
        with connect(url, origin=f"http://{server}", additional_headers=headers) as found:
            subscribe(found)


@pytest.mark.parametrize(
    ("origin", "host", "allowed", "expected"),
    [
        ("https://bi.example.org", "bi.example.org", ["bi.example.org"], True),
        ("https://bi.example.org:8443", "bi.example.org:8443", [".example.org"], True),
        ("http://[::1]:8080", "[::1]:8080", ["[::1]"], True),
        ("https://bi.example.org", "bi.example.org:8443", ["bi.example.org"], False),
        ("https://evil.example", "evil.example", ["bi.example.org"], False),
        ("https://bi.example.org.evil.example", "bi.example.org", ["bi.example.org"], False),
        ("https://user@bi.example.org", "bi.example.org", ["bi.example.org"], False),
        ("", "", ["*"], False),
    ],
)
def test_origin(settings, origin, host, allowed, expected):
    settings.ALLOWED_HOSTS = allowed
    scope = {"headers": [(b"origin", origin.encode()), (b"host", host.encode())]}

    assert live.same_origin(scope) is expected


def test_behind_tls_a_page_without_it_is_another_origin(settings):
    settings.ALLOWED_HOSTS, settings.HTTPS = ["bi.example.org"], True
    scope = {"headers": [(b"origin", b"http://bi.example.org"), (b"host", b"bi.example.org")]}

    assert not live.same_origin(scope)
    scope["headers"][0] = (b"origin", b"https://bi.example.org")
    assert live.same_origin(scope)


def test_another_address_takes_no_socket(shop, server):
    with pytest.raises(InvalidStatus) as found, connect(f"ws://{server}/other/"):
        pass
    assert found.value.response.status_code == 403


# --- What an open socket may do


def test_who_has_no_right_is_answered_as_if_the_dashboard_were_not_there(shop, server):
    for slug in ("p-73", "none"):
        with opened(server, shop.people["outsider"]) as page:
            page.send(json.dumps({"dashboard": slug}))
            assert closed_with(page) == 4404


@pytest.mark.parametrize(
    "message",
    ["", "hello", "[]", "{}", '{"dashboard": 1}', '{"dashboard": null}', b"\x00\xff",
     json.dumps({"dashboard": "x" * 3000}), "[" * 1900],
    ids=["empty", "word", "list", "nothing", "number", "null", "bytes", "long", "deep"],
)  # fmt: skip
def test_a_message_that_no_page_sends_ends_the_socket(shop, server, hub, message):
    with opened(server, shop.people["viewer"]) as page:
        page.send(message)
        assert closed_with(page) == 4400
    eventually(lambda: not hub.sockets)


def test_a_name_that_the_database_cannot_hold_ends_this_socket_alone(shop, server):
    with (
        opened(server, shop.people["viewer"]) as page,
        opened(server, shop.people["viewer"]) as other,
    ):
        page.send(json.dumps({"dashboard": "p\0"}))
        assert closed_with(page) == 4400
        subscribe(other)


# --- What it is told


def test_new_data_reaches_who_looks_at_it_with_the_changed_cards_alone(shop, server):
    other = WidgetFactory(dashboard=shop.dashboard, title="Of another dataset")
    publish(other.dataset, pa.table({"one": [1]}))
    apart = DashboardFactory(slug="apart", owner=shop.people["viewer"])
    with (
        opened(server, shop.people["viewer"]) as page,
        opened(server, shop.people["editor"]) as second,
        opened(server, shop.people["viewer"]) as elsewhere,
    ):
        subscribe(page)
        subscribe(second)
        subscribe(elsewhere, apart.slug)

        live.publish(new_data(shop.dataset))

        for one in (page, second):
            message = received(one)
            assert [card["id"] for card in message["widgets"]] == [shop.widget.pk]
            assert "Hooli" in message["widgets"][0]["body"]["html"]
            assert "drawing" not in message["widgets"][0]
        live.announce_change(apart.pk)
        assert received(elsewhere) == {"changed": True}  # and nothing before it


def test_each_is_sent_the_rows_that_the_rules_give_them(shop, server):
    RowPolicy.objects.create(
        dataset=shop.dataset, name="Own", everybody=True,
        condition={"column": "bidder_shortname", "op": "in", "attribute": "bidder"},
    )  # fmt: skip
    for person, bidder in (("viewer", "Konrad"), ("editor", "Fabienne")):
        shop.people[person].attributes = {"bidder": [bidder]}
        shop.people[person].save()
    with opened(server, shop.people["viewer"]) as one, opened(server, shop.people["editor"]) as two:
        subscribe(one)
        subscribe(two)

        rows = {"bidder_shortname": ["Konrad", "Fabienne", "Paulo"], "amount": [1, 2, 3]}
        publish(shop.dataset, pa.table(rows))

        for page, own in ((one, "Konrad"), (two, "Fabienne")):
            html = received(page)["widgets"][0]["body"]["html"]
            assert [name for name in rows["bidder_shortname"] if name in html] == [own]


def test_a_published_snapshot_is_sent_by_the_pipeline(shop, server):
    with opened(server, shop.people["viewer"]) as page:
        subscribe(page)
        new_data(shop.dataset, "Pied Piper")  # as a refresh commits it

        assert "Pied Piper" in received(page)["widgets"][0]["body"]["html"]


def test_a_change_of_the_dashboard_reaches_every_variant(shop, server, hub):
    with (
        opened(server, shop.people["viewer"]) as page,
        opened(server, shop.people["superuser"]) as staff,
    ):
        subscribe(page)
        subscribe(staff)

        live.announce_change(shop.dashboard.pk)

        assert received(page) == received(staff) == {"changed": True}


def test_a_message_for_one_variant_is_not_sent_to_another(shop, server, hub):
    with opened(server, shop.people["viewer"]) as page:
        subscribe(page)
        live._send(shop.dashboard.pk, "another-variant", b'{"widgets":["' + CELL.encode() + b'"]}')
        live.announce_change(shop.dashboard.pk)

        assert received(page) == {"changed": True}


def test_viewers_are_not_sent_what_only_staff_may_read_of_a_failing_card(shop, server):
    """Staff and viewers of the same rules look at once; staff came last."""
    WidgetFactory(
        dashboard=shop.dashboard, dataset=shop.dataset, options={"value": "sum(hidden_margin)"}
    )
    with (
        opened(server, shop.people["viewer"]) as page,
        opened(server, shop.people["superuser"]) as staff,
    ):
        subscribe(page)
        subscribe(staff)

        live.publish(new_data(shop.dataset))

        told = json.dumps(received(page))
        assert "do not fit its data" in told
        assert "hidden_margin" not in told
        assert "hidden_margin" in json.dumps(received(staff))


def test_who_lost_the_right_stands_for_nobody_any_more(shop, server):
    live.group_of(cookie_of(shop.people["viewer"]), "p-73")
    shop.people["viewer"].groups.clear()

    assert list(live._viewers(shop.dashboard)) == []


# --- When rights, sessions or servers end


@pytest.mark.parametrize(
    ("end", "code"),
    [
        (lambda shop: shop.people["viewer"].groups.clear(), 4403),
        (lambda shop: shop.dashboard.view_roles.clear(), 4403),
        (lambda shop: shop.dashboard.delete(), 4403),
        (lambda shop: Session.objects.all().delete(), 4403),
        (lambda shop: type(shop.people["viewer"]).objects.update(is_active=False), 4403),
        (lambda shop: type(shop.people["viewer"]).objects.update(password="new"), 4403),
    ],
    ids=["role", "record", "deleted", "logged out", "deactivated", "new password"],
)
def test_an_open_socket_ends_with_the_right_to_it(shop, server, hub, end, code):
    with opened(server, shop.people["viewer"]) as page:
        subscribe(page)
        end(shop)

        assert closed_with(page) == code
    eventually(lambda: not hub.sockets)
    assert not hub.groups


@pytest.mark.parametrize("how", ["revoked", "password", "deactivated"])
def test_a_session_that_ends_closes_its_pages_long_before_rights_are_looked_at_again(
    shop, server, hub, monkeypatch, how
):
    monkeypatch.setattr(live, "RECHECK", 600)
    time.sleep(0.3)  # the look that had begun is over
    viewer = shop.people["viewer"]
    with opened(server, viewer) as page, opened(server, shop.people["owner"]) as other:
        subscribe(page)
        subscribe(other)
        if how == "revoked":
            Session.objects.end(viewer)
        elif how == "password":
            viewer.set_password("another good one")
            viewer.save()
        else:
            type(viewer).objects.filter(pk=viewer.pk).update(is_active=False)

        assert closed_with(page) == 4403
        live.announce_change(shop.dashboard.pk)
        assert received(other) == {"changed": True}


def test_rights_are_still_looked_at_after_the_database_was_away(shop, server, hub, caplog):
    with opened(server, shop.people["viewer"]) as page:
        subscribe(page)
        with database_away():
            time.sleep(0.5)  # several looks fail
        shop.people["viewer"].groups.clear()

        assert closed_with(page) == 4403


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_after_redis_was_away_new_data_is_sent_again(own_redis, shop, server):
    start, stop = own_redis
    with opened(server, shop.people["viewer"]) as page:
        subscribe(page)
        stop()
        live.announce_change(shop.dashboard.pk)  # lost, and no error
        start()
        cache._down_until = 0.0

        def is_subscribed():
            return dict(cache.client().pubsub_numsub(live.CHANNEL))[live.CHANNEL.encode()]

        eventually(is_subscribed)
        live.announce_change(shop.dashboard.pk)

        assert received(page) == {"changed": True}


def test_a_hub_that_stops_tells_its_sockets_to_come_again(shop, hub):
    """1012: the page connects again, to the process that follows."""
    sent = []

    async def scene():
        async def send(message):
            sent.append(message)

        hub.tasks = []
        hub.sockets.add(live.Socket(send, "", ""))
        await hub.stop()

    asyncio.run(scene())

    assert sent == [{"type": "websocket.close", "code": 1012}]


def test_more_sockets_than_a_process_takes_are_refused(shop, server, hub, monkeypatch):
    monkeypatch.setattr(live, "SOCKETS_MOST", 1)
    with opened(server, shop.people["viewer"]) as page:
        subscribe(page)
        assert refused(server, person=PersonFactory()) == 403


def test_one_person_cannot_take_the_sockets_of_all(shop, server, monkeypatch):
    monkeypatch.setattr(live, "OF_ONE_MOST", 2)
    viewer, owner = shop.people["viewer"], shop.people["owner"]

    with opened(server, viewer) as one, opened(server, viewer) as two:
        subscribe(one)
        subscribe(two)
        assert refused(server, person=viewer) == 403
        with opened(server, owner) as other:
            subscribe(other)


def test_who_asks_without_end_is_ended(shop, server, monkeypatch):
    monkeypatch.setattr(live, "MESSAGES_MOST", 3)

    with opened(server, shop.people["viewer"]) as page:
        for _ in range(3):
            subscribe(page)
        page.send(json.dumps({"dashboard": "p-73"}))
        assert closed_with(page) == 4429
