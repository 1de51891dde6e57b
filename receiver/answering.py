"""The answer of a journal that is followed: what was heard, after what the collar's history says.

`listen`, `replay` and `locate` take it from here, so that all three say the same.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from receiver.derive import Derived
from receiver.errors import ReceiverError
from receiver.live import Follower, answer_of

if TYPE_CHECKING:
    from receiver.histories import Subject
    from receiver.locator import Past, Posterior
    from receiver.story import Prior


class Answers:
    """Gives the answer again and again as a journal grows; its history is read where it is new."""

    def __init__(self, follower: Follower, collar: str | None) -> None:
        self.follower, self._collar = follower, collar
        self._read = 0  # how often the history had changed when it was read last
        self._subject: Subject | str = ""

    def about(self, collar: str | None) -> None:
        """Answer for this collar from now on."""
        if collar != self._collar:
            self._collar, self._read = collar, 0

    def answer(
        self, now: datetime | None = None, past: Past | None = None, **assumed: Any
    ) -> tuple[Derived, Posterior]:
        """Return what is derived by now, and where the collar may be.

        `now` is the time to answer for where nobody has listened yet; `assumed` goes before what
        history and sheet say.
        """
        derived = self.follower.result()
        times = [o.time for o in derived.observations]
        as_of = max(times, default=self.follower.listened_until or now)
        if self.follower.history_changes and as_of is not None:
            prior, said = self._prior(as_of)
            derived, assumed = _with_prior(derived, prior, {"as_of": as_of, **assumed})
            derived = replace(derived, warnings=[said, *derived.warnings])
        return derived, answer_of(derived, self._collar, past, **assumed)

    def _prior(self, as_of: datetime) -> tuple[Prior | None, str]:
        """Return what the history says before anybody listened, and what to say of it."""
        from receiver.story import prior

        subject = self._history()
        if isinstance(subject, str):
            return None, subject
        story = subject.story(as_of)
        share = round(100 * story.inaudible_share / 5) * 5
        return prior(story), (
            f"the history of {story.collar} counts: its last place, and about {share} of 100 that"
            " it cannot be heard (baksan story)"
        )

    def _history(self) -> Subject | str:
        """Return the collar with its history, or why there is none."""
        from receiver.histories import subject_in

        if self._read != self.follower.history_changes:
            self._read = self.follower.history_changes
            journal, configuration = self.follower.journal, self.follower.configuration
            try:
                self._subject = subject_in(journal, configuration, self._collar)
            except ReceiverError as error:
                self._subject = f"no history is used: {error}"
        return self._subject


def _with_prior(
    derived: Derived, prior: Prior | None, assumed: dict[str, Any]
) -> tuple[Derived, dict[str, Any]]:
    """Add what a history says; what the user assumes goes before it."""
    if prior is None:
        return derived, assumed
    observations = sorted(
        (*derived.observations, *prior.observations), key=lambda o: (o.time, o.id)
    )
    known = {"off_probability": prior.off_probability, **assumed}
    return replace(derived, observations=observations), known
