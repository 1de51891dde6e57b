"""What every request must fulfil before it reaches the server's pages, and what every answer says.

A page of somebody else's, open in a browser on this computer or on a phone of the team, can send
requests here. It cannot: name this host while its own name resolves to us (Host), hide where it
comes from (Origin, Sec-Fetch-Site), or add a header of ours to a request (X-Baksan).
"""

from __future__ import annotations

from collections.abc import Iterable

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from receiver.language import phrase

LARGEST_BODY_BYTES = 64 * 1024
OWN_HEADER = "X-Baksan"
CSP = (
    "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline';"
    " worker-src 'self'; connect-src 'self'; object-src 'none'; base-uri 'none';"
    " frame-ancestors 'none'; form-action 'none'"
)
HEADERS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class Guard:
    """Passes on what a page of ours may send; refuses all else with one sentence."""

    def __init__(self, app: ASGIApp, hosts: Iterable[str], scheme: str) -> None:
        """Take the hosts with their ports, as browsers name them."""
        self._app = app
        self._hosts = frozenset(hosts)
        self._origins = frozenset(f"{scheme}://{host}" for host in self._hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request or connection."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        fault = self._fault(scope, Headers(scope=scope))
        if fault is None:
            await self._app(scope, receive, _with_headers(send))
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        else:
            status, sentence = fault
            response = JSONResponse({"error": sentence}, status, {"Connection": "close"})
            await response(scope, receive, _with_headers(send))

    def _fault(self, scope: Scope, headers: Headers) -> tuple[int, str] | None:
        if headers.get("host", "").lower() not in self._hosts:
            return 400, phrase("this is not the name of this server: read the QR code again")
        origins = headers.getlist("origin")
        if any(origin not in self._origins for origin in origins):
            return 403, phrase("this comes from another page than the server's own")
        if headers.get("sec-fetch-site") in ("cross-site", "same-site") and not _opens(headers):
            return 403, phrase("this comes from another page than the server's own")
        if scope["type"] == "http" and scope["method"] not in ("GET", "HEAD"):
            if scope["method"] != "POST" or headers.get(OWN_HEADER) != "1":
                return 403, phrase("a change needs POST and the header X-Baksan: 1")
            if _says_more_than(headers, LARGEST_BODY_BYTES):
                return 413, phrase("this is too large")
        return None


def _opens(headers: Headers) -> bool:
    """Tell whether somebody followed a link to the page itself, which holds no data."""
    fetched = headers.get("sec-fetch-mode"), headers.get("sec-fetch-dest")
    return fetched == ("navigate", "document")


def _says_more_than(headers: Headers, most: int) -> bool:
    length = headers.get("content-length", "0")
    return not (length.isascii() and length.isdecimal()) or len(length) > 9 or int(length) > most


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers[name] = value
            headers.setdefault("Cache-Control", "no-store")
        await send(message)

    return sending
