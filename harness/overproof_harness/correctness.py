"""Runs the trials of one candidate beside the reference and says what is wrong, if anything."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from .arena import FLOATING, ITEM_BYTES
from .arm import Arm
from .comparison import REPEAT_SHARE, Agreement, agree, calibration, compare
from .job import Job
from .problem import Problem
from .seed import Secret
from .tree import tensors_of
from .trial import Trial, floating_inputs, trials


class Wrong(Exception):
    """What a candidate did wrong: `verdict` is `wrong` or `cheating`."""

    def __init__(self, verdict: str, reason: str) -> None:
        super().__init__(reason)
        self.verdict = verdict
        self.reason = reason


@dataclass
class ShapeResult:
    name: str
    trials: int = 0
    passed: bool = True
    worst_ratio: float = 0.0
    max_abs: float = 0.0
    max_rel: float = 0.0

    def note(self, agreement: Agreement) -> None:
        self.passed = self.passed and agreement.passed
        for name, value in (("worst_ratio", agreement.worst), ("max_abs", agreement.max_abs),
                            ("max_rel", agreement.max_rel)):
            setattr(self, name, max(getattr(self, name), value))

    def data(self) -> dict[str, Any]:
        return {name: (None if isinstance(value, float) and not math.isfinite(value) else value)
                for name, value in vars(self).items()}


@dataclass
class Expected:
    """What the reference worker gave for one set of inputs, beside float64."""

    own: list[Any]
    errors: list[float]
    shapes: list[tuple[list[int], str]]
    facts: list[dict[str, Any]] | None


@dataclass
class Checked:
    """`errors`: the reference's own error per output, the largest seen on main inputs; used for timed calls."""

    shapes: dict[str, ShapeResult] = field(default_factory=dict)
    errors: list[float] = field(default_factory=list)
    outputs: list[tuple[list[int], str]] = field(default_factory=list)
    calls: dict[str, list[int]] = field(default_factory=dict)
    reference_calls: dict[str, list[int]] = field(default_factory=dict)
    flops: int = 0
    elements: int = 0
    moved_bytes: int = 0


def output_shapes(reference: Arm, problem: Problem, slot: str, inputs: list[Any],
                  wide: list[Any]) -> tuple[list[tuple[list[int], str]], list[dict[str, Any]] | None]:
    """Shapes and types of results: from the C signature, or from what the reference returns in its own precision."""
    if problem.signature is not None:
        types = {item["index"]: item["type"] for item in problem.signature["arguments"] if item["kind"] == "output"}
        return [(list(item.shape), types[index]) for index, item in enumerate(wide)], None
    reference.place([inputs], [])
    reference.run(slot)
    facts, _ = reference.fetch([0])
    assert facts is not None
    return [(fact["shape"], fact["dtype"]) for fact in facts[0]], facts[0]


def expect(reference: Arm, problem: Problem, trial: Trial) -> Expected:
    """Runs the trusted worker on a trial's inputs."""
    shapes, facts = output_shapes(reference, problem, trial.slot, trial.inputs, trial.wide)
    reference.place([trial.inputs], shapes)
    reference.run(trial.slot)
    reference.fetch([0])
    own = [item.copy() if hasattr(item, "copy") else item.clone() for item in reference.results(0)]
    errors = [calibration(item, wide) if dtype in FLOATING else 0.0
              for item, wide, (_, dtype) in zip(own, trial.wide, shapes)]
    return Expected(own, errors, shapes, facts)


def check_contract(facts: list[dict[str, Any]] | None, expected: Expected, device: str) -> None:
    """Number, type, shape, element type, device, layout and ownership of what a candidate returned."""
    if facts is None:
        return
    if len(facts) != len(expected.shapes):
        raise Wrong("wrong", f"{len(facts)} results where the reference returns {len(expected.shapes)}.")
    for index, (fact, (shape, dtype)) in enumerate(zip(facts, expected.shapes)):
        which = f"Result {index + 1}"
        theirs = expected.facts[index] if expected.facts else {}
        if fact["type"] != "Tensor":
            raise Wrong("wrong" if fact["type"] in ("int", "float", "NoneType", "ndarray") else "cheating",
                        f"{which} is a {fact['type']}, not a plain Tensor.")
        if fact["shape"] != shape:
            raise Wrong("wrong", f"{which} has shape {fact['shape']}, the reference {shape}.")
        if fact["dtype"] != dtype:
            raise Wrong("wrong", f"{which} has type {fact['dtype']}, the reference {dtype}.")
        if fact["device"] != device:
            raise Wrong("wrong", f"{which} is on {fact['device']}, not on {device}.")
        if fact.get("alias") and fact["alias"] != theirs.get("alias"):
            raise Wrong("cheating", f"{which} shares memory with another tensor ({fact['alias']}).")
        if theirs.get("contiguous", True) and not fact["contiguous"]:
            raise Wrong("wrong", f"{which} is a strided view; the reference returns contiguous memory.")


