"""Which format bytes are taken for: the right one among them, and no other's packets."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols import PROTOCOLS, decode, find, identify
from protocols.lorawan import crypt, mic

# Formats of vectors that are named, and why nothing claims them.
NOT_CLAIMED = {
    "ticktag-eeprom": "any bytes of the right length would fit",
    "meshtastic-lora": "the vectors give the port within the packet; it has none outside",
}
# Single vectors: hex of what its own format leaves unclaimed.
LEFT = {
    "1f8034127856bc9a785634": "Oyster's statistics are bits without any mark",
    "12345866851e1400989680009896800c00": "WildFi's decoder does not believe it",
}
NEW = ("abeeway-at2", "abeeway-at3", "digital-matter-yabby-edge", "meshtastic-lora", "wildfi-log")


def vectors(shared: Path) -> list[dict[str, Any]]:
    lines = (shared / "vectors" / "open-collars.jsonl").read_text().splitlines()
    return [row for row in map(json.loads, lines) if row.get("hex")]


def test_every_vector_is_known_and_by_one_name_only(shared: Path) -> None:
    names = {name for protocol in PROTOCOLS for name in (protocol.name, *protocol.aliases)}
    rows = [row for row in vectors(shared) if row["protocol"] in names]
    assert len(rows) == 185
    for row in rows:
        right = find(row["protocol"]).name
        found = identify(bytes.fromhex(row["hex"]), port=row["port"])
        silent = row["hex"] in LEFT or right in NOT_CLAIMED
        silent |= (right, row["port"]) == ("opencollar-gen1", 30)
        assert found == ([] if silent else [right]), row["hex"]


def test_packet_to_everybody_on_the_mesh_is_known_without_a_port(shared: Path) -> None:
    for row in vectors(shared):
        found = identify(bytes.fromhex(row["hex"]))
        assert ("meshtastic-lora" in found) == (row["protocol"] == "meshtastic-lora")


@pytest.mark.parametrize("name", NEW)
def test_frame_opened_by_keys_is_read_if_one_format_fits(shared: Path, name: str) -> None:
    """LoRaWAN around every vector of a format that comes by LoRaWAN; none around others."""
    address, key = bytes.fromhex("2a1c0126"), bytes(16)
    for row in vectors(shared):
        if row["protocol"] != name or not row["port"]:
            continue
        body = crypt(key, address, 7, False, bytes.fromhex(row["hex"]))
        frame = b"\x40" + address + b"\x00\x07\x00" + bytes([row["port"]]) + body
        whole = frame + mic(key, address, 7, False, frame)[:4]
        keys = {"keys": {"nwk_skey": key.hex(), "app_skey": key.hex()}}
        opened = decode(whole, protocol="lorawan", context=keys)
        inside = [packet.protocol for packet in opened[1:]]
        assert inside == ([name] if name not in NOT_CLAIMED else [])
        assert all(packet.device_id == opened[0].device_id for packet in opened)


@given(data=st.binary(max_size=64), port=st.none() | st.integers(0, 255))
def test_identifying_never_fails(data: bytes, port: int | None) -> None:
    assert set(identify(data, port=port)) <= {protocol.name for protocol in PROTOCOLS}


@pytest.mark.parametrize("port", [1, 2, 3, 4, 17, 18, 19, 199])
@given(head=st.binary(min_size=1, max_size=8), body=st.binary(max_size=40))
def test_identifying_never_fails_on_ports_that_many_use(
    port: int, head: bytes, body: bytes
) -> None:
    """Heads are drawn small, so that many get past the first test."""
    small = bytes(octet & 15 for octet in head)
    identify(small + body, port=port)
