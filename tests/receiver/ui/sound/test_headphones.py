"""Which sound devices are wireless, by their names."""

from __future__ import annotations

import pytest

from receiver.ui.sound.headphones import headphones_warning


@pytest.mark.parametrize(
    "name",
    [
        "bluez_output.AC_12_2F_00_00_01.a2dp-sink",
        "Headset (WH-1000XM4 Hands-Free AG Audio)",
        "AirPods Pro von Mascha",
        "Galaxy Buds2 (A1B2)",
        "Bluetooth Audio",
        "JBL TUNE 510BT",
        "Sony WF-1000XM5",
        "bluealsa:DEV=00:11:22:33:44:55,PROFILE=a2dp",
        "Wireless Controller",
    ],
)
def test_wireless_is_named(name: str) -> None:
    warning = headphones_warning(name)
    assert warning.startswith(name)
    assert "wireless" in warning


@pytest.mark.parametrize("name", ["default", "pulse", "pipewire", "Sound Mapper"])
def test_behind_a_sound_server_nobody_knows(name: str) -> None:
    assert headphones_warning(name).startswith("are the headphones wireless?")


@pytest.mark.parametrize(
    "name",
    [
        "HDA Intel PCH: ALC257 Analog (hw:0,0)",
        "USB Audio Device: - (hw:1,0)",
        "Headphones (Realtek(R) Audio)",
        "bcm2835 Headphones: - (hw:0,0)",
        "MacBook Pro Speakers",
        "External Headphone Jack",
    ],
)
def test_a_cable_needs_no_warning(name: str) -> None:
    assert headphones_warning(name) == ""
