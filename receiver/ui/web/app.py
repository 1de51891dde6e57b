"""The pages of the server: who may ask for what, and what a phone gets.

Only the page itself, its words and the certificate are told without a cookie; there is no data in
them. Errors are one object, {"error": a sentence}.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp
from starlette.websockets import WebSocket

from receiver import language
from receiver.errors import ConfigError, ReceiverError
from receiver.language import phrase
from receiver.notes import by_phone
from receiver.records import jsonable, utc_text
from receiver.ui.web import coarse
from receiver.ui.web.guard import LARGEST_BODY_BYTES, Guard
from receiver.ui.web.intake import Intake
from receiver.ui.web.limits import Rate
from receiver.ui.web.live import Live, told
from receiver.ui.web.pairing import Device, Pairing
from receiver.ui.web.search import Options, Search
from receiver.ui.web.static_files import read_folder

COOKIE_S = 60 * 86_400
SLOWEST_BODY_S = 10.0
MOST_WRITING = 8
PAIRINGS_A_MINUTE, ENTRIES_A_MINUTE = 10, 240
DEEPEST_ZOOM, LONGEST_NUMBER = 22, 12
TILE_S = 86_400
PICTURES = {b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg", b"RIFF": "image/webp"}
GOING_AWAY, CLOSED_WITHIN_S = 1001, 1.0
LIVE = "baksan"  # the subprotocol that a live connection asks for, followed by its token


class Parts(NamedTuple):
    """What the pages are made of."""

    search: Search
    pairing: Pairing
    options: Options
    ca_pem: bytes | None = None


def make_app(parts: Parts, hosts: Iterable[str]) -> ASGIApp:
    """Return the whole server as an ASGI application for these hosts (with their ports)."""
    pages = _Pages(parts)
    routes = [
        Route("/", pages.static),
        Route("/worker.js", pages.worker),  # here: a worker serves what lies beneath it
        Route("/static/{path:path}", pages.static),
        Route("/ca.crt", pages.certificate),
        Route("/phrases/{language}.json", pages.phrases),
        Route("/pair", pages.pair, methods=["POST"]),
        Route("/state", pages.state),
        Route("/map", pages.map),
        Route("/belief.png", pages.belief),
        Route("/tiles/{z:int}/{x:int}/{y:int}.png", pages.tile),
        Route("/relief/{z:int}/{x:int}/{y:int}.png", pages.relief),
        Route("/entries", pages.entries, methods=["POST"]),
        Route("/place", pages.place, methods=["POST"]),
        Route("/devices", pages.devices),
        Route("/devices/revoke", pages.revoke, methods=["POST"]),
        WebSocketRoute("/live", pages.live),
    ]
    handlers: Any = {HTTPException: _refused, ReceiverError: _failed}
    app = Starlette(routes=routes, exception_handlers=handlers, lifespan=pages.lifespan)
    app.router.redirect_slashes = False  # one address for one thing
    return Guard(app, hosts, "https" if parts.options.https else "http")


def cookie_name(https: bool) -> str:
    """Return the cookie's name; under https the browser holds it to this host alone."""
    return "__Host-baksan" if https else "baksan"


