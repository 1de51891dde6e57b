"""Attenuators: a step that is not followed is told, one that was measured is believed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from receiver.records import Observation
from receiver.steps import one_scale, steps

T0 = datetime(2026, 11, 24, 12, tzinfo=UTC)


def level(
    seconds: float, level_db: float, attenuator_db: float | None, **more: object
) -> Observation:
    known: dict[str, object] = {
        "receiver": "r30",
        "collar": "Baksan",
        "session": "s",
        "level_unit": "dB",
    }
    return Observation(id=f"{seconds:06.1f}", kind="level", time=T0 + timedelta(seconds=seconds),
                       level_db=level_db, attenuator_db=attenuator_db, **{**known, **more})  # type: ignore[arg-type]  # fmt: skip


def stepped(nominal_db: float, fall_db: float) -> list[Observation]:
    return [*(level(k, -40.0, 0.0) for k in range(5)),
            *(level(5 + k, -40.0 - fall_db, nominal_db) for k in range(5))]  # fmt: skip


@pytest.mark.parametrize(
    ("nominal_db", "fall_db", "fault"),
    [(20.0, 20.0, False), (20.0, 11.0, False), (20.0, 9.0, True), (20.0, 0.0, True),
     (20.0, -5.0, True), (10.0, 6.0, False), (10.0, 4.0, True)],
)  # fmt: skip
def test_step_that_changes_the_level_by_less_than_half_is_a_fault(
    nominal_db: float, fall_db: float, fault: bool
) -> None:
    (step,) = steps(stepped(nominal_db, fall_db))
    assert (step.nominal_db, step.seen_db, step.is_fault) == (nominal_db, fall_db, fault)
    back = stepped(nominal_db, fall_db)[::-1]
    turned = [level(k, o.level_db or 0.0, o.attenuator_db) for k, o in enumerate(back)]
    (step,) = steps(turned)  # the attenuator is taken out again
    assert (step.nominal_db, step.is_fault) == (-nominal_db, fault)


def test_fault_is_said_in_words() -> None:
    (step,) = steps(stepped(20.0, 4.0))
    assert str(step).startswith(
        "r30: 20 dB more attenuation at 12:00:05 UTC changed the level by 4 dB only: overload, or"
    )


def test_levels_far_apart_of_two_collars_or_two_sessions_are_not_compared() -> None:
    first = [level(k, -40.0, 0.0) for k in range(3)]
    assert steps([*first, level(200, -41.0, 20.0)]) == []
    assert steps([*first, level(5, -41.0, 20.0, collar="Cegem")]) == []
    assert steps([*first, level(5, -41.0, 20.0, session="t")]) == []
    assert steps([*first, level(5, -41.0, None)]) == []
    assert steps([*first, level(5, -41.0, 1.0)]) == []  # less than fading does


def test_one_wild_level_is_no_fault() -> None:
    wild = [level(4, -60.0, 0.0), level(5, -60.0, 20.0), level(6, -61.0, 20.0)]
    (step,) = steps([*(level(k, -40.0, 0.0) for k in range(4)), *wild])
    assert not step.is_fault


def test_each_setting_is_a_session_unless_it_was_measured() -> None:
    walk = [level(0, -40, 0.0), level(1, -60, 20.0), level(2, -61, 20.0), level(3, -41, 0.0)]
    apart = one_scale(walk, lambda o: False)
    assert [o.session for o in apart] == ["s", "s/2", "s/2", "s/3"]
    assert [o.level_db for o in apart] == [-40, -60, -61, -41]
    together = one_scale(walk, lambda o: True)
    assert {o.session for o in together} == {"s"}
    assert [o.level_db for o in together] == [-40, -40, -41, -41]


def test_levels_come_back_in_the_order_given() -> None:
    walk = [level(1, -60, 20.0), level(0, -40, 0.0)]
    assert [o.session for o in one_scale(walk, lambda o: False)] == ["s/2", "s"]
    assert one_scale([level(0, -40, None)], lambda o: True)[0].level_db == -40
