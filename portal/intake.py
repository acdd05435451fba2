"""What may come in from the network: how large heads, addresses and bodies are, and how long they
may take to come.

Django works in a few threads. A body is read here before it takes one of them: else as many people
as there are threads could stop the portal by sending nothing."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

LARGEST_HEAD = 64 * 1024  # bytes of all headers and the address
LONGEST_PATH, LONGEST_QUERY = 2_000, 16_000
LARGEST_BODY = 5_000_000  # twice the text of the largest file of definitions, and its frame
HELD_MOST = 64_000_000  # bytes of bodies under way, in one process
HEAD_SECONDS, BODY_SECONDS = 20, 30


class Refused(Exception):
    def __init__(self, status: int, text: str):
        self.status, self.text = status, text
        super().__init__(text)


class Intake:
    """Passes on to an ASGI application what is within the limits, with its body complete."""

    def __init__(self, app: Any):
        self.app = app
        self.held = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body = b""
        try:
            _check_address(scope)
            body = await self._body(scope, receive)
            await self.app(_plain(scope), _again(body, receive), send)
        except Refused as error:
            await _answer(send, error)
        finally:
            self.held -= len(body)

    async def _body(self, scope: Any, receive: Any) -> bytes:
        """All of it. What is refused has been given back to ``held``."""
        if _length(scope) > LARGEST_BODY:
            raise _too_large()
        parts: list[bytes] = []
        size = 0
        try:
            async with asyncio.timeout(BODY_SECONDS):
                more = True
                while more:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        raise Refused(400, "The request ended early.")
                    part = message.get("body", b"")
                    parts.append(part)
                    size += len(part)
                    self.held += len(part)
                    if size > LARGEST_BODY:
                        raise _too_large()
                    if self.held > HELD_MOST:
                        raise Refused(503, "Too much is being sent at once. Try again.")
                    more = message.get("more_body", False)
        except TimeoutError as error:
            self.held -= size
            raise Refused(408, f"The request took more than {BODY_SECONDS} seconds.") from error
        except (Refused, asyncio.CancelledError):
            self.held -= size
            raise
        return b"".join(parts)


def _too_large() -> Refused:
    return Refused(413, f"At most {LARGEST_BODY:,} bytes are taken.")


def _length(scope: Any) -> int:
    said = dict(scope["headers"]).get(b"content-length", b"0")
    return int(said) if said.isdigit() else 0


def _check_address(scope: Any) -> None:
    path, query = scope.get("raw_path") or b"", scope.get("query_string") or b""
    if len(path) > LONGEST_PATH or len(query) > LONGEST_QUERY:
        raise Refused(414, f"An address has at most {LONGEST_QUERY:,} characters of choices.")
    if not query.isascii():
        raise Refused(400, "An address is written in ASCII; other characters stand as %XX.")
    if sum(len(name) + len(value) for name, value in scope["headers"]) > LARGEST_HEAD:
        raise Refused(431, "The headers are too large.")


def _plain(scope: Any) -> Any:
    """Without headers that WSGI could take for others: X_Forwarded_For is called as X-Forwarded-For
    there."""
    return scope | {"headers": [pair for pair in scope["headers"] if b"_" not in pair[0]]}


def _again(body: bytes, receive: Any) -> Any:
    told = False

    async def next_message() -> Any:
        nonlocal told
        if told:
            return await receive()
        told = True
        return {"type": "http.request", "body": body, "more_body": False}

    return next_message


async def _answer(send: Any, error: Refused) -> None:
    text = error.text.encode()
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store"),
               (b"content-length", str(len(text)).encode()), (b"connection", b"close"),
               (b"x-content-type-options", b"nosniff")]  # fmt: skip
    await send({"type": "http.response.start", "status": error.status, "headers": headers})
    await send({"type": "http.response.body", "body": text})


class Protocol(HttpToolsProtocol):
    """uvicorn's, which reads heads of any size for as long as it takes."""

    in_head, head_bytes, head_timer = True, 0, None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._wait_for_head()

    def data_received(self, data: bytes) -> None:
        self.head_bytes += len(data)
        super().data_received(data)
        if self.in_head and self.head_bytes > LARGEST_HEAD and not self.transport.is_closing():
            self.send_400_response("The headers are too large.")

    def on_message_begin(self) -> None:
        super().on_message_begin()
        if self.head_timer is None:  # a further one on this connection
            self._wait_for_head()

    def on_headers_complete(self) -> None:
        self.in_head = False
        self._stop_waiting()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self.in_head, self.head_bytes = True, 0
        super().on_message_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def _wait_for_head(self) -> None:
        self.head_timer = self.loop.call_later(HEAD_SECONDS, self._give_up)

    def _stop_waiting(self) -> None:
        if self.head_timer is not None:
            self.head_timer.cancel()
            self.head_timer = None

    def _give_up(self) -> None:
        if not self.transport.is_closing():
            self.transport.close()