class _Pages:
    """One server's pages."""

    def __init__(self, parts: Parts) -> None:
        self._search, self._pairing, self._options, self._ca_pem = parts
        self._files = read_folder(parts.options.static)
        self._intake = Intake(parts.search)
        self._live = Live(parts.search, parts.pairing)
        self._pairings = Rate(PAIRINGS_A_MINUTE, 60.0)
        # Entries wait for the disk, and must not make snapshots wait with them.
        self._writing = ThreadPoolExecutor(MOST_WRITING, "entries")
        self._entries = Rate(ENTRIES_A_MINUTE, 60.0)

    @contextlib.asynccontextmanager
    async def lifespan(self, app: Starlette) -> AsyncIterator[None]:
        task = asyncio.create_task(self._live.run())
        yield
        task.cancel()
        self._writing.shutdown(wait=False, cancel_futures=True)

    # --- without a cookie ---------------------------------------------------------------------

    async def static(self, request: Request) -> Response:
        return self._file(request, request.path_params.get("path", "index.html"))

    async def worker(self, request: Request) -> Response:
        return self._file(request, "worker.js")

    def _file(self, request: Request, path: str) -> Response:
        found = self._files.get(path)
        if found is None:
            raise HTTPException(404, phrase("there is no such page"))
        return found.response(request)

    async def certificate(self, request: Request) -> Response:
        if self._ca_pem is None:
            raise HTTPException(404, phrase("there is no certificate without --https"))
        return Response(self._ca_pem, media_type="application/x-x509-ca-cert")

    async def phrases(self, request: Request) -> Response:
        named = request.path_params["language"]
        if named not in language.LANGUAGES:
            raise HTTPException(404, phrase("there is no such language"))
        return JSONResponse(language.catalogue(named))

    async def pair(self, request: Request) -> Response:
        if not self._pairings.allows(_peer(request)):
            raise _too_many()
        said = await _body(request)
        token, observer = said.get("token"), said.get("observer")
        name = by_phone.name_of(observer) if observer else ""
        paired = None
        if isinstance(token, str):
            now = utc_text(self._search.clock.now().utc)
            before = request.cookies.get(cookie_name(self._options.https), "")
            paired = await asyncio.to_thread(self._pairing.pair, token, name, now, before)
        if paired is None:
            raise HTTPException(403, phrase("this code was used or is too old: ask for a new one"))
        device, cookie = paired
        response = JSONResponse({"role": device.role, "observer": device.observer})
        response.set_cookie(
            cookie_name(self._options.https), cookie, max_age=COOKIE_S, path="/",
            secure=self._options.https, httponly=True, samesite="strict",
        )  # fmt: skip
        return response

    # --- operators and viewers ----------------------------------------------------------------

    def _device(self, connection: Request | WebSocket) -> Device:
        """Return who asks.

        Raises:
            HTTPException: nobody who is paired.
        """
        cookie = connection.cookies.get(cookie_name(self._options.https), "")
        device = self._pairing.device(cookie) if cookie else None
        if device is None:
            raise HTTPException(401, phrase("this phone is not paired: read the QR code"))
        return device

    async def state(self, request: Request) -> Response:
        device = self._device(request)
        body = await asyncio.to_thread(self._state, device)
        return JSONResponse(body)

    def _state(self, device: Device) -> dict[str, Any]:
        age_s = self._search.snapshot_age_s()
        return {
            "age_s": round(age_s, 1),
            "snapshot": told(self._search.snapshot(), device.role),
            "map": self._map(device),
            "map_version": self._search.map_version(),
            "role": device.role,
            "observer": device.observer,
            "language": self._options.language,
            "saved_ids": self._intake.saved_ids if device.role == "operator" else [],
            "live_token": self._pairing.live_token(device),
            "time": utc_text(self._search.clock.now().utc),
        }

    def _map(self, device: Device) -> Any:
        exact = self._search.map()
        return jsonable(exact if device.role == "operator" else coarse.map_of(exact))

    async def map(self, request: Request) -> Response:
        device = self._device(request)
        return JSONResponse(await asyncio.to_thread(self._map, device))

    async def tile(self, request: Request) -> Response:
        self._device(request)
        return await self._picture(request, self._search.tile, *_tile(request))

    async def relief(self, request: Request) -> Response:
        self._device(request)
        return await self._picture(request, self._search.relief, *_tile(request), _night(request))

    async def _picture(
        self, request: Request, draw: Callable[..., bytes | None], *where: Any
    ) -> Response:
        return _picture(await asyncio.to_thread(draw, *where), f"private, max-age={TILE_S}")

    async def live(self, socket: WebSocket) -> None:
        asked = socket.scope.get("subprotocols", [])
        try:
            device = self._device(socket)
        except HTTPException:
            await socket.close(1008)
            return
        token = asked[1] if len(asked) == 2 and asked[0] == LIVE else ""
        if not self._pairing.redeem_live(device, token) or not self._live.has_room(device):
            await socket.close(1008)
            return
        await socket.accept(subprotocol=LIVE)
        await self._live.follow(socket, device)
        with contextlib.suppress(Exception):  # gone already, or stalled: then the pings end it
            await asyncio.wait_for(socket.close(GOING_AWAY), CLOSED_WITHIN_S)

    # --- operators only -----------------------------------------------------------------------

    def _operator(self, request: Request) -> Device:
        """Return who asks.

        Raises:
            HTTPException: nobody who may change anything.
        """
        device = self._device(request)
        if device.role != "operator":
            raise HTTPException(403, phrase("this phone may only look"))
        return device

    async def belief(self, request: Request) -> Response:
        self._operator(request)
        drawn = await asyncio.to_thread(self._search.belief_png, _number(request), _night(request))
        return _picture(drawn, "private, max-age=60")

    async def entries(self, request: Request) -> Response:
        return await self._take(request, self._intake.take)

    async def place(self, request: Request) -> Response:
        return await self._take(request, self._intake.place)

    async def _take(
        self, request: Request, take: Callable[[Mapping[str, Any], Device], tuple[str, bool]]
    ) -> Response:
        device = self._operator(request)
        if not self._entries.allows(device.id):
            raise _too_many()
        said = await _body(request)
        loop = asyncio.get_running_loop()
        identity, saved = await loop.run_in_executor(self._writing, take, said, device)
        return JSONResponse({"saved": saved, "id": identity}, 200 if saved else 202)

    async def devices(self, request: Request) -> Response:
        own = self._operator(request)
        rows = [
            {**jsonable(device), "seen_s": self._pairing.seen_s(device), "own": device == own}
            for device in self._pairing.devices
        ]
        return JSONResponse({"devices": rows})

    async def revoke(self, request: Request) -> Response:
        self._operator(request)
        said = await _body(request)
        identity = said.get("id")
        if said.get("all") is not True and not isinstance(identity, str):
            raise ConfigError(phrase("say which phone, or all"))
        which = None if said.get("all") is True else identity
        return JSONResponse({"revoked": await asyncio.to_thread(self._pairing.revoke, which)})


