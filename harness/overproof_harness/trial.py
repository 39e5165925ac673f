"""The inputs a candidate must get right, each drawn fresh from the run's secret."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Iterator

from .comparison import is_finite
from .problem import Problem
from .seed import Secret
from .tree import tensors_of

DISTRIBUTIONS = (("scaled-0.1", 0.1, 0.0), ("scaled-100", 100.0, 0.0), ("shifted-10", 1.0, 10.0))
"""Smaller, larger and off-centre numbers than the problem draws."""
TINY_TRIALS = 2
REPEATS = 3


@dataclass
class Trial:
    """`repeats` calls on the same inputs, whose results must also agree with each other."""

    shape: str
    slot: str
    inputs: list[Any]
    wide: list[Any]
    repeats: int = 1


def _trial(problem: Problem, shape: str, slot: str, inputs: list[Any], repeats: int = 1) -> Trial:
    return Trial(shape, slot, inputs, problem.reference(slot, inputs), repeats)


def shape_name(shapes: tuple[tuple[int, ...], ...]) -> str:
    return ",".join("x".join(str(extent) for extent in shape) or "scalar" for shape in shapes)[:200]


def shapes_and_types(problem: Problem, secret: Secret, label: str,
                     given: tuple[tuple[tuple[int, ...], ...], ...]) -> Iterator[Trial]:
    """One trial of every shape and element type but the main one, small ones first."""
    if "tiny" in problem.slots:
        yield _trial(problem, "tiny", "tiny", problem.draw("tiny", secret.seed(label, "tiny", 0)))
        for index, inputs in enumerate(problem.odd("tiny", secret.seed(label, "tiny-odd"))):
            yield _trial(problem, f"tiny-odd-{index + 1}", "tiny", inputs)
    for index, inputs in enumerate(problem.odd("main", secret.seed(label, "odd"))):
        yield _trial(problem, f"odd-{index + 1}", "main", inputs)
    for index, shapes in enumerate(given):
        drawn = problem.draw("main", secret.seed(label, "given", index))
        inputs = problem.shaped(drawn, shapes, secret.seed(label, "given", index, "chosen"))
        yield _trial(problem, shape_name(shapes), "main", inputs)
    for dtype in problem.dtypes:
        yield _trial(problem, dtype, dtype, problem.draw(dtype, secret.seed(label, dtype)))


def trials(problem: Problem, secret: Secret, label: str, count: int,
           given: tuple[tuple[tuple[int, ...], ...], ...] = ()) -> Iterator[Trial]:
    """Small ones first, so that a wrong candidate costs little. Drawn one at a time: inputs can be gigabytes."""
    yield from shapes_and_types(problem, secret, label, given)
    if "tiny" in problem.slots:
        for index in range(1, TINY_TRIALS):
            yield _trial(problem, "tiny", "tiny", problem.draw("tiny", secret.seed(label, "tiny", index)))
    for index in range(count):
        inputs = problem.draw("main", secret.seed(label, "main", index))
        yield _trial(problem, "main", "main", inputs)
    yield _trial(problem, "repeated", "main", problem.draw("main", secret.seed(label, "repeated")), REPEATS)
    plain = problem.draw("main", secret.seed(label, "distribution"))
    finite = all(is_finite(item) for item in problem.reference("main", plain))
    for name, scale, shift in DISTRIBUTIONS:
        inputs = problem.transformed(problem.draw("main", secret.seed(label, name)), scale, shift)
        trial = _trial(problem, name, "main", inputs)
        # Outside of the reference's domain (a logarithm of negative numbers) nothing can be asked of a candidate.
        if not finite or all(is_finite(item) for item in trial.wide):
            yield trial


def floating_inputs(problem: Problem, inputs: list[Any]) -> list[Any]:
    return [tensor for tensor in tensors_of(inputs) if "float" in problem.type_name(tensor)]
