"""What a probe found about one thing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "look", "STOP"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What was found about one thing: `STOP` would stop a search. `advice` says what to do."""

    name: str
    state: State
    text: str
    advice: str = ""