def check_results(candidate: Arm, problem: Problem, trial: Trial, expected: Expected, call: int) -> Agreement:
    """The worst agreement over all outputs of one call."""
    worst = Agreement(True)
    floats = floating_inputs(problem, trial.inputs)
    outputs = candidate.results(call)
    for output, wide, error, (_, dtype) in zip(outputs, trial.wide, expected.errors, expected.shapes):
        moved = [value.to(output.device) if hasattr(value, "to") else value for value in floats]
        found = compare(output, wide, dtype, error, moved)
        if not found.passed or found.worst > worst.worst:
            worst = found
        if not found.passed:
            break
    return worst


def check_repeats(candidate: Arm, trial: Trial, expected: Expected) -> None:
    first = candidate.results(0)
    for call in range(1, trial.repeats):
        for one, other, error, (_, dtype) in zip(first, candidate.results(call), expected.errors, expected.shapes):
            if dtype in FLOATING:
                if not agree(other, one, dtype, error, REPEAT_SHARE).passed:
                    raise Wrong("wrong", "Results differ from run to run on the same input.")
            elif not bool((one == other).all()):
                raise Wrong("wrong", "Results differ from run to run on the same input.")


def check_trial(candidate: Arm, reference: Arm, problem: Problem, trial: Trial, checked: Checked,
                op: str = "run") -> dict[str, Any]:
    """Raises Wrong; answers the worker's reply to `run` or `record`."""
    expected = expect(reference, problem, trial)
    shape = checked.shapes.setdefault(trial.shape, ShapeResult(trial.shape))
    candidate.place([trial.inputs] * trial.repeats, expected.shapes)
    reply, _ = candidate.run(trial.slot, op)
    shape.trials += 1
    try:
        if not candidate.inputs_intact():
            raise Wrong("cheating", "An input was changed.")
        if not candidate.guards_intact():
            raise Wrong("wrong", f"Shape {trial.shape}: it wrote beside its result, outside of the memory that it was "
                                 "given.")
        for call in range(trial.repeats):
            facts, _ = candidate.fetch([call])
            check_contract(facts[0] if facts else None, expected, "cuda" if candidate.cuda else "cpu")
            agreement = check_results(candidate, problem, trial, expected, call)
            shape.note(agreement)
            if not agreement.passed:
                raise Wrong("wrong", f"Shape {trial.shape}: {agreement.detail}.")
        if trial.repeats > 1:
            check_repeats(candidate, trial, expected)
    except Wrong:
        shape.passed = False
        raise
    if trial.shape == "main":
        checked.outputs = expected.shapes
        checked.errors = [max(pair) for pair in zip(expected.errors, checked.errors or expected.errors)]
    return reply


def check_all(candidate: Arm, reference: Arm, problem: Problem, secret: Secret, label: str, job: Job,
              checked: Checked) -> None:
    """All trials, and one more on fresh inputs in which the framework's operators are recorded."""
    for trial in trials(problem, secret, label, job.trials, job.shapes):
        check_trial(candidate, reference, problem, trial, checked)
    inputs = problem.draw("main", secret.seed(label, "recorded"))
    trial = Trial("main", "main", inputs, problem.reference("main", inputs))
    reply = check_trial(candidate, reference, problem, trial, checked, "record")
    checked.calls = _calls(reply.get("calls"))
    reference.place([inputs], [])
    known = reference.run("main", "record")[0]
    checked.reference_calls = _calls(known.get("calls"))
    checked.flops = int(known.get("flops", 0))
    checked.elements = sum(math.prod(item.shape) for item in [*tensors_of(inputs), *trial.wide])
    checked.moved_bytes = (sum(math.prod(item.shape) * ITEM_BYTES[problem.type_name(item)]
                               for item in tensors_of(inputs))
                           + sum(math.prod(shape) * ITEM_BYTES[dtype] for shape, dtype in checked.outputs))


def _calls(data: Any) -> dict[str, list[int]]:
    """A worker's record, read as data from outside."""
    if not isinstance(data, dict):
        raise Wrong("cheating", "The record of operators is not a record.")
    calls = {}
    for name, value in list(data.items())[:1000]:
        if not (isinstance(value, list) and len(value) == 2 and all(isinstance(part, int) for part in value)):
            raise Wrong("cheating", "The record of operators is not a record.")
        calls[str(name)[:200]] = value
    return calls
