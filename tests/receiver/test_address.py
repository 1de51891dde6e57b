"""Addresses of sources: what is meant, and what is refused."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from receiver.address import parse_address, parse_hz
from receiver.errors import ConfigError


@pytest.mark.parametrize(
    ("text", "name", "instrument", "transport", "target", "options"),
    [
        ("r30=icom:serial:/dev/ttyUSB0?model=r30", "r30", "icom", "serial", "/dev/ttyUSB0",
         {"model": "r30"}),
        ("icom:serial:COM3?model=r75&baud=19200", "icom", "icom", "serial", "COM3",
         {"model": "r75", "baud": "19200"}),
        ("rigctld:tcp://127.0.0.1:4532", "rigctld", "rigctld", "tcp", "127.0.0.1:4532", {}),
        ("semtech:udp://0.0.0.0:1700", "semtech", "semtech", "udp", "0.0.0.0:1700", {}),
        ("nmea:tcp://[::1]:10110", "nmea", "nmea", "tcp", "[::1]:10110", {}),
        ("chirpstack:mqtt://127.0.0.1:1883?topic=application/+/device/#&user=a", "chirpstack",
         "chirpstack", "mqtt", "127.0.0.1:1883", {"topic": "application/+/device/#", "user": "a"}),
        ("gpx:file:walk 1.gpx", "gpx", "gpx", "file", "walk 1.gpx", {}),
        ("ttn:pipe:cat a?b&c=d", "ttn", "ttn", "pipe", "cat a?b&c=d", {}),
        ("sdr=iq:pipe:?rate=1M&format=cs8 cat a?b&c=d", "sdr", "iq", "pipe", "cat a?b&c=d",
         {"rate": "1M", "format": "cs8"}),
        ("fixed:43.3499,42.4453", "fixed", "fixed", "fixed", "43.3499,42.4453", {}),
        ("camp=fixed:-43.3,-42.4", "camp", "fixed", "fixed", "-43.3,-42.4", {}),
    ],
)  # fmt: skip
def test_address_is_read(
    text: str, name: str, instrument: str, transport: str, target: str, options: dict[str, str]
) -> None:
    address = parse_address(text)
    assert (address.name, address.instrument, address.transport) == (name, instrument, transport)
    assert (address.target, address.options, str(address)) == (target, options, text)


def test_host_and_port() -> None:
    assert parse_address("nmea:tcp://[::1]:10110").host == "::1"
    assert parse_address("nmea:tcp://phone.local:10110").port == 10110


@pytest.mark.parametrize(
    "text",
    ["", "icom", "icom:", "icom:serial:", "icom:carrier-pigeon:x", "nmea:tcp://host",
     "nmea:tcp://:4532", "nmea:tcp://host:99999", "nmea:tcp://host:x", "nmea:tcp:4532", "fixed",
     ":serial:/dev/x", "nmea:udp://[::1:5"],
)  # fmt: skip
def test_what_is_no_address_is_refused_with_its_text(text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_address(text)
    assert repr(text) in str(caught.value)


@given(st.text(max_size=60))
def test_any_text_is_an_address_or_refused(text: str) -> None:
    with suppress(ConfigError):
        parse_address(text)


@pytest.mark.parametrize(
    ("text", "hz"),
    [("150.1M", 150.1e6), ("250k", 250e3), ("151340000", 151.34e6), ("0.868G", 868e6)],
)
def test_frequency(text: str, hz: float) -> None:
    assert parse_hz(text) == hz


@pytest.mark.parametrize("text", ["", "M", "-5k", "0", "nan", "inf", "1e20", "150,1M"])
def test_what_is_no_frequency(text: str) -> None:
    with pytest.raises(ConfigError):
        parse_hz(text)


def test_secrets_are_never_shown_or_written_down() -> None:
    address = parse_address("h=ttn:http://127.0.0.1:8090?token=SECRET&expected_s=60")
    assert address.options["token"] == "SECRET"
    assert str(address) == "h=ttn:http://127.0.0.1:8090?token=***&expected_s=60"
    assert "SECRET" not in f"{address}"
