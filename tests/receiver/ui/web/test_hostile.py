"""Everybody else: strangers on the hotspot, pages of other hosts, phones that may only look."""

from __future__ import annotations

import json
import socket
import time
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from receiver.records import jsonable
from receiver.ui.web import app, coarse
from receiver.ui.web.guard import HEADERS

GETS = ("/state", "/map", "/belief.png", "/tiles/1/0/0.png", "/relief/1/0/0.png", "/devices")
POSTS = ("/entries", "/place", "/devices/revoke")


def note() -> dict[str, Any]:
    return {"id": str(uuid.uuid4()), "what": "note", "values": {"text": "a"}}


def raw(camp: Any, request: bytes, source: str = "127.0.0.1") -> bytes:
    """Send bytes as they are; return the first that come back."""
    with closing(dial(camp, source)) as link:
        link.sendall(request)
        return link.recv(65_536)


def dial(camp: Any, source: str = "127.0.0.1") -> socket.socket:
    host, _, port = camp.serving.url.removeprefix("http://").rpartition(":")
    return socket.create_connection((host, int(port)), 10, (source, 0))


# --- without a token nothing is told -------------------------------------------------------------


def test_nothing_without_pairing(camp: Any) -> None:
    web = camp.stranger().web
    for cookie in ("", "x", "é", "A" * 4000):
        headers = {"Cookie": f"baksan={cookie}".encode()} if cookie else {}
        assert [web.get(path, headers=headers).status_code for path in GETS] == [401] * len(GETS)
        refused = [web.post(path, json=note(), headers=headers).status_code for path in POSTS]
        assert refused == [401] * len(POSTS)
    assert camp.search.entries == []


def test_every_answer_has_the_headers(camp: Any) -> None:
    web = camp.phone().web
    for path in ("/", "/static/vendor/page.js", "/state", "/nothing", "/belief.png", "/ca.crt"):
        answer = web.get(path)
        assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS, path
        assert "access-control-allow-origin" not in answer.headers
    assert web.get("/state").headers["cache-control"] == "no-store"


@pytest.mark.parametrize("host", ["evil.example", "evil.example:80", "127.0.0.1", "", "localhost"])
def test_a_name_that_is_not_ours_is_refused(camp: Any, host: str) -> None:
    """A page whose name was made to lead here asks with its own name."""
    phone = camp.phone()
    for path in ("/", "/state"):
        assert phone.web.get(path, headers={"Host": host}).status_code == 400
    port = camp.serving.url.rpartition(":")[2]
    assert phone.web.get("/state", headers={"Host": f"localhost:{port}"}).status_code == 200


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "https://127.0.0.1", "*"])
def test_a_page_of_others_is_refused(camp: Any, origin: str) -> None:
    web = camp.phone().web
    assert web.get("/state", headers={"Origin": origin}).status_code == 403
    assert web.post("/entries", json=note(), headers={"Origin": origin}).status_code == 403
    assert web.post("/pair", json={}, headers={"Origin": origin}).status_code == 403
    own = {"Origin": camp.serving.url}
    assert web.post("/entries", json=note(), headers=own).status_code == 200


def test_a_picture_on_a_page_of_others_is_refused(camp: Any) -> None:
    web = camp.phone().web
    for site in ("cross-site", "same-site"):
        fetched = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}
        assert web.get("/belief.png", headers=fetched).status_code == 403
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate",
            "Sec-Fetch-Dest": "document"}  # fmt: skip
    assert web.get("/", headers=link).status_code == 200


def test_changes_need_post_and_the_header(camp: Any) -> None:
    web = camp.phone().web
    assert web.post("/entries", json=note(), headers={"X-Baksan": ""}).status_code == 403
    assert web.get("/entries").status_code == 405
    for method in ("PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"):
        assert web.request(method, "/entries").status_code == 403
    assert camp.search.entries == []


@pytest.mark.parametrize("token", ["", "x", None, 7, ["a"], {"a": 1}, "A" * 22, "\ud800"])
def test_tokens_that_are_none(camp: Any, token: Any) -> None:
    camp.serving.invite("operator")
    body = json.dumps({"token": token}).encode()
    assert camp.stranger().web.post("/pair", content=body).status_code == 403
    assert camp.serving.devices == []


