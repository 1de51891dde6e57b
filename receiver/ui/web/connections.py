"""How many connections a stranger may hold open, and for how long without asking for anything."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

MOST_CONNECTIONS, MOST_OF_A_PEER = 256, 64
FIRST_REQUEST_S = 10.0


class Limited(H11Protocol):
    """HTTP that hangs up on who holds too many connections, or says nothing."""

    peers: Counter[str]
    _peer: str | None = None
    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """Take a connection, or hang up."""
        super().connection_made(transport)
        # One answer at a time waits in this program; the rest is up to who asks. (With a limit of
        # 0 the transport of TLS would never let a writer go on.)
        transport.set_write_buffer_limits(high=1, low=0)
        peer = self.client[0] if self.client else ""
        if self.peers.total() >= MOST_CONNECTIONS or self.peers[peer] >= MOST_OF_A_PEER:
            transport.abort()
            return
        self._peer = peer
        self.peers[peer] += 1
        self._timer = self.loop.call_later(FIRST_REQUEST_S, self._hang_up)

    def handle_events(self) -> None:
        """Handle what came; a whole head of a request ends the wait for it."""
        super().handle_events()
        if self.scope and self._timer is not None:
            self._timer.cancel()

    def _hang_up(self) -> None:
        self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Count a connection that is gone."""
        self._leave()
        super().connection_lost(exc)

    def handle_websocket_upgrade(self, event: Any) -> None:
        """Let go: from here on the limits of `receiver.ui.web.live` hold."""
        self._leave()
        super().handle_websocket_upgrade(event)

    def _leave(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._peer is not None:
            self.peers[self._peer] -= 1
            if self.peers[self._peer] <= 0:
                del self.peers[self._peer]
            self._peer = None


def protocol() -> type[Limited]:
    """Return the protocol of one server, whose connections are counted together."""
    return type("Counted", (Limited,), {"peers": Counter()})
