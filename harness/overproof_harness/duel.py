"""Two candidates timed against each other, in several sessions with processes of their own.

A process is a few per cent faster or slower than the next with the same code, for as long as it lives.
"""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING, Any

from .arm import Arm, Refused
from .candidate import read_candidate
from .correctness import Wrong
from .job import TimingPlan, Unfit
from .process import WorkerEnded
from .statistics import ratio
from .timing import LEAST_PAIRS, Clock, Clocked

if TYPE_CHECKING:
    from .referee import Referee

SESSIONS = 6
"""Times that the processes of a comparison are started anew."""


def duel(referee: Referee, one: str, other: str) -> dict[str, Any]:
    """Ratio of times other / one, so above 1 where `one` is faster; null where a candidate was not timed or fails now.
    """
    outcome: dict[str, Any] = {"one": one, "other": other, "ratio": None, "n": 0}
    lines = {line["candidate"]: line for line in referee.lines}
    plan = referee.job.timing
    if plan is None or referee.unfit is not None or any(lines[name]["speedup"] is None for name in (one, other)):
        return outcome
    share = TimingPlan(max(LEAST_PAIRS, -(-plan.pairs // SESSIONS)), plan.seconds / SESSIONS)
    sessions: list[list[float]] = []
    try:
        for number in range(SESSIONS):
            referee.prepare()
            sessions.append(_session(referee, one, other, number, share))
    except (WorkerEnded, Refused, Wrong):
        return outcome
    except Unfit as unfit:
        referee.unfit = unfit
        return outcome
    outcome.update(ratio=ratio(sessions, referee.device), n=sum(len(session) for session in sessions))
    return outcome


def _session(referee: Referee, one: str, other: str, number: int, plan: TimingPlan) -> list[float]:
    """Ratios of one pair of processes."""
    assert referee.reference is not None
    arms: list[Arm] = []
    try:
        for name in (one, other):
            source = read_candidate(next(item for item in referee.job.candidates if item.id == name))
            folder = _folder_for(referee, name, second=one == other and bool(arms))
            arm = referee.bench.candidate(source, folder, referee.arena_bytes)
            arms.append(arm)
            referee.ready(source, arm)
        errors = [max(pair) for pair in zip(referee.checked[one].errors, referee.checked[other].errors)]
        clock = Clock(referee.problem, referee.secret, f"{one} versus {other}, {number}",
                      Clocked("eager", referee.reference, "main", True),
                      [Clocked("one", arms[0], "main", False), Clocked("other", arms[1], "main", False)],
                      referee.shapes, errors)
        timing = clock.measure(plan)
        referee.kernel_seconds += timing.kernel_seconds
        return [b / a for a, b in zip(timing.milliseconds("one"), timing.milliseconds("other"))]
    finally:
        for arm in arms:
            arm.close()


def _folder_for(referee: Referee, name: str, second: bool) -> str:
    """A candidate timed against itself needs two folders."""
    if not second:
        return referee.folders[name]
    folder = referee.bench.private()
    shutil.copytree(os.path.join(referee.folders[name], "build"), os.path.join(folder, "build"), symlinks=True)
    return folder