def test_guessing_tokens_is_slow(camp: Any) -> None:
    web = camp.stranger().web
    answers = [web.post("/pair", json={"token": str(k)}) for k in range(12)]
    assert [a.status_code for a in answers] == [403] * 10 + [429] * 2
    assert answers[-1].headers["retry-after"] == "60"


def test_a_flood_of_entries_is_slow(
    tmp_path: Path, make_camp: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app, "ENTRIES_A_MINUTE", 20)
    with ExitStack() as stack:
        web = make_camp(stack, tmp_path).phone().web
        codes = [web.post("/entries", content=b"{}").status_code for _ in range(25)]
    assert codes == [422] * 20 + [429] * 5


# --- live connections ----------------------------------------------------------------------------


def try_live(camp: Any, cookie: str, token: str, origin: str | None = None) -> int:
    headers = {"Cookie": cookie} if cookie else {}
    protocols = [Subprotocol("baksan"), Subprotocol(token)] if token else None
    url = camp.serving.url.replace("http", "ws", 1) + "/live"
    try:
        with connect(url, subprotocols=protocols, additional_headers=headers,
                     origin=Origin(origin) if origin else None):  # fmt: skip
            return 101
    except InvalidStatus as refused:
        return refused.response.status_code


def test_live_needs_cookie_token_and_no_foreign_page(camp: Any) -> None:
    phone, other = camp.phone(), camp.phone(observer="C")

    def token() -> str:
        return str(phone.state()["live_token"])

    assert try_live(camp, phone.cookie, token()) == 101  # a program has no Origin
    assert try_live(camp, phone.cookie, token(), camp.serving.url) == 101
    assert try_live(camp, "", token()) == 403
    assert try_live(camp, phone.cookie, "") == 403
    assert try_live(camp, phone.cookie, "A" * 22) == 403
    assert try_live(camp, phone.cookie, token(), "http://evil.example") == 403
    assert try_live(camp, other.cookie, token()) == 403
    used = token()
    assert try_live(camp, phone.cookie, used) == 101
    assert try_live(camp, phone.cookie, used) == 403


# --- roles ---------------------------------------------------------------------------------------


def test_viewers_change_nothing(camp: Any) -> None:
    web = camp.phone("viewer").web
    assert [web.post(path, json=note()).status_code for path in POSTS] == [403] * 3
    assert [web.get(path).status_code for path in ("/devices", "/belief.png")] == [403] * 2
    assert camp.search.entries == []


