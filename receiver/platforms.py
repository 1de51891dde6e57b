"""Argos platforms by both their names: 28 bits, or 20 bits and eight more of data.

Nothing in a frame tells which of the two its maker uses; the collar's sheet does.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from protocols import DecodeError, decode
from receiver.config import Collar
from receiver.records import Detection

ARGOS = "argos"  # whose data have no name of their own
FRAMES = ("argos-ptt-a2", "argos-ptt-a3")
ID28 = re.compile(r"[0-9A-Fa-f]{7}")


def views(id28_hex: str, data: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield the names that a platform may have on a sheet, in lower case, and its data then."""
    yield id28_hex.lower(), data
    short, rest = id28_hex[:5].lower(), bytes.fromhex(id28_hex[5:]) + data
    yield short, rest
    yield str(int(short, 16)), rest


def opened(heard: Detection) -> Detection:
    """Return a frame of Argos as a goniometer would tell it: the platform, and its data.

    A frame that cannot be read keeps its level and nothing else.
    """
    if heard.protocol not in FRAMES:
        return heard
    if heard.data is None:
        return replace(heard, protocol=ARGOS)
    try:
        details = decode(heard.data, protocol=heard.protocol)[0].details
    except DecodeError:
        return replace(heard, protocol=ARGOS, data=None)
    data = bytes.fromhex(details["data_hex"]) or None
    return replace(heard, protocol=ARGOS, device_id=details["id28_hex"], data=data)


def named(heard: Detection, collars: Iterable[Collar]) -> Detection:
    """Return what was heard of Argos under the name that a sheet gives to its platform."""
    heard = opened(heard)
    identity = heard.device_id or ""
    if heard.protocol != ARGOS or not ID28.fullmatch(identity):
        return heard
    known = {name.casefold() for collar in collars for name in collar.ids}
    for name, data in views(identity, heard.data or b""):
        if name in known and name != identity.lower():
            return replace(heard, device_id=name.upper(), data=heard.data and data)
        if name in known:
            break
    return heard
