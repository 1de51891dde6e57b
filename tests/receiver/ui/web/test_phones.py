"""Phones that are what they say: paired once, served, their entries saved once."""

from __future__ import annotations

import json
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from receiver.records import Entry


def heard(**values: Any) -> dict[str, Any]:
    return {"id": str(uuid.uuid4()), "what": "heard", "values": {"word": "clear", **values}}


def live(phone: Any, token: str | None = None) -> ClientConnection:
    token = phone.state()["live_token"] if token is None else token
    return connect(
        phone.url.replace("http", "ws", 1) + "/live",
        subprotocols=[Subprotocol("baksan"), Subprotocol(token)],
        additional_headers={"Cookie": phone.cookie},
        origin=phone.url,
        compression=None,
    )


def read_on(socket: ClientConnection) -> None:
    """Read what is still under way, up to a closing."""
    for _ in range(20):
        socket.recv(timeout=5)


def test_a_phone_is_paired_once_and_sees_all(camp: Any) -> None:
    invitation = camp.serving.invite("operator")
    phone = camp.stranger()
    answer = phone.pair(invitation, "  Bella  Ivanova ")
    assert answer.json() == {"role": "operator", "observer": "Bella Ivanova"}
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "path=/" in cookie
    state = phone.state()
    assert (state["role"], state["observer"], state["language"]) == (
        "operator",
        "Bella Ivanova",
        "en",
    )
    assert state["snapshot"]["advice"]["bearing_deg"] == 236.0
    assert state["map"]["walk"][0][:2] == [43.34987, 42.44531]
    assert state["map_version"] == 7
    assert phone.web.get("/map").json() == state["map"]
    # Another phone cannot use the same code.
    assert camp.stranger().pair(invitation).status_code == 403


def test_who_pairs_again_is_one_phone_and_keeps_the_name(camp: Any) -> None:
    """Recorded case: the second time he was "Bella 2", and the arrow went with the old name."""
    phone = camp.phone(observer="Bella")
    assert phone.pair(camp.serving.invite("viewer"), "Bella").json() == {
        "role": "viewer", "observer": "Bella",
    }  # fmt: skip
    assert [(d.observer, d.role) for d in camp.serving.devices] == [("Bella", "viewer")]
    other = camp.stranger()
    assert other.pair(camp.serving.invite("operator"), "Bella").json()["observer"] == "Bella 2"
    assert phone.state()["observer"] == "Bella"
    assert phone.pair("no such code", "Bella").status_code == 403
    assert phone.state()["observer"] == "Bella"  # a code that is none cuts nobody off


def test_the_token_is_in_the_fragment_alone(camp: Any) -> None:
    address = camp.serving.invite("viewer")
    before, _, token = address.partition("#")
    assert before == f"{camp.serving.url}/"
    assert len(token) == 22  # 128 bits in base64
    assert camp.stranger().web.get(f"/?{token}").status_code == 200  # and nothing is paired by it
    assert camp.serving.devices == []


def test_pictures_are_what_they_say(camp: Any) -> None:
    web = camp.phone().web
    assert web.get("/belief.png?v=7").headers["content-type"] == "image/png"
    for other in ("", "?v=6", "?v=8", "?v=", "?v=x", "?v=-7", f"?v={'7' * 5000}", "?night=1"):
        assert web.get(f"/belief.png{other}").status_code == 404, other
    assert web.get("/belief.png?v=7&night=1").content.endswith(b"night")
    assert web.get("/tiles/1/0/0.png").headers["content-type"] == "image/png"
    assert web.get("/tiles/2/0/0.png").headers["content-type"] == "image/jpeg"
    assert web.get("/relief/1/1/1.png?night=1").status_code == 200
    for tile in ("3/0/0", "4/0/0", "1/2/0", f"{'9' * 40}/0/0", "-1/0/0", "1/a/0", "1/0/0.svg"):
        assert web.get(f"/tiles/{tile}.png").status_code == 404, tile


def test_the_page_comes_packed_and_once(camp: Any) -> None:
    web = camp.stranger().web
    first = web.get("/")
    assert first.headers["content-type"] == "text/html; charset=utf-8"
    assert first.headers["content-encoding"] == "gzip"
    assert web.get("/", headers={"If-None-Match": first.headers["etag"]}).status_code == 304
    plain = web.get("/static/vendor/page.js", headers={"Accept-Encoding": "identity"})
    assert (plain.text, plain.headers["content-type"]) == (
        "'use strict';", "text/javascript; charset=utf-8")  # fmt: skip
    assert isinstance(web.get("/phrases/en.json").json(), dict)


def test_entries_are_saved_once(camp: Any) -> None:
    phone, said = camp.phone(observer="B"), heard()
    for _ in range(3):
        answer = phone.web.post("/entries", json=said)
        assert (answer.status_code, answer.json()) == (200, {"saved": True, "id": said["id"]})
    [entry] = camp.search.entries
    assert (entry.id, entry.observer) == (said["id"], "B")
    assert entry.content["collar"] == "Leo 150.3425"
    assert phone.state()["saved_ids"] == [said["id"]]


