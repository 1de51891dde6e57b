"""The guard: nothing that changes a collar goes out without its id, whoever makes the bytes."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from receiver.clock import SystemClock
from receiver.interrogate import opencollar, sayings
from receiver.interrogate.masking import masked, trusted
from receiver.interrogate.opencollar import QUESTIONS
from receiver.interrogate.sayings import NotConfirmedError
from receiver.interrogate.session import Session, Transcript

# Of the project's page on open collars, section 9.2: all that may be asked.
ASKED = {
    0xA2: [0], 0xA3: [1], 0xA4: [0], 0xA5: [0], 0xA7: [0], 0xA8: [1], 0xB3: [0], 0xB7: [0],
    0xBB: [1], 0xBC: [12], 0xC2: [4, 16], 0xCE: [0],
}  # fmt: skip
# Section 9.4: never without explicit confirmation.
NEVER = {0xCD, 0xC3, 0xAB, 0xAC, 0xBA, 0xC0, 0xBF, 0xBE, 0xC1, 0xA1, 0xB9}


class Wire:
    """A link that keeps what was sent."""

    datagrams = False

    def __init__(self) -> None:
        self.sent: list[bytes] = []

    def read(self, timeout_s: float) -> bytes:
        return b""

    def write(self, data: bytes) -> None:
        self.sent.append(data)

    def close(self) -> None: ...


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
def session(wire: Wire, tmp_path: Path) -> Iterator[Session]:
    with closing(Transcript(tmp_path / "asked.jsonl", masked)) as transcript:
        yield Session(wire, SystemClock(), transcript, sayings.of_opencollar)


def test_every_command_but_questions_needs_the_id(session: Session, wire: Wire) -> None:
    """Every identifier, at every length of some use."""
    free = []
    for identifier in range(256):
        for size in range(20):
            data = bytes([0x20, identifier, size]) + bytes(size)
            if size not in ASKED.get(identifier, []):
                with pytest.raises(NotConfirmedError):
                    session.say(data)
                continue
            free.append(data)
            session.say(data)
    assert wire.sent == free
    assert len(free) == 13
    assert not NEVER & {data[1] for data in free}


def test_nothing_is_said_on_another_port(session: Session, wire: Wire) -> None:
    for port in set(range(256)) - {0x20}:
        for identifier in range(256):
            with pytest.raises(NotConfirmedError):
                session.say(bytes([port, identifier, 0]))
    assert wire.sent == []


def test_only_one_place_writes_to_a_link_and_one_makes_a_leave(root: Path) -> None:
    """Whoever adds a second place has to look at the guard first."""
    writes, leaves = [], []
    for path in sorted((root / "receiver").rglob("*.py")):
        nodes = ast.walk(ast.parse(path.read_text()))
        calls = [ast.unparse(node.func) for node in nodes if isinstance(node, ast.Call)]
        if path.parent.name == "interrogate":
            writes += [path.name for call in calls if call.endswith("link.write")]
        leaves += [path.name for call in calls if call.split(".")[-1] == "Confirmed"]
    assert writes == ["session.py"]
    assert leaves == ["sayings.py"]


@pytest.mark.parametrize("identifier", sorted(NEVER))
def test_dangerous_commands_say_so_in_plain_words(identifier: int) -> None:
    data = bytes([0x20, identifier, 0])
    assert sayings.is_dangerous(data)
    assert re.search("[A-Z]{4}", sayings.of_opencollar(data))


def test_no_dangerous_command_hides_behind_a_question(session: Session, wire: Wire) -> None:
    for text in (
        "20a400cd00",
        "20a400cd",
        "20a405cd00",
        "20a402cd00",
        "20a800",
        "21a400",
        "20",
        "",
        "03",
        "03610101",
    ):
        data = bytes.fromhex(text)
        with pytest.raises(NotConfirmedError):
            session.say(data)
    assert wire.sent == []


@given(data=st.binary(max_size=30))
def test_only_lists_of_questions_are_free(data: bytes) -> None:
    if sayings.of_opencollar(data) == "":
        assert data[0] == 0x20
        rest = data[1:]
        while rest:
            assert rest[1] in ASKED[rest[0]]
            assert len(rest) >= 2 + rest[1]
            rest = rest[2 + rest[1] :]


def test_leave_is_for_these_bytes_and_this_collar(session: Session, wire: Wire) -> None:
    drop, on = b"\x20\xcd\x00", b"\x03\x61\x01\x01"
    with pytest.raises(NotConfirmedError, match="'SP000000' is not the id"):
        sayings.confirm([on], "SP051307", "SP000000")
    for typed in ("", " ", "y", "yes"):
        with pytest.raises(NotConfirmedError):
            sayings.confirm([on], "SP051307", typed)
    with pytest.raises(NotConfirmedError):
        sayings.confirm([on], "", "")
    leave = sayings.confirm([on], "SP051307", " sp051307\n")
    with pytest.raises(NotConfirmedError, match="DROPS THE COLLAR"):
        session.say(drop, leave)
    session.say(on, leave)
    assert wire.sent == [on]


def test_questions_of_the_program_are_questions() -> None:
    own = [question for question, _ in QUESTIONS.values()] + [opencollar.ALL_SETTINGS]
    assert all(sayings.of_opencollar(question) == "" for question in own)
    assert "VHF beacon OFF" in sayings.of_opencollar(opencollar.BEACON_OFF)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("$ERASE#001;0\r", "ERASES"),
        ("$FACTW#000;\r", "ALL SETTINGS"),
        ("$PARMW#007;ARP04=4\r", "ARP04=4"),
        ("$RSTBW#000;\r", "RESTARTS"),
        ("$SATTX#000;\r", "transmits"),
        ("$RSTVW#001;1\r", "nobody here knows"),
        ("$STATR#000;", "nobody here understands"),
        ("$STATR#000;\r$ERASE#001;0\r", "nobody here understands"),
    ],
)
def test_lines_that_change_a_linkit(line: str, words: str) -> None:
    assert words in sayings.of_linkit(line.encode())


def test_questions_to_a_linkit_and_the_menu_of_a_ticktag() -> None:
    for line in ("$STATR#000;\r", "$PARMR#005;POT06\r", "$PARML#000;\r", "$DUMPD#001;1\r"):
        assert sayings.of_linkit(line.encode()) == ""
    assert sayings.of_ticktag(b"0\r") == ""
    for choice in (b"1\r", b"2\r", b"9\r", b"0", b"", b"01\r", b"0\r1\r"):
        assert sayings.of_ticktag(choice)
    assert "ERASES" in sayings.of_ticktag(b"1\r")


def test_transcript_holds_no_key_and_no_pin(session: Session, tmp_path: Path) -> None:
    session.say(bytes.fromhex("20c20412345678"))
    session.note(bytes.fromhex("03 0304100e0000 1010" + "ab" * 16 + "2a0412345678"))
    session.note(bytes.fromhex("03 1010" + "cd" * 7))  # cut
    text = (tmp_path / "asked.jsonl").read_text()
    assert "12345678" not in text
    assert "abab" not in text
    assert "cdcd" not in text
    assert '"hex": "030304100e0000' in text


KEY = bytes(range(0xE0, 0xF0))  # no byte of it is in the rest
SETTINGS = bytes.fromhex("03 0304100e0000 1010") + KEY + bytes.fromhex("610101")


@pytest.mark.parametrize("lost", range(len(SETTINGS)))
@pytest.mark.parametrize("count", [1, 2, 5])
def test_no_lost_byte_brings_a_key_to_light(lost: int, count: int) -> None:
    """Four bytes of 16 may stand where the number before was: nothing tells them from it."""
    cut = SETTINGS[:lost] + SETTINGS[lost + count :]
    if cut[:1] != b"\x03":
        assert trusted(cut) == len(cut)  # `shown` hides it, once settings were asked for
        return
    hidden = masked(cut)
    assert len(hidden) == len(cut)
    assert sum(byte in KEY for byte in hidden) <= 4
