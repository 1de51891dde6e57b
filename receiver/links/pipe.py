"""A program of the user's as a source: its standard output is read, its input can be written."""

from __future__ import annotations

import shlex
import subprocess
from contextlib import suppress

from receiver.address import Address
from receiver.errors import SourceError
from receiver.links import EndOfInput
from receiver.links.file import FileLink

STOP_TIMEOUT_S = 2.0


def open_link(address: Address) -> PipeLink:
    """Start a program, without a shell.

    Raises:
        SourceError: there is no such program, or it may not be run.
    """
    try:
        words = shlex.split(address.target)
        process = subprocess.Popen(
            words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0, start_new_session=True
        )
    except (OSError, ValueError, IndexError) as error:
        raise SourceError(f"{address.target}: cannot be started ({error})", str(address)) from error
    return PipeLink(process, address)


class PipeLink(FileLink):
    """A running program."""

    def __init__(self, process: subprocess.Popen[bytes], address: Address) -> None:
        assert process.stdout is not None
        super().__init__(process.stdout, address)  # type: ignore[arg-type]
        self._process = process

    def read(self, timeout_s: float) -> bytes:
        """Return the next chunk; raise EndOfInput at its end, SourceError where it failed."""
        try:
            return super().read(timeout_s)
        except EndOfInput as end:
            with suppress(subprocess.TimeoutExpired):
                if code := self._process.wait(STOP_TIMEOUT_S):
                    name = self._address.target
                    raise SourceError(
                        f"{name}: ended with code {code}", str(self._address)
                    ) from end
            raise

    def write(self, data: bytes) -> None:
        """Send bytes to the program's standard input."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(data)
        except (OSError, ValueError) as error:
            raise SourceError(f"{self._address.target}: {error}", str(self._address)) from error

    def close(self) -> None:
        """End the program and wait for it."""
        self._process.terminate()
        try:
            self._process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            with suppress(OSError):
                if stream:
                    stream.close()
