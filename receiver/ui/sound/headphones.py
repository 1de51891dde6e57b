"""Wireless headphones: their sound comes late, and a turn of the antenna is heard beside its peak.

Sound over Bluetooth (A2DP) comes 0.1 to 0.3 s late. The antenna of a searcher who turns once in
twelve seconds has gone 3 to 9 degrees further by then; walking, nothing of it is noticed.
"""

from __future__ import annotations

import re

from receiver.language import phrase

WIRELESS = (
    "bluetooth", "bluez", "a2dp", "avrcp", "hands-free", "handsfree", "hfp", "hsp",
    "headset head unit", "airpods", "buds", "freebuds", "airdots", "beats", "wireless",
    "wh-1000", "wf-1000", "wh-ch", "wf-c", "quietcomfort", "soundlink", "soundcore",
    "jabra elite", "jbl tune", "jbl live", "ldac", "aptx",
)  # fmt: skip
_WIRELESS = re.compile("|".join(rf"\b{re.escape(word)}" for word in WIRELESS))
# Names of a sound server, behind which any headphones may be.
HIDDEN = ("default", "sysdefault", "pulse", "pipewire", "sound mapper", "primary sound", "jack", "")
_WIRED = re.compile(r"\b(headphone jack|line out|analog|alc\d+|usb audio|usb-c|hdmi|built-in)\b")


def headphones_warning(device: str) -> str:
    """Return a warning for a sound device by its name, "" where it goes by a cable."""
    name = device.casefold().strip()
    if _WIRELESS.search(name):
        return phrase(
            "{device} is wireless: sound comes late, a turn is heard beside its peak; use a cable",
            device=device,
        )
    if _WIRED.search(name):
        return ""
    if any(hidden == name or (hidden and hidden in name) for hidden in HIDDEN):
        return phrase(
            "are the headphones wireless? Then a turn is heard beside its peak; use a cable"
        )
    return ""
