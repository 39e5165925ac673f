"""Is a problem fit to decide anything? Weak ones let wrong kernels pass."""

from __future__ import annotations

from typing import Any

from .comparison import count_of
from .problem import Problem
from .seed import Secret
from .tree import is_tensor, tensors_of

SEEDS = 3
ZERO = 1e-4
CONSTANT = 1e-2

MEANING = {
    "zeros_pass": "an all-zero result is within 1e-4 of the reference for every seed",
    "constant_across_seeds": "the result for one seed is within 1e-2 of the result for the others",
    "parameters_without_effect": "a learned parameter can be replaced by a constant without changing the result",
    "input_without_effect": "an input can be replaced by other values without changing the result",
}


def _floating(array: Any) -> bool:
    return "float" in str(array.dtype)


def _close(one: list[Any], other: list[Any], tolerance: float) -> bool:
    """allclose with atol = rtol; results of different shapes differ."""
    for a, b in zip(one, other):
        if tuple(a.shape) != tuple(b.shape):
            return False
        if _floating(b):
            if not bool((abs(a - b) <= tolerance + tolerance * abs(b)).all()):
                return False
        elif not bool((a == b).all()):
            return False
    return True


def _same(one: list[Any], other: list[Any]) -> bool:
    return _close(one, other, 0.0)


def _replaced(inputs: list[Any], index: int, other: list[Any]) -> list[Any]:
    return [*inputs[:index], other[index], *inputs[index + 1:]]


def flags_of(problem: Problem, secret: Secret) -> list[dict[str, str]]:
    """Flags with a sentence each, in a fixed order; none for a sound problem."""
    draws = [problem.draw("main", secret.seed("lint", index)) for index in range(SEEDS)]
    results = [problem.reference("main", inputs) for inputs in draws]
    found: list[str] = []
    if all(all(bool((abs(item) <= ZERO).all()) for item in result if _floating(item))
           and all(bool((item == 0).all()) for item in result if not _floating(item)) for result in results):
        found.append("zeros_pass")
    if all(_close(results[0], other, CONSTANT) for other in results[1:]):
        found.append("constant_across_seeds")
    # Where the result hardly varies at all, asking what it depends on says nothing new.
    varies = "constant_across_seeds" not in found
    dead = [name for name in problem.parameters("main")
            if varies and _same(problem.without_parameter("main", name, draws[0]), results[0])]
    if dead:
        found.append("parameters_without_effect")
    for index, item in enumerate(draws[0]):
        if not varies or not any(is_tensor(tensor) and count_of(tensor) for tensor in tensors_of(item)):
            continue
        if _same(tensors_of(item), tensors_of(draws[1][index])):
            continue  # the problem draws the same every time, so there is nothing to replace it with
        if _same(problem.reference("main", _replaced(draws[0], index, draws[1])), results[0]):
            found.append("input_without_effect")
            break
    details = dict(MEANING)
    if dead:
        details["parameters_without_effect"] += f": {', '.join(dead)}"
    return [{"flag": flag, "detail": details[flag]} for flag in found]
