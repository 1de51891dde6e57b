"""Errors of the receiver side, and the exit code that each means.

    ReceiverError                        1  a negative finding; no answer
    ├── ConfigError                      2  wrong option, address, settings file or collar's sheet
    ├── InputError                       2  a file is missing, unreadable or not what it should be
    ├── MissingExtraError                2  an optional part is not installed
    ├── SourceError                      3  a receiver, gateway or position source is lost
    │   └── SourceTimeoutError           3  ... as it did not answer in time (also TimeoutError)
    ├── CorruptError                     4  data is damaged or cannot be decoded
    └── WriteError                       5  a file cannot be written
        └── JournalError                 5  ... and it is the record of the search
            └── JournalCorruptError      4  ... which was damaged (also CorruptError)

A message says what happened, where (port, byte offset, line), and what to do. The packet side has
its own root, `protocols.DecodeError`. Foreign errors are re-raised `from` at the edge.
"""


class ReceiverError(Exception):
    """Root of the errors that a command prints as one line."""

    exit_code = 1


class ConfigError(ReceiverError):
    """A wrong option, address, settings file or collar's sheet."""

    exit_code = 2


class InputError(ReceiverError):
    """A file that is missing, unreadable or not what it should be."""

    exit_code = 2


class MissingExtraError(ReceiverError):
    """An optional part is not installed; the message holds the command that installs it."""

    exit_code = 2

    def __init__(self, what: str, extra: str) -> None:
        super().__init__(f"{what} needs an optional part: pip install 'baksan[{extra}]'")
        self.extra = extra


class SourceError(ReceiverError):
    """A receiver, gateway or position source cannot be opened or was lost."""

    exit_code = 3

    def __init__(self, message: str, address: str = "") -> None:
        super().__init__(message)
        self.address = address


class SourceTimeoutError(SourceError, TimeoutError):
    """A source did not answer in time."""


class CorruptError(ReceiverError):
    """Data that is damaged or cannot be decoded."""

    exit_code = 4


class WriteError(ReceiverError):
    """A file that cannot be written: no room, no permission, no such folder."""

    exit_code = 5


class JournalError(WriteError):
    """The record of the search cannot be written."""


class JournalCorruptError(JournalError, CorruptError):
    """The record of the search was damaged."""

    exit_code = 4
