"""Which phones may take part: one-time tokens, cookies, roles; kept as hashes, never as they are.

A phone reads a token of 128 bits from a QR code on this computer's screen and exchanges it, once,
for a cookie of 256 bits. Each live connection needs a token of its own besides, asked for with the
cookie: a page of somebody else's has neither.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from receiver.errors import ReceiverError
from receiver.notes.by_phone import LONGEST_NAME
from receiver.sheets import replace_file

Role = Literal["operator", "viewer"]
ROLES: tuple[Role, ...] = ("operator", "viewer")
TOKEN_BYTES, COOKIE_BYTES = 16, 32
INVITATION_S, LIVE_TOKEN_S = 900.0, 60.0
MOST_DEVICES, MOST_INVITATIONS, MOST_LIVE_TOKENS = 64, 32, 256
NAMELESS = "phone"
FILE_NAME, OWNER_ONLY = "phones.json", 0o600


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A paired phone: who carries it, what it may do, when it was paired (ISO 8601 UTC)."""

    id: str
    observer: str
    role: Role
    paired: str


@dataclass(frozen=True, slots=True)
class _Pass:
    """What a token is good for, and until when."""

    until_s: float
    role: Role = "viewer"
    device_id: str = ""


class Pairing:
    """All phones of one server; may be used from several threads."""

    def __init__(
        self, path: Path | None = None, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        """Begin with the phones in a file; one that cannot be read is none."""
        self._path, self._monotonic = path, monotonic
        self._lock = threading.RLock()
        self._devices: dict[str, Device] = {}  # by the cookie's hash
        self._nameless = 0
        if path:
            self._devices, self._nameless = _load(path)
        self._invitations: dict[str, _Pass] = {}
        self._live: dict[str, _Pass] = {}
        self._seen_s: dict[str, float] = {}

    @property
    def devices(self) -> list[Device]:
        """The phones that are paired, in the order of pairing."""
        with self._lock:
            return list(self._devices.values())

    def invite(self, role: Role) -> str:
        """Return a token that pairs one phone, once, within a quarter of an hour."""
        return self._issue(self._invitations, MOST_INVITATIONS, INVITATION_S, role=role)

    def pair(
        self, token: str, observer: str, paired: str, before: str = ""
    ) -> tuple[Device, str] | None:
        """Take a token back for a new device and its cookie; None where the token is none.

        `before` is the cookie that the phone had: who pairs again is one phone and not two.
        """
        with self._lock:
            given = self._redeem(self._invitations, token)
            if given is None:
                return None
            self._devices.pop(_hash(before), None)
            if len(self._devices) >= MOST_DEVICES:
                return None
            cookie = secrets.token_urlsafe(COOKIE_BYTES)
            device = Device(
                id=secrets.token_hex(4),
                observer=self._free_name(observer),
                role=given.role,
                paired=paired,
            )
            self._devices[_hash(cookie)] = device
            self._save()
            return device, cookie

    def _free_name(self, wanted: str) -> str:
        """Return a name that no other phone has, with a number behind it where it needs one.

        A phone without a name gets one that none has had: entries of before are not its own.
        """
        taken = {device.observer.casefold() for device in self._devices.values()}
        if wanted and wanted.casefold() not in taken:
            return wanted
        name, number = wanted or NAMELESS, 1 if wanted else self._nameless
        while True:
            number += 1
            numbered = f"{name[: LONGEST_NAME - len(str(number)) - 1].rstrip()} {number}"
            if numbered.casefold() not in taken:
                self._nameless = self._nameless if wanted else number
                return numbered

    def device(self, cookie: str) -> Device | None:
        """Return whose cookie this is; None where it is nobody's."""
        with self._lock:
            found = self._devices.get(_hash(cookie))
            if found is not None:
                self._seen_s[found.id] = self._monotonic()
            return found

    def is_paired(self, device: Device) -> bool:
        """Tell whether a device has not been revoked."""
        with self._lock:
            return device in self._devices.values()

    def seen_s(self, device: Device) -> float | None:
        """Return how long ago a device was last heard of; None: not since the server started."""
        with self._lock:
            last = self._seen_s.get(device.id)
        return None if last is None else self._monotonic() - last

    def live_token(self, device: Device) -> str:
        """Return a token for one live connection of a device, within a minute."""
        return self._issue(self._live, MOST_LIVE_TOKENS, LIVE_TOKEN_S, device_id=device.id)

    def redeem_live(self, device: Device, token: str) -> bool:
        """Tell whether this device may connect with a token; it is used up by asking."""
        with self._lock:
            given = self._redeem(self._live, token)
        return given is not None and given.device_id == device.id

    def revoke(self, identity: str | None) -> int:
        """Throw a device out, or all with None; return how many went."""
        with self._lock:
            kept = {} if identity is None else {
                secret: device for secret, device in self._devices.items() if device.id != identity
            }  # fmt: skip
            gone = len(self._devices) - len(kept)
            self._devices = kept
            if identity is None:
                self._invitations.clear()
            self._save()
            return gone

    def _issue(
        self,
        passes: dict[str, _Pass],
        most: int,
        span_s: float,
        role: Role = "viewer",
        device_id: str = "",
    ) -> str:
        token = secrets.token_urlsafe(TOKEN_BYTES)
        now_s = self._monotonic()
        with self._lock:
            for old in [key for key, given in passes.items() if given.until_s <= now_s]:
                del passes[old]
            while len(passes) >= most:
                del passes[next(iter(passes))]
            passes[_hash(token)] = _Pass(now_s + span_s, role, device_id)
        return token

    def _redeem(self, passes: dict[str, _Pass], token: str) -> _Pass | None:
        given = passes.pop(_hash(token), None)
        return given if given is not None and self._monotonic() < given.until_s else None

    def _save(self) -> None:
        if self._path is None:
            return
        kept = [{"secret_sha256": s, **asdict(device)} for s, device in self._devices.items()]
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        told = {"phones": kept, "nameless": self._nameless}
        replace_file(self._path, json.dumps(told).encode(), OWNER_ONLY)


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def _load(path: Path) -> tuple[dict[str, Device], int]:
    """Return the phones of a file, and the number of the last one without a name."""
    try:
        told = json.loads(path.read_bytes())
        rows, nameless = told["phones"], int(told.get("nameless", 0))
        known = {row.pop("secret_sha256"): Device(**row) for row in rows}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, ReceiverError):
        return {}, 0
    return {secret: device for secret, device in known.items() if device.role in ROLES}, nameless
