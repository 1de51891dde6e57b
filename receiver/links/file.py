"""A file as a source: read to its end once; `file:-` is standard input."""

from __future__ import annotations

import select
import sys
from typing import BinaryIO

from receiver.address import Address
from receiver.errors import SourceError
from receiver.links import CHUNK_BYTES, EndOfInput
from receiver.records import END_OF_INPUT


def open_link(address: Address) -> FileLink:
    """Open a file for reading.

    Raises:
        SourceError: it cannot be read.
    """
    try:
        source = sys.stdin.fileno() if address.target == "-" else address.target
        stream = open(source, "rb", buffering=0, closefd=address.target != "-")  # noqa: SIM115
    except OSError as error:
        raise SourceError(f"{address.target}: {error.strerror}", str(address)) from error
    return FileLink(stream, address)


class FileLink:
    """An open file, or the output of a program."""

    datagrams = False

    def __init__(self, stream: BinaryIO, address: Address) -> None:
        self._stream = stream
        self._address = address

    def read(self, timeout_s: float) -> bytes:
        """Return the next chunk; raise EndOfInput after the last."""
        try:
            ready, _, _ = select.select([self._stream], [], [], timeout_s)
            data = self._stream.read(CHUNK_BYTES) if ready else None
        except (OSError, ValueError) as error:
            raise SourceError(f"{self._address.target}: {error}", str(self._address)) from error
        if data is None:
            return b""
        if not data:
            raise EndOfInput(f"{self._address.target}: {END_OF_INPUT}", str(self._address))
        return data

    def write(self, data: bytes) -> None:
        """Refuse: a file is not asked."""
        raise SourceError(f"{self._address.target}: a file cannot be asked", str(self._address))

    def close(self) -> None:
        """Close the file."""
        self._stream.close()
