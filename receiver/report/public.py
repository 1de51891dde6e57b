"""What the leader may tell everybody, thing by thing, and what is never told.

Nothing of a search is public by itself. Each thing that may be ticked comes with what somebody who
looks for the animal could make of it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from receiver.language import phrase
from receiver.report.facts import Facts
from receiver.wording import plain

ABOUT = 5  # hours and kilometres are told in steps of so many


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One thing to tell or not: its name for scripts, title, value, and how it could locate."""

    name: str
    title: str
    value: str
    danger: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Withheld:
    """What could locate the animal and is never told: how many there are, and the first ones."""

    title: str
    count: int
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Public:
    """What a public report says."""

    recipient: str
    simulation: bool
    items: tuple[Item, ...]


def public(facts: Facts, ticked: Collection[str], recipient: str) -> Public:
    """Return what the leader ticked, and nothing else."""
    chosen = tuple(item for item in items(facts) if item.name in ticked)
    return Public(recipient=plain(recipient), simulation=facts.simulation, items=chosen)


def items(facts: Facts) -> tuple[Item, ...]:
    """Return everything that could be ticked and is known."""
    found = (*_of_the_search(facts), *_of_the_collar(facts), *_names(facts))
    return tuple(item for item in found if item.value)


def _of_the_search(facts: Facts) -> tuple[Item, ...]:
    begin = facts.begin
    hours = sum(effort.seconds for effort in facts.effort) / 3600.0
    walked = [effort.metres / 1000.0 for effort in facts.effort if effort.metres is not None]
    silent = sum(o.kind == "silence" for o in facts.observations)
    return (
        Item(name="year", title=phrase("Year of the search"), value=f"{begin:%Y}" if begin else "",
             danger=phrase("little by itself")),
        Item(name="month", title=phrase("Month of the search"),
             value=f"{begin:%Y-%m}" if begin else "",
             danger=phrase("with other news of that month it may tell the valley")),
        Item(name="hours", title=phrase("Hours in the field, all searchers together"),
             value=_about(hours), danger=phrase("little by itself")),
        Item(name="kilometres", title=phrase("Kilometres on foot or by car, all together"),
             value=_about(sum(walked)) if walked else "",
             danger=phrase("tells how far from a road it may be")),
        Item(name="searchers", title=phrase("Number of searchers"),
             value=str(len(facts.effort) or ""), danger=phrase("little by itself")),
        Item(name="silent", title=phrase("Number of places where nothing was heard"),
             value=str(silent or ""), danger=phrase("little by itself")),
    )  # fmt: skip


def _of_the_collar(facts: Facts) -> tuple[Item, ...]:
    heard = any(o.kind in ("level", "bearing") for o in facts.observations)
    dead = [d.packet.mortality for d in facts.packets if d.packet.mortality is not None]
    moves = phrase("lies still") if dead and dead[-1] else phrase("moves")
    return (
        Item(name="heard", title=phrase("Was the collar heard?"),
             value=phrase("yes") if heard else phrase("no"),
             danger=phrase("tells that it can be heard by others too")),
        Item(name="packets", title=phrase("Number of messages of the collar that were read"),
             value=str(len(facts.packets) or ""),
             danger=phrase("tells that its messages can be read by others too")),
        Item(name="movement", title=phrase("What its own sensor said last"),
             value=moves if dead else "",
             danger=phrase("an animal that lies still is easy to take")),
    )  # fmt: skip


def _names(facts: Facts) -> tuple[Item, ...]:
    return (
        Item(name="animal", title=phrase("Name of the animal or its collar"),
             value=plain(facts.collar or ""),
             danger=phrase("a known animal has a known home; the name may be that of a place")),
        Item(name="organisation", title=phrase("Who searched"),
             value=plain(facts.team.organisation),
             danger=phrase("who it is tells in which country or reserve it was")),
    )  # fmt: skip


def _about(value: float) -> str:
    """Say an amount in steps of five; nothing where there is none."""
    if value <= 0:
        return ""
    steps = round(value / ABOUT) * ABOUT
    less = phrase("fewer than {amount}", amount=ABOUT)
    return phrase("about {amount}", amount=steps) if steps else less


def withheld(facts: Facts) -> tuple[Withheld, ...]:
    """Return everything in a journal that could locate the animal and is in no public report."""
    placed = [o for o in facts.observations if o.latitude_deg is not None]
    own = [d for d in facts.packets if d.packet.latitude_deg is not None]
    days = sorted({f"{o.time:%Y-%m-%d}" for o in facts.observations})
    texts = (*(note.text for note in facts.notes), *(call.text for call in facts.calls))
    written = [text for text in texts if text]
    setups = [e.receiver for e in facts.equipment]
    found = (
        Withheld(title=phrase("search area and its map"), count=len(facts.answer.regions)),
        Withheld(title=phrase("places of listening, bearings, sightings"), count=len(placed)),
        Withheld(title=phrase("points of the track"), count=len(facts.walk)),
        Withheld(title=phrase("positions in messages of the collar"), count=len(own)),
        Withheld(title=phrase("frequencies"), count=len(facts.frequencies_hz),
                 examples=tuple(f"{hz / 1e6:.4f} MHz" for _, hz in facts.frequencies_hz[:3])),
        Withheld(title=phrase("exact dates"), count=len(days), examples=tuple(days[:3])),
        Withheld(title=phrase("notes and other texts, which may name places"), count=len(written),
                 examples=tuple(plain(text)[:60] for text in written[:3])),
        Withheld(title=phrase("names of receivers and their gear"), count=len(setups),
                 examples=tuple(plain(name) for name in setups[:3])),
        Withheld(title=phrase("names of people, the permit"), count=_names_of_people(facts)),
    )  # fmt: skip
    return tuple(one for one in found if one.count)


def _names_of_people(facts: Facts) -> int:
    team = facts.team
    return sum(map(bool, (team.leader, team.permit, team.authority))) + len(team.members)
