"""The server as a command uses it: in a thread of its own beside the recording.

with serve(search, Options(host=lan_address())) as serving:
print(qr(serving.invite("operator")))
"""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING

from receiver.errors import MissingExtraError, SourceError
from receiver.language import phrase
from receiver.ui.web.addresses import listen
from receiver.ui.web.pairing import FILE_NAME, Device, Pairing, Role
from receiver.ui.web.search import Options, Search

if TYPE_CHECKING:
    import socket

    import uvicorn
    from starlette.types import ASGIApp

    from receiver.ui.web.certificate import Authority

STARTS_WITHIN_S, ENDS_WITHIN_S = 10.0, 5.0
LARGEST_MESSAGE_BYTES = 4096  # of what phones send over a live connection, which is nothing
LARGEST_HEAD_BYTES = 16 * 1024
PING_S, PONG_S = 10.0, 20.0


@dataclass(frozen=True, slots=True)
class Serving:
    """A server that runs.

    `secure` tells whether browsers give this page place, compass and a screen that stays on,
    `reaches_phones` whether any other computer can open it at all.
    `fingerprint` is that of the certificate authority, as phones show it, "" without https.
    """

    url: str
    pairing: Pairing
    secure: bool
    reaches_phones: bool
    fingerprint: str = ""

    def invite(self, role: Role) -> str:
        """Return an address that pairs one phone, once; the token is in its fragment.

        A fragment is sent to no server and stands in no log.
        """
        return f"{self.url}/#{self.pairing.invite(role)}"

    @property
    def devices(self) -> list[Device]:
        """The phones that are paired."""
        return self.pairing.devices

    def revoke(self, identity: str | None = None) -> int:
        """Throw out one phone, or all; return how many went."""
        return self.pairing.revoke(identity)

    @property
    def without_https(self) -> str:
        """What a phone cannot do here and what to do instead; "" where it can."""
        if self.secure:
            return ""
        return phrase(
            "without --https phones do not give their place or compass, and their screens go dark:"
            " tap your place on the map, type bearings, and leave the screen on by its settings"
        )


@contextmanager
def serve(search: Search, options: Options) -> Iterator[Serving]:
    """Serve phones until the block ends.

    Raises:
        ConfigError: the certificate authority cannot be used.
        MissingExtraError: the extra [ui] is not installed.
        SourceError: the port cannot be had; the sentence says why, and what to do.
    """
    try:
        import starlette  # noqa: F401
        import uvicorn  # noqa: F401
        import websockets  # noqa: F401
    except ImportError as error:
        raise MissingExtraError(phrase("the phone's page"), "ui") from error
    by = _authority(search, options)
    pairing = Pairing(None if options.folder is None else options.folder / FILE_NAME)
    with listen(options.host, options.port) as opened:
        port = opened.getsockname()[1]
        server = _server(_app(search, options, pairing, port, by), options, search, by)
        scheme = "https" if options.https else "http"
        serving = Serving(
            url=f"{scheme}://{_bracketed(options.host)}:{port}",
            pairing=pairing,
            secure=options.https or _is_loopback(options.host),
            reaches_phones=not _is_loopback(options.host),
            fingerprint="" if by is None else by.fingerprint,
        )
        with _running(server, opened):
            yield serving


def _authority(search: Search, options: Options) -> Authority | None:
    if not options.https:
        return None
    from receiver.ui.web.certificate import authority, config_folder

    return authority(options.folder or config_folder(), search.clock.now().utc)


def _app(
    search: Search, options: Options, pairing: Pairing, port: int, by: Authority | None
) -> ASGIApp:
    from receiver.ui.web.app import Parts, make_app

    parts = Parts(search, pairing, options, None if by is None else by.pem)
    return make_app(parts, [f"{_bracketed(host)}:{port}" for host in hosts_of(options.host)])


def hosts_of(host: str) -> list[str]:
    """Return the names by which browsers may ask for this address."""
    others = ["localhost"] if _is_loopback(host) else []
    return list(dict.fromkeys([host, *others]))


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _server(app: ASGIApp, options: Options, search: Search, by: Authority | None) -> uvicorn.Server:
    import uvicorn

    from receiver.ui.web import certificate
    from receiver.ui.web.connections import protocol

    config = uvicorn.Config(
        app,
        http=protocol(),
        ws="websockets-sansio",
        loop="asyncio",
        lifespan="on",
        log_config=None,
        log_level="critical",
        access_log=False,
        server_header=False,
        proxy_headers=False,
        h11_max_incomplete_event_size=LARGEST_HEAD_BYTES,
        timeout_keep_alive=10,
        timeout_graceful_shutdown=1,
        ws_max_size=LARGEST_MESSAGE_BYTES,
        ws_ping_interval=PING_S,
        ws_ping_timeout=PONG_S,
        ws_per_message_deflate=False,  # it would be packed anew for each phone
    )
    config.load()
    if by is not None:
        now = search.clock.now().utc
        config.ssl = certificate.context(*certificate.leaf(by, hosts_of(options.host), now))
    return uvicorn.Server(config)


@contextmanager
def _running(server: uvicorn.Server, opened: socket.socket) -> Iterator[None]:
    thread = threading.Thread(
        target=server.run, kwargs={"sockets": [opened]}, name="phones", daemon=True
    )
    thread.start()
    deadline = time.monotonic() + STARTS_WITHIN_S
    while not server.started and thread.is_alive() and time.monotonic() < deadline:
        time.sleep(0.005)
    if not server.started:
        raise SourceError(phrase("the phones' server does not start"))
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(ENDS_WITHIN_S)
        server.force_exit = True


def qr(text: str) -> str:
    """Return a QR code in half blocks, as wide as it is high on a terminal.

    Raises:
        MissingExtraError: the extra [ui] is not installed.
    """
    try:
        import segno
    except ImportError as error:
        raise MissingExtraError(phrase("a QR code"), "ui") from error
    drawn = io.StringIO()
    segno.make(text, error="m", micro=False).terminal(out=drawn, compact=True, border=2)
    return drawn.getvalue().rstrip("\n")