def leaves(value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield key, None
            yield from ((f"{key}.{name}" if name else key, leaf) for name, leaf in leaves(item))
    elif isinstance(value, list):
        for item in value:
            yield from leaves(item)
    else:
        yield "", value


def test_viewers_see_no_frequency_and_no_place(camp: Any) -> None:
    viewer = camp.phone("viewer", observer="V")
    token = viewer.state()["live_token"]
    url = viewer.url.replace("http", "ws", 1) + "/live"
    with connect(url, subprotocols=[Subprotocol("baksan"), Subprotocol(token)],
                 additional_headers={"Cookie": viewer.cookie}) as live:  # fmt: skip
        frame = json.loads(live.recv(timeout=5))
    seen = [viewer.state(), viewer.web.get("/map").json(), frame]
    told = {repr(leaf) for body in seen for key, leaf in leaves(body)}
    names = {key for body in seen for key, _ in leaves(body)}
    text = json.dumps(seen)
    for secret in ("150.3", "3425", "150342500", "43.34987", "42.44531", "236", "812", "123.4"):
        assert secret not in text.replace(json.dumps(token), ""), secret
    assert not [name for name in names if "frequency" in name or "_hz" in name]
    # The search that these viewers look at lies on the fixed grid, whatever is exact.
    middle = coarse.cell(43.34987, 42.44531)
    assert seen[1]["walk"] == [[*middle, None, None]]
    assert (seen[1]["others"][0]["lat"], seen[1]["others"][0]["lon"]) == middle
    assert seen[0]["snapshot"]["place"]["latitude_deg"] == middle[0]
    assert repr(middle[0]) in told


def test_viewers_are_told_that_somebody_called_and_not_his_words(camp: Any) -> None:
    """A place can be told in too many ways: degrees and minutes, a plus code, its name."""
    camp.search.text = """ 43°21'00" 42°26'43", 8HJ6GGHM+5R, above the bridge"""
    viewer = camp.phone("viewer", observer="V")
    assert [call["text"] for call in viewer.state()["snapshot"]["calls"]] == ["danger"]


def test_operators_keep_what_viewers_lose(camp: Any) -> None:
    text = json.dumps(camp.phone().state(), ensure_ascii=False)
    assert "150.3425 MHz" in text
    assert "43.34987" in text


def test_words_without_what_tells(camp: Any) -> None:
    assert coarse.words("bear at 43.35 N 42.44 E, 38TMN12345678, 150,34 MHz") == (
        "bear at … N … E, 38TMN…, … MHz")  # fmt: skip
    for told in ("150 350 kHz", "43 30.006 42 26", "150 MHz", "150 МГц", "43 С"):  # noqa: RUF001
        assert not set("0123456789") & set(coarse.words(f"bear, {told}"))
    assert coarse.words("danger, 3 people, 40 s ago") == "danger, 3 people, 40 s ago"


def test_the_cell_of_a_search_area_does_not_move_with_it() -> None:
    ring = [[42.44, 43.34], [42.45, 43.34], [42.45, 43.35], [42.44, 43.34]]
    near = [[e + 0.002, n + 0.001] for e, n in ring]
    told = [coarse.regions({"95": {"geometry": {"type": "Polygon", "coordinates": [r]}}})
            for r in (ring, near)]  # fmt: skip
    assert told[0] == told[1]
    assert coarse.regions({}) == {}
    assert jsonable(told[0])["95"]["type"] == "Polygon"


# --- paths and bodies ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "/static/../outside.js",
        "/static/%2e%2e/outside.js",
        "/static/..%2foutside.js",
        "/static/%252e%252e/outside.js",
        "/static/vendor/../../outside.js",
        "/static//etc/passwd",
        "/static/..\\outside.js",
        "/../outside.js",
        "/%2e%2e/outside.js",
        "//outside.js",
        "/static/secret.key",
        "/static/",
        "/static",
        "/static/vendor",
        "/static/%00",
        "/index.html",
        "/phrases/../outside.json",
        "/phrases/..%2f..%2foutside.json",
        "/phrases/e%00.json",
        "/phrases/zz.json",
    ],
)
def test_no_path_leads_to_the_disk(camp: Any, path: str) -> None:
    port = camp.serving.url.rpartition(":")[2]
    answer = raw(camp, f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
    assert answer.split(b" ")[1] in (b"404", b"400"), answer[:60]
    assert b"outside" not in answer.split(b"\r\n\r\n", 1)[-1]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"x",
        b"[]",
        b"1",
        b"null",
        b'{"a":',
        b"\xff\xfe",
        b'{"id": NaN}',
        b"[" * 60_000,
        b'{"a":' * 9_000,
        b'{"id": ' + b"9" * 6000 + b"}",
    ],
)
def test_what_is_no_json_is_refused_in_one_sentence(camp: Any, body: bytes) -> None:
    web = camp.phone().web
    for path in POSTS:
        answer = web.post(path, content=body)
        assert answer.status_code == 422
        assert answer.json().keys() == {"error"}
    assert web.post("/pair", content=body).status_code in (403, 422)


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity", "1e999", "9" * 400, '"1"', "{}"])
def test_numbers_that_are_none(camp: Any, value: str) -> None:
    web = camp.phone().web
    entry = f'{{"id": "{uuid.uuid4()}", "what": "bearing", "values": {{"degrees": {value}}}}}'
    place = f'{{"latitude_deg": {value}, "longitude_deg": 42}}'
    for path, body in (("/entries", entry), ("/place", place)):
        assert web.post(path, content=body.encode()).status_code == 422
    assert camp.search.entries == []