def test_undo_is_a_new_row(camp: Any) -> None:
    phone, said = camp.phone(), heard()
    phone.web.post("/entries", json=said)
    undo = {"id": str(uuid.uuid4()), "what": "undo", "values": {"id": said["id"]}}
    assert phone.web.post("/entries", json=undo).json()["saved"] is True
    assert [entry.content.get("supersedes_id") for entry in camp.search.entries] == [
        None,
        said["id"],
    ]
    other = camp.phone(observer="C").web.post("/entries", json={**undo, "id": str(uuid.uuid4())})
    assert other.status_code == 422
    assert "only B takes it back" in other.json()["error"]


def test_what_the_disk_does_not_take_is_not_called_saved(camp: Any) -> None:
    phone, said, written = camp.phone(), heard(), []

    def submit(entry: Entry) -> bool:
        written.append(entry)
        return False

    camp.search.submit, before = submit, camp.search.submit
    for _ in range(2):
        answer = phone.web.post("/entries", json=said)
        assert (answer.status_code, answer.json()["saved"]) == (202, False)
    assert len(written) == 1  # it waits, and is not handed over twice
    before(written[0])
    assert phone.web.post("/entries", json=said).json()["saved"] is True
    assert len(camp.search.entries) == 1


def test_entries_that_wait_for_the_disk_hold_up_nothing_else(camp: Any) -> None:
    phone, goes_on = camp.phone(), threading.Event()
    camp.search.submit = lambda entry: goes_on.wait(20.0)
    with ThreadPoolExecutor(40) as sending:
        for _ in range(40):  # more than the server has threads for anything
            sending.submit(phone.web.post, "/entries", json=heard())
        try:
            time.sleep(0.5)
            with live(phone) as socket:
                assert json.loads(socket.recv(timeout=5))["map_version"] == 7
        finally:
            goes_on.set()


def test_each_phone_has_a_place_of_its_own(camp: Any) -> None:
    first, second = camp.phone(observer="B"), camp.phone(observer="C")
    place = {"latitude_deg": 43.1, "longitude_deg": 42.1, "accuracy_m": 12.0}
    assert first.web.post("/place", json={**place, "time": "2026-11-24T12:00:00Z"}).json()["saved"]
    assert second.web.post(
        "/place", json={**place, "latitude_deg": 43.2, "accuracy_m": None}
    ).json()
    places = [(e.observer, e.content["latitude_deg"]) for e in camp.search.entries]
    assert places == [("B", 43.1), ("C", 43.2)]
    # A compass reading of B is turned to true where B is; D has said no place yet.
    bearing = {"id": str(uuid.uuid4()), "what": "bearing",
               "values": {"degrees": 100, "magnetic": True}}  # fmt: skip
    assert first.web.post("/entries", json=bearing).status_code == 200
    other = {**bearing, "id": str(uuid.uuid4())}
    assert (
        "needs a place" in camp.phone(observer="D").web.post("/entries", json=other).json()["error"]
    )


def test_live_snapshots(camp: Any) -> None:
    phone = camp.phone()
    with live(phone) as socket:
        frames = [json.loads(socket.recv(timeout=5)) for _ in range(3)]
    assert [frame["map_version"] for frame in frames] == [7, 7, 7]
    assert frames[0]["snapshot"]["strength"]["value"] == -97.0
    assert len({frame["snapshot"]["time"] for frame in frames}) == 3


def test_a_snapshot_comes_with_its_age(camp: Any) -> None:
    camp.search.age_s = 12.34
    phone = camp.phone("viewer")
    assert phone.state()["age_s"] == 12.3
    with live(phone) as socket:
        assert json.loads(socket.recv(timeout=5))["age_s"] == 12.3


def test_a_page_that_makes_room_for_a_newer_one_is_told_so(camp: Any) -> None:
    phone = camp.phone()
    with ExitStack() as stack:
        oldest, *_ = (stack.enter_context(live(phone)) for _ in range(5))
        with pytest.raises(ConnectionClosed) as closed:
            read_on(oldest)
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 1001


def test_a_revoked_phone_is_out_at_once(camp: Any) -> None:
    chief, lost = camp.phone(observer="A"), camp.phone(observer="B")
    with live(lost) as socket:
        socket.recv(timeout=5)
        [row] = [r for r in chief.web.get("/devices").json()["devices"] if r["observer"] == "B"]
        assert set(row) == {"id", "observer", "role", "paired", "seen_s", "own"}
        assert chief.web.post("/devices/revoke", json={"id": row["id"]}).json() == {"revoked": 1}
        with pytest.raises(ConnectionClosed) as closed:
            read_on(socket)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1001
    assert lost.web.get("/state").status_code == 401
    assert chief.web.post("/devices/revoke", json={"all": True}).json() == {"revoked": 1}
    assert chief.web.get("/state").status_code == 401


def test_paired_phones_stay_paired_over_a_restart(tmp_path: Path, make_camp: Any) -> None:
    said = heard()
    with ExitStack() as stack:
        camp = make_camp(stack, tmp_path)
        phone = camp.phone()
        cookies = dict(phone.web.cookies)
        phone.web.post("/entries", json=said)
    kept = (tmp_path / "config" / "phones.json").read_text()
    assert all(secret not in kept for secret in cookies.values())
    assert (tmp_path / "config" / "phones.json").stat().st_mode & 0o077 == 0
    with ExitStack() as stack:
        camp = make_camp(stack, tmp_path)
        phone = camp.stranger()
        phone.web.cookies.update(cookies)
        assert phone.state()["observer"] == "B"
        assert phone.web.post("/entries", json=said).json()["saved"] is True
        assert len(camp.search.entries) == 1
