"""How long calls take, by the referee's clock, in interleaved blocks.

A block is: stop the worker, write fresh inputs, send `run`, start the clock, let it continue, stop the clock at its
reply, stop the worker again. What `run` left to do later shows in `copy`: whatever that takes beyond a copy by the
trusted worker is charged to the candidate. Nothing the worker says about time counts, except that a device whose own
events tell of much less work than the wall clock is not believed.
"""

from __future__ import annotations

import math
import random
import time
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .arena import FLOATING, aligned, byte_count
from .arm import Arm
from .comparison import calibration, compare
from .correctness import Wrong
from .job import TimingPlan
from .problem import Problem
from .seed import Secret
from .statistics import median
from .trial import floating_inputs

#: Of the difference of two readings in ticks of 10 ms: each is a whole number of them.
TICK_DEVIATION = 0.01 / math.sqrt(6)
TARGET_SECONDS = 0.004
"""Length of a block: long against the round trip, short against changes of the machine."""
MOST_CALLS = 64
PLACES = 8
"""Sets of addresses that blocks take turns on. Which physical pages a process got makes its kernels a few per cent
faster or slower for as long as it uses them; identical code in two processes shows it."""
PLACES_BYTES = 1 << 27
"""Large tensors have so many pages that luck averages out within one set."""
BLOCK_BYTES = 1 << 29
WARM_BLOCKS = (3, 12)
STABLE = 0.1
COPY_SLACK = 1.5
"""A candidate's copy may take this multiple of the trusted one before the rest is charged."""
WRITE_SHARE = 0.25
"""Writing results costs more than this share of copying them from warm memory; faster is not believed."""
FAULTS_DROPPED = 32
EVENTS_SHARE = 0.8
LEAST_PAIRS = 5
COPIES = 5
RECENT = 9
"""Copies of the trusted worker whose median is what a copy costs now."""


@dataclass
class Sample:
    """Seconds per call of one block, with the page faults inside the window."""

    seconds: float
    faults: int


@dataclass
class Block:
    """What happened to one arm in one round: seconds until its reply and for the copy, and what it said."""

    seconds: float
    copied: float
    faults: int
    reply: dict[str, Any]
    facts: Any


@dataclass
class Timing:
    """Samples by arm name, one per round; `kernel_seconds` is the time that calls of all arms took."""

    samples: dict[str, list[Sample]]
    calls: int
    idle_seconds: float
    dropped: int = 0
    kernel_seconds: float = 0.0
    #: Processors that were busy for each arm, at least.
    cpu_share: dict[str, float] = field(default_factory=dict)

    def milliseconds(self, name: str) -> list[float]:
        return [sample.seconds * 1e3 for sample in self.samples[name]]


@dataclass
class Clocked:
    """An arm with the model that it is timed on."""

    name: str
    arm: Arm
    slot: str
    trusted: bool
    cpu_seconds: float = 0.0
    wall_seconds: float = 0.0


