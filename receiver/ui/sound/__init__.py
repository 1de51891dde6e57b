"""Sound of a search: raw first, the meter tone second, calls, and an alarm."""

from receiver.ui.sound.out import SoundOut, open_sound

__all__ = ["SoundOut", "open_sound"]