def _too_many() -> HTTPException:
    return HTTPException(429, phrase("that is too often: wait a minute"), {"Retry-After": "60"})


def _peer(request: Request) -> str:
    return request.client.host if request.client else ""


def _number(request: Request) -> int:
    """Return which answer's picture is asked for: bounds of one are wrong for any other."""
    said = request.query_params.get("v", "")
    if not (said.isascii() and said.isdecimal() and len(said) <= LONGEST_NUMBER):
        raise HTTPException(404, phrase("there is no picture here"))
    return int(said)


def _night(request: Request) -> bool:
    return request.query_params.get("night") == "1"


def _tile(request: Request) -> tuple[int, int, int]:
    z, x, y = (request.path_params[name] for name in "zxy")
    if z > DEEPEST_ZOOM or max(x, y) >= 1 << z:
        raise HTTPException(404, phrase("there is no such tile"))
    return z, x, y


def _picture(drawn: bytes | None, cache: str) -> Response:
    if drawn is None:
        raise HTTPException(404, phrase("there is no picture here"))
    kind = next((kind for head, kind in PICTURES.items() if drawn.startswith(head)), None)
    if kind is None:
        raise HTTPException(404, phrase("this tile is no picture"))
    return Response(drawn, media_type=kind, headers={"Cache-Control": cache})


async def _body(request: Request) -> dict[str, Any]:
    """Return the object of JSON that was sent.

    Raises:
        HTTPException: too large, whatever its header said, or too slow.
        ConfigError: no object of JSON.
    """
    try:
        data = await asyncio.wait_for(_read(request), SLOWEST_BODY_S)
    except TimeoutError:
        raise HTTPException(408, phrase("this came too slowly"), {"Connection": "close"}) from None
    return by_phone.parse(data)


async def _read(request: Request) -> bytes:
    data = bytearray()
    async for piece in request.stream():
        data += piece
        if len(data) > LARGEST_BODY_BYTES:
            raise HTTPException(413, phrase("this is too large"), {"Connection": "close"})
    return bytes(data)


async def _refused(request: Request, error: HTTPException) -> Response:
    return JSONResponse({"error": error.detail}, error.status_code, error.headers)


async def _failed(request: Request, error: ReceiverError) -> Response:
    status = 422 if isinstance(error, ConfigError) else 503
    return JSONResponse({"error": str(error)}, status)