def calls_per_block(seconds: float, bytes_per_call: int) -> int:
    wanted = int(TARGET_SECONDS / max(seconds, 1e-7)) + 1
    return max(1, min(wanted, MOST_CALLS, BLOCK_BYTES // max(bytes_per_call, 1)))


def idle_round_trip(arm: Arm) -> float:
    """Seconds from continuing a stopped worker to its reply when it has nothing to do. The least of several: on a busy
    machine any other figure is now and then longer than a block, and what is left of that block would be no time."""
    values = []
    for _ in range(9):
        arm.worker.pause()
        values.append(arm.timed("idle", 10)[1])
    arm.worker.pause()
    return min(values)


class Clock:
    """Times arms against each other. `judge` is the reference's arm: its results are what all others must give."""

    def __init__(self, problem: Problem, secret: Secret, label: str, judge: Clocked, others: list[Clocked],
                 shapes: list[tuple[list[int], str]], errors: list[float]) -> None:
        self.problem = problem
        self.secret = secret
        self.label = label
        self.judge = judge
        self.arms = [judge, *others]
        self.shapes = shapes
        self.errors = errors
        self.idle = idle_round_trip(judge.arm)
        self.copying: list[float] = []
        self.writing = 0.0
        self.calls = 1
        self.places = 1
        self.first = 0
        self.block = 0
        self.order = random.Random(secret.seed(label, "order"))

    def fresh(self) -> list[list[Any]]:
        self.block += 1
        return [self.problem.draw("main", self.secret.seed(self.label, "timed", self.block, call))
                for call in range(self.calls)]

    def stage(self, calls: list[list[Any]]) -> None:
        for arm in {id(clocked.arm): clocked.arm for clocked in self.arms}.values():
            arm.place(calls * self.places, self.shapes)
        self.writing = self._copy_seconds()

    def _copy_seconds(self) -> float:
        """What copying a block's results costs the referee itself, warm: the least of several, since it accuses. Zero
        where it tells nothing: on a device, and where results are written straight into the arena, which is read while
        the worker is stopped."""
        arm = self.judge.arm
        if arm.cuda or self.problem.signature is not None:
            return 0.0
        views = [arm.arena.view(item) for call in arm.outputs[:self.calls] for item in call]
        targets = [view.copy() for view in views]
        seconds = []
        for _ in range(COPIES):
            begun = time.perf_counter()
            for view, target in zip(views, targets):
                np.copyto(target, view)
            seconds.append(time.perf_counter() - begun)
        return min(seconds)

    def once(self, clocked: Clocked, inputs: list[list[Any]], chosen: list[int]) -> Block:
        """Runs one block and has the chosen results copied; judges nothing."""
        arm = clocked.arm
        arm.rewrite(inputs, self.first)
        before = arm.worker.usage()
        reply, elapsed = arm.run(clocked.slot, first=self.first, count=self.calls)
        after = arm.worker.usage()
        clocked.cpu_seconds += after.cpu_seconds - before.cpu_seconds
        clocked.wall_seconds += elapsed
        facts, copied = arm.fetch(chosen)
        if clocked.trusted:
            self.copying.append(copied)
        return Block(elapsed, copied, after.faults - before.faults, reply, facts)

    def _sample(self, clocked: Clocked, block: Block) -> Sample:
        """The block's time per call, with what it left to the copy charged; raises Wrong for an impossible one."""
        work = max(block.seconds - self.idle, block.seconds * 0.1)
        if not clocked.trusted:
            usual = median(self.copying[-RECENT:])
            charged = max(0.0, block.copied - COPY_SLACK * usual)
            work += charged
            if block.seconds + charged < WRITE_SHARE * self.writing:
                raise Wrong("cheating", "Faster than its results can be written to memory.")
            self._second_opinion(clocked, block.reply, work)
        return Sample(work / self.calls, block.faults)

    def _second_opinion(self, clocked: Clocked, reply: dict[str, Any], work: float) -> None:
        events = reply.get("events_ms")
        if clocked.trusted or not clocked.arm.cuda:
            return
        if not isinstance(events, (int, float)) or events * 1e-3 < EVENTS_SHARE * work - 1e-4 * self.calls:
            raise Wrong("cheating", "The device's events tell of less work than the referee's clock.")

    def _chosen(self) -> list[int]:
        """Which calls are compared: all on a CPU, the last and some others on a device."""
        if not self.judge.arm.cuda or self.calls <= 2:
            return list(range(self.first, self.first + self.calls))
        return sorted({self.first + self.calls - 1, self.first + self.order.randrange(self.calls)})

    def _check(self, clocked: Clocked, chosen: list[int], inputs: list[list[Any]], facts: Any) -> None:
        if not clocked.arm.inputs_intact(self.first, self.calls):
            raise Wrong("cheating", "An input was changed during a timed call.")
        if not clocked.arm.guards_intact(self.first, self.calls):
            raise Wrong("wrong", "A timed call wrote beside its result, outside of the memory that it was given.")
        for call in chosen:
            theirs = self.judge.arm.results(call)
            floats = floating_inputs(self.problem, inputs[call - self.first])
            for ours, own, error, (_, dtype) in zip(clocked.arm.results(call), theirs, self.errors, self.shapes):
                # The reference worker's own rounding is in both sides here, hence one error more.
                found = compare(ours, own, dtype, 1.5 * error if dtype in FLOATING else 0.0,
                                [v.to(ours.device) if hasattr(v, "to") else v for v in floats])
                if not found.passed and not self._is_right(clocked, inputs[call - self.first], call):
                    raise Wrong("cheating", f"A timed call gave a wrong result though checked ones were right: "
                                            f"{found.detail}.")
        if facts is not None:
            for fact in facts:
                if any(item.get("alias") in ("input", "output of another call") for item in fact):
                    raise Wrong("cheating", "A timed call returned memory that is not its own.")

    def _is_right(self, clocked: Clocked, inputs: list[Any], call: int) -> bool:
        """Whether the results of one call agree with float64, as checked calls have to. The comparison with the judge is
        quick and knows its rounding only from other inputs, of which few elements say little: it alone accuses nobody."""
        wide = self.problem.reference("main", inputs)
        floats = floating_inputs(self.problem, inputs)
        results = zip(clocked.arm.results(call), self.judge.arm.results(call), wide, self.errors, self.shapes)
        for ours, own, exact, error, (_, dtype) in results:
            if dtype in FLOATING and self.judge.trusted:
                error = max(error, calibration(own, exact))
            if not compare(ours, exact, dtype, error if dtype in FLOATING else 0.0,
                           [v.to(ours.device) if hasattr(v, "to") else v for v in floats]).passed:
                return False
        return True

    def _round(self, place: int | None = None) -> dict[str, Sample]:
        """All arms on the same fresh inputs in random order, then every result against the judge's."""
        inputs = self.fresh()
        order = list(self.arms)
        self.order.shuffle(order)
        self.first = self.calls * (self.order.randrange(self.places) if place is None else place)
        chosen = self._chosen()
        blocks = {clocked.name: self.once(clocked, inputs, chosen) for clocked in order}
        for clocked in self.arms:
            if not clocked.trusted:
                self._check(clocked, chosen, inputs, blocks[clocked.name].facts)
        return {clocked.name: self._sample(clocked, blocks[clocked.name]) for clocked in self.arms}

    def warm_up(self) -> None:
        """Until two blocks of every arm agree: compilation, autotuning and page faults are over then."""
        self.stage(self.fresh())
        fastest = min(min(sample.seconds for sample in self._round().values()) for _ in range(3))
        size = self._bytes_per_call()
        self.calls = calls_per_block(fastest, size)
        self.places = max(1, min(PLACES, PLACES_BYTES // max(1, size * self.calls)))
        self.stage(self.fresh())
        self.copying.clear()
        last: dict[str, float] = {}
        for place in range(self.places):  # every page is touched before the first sample
            self._round(place)
        for index in range(WARM_BLOCKS[1]):
            now = {name: sample.seconds for name, sample in self._round().items()}
            stable = all(abs(now[name] / last.get(name, 1e-9) - 1) < STABLE for name in now)
            last = now
            if stable and index + 1 >= WARM_BLOCKS[0]:
                break

    def _bytes_per_call(self) -> int:
        arm = self.judge.arm
        outputs = [item for call in arm.outputs for item in call]
        return sum(aligned(byte_count(item)) for item in [*arm.inputs, *outputs]) // max(len(arm.calls), 1)

    def measure(self, plan: TimingPlan) -> Timing:
        """Interleaved rounds until the plan is fulfilled or its seconds are over; at least five."""
        self.warm_up()
        deadline = time.monotonic() + plan.seconds
        for clocked in self.arms:
            clocked.cpu_seconds = clocked.wall_seconds = 0.0
        rounds: list[dict[str, Sample]] = []
        while len(rounds) < plan.pairs and (len(rounds) < LEAST_PAIRS or time.monotonic() < deadline):
            rounds.append(self._round())
        kept = self._without_faults(rounds)
        timing = Timing({clocked.name: [r[clocked.name] for r in kept] for clocked in self.arms}, self.calls,
                        self.idle, len(rounds) - len(kept))
        timing.kernel_seconds = sum(sample.seconds * self.calls for r in rounds for sample in r.values())
        # Processor time comes in clock ticks: two readings around a block are off by up to one, either way. Only what
        # is above three standard deviations of their sum says anything.
        doubt = 3 * TICK_DEVIATION * math.sqrt(len(rounds))
        timing.cpu_share = {clocked.name: max(0.0, clocked.cpu_seconds - doubt) / max(clocked.wall_seconds, 1e-9)
                            for clocked in self.arms}
        return timing

    def _without_faults(self, rounds: list[dict[str, Sample]]) -> list[dict[str, Sample]]:
        usual = {clocked.name: median([r[clocked.name].faults for r in rounds]) for clocked in self.arms}
        kept = [r for r in rounds if all(r[name].faults <= usual[name] + FAULTS_DROPPED for name in usual)]
        return kept if len(kept) >= max(LEAST_PAIRS, len(rounds) // 2) else rounds
