"""Bring new data to open pages: the workers publish by Redis, a hub in each web process passes it
on.

A page subscribes over one WebSocket. The hub knows sockets by (dashboard, variant): viewers of a
variant see the same bytes, because the same rules hold for them. Messages are lost when Redis or a
socket is; pages ask again when they reconnect and once a minute, so nothing stays old."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import json
import logging
import random
import time
from collections import defaultdict, deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from importlib import import_module
from urllib.parse import urlsplit

import redis.asyncio
import redis.exceptions
from django.conf import settings
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY, get_user_model
from django.core.validators import slug_re
from django.db import DatabaseError, close_old_connections
from django.http.cookie import parse_cookie
from django.http.request import split_domain_port, validate_host
from django.utils import timezone
from django.utils.crypto import constant_time_compare

from accounts import viewing_as
from accounts.models import Session
from accounts.signing_in import owes_second
from dashboards import choices, render
from dashboards.models import Dashboard
from datasets import cache
from datasets.models import Snapshot

log = logging.getLogger(__name__)

CHANNEL = "live"
VIEWERS_KEEP = 24 * 3600  # seconds for which a variant is kept warm after its last viewer
RECHECK = 60  # seconds between two looks at the rights of a socket
SESSIONS = 3  # seconds between two looks at which sessions go on, one question for all sockets
SLOWEST = 10  # seconds that one message may take to a socket
LARGEST_MESSAGE = 2000  # bytes that a page may send
SOCKETS_MOST, OF_ONE_MOST = 5000, 100  # per process, and of one person
MESSAGES_MOST, MESSAGES_SECONDS = 60, 60  # of a socket; each asks the database


# --- The workers' side
# --------------------------------------------------------------------------------


def publish(snapshot: Snapshot) -> None:
    """Draw the new data for everybody who looks, keep it ready, and send it."""
    for dashboard in Dashboard.objects.filter(widgets__dataset=snapshot.dataset_id).distinct():
        sent = set()
        for viewer in _viewers(dashboard):
            view = choices.start(dashboard, viewer)
            cards = render.cards(view, to_make=True, all_tabs=True)
            if (found := variant(cards)) in sent:
                continue
            sent.add(found)
            fresh = [c for c in cards if c.widget.dataset_id == snapshot.dataset_id]
            render.drawings(fresh)
            now = timezone.now()
            parts = [
                render.as_json(card, body, None, now)
                for card, body in zip(fresh, render.bodies(fresh), strict=True)
            ]
            _send(dashboard.pk, found, b'{"widgets":[' + b",".join(parts) + b"]}")


def announce_change(dashboard_id: int) -> None:
    """Tell every open page of a dashboard that its make-up changed."""
    _send(dashboard_id, "", b'{"changed":true}')


def variant(cards: list[render.Card]) -> str:
    """Same for two viewers when every card looks the same to them."""
    rules = sorted({f"{card.widget.dataset_id}:{card.rules}" for card in cards})
    rules += [f"{card.widget.pk}:{card.wish.key}" for card in cards if card.wish.key]
    # What is said of a card that fails: the cause is for those who can mend it.
    rules.append(str(any(getattr(card.viewer, "is_staff", False) for card in cards)))
    return hashlib.sha256("\n".join(rules).encode()).hexdigest()[:16]


def remember_viewer(dashboard: Dashboard, cards: list[render.Card], user_id: int) -> None:
    """Keep the variant of this viewer ready from now on."""

    def write():
        pipe = cache.client().pipeline()
        pipe.hset(f"viewers:{dashboard.pk}", variant(cards), user_id)
        pipe.expire(f"viewers:{dashboard.pk}", VIEWERS_KEEP)
        pipe.execute()

    cache.ask(write)


def _viewers(dashboard: Dashboard):
    """One person of each variant; whoever may not look any more is left out."""
    known = cache.ask(lambda: cache.client().hvals(f"viewers:{dashboard.pk}")) or []
    for user in get_user_model().objects.filter(pk__in=[int(pk) for pk in known]):
        if Dashboard.objects.visible_to(user).filter(pk=dashboard.pk).exists():
            yield user


def _send(dashboard_id: int, variant_of: str, message: bytes) -> None:
    head = f"{dashboard_id} {variant_of}\n".encode()
    cache.ask(lambda: cache.client().publish(CHANNEL, head + gzip.compress(message, 5)))


# --- The web processes' side
# --------------------------------------------------------------------------


@dataclass(eq=False, slots=True)
class Socket:
    send: object
    session: str
    slug: str
    person: int = 0
    group: tuple[int, str] | None = None
    heard: deque[float] = field(default_factory=lambda: deque(maxlen=MESSAGES_MOST))
    busy: asyncio.Lock = field(default_factory=asyncio.Lock)
    gone: asyncio.Event = field(default_factory=asyncio.Event)


class Hub:
    """Sockets of this process by what they look at, and one subscription to Redis for all of
    them."""

    def __init__(self):
        self.groups: dict[tuple[int, str], set[Socket]] = defaultdict(set)
        self.sockets: set[Socket] = set()
        self.threads = ThreadPoolExecutor(2, thread_name_prefix="live")
        self.tasks: list[asyncio.Task] = []
        self.sending: set[asyncio.Task] = set()

    def start(self) -> None:
        work = (self._listen(), self._recheck(), self._end())
        self.tasks = [asyncio.create_task(one) for one in work]

    async def stop(self) -> None:
        for task in self.tasks:
            task.cancel()
        for socket in list(self.sockets):
            await self._close(socket, 1012)
        self.threads.shutdown(wait=False)

    async def serve(self, scope, receive, send) -> None:
        """One WebSocket from its request to its end."""
        await receive()  # websocket.connect
        session = session_key(scope)
        if not same_origin(scope) or len(self.sockets) >= SOCKETS_MOST or not session:
            await send({"type": "websocket.close", "code": 4403})
            return
        if not (person := await self._in_thread(session_user, session)):
            await send({"type": "websocket.close", "code": 4401})
            return
        if sum(other.person == person.pk for other in self.sockets) >= OF_ONE_MOST:
            await send({"type": "websocket.close", "code": 4403})
            return
        await send({"type": "websocket.accept"})
        socket = Socket(send, session, "", person.pk)
        self.sockets.add(socket)
        try:
            await self._read(socket, receive)
        finally:
            self._leave(socket)

    async def _read(self, socket: Socket, receive) -> None:
        while (message := await receive())["type"] == "websocket.receive":
            text = message.get("text") or ""
            if self._too_often(socket):
                await self._close(socket, 4429)
                return
            if len(text) > LARGEST_MESSAGE or (slug := _wanted(text)) is None:
                await self._close(socket, 4400)
                return
            socket.slug = slug
            if not await self._join(socket):
                await self._close(socket, 4404)
                return
            await self._deliver(socket, {"type": "websocket.send", "text": '{"subscribed":true}'})

    def _too_often(self, socket: Socket) -> bool:
        now, heard = time.monotonic(), socket.heard
        often = len(heard) == MESSAGES_MOST and now - heard[0] < MESSAGES_SECONDS
        heard.append(now)
        return often

    async def _join(self, socket: Socket) -> bool:
        """Put a socket where its viewer's rights put it; False when it may see nothing (any
        more)."""
        group = await self._in_thread(group_of, socket.session, socket.slug)
        if socket not in self.sockets:  # it left in the meantime
            return False
        if socket.group != group:
            if socket.group is not None:
                self._drop_from_group(socket)
            socket.group = group
            if group is not None:
                self.groups[group].add(socket)
        return group is not None

    def _drop_from_group(self, socket: Socket) -> None:
        members = self.groups[socket.group]
        members.discard(socket)
        if not members:
            del self.groups[socket.group]

    def _leave(self, socket: Socket) -> None:
        self.sockets.discard(socket)
        if socket.group is not None:
            self._drop_from_group(socket)
            socket.group = None

    async def _listen(self) -> None:
        """Pass on what workers publish, for ever; a lost Redis is asked again."""
        while True:
            client = redis.asyncio.Redis.from_url(settings.REDIS_URL, health_check_interval=15)
            try:
                async with client.pubsub() as channel:
                    await channel.subscribe(CHANNEL)
                    async for message in channel.listen():
                        if message["type"] == "message":
                            self._pass_on(message["data"])
            except (redis.exceptions.RedisError, OSError) as error:
                log.warning("Live updates wait for Redis: %s", error)
            finally:
                await client.aclose()
            await asyncio.sleep(1 + random.random())

    def _pass_on(self, data: bytes) -> None:
        head, _, payload = data.partition(b"\n")
        dashboard_id, _, variant_of = head.decode().partition(" ")
        message = {"type": "websocket.send", "bytes": payload}
        for group, members in self.groups.items():
            if group[0] == int(dashboard_id) and variant_of in ("", group[1]):
                for socket in members:
                    task = asyncio.create_task(self._deliver(socket, message))
                    self.sending.add(task)
                    task.add_done_callback(self.sending.discard)

    async def _deliver(self, socket: Socket, message: dict) -> None:
        """Send one message; who is too slow is closed, and asks for the newest when it is back."""
        try:
            async with asyncio.timeout(SLOWEST), socket.busy:
                await socket.send(message)
        except TimeoutError:
            await self._close(socket, 1013)
        except (OSError, RuntimeError):  # the server says so when the peer is gone already
            self._leave(socket)

    async def _close(self, socket: Socket, code: int) -> None:
        self._leave(socket)
        try:
            await socket.send({"type": "websocket.close", "code": code})
        except (OSError, RuntimeError):
            log.debug("A socket was gone before it was closed.")

    async def _recheck(self) -> None:
        """Sessions end and rights change while pages are open."""
        while True:
            await asyncio.sleep(RECHECK)
            for socket in list(self.sockets):
                try:
                    if socket.slug and socket in self.sockets and not await self._join(socket):
                        await self._close(socket, 4403)
                except Exception:  # such as a database that starts again: look the next time
                    log.exception("The rights of an open page could not be looked at again.")

    async def _end(self) -> None:
        """Close the pages of sessions that were ended, or whose person was."""
        while True:
            await asyncio.sleep(SESSIONS)
            keys = {socket.session for socket in self.sockets if socket.slug}
            if not keys:
                continue
            try:
                alive = await self._in_thread(Session.objects.alive, keys, timezone.now())
            except DatabaseError:  # one that starts again: look the next time
                log.warning("Which sessions go on could not be asked.")
                continue
            for socket in [one for one in self.sockets if one.session in keys - alive]:
                await self._close(socket, 4403)

    async def _in_thread(self, function, *arguments):
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self.threads, _with_database, function, *arguments)


def _with_database(function, *arguments):
    close_old_connections()
    try:
        return function(*arguments)
    finally:
        close_old_connections()


def _wanted(text: str) -> str | None:
    try:
        wanted = json.loads(text)
    except (ValueError, RecursionError):
        return None
    slug = wanted.get("dashboard") if isinstance(wanted, dict) else None
    return slug if isinstance(slug, str) and slug_re.match(slug) else None


def session_key(scope) -> str:
    return parse_cookie(_header(scope, b"cookie")).get(settings.SESSION_COOKIE_NAME, "")


def same_origin(scope) -> bool:
    """The page that opens the socket is ours: browsers send cookies along from any page."""
    try:
        origin = urlsplit(_header(scope, b"origin"))
    except ValueError:
        return False
    host = _header(scope, b"host")
    if settings.HTTPS and origin.scheme != "https":  # a page that somebody between us could write
        return False
    name, _ = split_domain_port(origin.netloc.lower())
    return bool(name) and origin.netloc == host and validate_host(name, settings.ALLOWED_HOSTS)


def _header(scope, name: bytes) -> str:
    return dict(scope["headers"]).get(name, b"").decode("latin-1")


def session_user(key: str):
    """The person of a session, as `django.contrib.auth.get_user` finds it for a request."""
    session = import_module(settings.SESSION_ENGINE).SessionStore(key)
    user = get_user_model().objects.filter(pk=session.get(SESSION_KEY), is_active=True).first()
    if user is None:
        return None
    known = session.get(HASH_SESSION_KEY, "")
    if not constant_time_compare(known, user.get_session_auth_hash()):
        return None
    return None if owes_second(user, session) else viewing_as.person_of(session, user)


def group_of(session: str, slug: str) -> tuple[int, str] | None:
    """(dashboard, variant) for the person of a session, or None without the right to see it."""
    user = session_user(session)
    dashboard = user and Dashboard.objects.visible_to(user).filter(slug=slug).first()
    if not dashboard:
        return None
    cards = render.cards(choices.start(dashboard, user), all_tabs=True)
    if user.pk:
        remember_viewer(dashboard, cards, user.pk)
    return dashboard.pk, variant(cards)
