"""One side of a comparison: a worker, its arena and what lies where in it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from .arena import ALIGNMENT, ITEM_BYTES, Arena, Description, byte_count, create_arena
from .job import Limits
from .problem import Problem
from .process import Worker, WorkerEnded, WorkerPlan
from .sandbox import Isolation
from .tree import encode

GUARD = 4096
"""Bytes before and after each result: a kernel that runs over its end by a vector or a row writes here."""

POISON: dict[int, tuple[str, int]] = {1: ("<u1", 0x7F), 2: ("<u2", 0x7FFF), 4: ("<u4", 0x7FFFFFFF),
                                      8: ("<u8", 0x7FFFFFFFFFFFFFFF), 16: ("<u8", 0x7FFFFFFFFFFFFFFF)}
"""By bytes per element: NaN in every floating type, the largest number in whole ones."""


class Refused(Exception):
    """A worker that lives but reports an error of the code that it loaded; `by` is the arm's name."""

    def __init__(self, by: str, kind: str, text: str) -> None:
        super().__init__(text)
        self.by = by
        self.kind = kind
        self.text = text


class Arm:
    """Places inputs, runs calls, reads results. `stream` marks where the inputs of a stage begin in the arena."""

    def __init__(self, name: str, plan: WorkerPlan, isolation: Isolation, harness: str, private: str,
                 problem: Problem, arena_bytes: int) -> None:
        self.name = name
        self.problem = problem
        self.limits: Limits = plan.limits
        self.cuda = plan.device == "cuda"
        self.arena = Arena(create_arena(arena_bytes))
        self.calls: list[Any] = []
        self.inputs: list[Description] = []
        self.sent: list[np.ndarray] = []
        self.outputs: list[list[Description]] = []
        self.guards: list[list[slice]] = []
        # Secret, so that nothing can write past a result and put back what was there.
        self.pattern = np.frombuffer(os.urandom(GUARD + 2 * ALIGNMENT), dtype=np.uint8)
        self.mark = 0
        self.left: float | None = None
        try:
            self.worker = Worker(plan, isolation, harness, private, self.arena)
        except BaseException:
            self.arena.close()
            raise

    def ask(self, op: str, seconds: float | None = None, **fields: Any) -> dict[str, Any]:
        reply, _ = self.timed(op, seconds, **fields)
        return reply

    def timed(self, op: str, seconds: float | None = None, **fields: Any) -> tuple[dict[str, Any], float]:
        left = self.left if seconds is None else None
        limit = self.limits.run_seconds if seconds is None else seconds
        if left is not None:
            limit = max(left, 1e-3)
        try:
            reply, elapsed = self.worker.timed(op, limit, **fields)
        except WorkerEnded as ended:
            if ended.kind == "timeout" and left is not None and limit < self.limits.run_seconds:
                ended.detail = f"all that is verified took it more than {self.limits.run_seconds:g} s"
            raise
        if self.left is not None:
            self.left -= elapsed
        if reply.get("ok") is not True:
            raise Refused(self.name, str(reply.get("kind")), str(reply.get("error")))
        return reply, elapsed

    def _put(self, array: Any) -> Description:
        description = self.arena.reserve(list(array.shape), self.problem.type_name(array))
        self.arena.view(description)[:] = self.problem.raw(array)
        return description

    def _put_input(self, array: Any) -> Description:
        description = self._put(array)
        self.inputs.append(description)
        self.sent.append(self.problem.raw(array))
        return description

    def load(self, path: str, class_name: str, seconds: float) -> None:
        self.ask("load", seconds, path=path, **{"class": class_name}, signature=self.problem.signature)

    def model(self, slot: str, class_name: str) -> None:
        self.arena.reset(0)
        init = encode(self.problem.init(slot), self._put)
        state = [[name, self._put(value)] for name, value in self.problem.state(slot)]
        self.ask("model", slot=slot, init=init, state=state, dtype=self.problem.dtypes.get(slot),
                 **{"class": class_name})
        # A reference may keep a view of its constructor's tensors; everything later is placed behind them.
        self.mark = self.arena.used

    def place(self, calls: list[list[Any]], shapes: list[tuple[list[int], str]]) -> None:
        """Stages the inputs of len(calls) calls and reserves poisoned room for their outputs."""
        self.arena.reset(self.mark)
        self.inputs, self.sent = [], []
        self.calls = [encode(call, self._put_input) for call in calls]
        self.outputs, self.guards = [], []
        for _ in calls:
            self._reserve_outputs(shapes)
        self.poison(0, len(calls))
        self.ask("stage", inputs=self.calls, outputs=self.outputs)
        self.worker.pause()

    def _reserve_outputs(self, shapes: list[tuple[list[int], str]]) -> None:
        """Room for the results of one call, each between guards that nobody has a reason to write to."""
        outputs: list[Description] = []
        guards: list[slice] = []
        start = self.arena.used
        for shape, dtype in shapes:
            self.arena.reserve([GUARD], "uint8")
            output = self.arena.reserve(shape, dtype)
            guards.append(slice(start, output["at"]))
            outputs.append(output)
            start = output["at"] + byte_count(output)
        self.arena.reserve([GUARD], "uint8")
        guards.append(slice(start, self.arena.used))
        self.outputs.append(outputs)
        self.guards.append(guards)

    def rewrite(self, calls: list[list[Any]], first: int) -> None:
        """New contents for the staged calls from `first` on, at their addresses, while the worker is stopped."""
        fresh = [self.problem.raw(tensor) for call in calls for tensor in _in_order(call)]
        start = first * len(self.inputs) // len(self.calls)
        self.sent[start:start + len(fresh)] = fresh
        for description, data in zip(self.inputs[start:], fresh):
            self.arena.view(description)[:] = data
        self.poison(first, len(calls))
        if self.cuda:
            self.ask("stage", inputs=self.calls[first:first + len(calls)], first=first, again=True)
            self.worker.pause()

    def poison(self, first: int, count: int) -> None:
        for call in self.outputs[first:first + count]:
            for description in call:
                form, value = POISON[ITEM_BYTES[description["dtype"]]]
                self.arena.view(description).view(form)[:] = value
        for guard in (one for call in self.guards[first:first + count] for one in call):
            self.arena.bytes[guard] = self.pattern[:guard.stop - guard.start]

    def run(self, slot: str, op: str = "run", first: int = 0, count: int | None = None,
            seconds: float | None = None) -> tuple[dict[str, Any], float]:
        """Runs `count` staged calls from `first` on, or all; the worker is stopped afterwards."""
        try:
            return self.timed(op, seconds, slot=slot, first=first, count=len(self.calls) if count is None else count)
        finally:
            if self.worker.ended is None:
                self.worker.pause()

    def fetch(self, calls: list[int]) -> tuple[list[list[dict[str, Any]]] | None, float]:
        """Has results copied into the arena; answers what they were and the seconds it took."""
        reply, elapsed = self.timed("copy", outputs=[[call, self.outputs[call]] for call in calls])
        self.worker.pause()
        facts = reply.get("facts")
        if not facts_are_sound(facts, len(calls)) or (facts is None) != (self.problem.signature is not None):
            raise self.worker.violation("a description of results that no worker of ours writes")
        return facts, elapsed

    def results(self, call: int) -> list[Any]:
        """The outputs of a call; the arrays are the arena's memory on a CPU."""
        return [self.problem.open(self.arena.view(item), item) for item in self.outputs[call]]

    def inputs_intact(self, first: int = 0, count: int | None = None) -> bool:
        """Whether the inputs of the named calls, or of all, are bit for bit what was sent."""
        if self.cuda:
            self.ask("unstage", inputs=self.calls)
            self.worker.pause()
        each = len(self.inputs) // max(len(self.calls), 1)
        chosen = slice(first * each, None if count is None else (first + count) * each)
        return all(np.array_equal(self.arena.view(description), data)
                   for description, data in zip(self.inputs[chosen], self.sent[chosen]))

    def guards_intact(self, first: int = 0, count: int | None = None) -> bool:
        """Whether nothing was written beside the results of the named calls, or of all."""
        chosen = self.guards[first:None if count is None else first + count]
        return all(np.array_equal(self.arena.bytes[guard], self.pattern[:guard.stop - guard.start])
                   for call in chosen for guard in call)

    @contextmanager
    def at_most(self, seconds: float) -> Iterator[None]:
        """Within the block the worker may take so long in all, not only for each request; only its own time counts."""
        self.left = seconds
        try:
            yield
        finally:
            self.left = None

    def close(self) -> None:
        self.worker.close()
        self.arena.close()


def _in_order(call: list[Any]) -> list[Any]:
    found: list[Any] = []

    def keep(array: Any) -> Description:
        found.append(array)
        return {}

    encode(call, keep)
    return found


def facts_are_sound(facts: Any, calls: int) -> bool:
    """Whether a worker's description of results has the form that the checks rely on; its truth is another matter."""
    if facts is None:
        return True
    if not isinstance(facts, list) or len(facts) != calls or not all(isinstance(call, list) for call in facts):
        return False
    return all(_fact_is_sound(fact) for call in facts for fact in call)


def _fact_is_sound(fact: Any) -> bool:
    if not isinstance(fact, dict) or not isinstance(fact.get("type"), str):
        return False
    if fact["type"] != "Tensor":
        return True
    shape = fact.get("shape")
    return (isinstance(shape, list) and all(isinstance(extent, int) for extent in shape)
            and isinstance(fact.get("dtype"), str) and isinstance(fact.get("device"), str)
            and isinstance(fact.get("contiguous"), bool) and isinstance(fact.get("alias"), (str, type(None))))
