"""What a LoRa frame is before it is decoded: LoRaWAN, or a collar's own."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols import envelopes
from protocols.envelopes.lora import known_of

DATA = "40f17dbe4900020001954378762b11ff0d"
PING = "4269da1b01262110030ea068aa6a21154ef1a35a710faa55"
AWT = "a507d121520102013b2a00022a0201836aaa68a09174330ca185ca0403090078ffd303f21b37"


@pytest.mark.parametrize(
    ("frame", "known"),
    [
        (DATA, {"device_id": "49be7df1", "encrypted": True, "downlink": False}),
        ("60" + DATA[2:], {"device_id": None, "encrypted": True, "downlink": True}),
        (PING, {"device_id": "26011bda", "protocol": "opencollar-lp0"}),
        (AWT, {"device_id": "10811", "protocol": "awt-lorawan"}),
        (AWT[:-2] + "00", {"device_id": None, "encrypted": True, "downlink": False}),
        ("", {"device_id": None, "encrypted": True, "downlink": False}),
    ],
)
def test_frame_is_known_by_its_beginning(frame: str, known: dict[str, Any]) -> None:
    assert known_of(bytes.fromhex(frame)) == known


@given(st.binary(max_size=60))
def test_any_bytes_are_survived(frame: bytes) -> None:
    known_of(frame)


def test_raw_frame_at_a_gateway_is_read_as_what_it_is() -> None:
    data = base64.b64encode(bytes.fromhex(PING)).decode()
    rxpk = {"modu": "LORA", "stat": 1, "rssi": -80, "lsnr": 4.0, "data": data}
    (heard,) = envelopes.parse(json.dumps({"rxpk": [rxpk]}).encode())
    assert (heard.protocol, heard.device_id) == ("opencollar-lp0", "26011bda")
    assert not heard.encrypted
