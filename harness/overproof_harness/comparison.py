"""Is a result right? All elements, against float64, within what the reference's own rounding justifies.

|c − r64| ≤ rtol·|r64| + k·rms(r64) + 4·max|r32 − r64|, where r32 is the reference in the problem's own precision.
The last term is the calibration: a float32 layer norm of nearly equal numbers is itself further from float64 than any
fixed relative tolerance allows. The functions take torch tensors and NumPy arrays alike.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from .arena import FLOATING

RELATIVE = {"float64": 1e-8, "float32": 1e-4, "float16": 1e-3, "bfloat16": 1e-2}
OF_RMS = {"float64": 1e-9, "float32": 1e-5, "float16": 1e-4, "bfloat16": 1e-3}
LARGEST = {"float64": 1.7976931348623157e308, "float32": 3.4028234663852886e38, "float16": 65504.0,
           "bfloat16": 3.3895313892515355e38}
CALIBRATION = 4.0
REPEAT_SHARE = 1 / 8
"""Runs on the same input may differ from each other by this share of the tolerance."""


@dataclass
class Agreement:
    """`worst` is the largest error as a multiple of what is allowed; at most 1 is right."""

    passed: bool
    worst: float = 0.0
    max_abs: float = 0.0
    max_rel: float = 0.0
    detail: str = ""


def _double(array: Any) -> Any:
    return array.double() if hasattr(array, "double") else array.astype("float64")


def count_of(array: Any) -> int:
    return int(array.numel()) if callable(getattr(array, "numel", None)) else int(array.size)


def is_finite(array: Any) -> bool:
    return bool((abs(array) < math.inf).all()) if count_of(array) else True


def calibration(own: Any, wide: Any) -> float:
    """max|r32 − r64| over elements finite in both."""
    if not count_of(own):
        return 0.0
    error = abs(_double(own) - wide)
    error = error[error < math.inf]
    return float(error.max()) if count_of(error) else 0.0


def agree(candidate: Any, reference: Any, dtype: str, error: float, share: float = 1.0) -> Agreement:
    """Floating results. `reference` is float64, or float32 from the reference worker for timed calls."""
    if not count_of(candidate):
        return Agreement(True)
    if "64" in str(reference.dtype):
        candidate = _double(candidate)
    finite = abs(reference) <= LARGEST[dtype]
    if not bool(finite.all()):
        odd = ~finite
        ours, theirs = candidate[odd], reference[odd]
        same = ((theirs != theirs) & (ours != ours)) | (ours == theirs * math.inf)
        if not bool(same.all()):
            return Agreement(False, math.inf, math.inf, math.inf, "NaN or infinity where the reference has none, "
                             "or the other way round")
        candidate, reference = candidate[finite], reference[finite]
        if not count_of(reference):
            return Agreement(True)
    size = abs(reference)
    difference = abs(candidate - reference)
    scale = float((_double(size) ** 2).mean()) ** 0.5
    allowed = size * RELATIVE[dtype] + (OF_RMS[dtype] * scale + CALIBRATION * error + 1e-37)
    worst = float((difference / allowed).max()) / share
    if worst != worst:
        return Agreement(False, math.inf, math.inf, math.inf, "NaN where the reference has a number")
    relative = difference / (size + (1e-3 * scale + 1e-37))
    result = Agreement(worst <= 1, worst, float(difference.max()), float(relative.max()))
    if not result.passed:
        wrong = int((difference > allowed * share).sum())
        result.detail = (f"{wrong} of {count_of(difference)} elements outside the tolerance, "
                         f"the worst by a factor of {worst:.3g}")
    return result


def _gathered(values: Any, indices: Any, axis: int) -> Any:
    if hasattr(values, "gather"):
        return values.gather(axis, indices.long().unsqueeze(axis)).squeeze(axis)
    import numpy

    return numpy.take_along_axis(values, numpy.expand_dims(indices, axis), axis).squeeze(axis)


def _is_tie(candidate: Any, reference: Any, values: Any) -> bool:
    """Whether the reference is an arg-maximum or arg-minimum of `values` and the candidate names an equal element."""
    for axis in range(values.ndim):
        rest = tuple(values.shape[:axis]) + tuple(values.shape[axis + 1:])
        if rest != tuple(reference.shape) or values.shape[axis] == 0:
            continue
        if not bool(((reference >= 0) & (reference < values.shape[axis])).all()):
            continue
        chosen = _gathered(values, reference, axis)
        extremes = ((values.amax(axis), values.amin(axis)) if hasattr(values, "amax")
                    else (values.max(axis), values.min(axis)))
        if not any(bool((chosen == extreme).all()) for extreme in extremes):
            continue
        inside = bool(((candidate >= 0) & (candidate < values.shape[axis])).all())
        return inside and bool((_gathered(values, candidate, axis) == chosen).all())
    return False


def agree_exactly(candidate: Any, reference: Any, floats: list[Any]) -> Agreement:
    """Integers and truth values; where they are indices of a maximum, any of several equal maxima will do."""
    if not count_of(candidate):
        return Agreement(True)
    wrong = int((candidate != reference).sum())
    if wrong == 0 or any(_is_tie(candidate, reference, values) for values in floats):
        return Agreement(True)
    return Agreement(False, math.inf, math.inf, math.inf, f"{wrong} of {count_of(reference)} whole numbers differ")


def compare(candidate: Any, reference: Any, dtype: str, error: float, floats: list[Any]) -> Agreement:
    if dtype in FLOATING:
        return agree(candidate, reference, dtype, error)
    if dtype.startswith("complex"):
        raise ValueError("complex results are not supported")
    return agree_exactly(candidate, reference, floats)
