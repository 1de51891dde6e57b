"""Sound card, RTL-SDR on USB, SoapySDR: here without a device, each tells so in one line."""

from __future__ import annotations

import sys

import pytest

from receiver.address import parse_address
from receiver.errors import ConfigError, MissingExtraError, ReceiverError, SourceError
from receiver.links import open_link

USB = "iq:rtlsdr:0?frequency=150.1M&rate=300k"
SOAPY = "iq:soapy:driver=nothing?frequency=150.1M&rate=1M&format=cf32"


def refused(address: str) -> ReceiverError:
    with pytest.raises(ReceiverError) as caught:
        open_link(parse_address(address)).close()
    assert len(str(caught.value).splitlines()) == 1
    return caught.value


def test_a_sound_card_that_is_not_there() -> None:
    pytest.importorskip("sounddevice", exc_type=OSError)
    error = refused("audio:sound:no such card?rate=16k")
    assert isinstance(error, SourceError)
    assert "no such card" in str(error)
    assert isinstance(refused("audio:sound:77"), SourceError)


def test_an_rtl_sdr_that_is_not_there() -> None:
    pytest.importorskip("rtlsdr")
    error = refused(USB)
    assert isinstance(error, SourceError)
    assert "plugged in" in str(error)


def test_a_receiver_that_soapy_does_not_know() -> None:
    error = refused(SOAPY)
    assert isinstance(error, SourceError)
    assert "SoapySDR" in str(error)
    assert isinstance(refused(SOAPY.replace("nothing", "null")), SourceError)


@pytest.mark.parametrize(
    ("module", "address", "command"),
    [
        ("sounddevice", "audio:sound:default", "pip install 'baksan[audio]'"),
        ("rtlsdr", USB, "pip install 'baksan[rtlsdr]'"),
    ],
)
def test_a_missing_extra_says_its_command(
    module: str, address: str, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    error = refused(address)
    assert isinstance(error, MissingExtraError)
    assert command in str(error)


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("iq:rtlsdr:0?rate=300k", "which frequency"),
        (f"{USB}&format=cs16", "cu8 only"),
        ("iq:soapy:driver=null?rate=1M", "format=cf32"),
    ],
)
def test_wrong_options(address: str, words: str) -> None:
    error = refused(address)
    assert isinstance(error, ConfigError)
    assert words in str(error)