@pytest.mark.parametrize("length", ["65537", "99999999999999", "-1", "1e3", "0x10"])
def test_what_says_that_it_is_huge_is_refused_at_once(camp: Any, length: str) -> None:
    port = camp.serving.url.rpartition(":")[2]
    head = (f"POST /pair HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nX-Baksan: 1\r\n"
            f"Content-Length: {length}\r\n\r\n")  # fmt: skip
    assert raw(camp, head.encode()).split(b" ")[1] in (b"413", b"400")


def test_what_does_not_say_how_long_it_is_is_cut_off(camp: Any) -> None:
    port = camp.serving.url.rpartition(":")[2]
    head = (f"POST /pair HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nX-Baksan: 1\r\n"
            "Transfer-Encoding: chunked\r\n\r\n")  # fmt: skip
    piece = b"4000\r\n" + b"a" * 0x4000 + b"\r\n"
    with closing(dial(camp)) as link:
        link.sendall(head.encode())
        for _ in range(5):
            link.sendall(piece)
        assert b" 413 " in link.recv(4096)
        time.sleep(0.1)
        with pytest.raises(OSError):
            link.sendall(piece * 1000)


def test_huge_heads_are_refused(camp: Any) -> None:
    port = camp.serving.url.rpartition(":")[2]
    head = f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nX: {'a' * 100_000}"  # no end of it
    with closing(dial(camp)) as link, suppress(OSError):  # it may hang up in the middle
        link.sendall(head.encode())
        answer = link.recv(4096)
        assert answer == b"" or b" 400 " in answer
    assert camp.phone().state()["role"] == "operator"


# --- many at once ---------------------------------------------------------------------------------


def test_three_hundred_connections_do_not_keep_a_phone_out(camp: Any) -> None:
    phone = camp.phone()
    with ExitStack() as stack:
        for k in range(300):
            link = dial(camp, f"127.0.0.{2 + k % 3}")
            stack.enter_context(closing(link))
            link.sendall(b"GET / HTTP/1.1\r\n")
        assert phone.state()["role"] == "operator"
        said = note()
        assert phone.web.post("/entries", json=said).json()["saved"] is True
    assert len(camp.search.entries) == 1


def open_live(phone: Any) -> ClientConnection:
    """Connect as a phone does whose system keeps little of what it has not read."""
    host, port = phone.url.removeprefix("http://").split(":")
    link = socket.socket()
    link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 * 1024)
    link.connect((host, int(port)))
    return connect(
        phone.url.replace("http", "ws", 1) + "/live",
        sock=link,
        compression=None,
        max_queue=1,
        close_timeout=0.1,  # one that reads nothing does not read the answer to its closing either
        subprotocols=[Subprotocol("baksan"), Subprotocol(phone.state()["live_token"])],
        additional_headers={"Cookie": phone.cookie},
    )


def time_in(frame: str | bytes) -> datetime:
    return datetime.fromisoformat(json.loads(frame)["snapshot"]["time"])


def test_pages_that_nobody_looks_at_do_not_keep_out_the_one_just_opened(camp: Any) -> None:
    """Each page that a browser keeps in the background holds a connection, for hours maybe."""
    phone, other = camp.phone(), camp.phone(observer="C")
    with ExitStack() as stack:
        theirs = stack.enter_context(open_live(other))
        for _ in range(8):
            newest = stack.enter_context(open_live(phone))
            assert time_in(newest.recv(timeout=5))
        for _ in range(20):  # nor is anybody else thrown out
            assert time_in(theirs.recv(timeout=5))


def test_a_stalled_phone_holds_nobody_up_and_misses_what_is_old(camp: Any) -> None:
    camp.search.text = "x" * 60_000  # several times in each snapshot
    phone, other = camp.phone(), camp.phone(observer="C")
    with open_live(phone) as stalled, open_live(other) as quick:
        for _ in range(20):
            quick.recv(timeout=5)
        now = time_in(quick.recv(timeout=5))
        old = 0
        while time_in(stalled.recv(timeout=5)) < now and old < 50:
            old += 1
    assert old <= 8  # of more than 20: what was under way, in this program and in the kernels
