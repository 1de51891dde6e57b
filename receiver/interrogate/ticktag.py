"""Reading a TickTag by its cable: its memory, as text. Nothing else of its menu is touched."""

from __future__ import annotations

from collections.abc import Callable

from protocols.ticktag import LONGEST_TEXT
from receiver.errors import SourceError, SourceTimeoutError
from receiver.interrogate.sayings import TICKTAG_READ
from receiver.interrogate.session import Session

END, START = b"END MEMORY", b"START MEMORY"
PIECE_S, QUIET_S = 0.25, 5.0


def read(session: Session, add: Callable[[bytes], None]) -> None:
    """Read all that the tag prints of its memory; `add` takes it as it comes.

    Raises:
        SourceTimeoutError: it fell silent before the end. SourceError: the cable is lost, or this
            is no end of a memory.
    """
    session.say(TICKTAG_READ)
    tail, begun, quiet_ns, came = b"", False, session.deadline_ns(QUIET_S), 0
    while not (begun and END in tail):
        piece = session.hear(PIECE_S)
        came += len(piece)
        if came > LONGEST_TEXT:
            raise SourceError(f"the tag sends more than {LONGEST_TEXT >> 20} MB: this is no memory")
        if piece:
            quiet_ns = session.deadline_ns(QUIET_S)
            session.note(piece)
            add(piece)
            tail = tail[-len(START) :] + piece
            if START in tail:
                begun, tail = True, tail.rpartition(START)[2]
        elif session.is_over(quiet_ns):
            raise SourceTimeoutError("the tag fell silent before the end of its memory")
