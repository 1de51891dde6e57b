"""What gateways and network servers say around a packet: recognised by content, read to Envelopes.

A format of JSON is one module with `fits(document)` and `read(document)`, both pure, on parsed
JSON; another one has `fits_bytes(data)` and `read_bytes(data)`.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from protocols.envelopes import (
    argos_csv,
    argos_ds,
    chirpstack,
    cloudloop,
    directip,
    globalstar_xml,
    loriot,
    rockblock,
    semtech,
    thingpark,
    ttn,
)
from protocols.packet import DecodeError, Envelope

__all__ = ["BYTES", "FORMATS", "fits", "load", "parse", "read"]

FORMATS = {
    "semtech": semtech,
    "chirpstack": chirpstack,
    "ttn": ttn,
    "thingpark": thingpark,
    "cloudloop": cloudloop,
    "loriot": loriot,
    "rockblock": rockblock,
}
BYTES = {
    "directip": directip,
    "rockblock-form": rockblock,
    "globalstar-xml": globalstar_xml,
    "argos-ds": argos_ds,
    "argos-csv": argos_csv,
}


def fits(data: bytes) -> bool:
    """Tell whether bytes are such a message, or JSON, which has to be one."""
    return (
        data.lstrip()[:1] == b"{"
        or semtech.is_datagram(data)
        or any(module.fits_bytes(data) for module in BYTES.values())
    )


def parse(data: bytes) -> list[Envelope]:
    """Read one message: of any of these formats.

    Raises:
        DecodeError: it is of none, or it is damaged. Nothing else is raised, whatever the bytes.
    """
    for name, module in BYTES.items():
        if module.fits_bytes(data):
            return _guarded(name, module.read_bytes, data)
    if semtech.is_datagram(data):
        return read(load(semtech.json_of(data)))
    return read(load(data))


def load(data: bytes) -> dict[str, Any]:
    """Parse a JSON object without trusting it.

    Raises:
        DecodeError: not one JSON object; the offset is that of the fault.
    """
    try:
        document = _writable(json.loads(data, parse_constant=_refuse))
    except json.JSONDecodeError as error:
        raise DecodeError(f"not JSON: {error.msg}", error.pos) from error
    except (ValueError, RecursionError) as error:  # bad UTF-8, NaN, huge numbers, deep nesting
        raise DecodeError(f"not JSON that can be read: {error}") from error
    if not isinstance(document, dict):
        raise DecodeError("expected a JSON object", 0)
    return document


def _writable(document: Any) -> Any:
    """Return a document whose text any file takes: "?" for each half of a character."""
    text = json.dumps(document, ensure_ascii=False)
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.loads(text.encode("utf-8", "replace"))
    return document


def read(document: dict[str, Any]) -> list[Envelope]:
    """Read a parsed document.

    Raises:
        DecodeError: no known format has these keys, or a value in it has the wrong form.
    """
    for name, module in FORMATS.items():
        if module.fits(document):
            return _guarded(name, module.read, document)
    keys = ", ".join(list(document)[:5])
    raise DecodeError(f"a JSON object, but of no known gateway or network server (keys: {keys})", 0)


def _guarded(name: str, reads: Callable[[Any], list[Envelope]], message: Any) -> list[Envelope]:
    """Read a message whose values a stranger chose.

    Raises:
        DecodeError: whatever is wrong with them.
    """
    try:
        return reads(message)
    except DecodeError:
        raise
    except Exception as error:
        raise DecodeError(f"{name} message: {type(error).__name__}: {error}") from error


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is not a number")
