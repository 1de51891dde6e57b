"""Reading a TickTag by its cable: its memory, as text. Nothing else of its menu is touched."""

from __future__ import annotations

from collections.abc import Callable

from receiver.errors import SourceError, SourceTimeoutError
from receiver.interrogate.sayings import TICKTAG_READ
from receiver.interrogate.session import Session

END, START = b"END MEMORY", b"START MEMORY"
PIECE_S, QUIET_S = 0.25, 5.0
LONGEST_TEXT = 1 << 22  # of 13 100 fixes of its memory, four times over


def read(session: Session, add: Callable[[bytes], None]) -> None:
    """Read all that the tag prints of its memory; `add` takes it as it comes.

    Raises:
        SourceTimeoutError: it fell silent before the end. SourceError: the cable is lost, or more
            came than a tag can hold.
    """
    session.say(TICKTAG_READ)
    tail, begun, size, quiet_ns = b"", False, 0, session.deadline_ns(QUIET_S)
    while not (begun and END in tail):
        piece = session.hear(PIECE_S)
        if piece:
            quiet_ns = session.deadline_ns(QUIET_S)
            session.note(piece)
            add(piece)
            size += len(piece)
            if size > LONGEST_TEXT:
                raise SourceError("this says more than a tag can hold: is it a TickTag?")
            tail = tail[-len(START) :] + piece
            if START in tail:
                begun, tail = True, tail.rpartition(START)[2]
        elif session.is_over(quiet_ns):
            raise SourceTimeoutError("the tag fell silent before the end of its memory")
