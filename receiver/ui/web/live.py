"""Snapshots to phones, five a second at most, each made once for all of them.

A phone that does not keep up misses snapshots and never has more than one waiting: it gets the
newest one when the one before has left.
"""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from receiver.homing.snapshot import Snapshot
from receiver.records import jsonable
from receiver.ui.web import coarse
from receiver.ui.web.pairing import Device, Pairing, Role
from receiver.ui.web.search import Search

PERIOD_S = 0.2
STALLED_S = 20.0  # without taking a single snapshot: it comes back by itself
HEARING_S = 0.1  # phones have nothing to say here; who talks all the same has to wait
MOST_SOCKETS, MOST_OF_A_DEVICE = 64, 4


def told(exact: Snapshot, role: Role) -> Any:
    """Return a snapshot as a phone of this role gets it."""
    return jsonable(exact if role == "operator" else coarse.snapshot(exact))


@dataclass(slots=True, eq=False)
class _Follower:
    """A connection of a device, by the task that sends to it."""

    device: Device
    sending: asyncio.Task[None]


@dataclass(slots=True)
class _Frame:
    """One snapshot, as text by role; `later` is set when a newer one is there."""

    number: int = 0
    texts: dict[Role, str] = field(default_factory=dict)
    later: asyncio.Event = field(default_factory=asyncio.Event)


class Live:
    """All live connections of one server."""

    def __init__(self, search: Search, pairing: Pairing) -> None:
        self._search, self._pairing = search, pairing
        self._frame = _Frame()
        self._followers: list[_Follower] = []

    async def run(self) -> None:
        """Make snapshots for as long as somebody looks; to be run as a task."""
        while True:
            begun = asyncio.get_running_loop().time()
            if self._followers:
                with suppress(Exception):  # a fault in looking must not end the looking
                    await self._renew()
            took = asyncio.get_running_loop().time() - begun
            await asyncio.sleep(max(PERIOD_S - took, PERIOD_S / 4))

    async def _renew(self) -> None:
        roles = {follower.device.role for follower in self._followers}
        texts = await asyncio.to_thread(self._texts, roles)
        before, self._frame = self._frame, _Frame(self._frame.number + 1, texts)
        before.later.set()

    def _texts(self, roles: set[Role]) -> dict[Role, str]:
        age_s = self._search.snapshot_age_s()  # before it: one that came between is no older
        exact, version = self._search.snapshot(), self._search.map_version()
        return {
            role: json.dumps(
                {
                    "snapshot": told(exact, role),
                    "age_s": round(age_s, 1),
                    "map_version": version,
                },
                allow_nan=False,
                ensure_ascii=False,
                separators=(",", ":"),
            )
            for role in roles
        }

    def has_room(self, device: Device) -> bool:
        """Tell whether a device may open one more connection, perhaps for its oldest one."""
        return len(self._followers) < MOST_SOCKETS or bool(self._of(device))

    def _of(self, device: Device) -> list[_Follower]:
        return [follower for follower in self._followers if follower.device == device]

    async def follow(self, socket: WebSocket, device: Device) -> None:
        """Send snapshots until the phone is gone, is stalled, or was revoked.

        Or until it has opened some more: a page that nobody looks at any longer may hold its
        connection for hours, and must not keep out the page that somebody has opened.
        """
        own = self._of(device)
        if len(own) >= MOST_OF_A_DEVICE or len(self._followers) >= MOST_SOCKETS:
            self._leave(own[0])
        follower = _Follower(device, asyncio.create_task(self._send(socket, device)))
        self._followers.append(follower)
        tasks = [follower.sending, asyncio.create_task(_until_gone(socket))]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._leave(follower)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _leave(self, follower: _Follower) -> None:
        if follower in self._followers:
            self._followers.remove(follower)
        follower.sending.cancel()

    async def _send(self, socket: WebSocket, device: Device) -> None:
        seen = self._frame.number
        while self._pairing.is_paired(device):
            if self._frame.number == seen:
                await self._frame.later.wait()
            frame = self._frame
            seen = frame.number
            if text := frame.texts.get(device.role):
                await asyncio.wait_for(socket.send_text(text), STALLED_S)


async def _until_gone(socket: WebSocket) -> None:
    with suppress(WebSocketDisconnect):
        while (await socket.receive())["type"] != "websocket.disconnect":
            await asyncio.sleep(HEARING_S)
