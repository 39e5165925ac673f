"""A job: what to measure and within which limits. Everything is checked here once; unknown keys are refused."""

from __future__ import annotations

import json
import math
import os
from dataclasses import dataclass, field
from typing import Any

FORMAT = 1
DSLS = ("auto", "triton", "cuda", "cpp", "python", "abi")
PROBLEM_FORMATS = ("auto", "python", "task", "abi")
SIZES = ("tiny", "cpu", "gpu")
DTYPES = ("float64", "float32", "float16", "bfloat16")
MOST_SHAPES, MOST_AXES, MOST_ELEMENTS = 50, 8, 1 << 31


class UnusableJob(Exception):
    """The job, a problem or a path cannot be used; the message is one sentence for the user."""


class Unfit(Exception):
    """The machine or the trusted side failed and no candidate is to blame; the message is one sentence."""


@dataclass(frozen=True)
class CandidateFile:
    id: str
    path: str
    dsl: str = "auto"


@dataclass(frozen=True)
class Limits:
    compile_seconds: float = 300.0
    run_seconds: float = 120.0
    memory_bytes: int = 8 << 30
    processes: int = 64
    file_bytes: int = 1 << 30


@dataclass(frozen=True)
class TimingPlan:
    pairs: int = 31
    seconds: float = 20.0


@dataclass(frozen=True)
class Job:
    problem: str
    problem_format: str = "auto"
    candidates: tuple[CandidateFile, ...] = ()
    device: str = "auto"
    size: str | None = None
    trials: int = 5
    shapes: tuple[tuple[tuple[int, ...], ...], ...] = ()
    """Further shapes to verify on: one for each tensor among the problem's inputs."""
    dtypes: tuple[str, ...] = ()
    """Further element types of floating inputs and weights to verify in."""
    timing: TimingPlan | None = field(default_factory=TimingPlan)
    versus: tuple[tuple[str, str], ...] = ()
    library: str = "refused"
    limits: Limits = field(default_factory=Limits)
    cache: str | None = None


def _fields(data: Any, where: str, known: tuple[str, ...]) -> dict[str, Any]:
    if not isinstance(data, dict):
        raise UnusableJob(f"{where} is not an object.")
    for key in data:
        if key not in known:
            raise UnusableJob(f"{where} has an unknown key {key!r}.")
    return data


def _choice(value: Any, where: str, known: tuple[str, ...]) -> str:
    if value not in known:
        raise UnusableJob(f"{where} is {value!r}, not one of {', '.join(known)}.")
    return str(value)


def _number(value: Any, where: str, low: float, high: float) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
        raise UnusableJob(f"{where} is {value!r}, not a number from {low:g} to {high:g}.")
    return float(value)


def _whole(value: Any, where: str, low: int, high: int) -> int:
    number = _number(value, where, low, high)
    if number != int(number):
        raise UnusableJob(f"{where} is {value!r}, not a whole number.")
    return int(number)


def _file(value: Any, where: str) -> str:
    if not isinstance(value, str) or not os.path.isfile(value):
        raise UnusableJob(f"{where} names no file: {value!r}.")
    return os.path.abspath(value)


def _candidates(data: Any) -> tuple[CandidateFile, ...]:
    if not isinstance(data, list):
        raise UnusableJob("candidates is not a list.")
    found: dict[str, CandidateFile] = {}
    for index, item in enumerate(data):
        where = f"candidates[{index}]"
        fields = _fields(item, where, ("id", "path", "dsl"))
        name = fields.get("id")
        if not isinstance(name, str) or not name or name in found:
            raise UnusableJob(f"{where}.id is not a name of its own.")
        found[name] = CandidateFile(name, _file(fields.get("path"), f"{where}.path"),
                                    _choice(fields.get("dsl", "auto"), f"{where}.dsl", DSLS))
    return tuple(found.values())


def _limits(data: Any) -> Limits:
    fields = _fields(data, "limits", ("compile_seconds", "run_seconds", "memory_bytes", "processes", "file_bytes"))
    default = Limits()
    return Limits(
        _number(fields.get("compile_seconds", default.compile_seconds), "limits.compile_seconds", 1, 3600),
        _number(fields.get("run_seconds", default.run_seconds), "limits.run_seconds", 1, 3600),
        _whole(fields.get("memory_bytes", default.memory_bytes), "limits.memory_bytes", 1 << 26, 1 << 44),
        _whole(fields.get("processes", default.processes), "limits.processes", 4, 65536),
        _whole(fields.get("file_bytes", default.file_bytes), "limits.file_bytes", 1 << 16, 1 << 40),
    )


def _timing(data: Any) -> TimingPlan | None:
    if data is None:
        return None
    fields = _fields(data, "timing", ("pairs", "seconds"))
    return TimingPlan(_whole(fields.get("pairs", 31), "timing.pairs", 3, 10001),
                      _number(fields.get("seconds", 20), "timing.seconds", 0.1, 3600))


def _versus(data: Any, names: set[str]) -> tuple[tuple[str, str], ...]:
    if not isinstance(data, list):
        raise UnusableJob("versus is not a list.")
    pairs = []
    for item in data:
        if not isinstance(item, list) or len(item) != 2 or not all(isinstance(n, str) and n in names for n in item):
            raise UnusableJob("versus holds something else than pairs of candidate ids.")
        pairs.append((item[0], item[1]))
    return tuple(pairs)


def _shape(value: Any, where: str) -> tuple[int, ...]:
    if not isinstance(value, list) or len(value) > MOST_AXES:
        raise UnusableJob(f"{where} is no list of at most {MOST_AXES} extents.")
    shape = tuple(_whole(extent, where, 1, MOST_ELEMENTS) for extent in value)
    if math.prod(shape) > MOST_ELEMENTS:
        raise UnusableJob(f"{where} has more than {MOST_ELEMENTS} elements.")
    return shape


def _shapes(data: Any) -> tuple[tuple[tuple[int, ...], ...], ...]:
    if not isinstance(data, list) or len(data) > MOST_SHAPES or not all(isinstance(item, list) for item in data):
        raise UnusableJob(f"shapes is no list of at most {MOST_SHAPES} lists with a shape for each tensor.")
    return tuple(tuple(_shape(shape, f"shapes[{index}]") for shape in item) for index, item in enumerate(data))


def _dtypes(data: Any) -> tuple[str, ...]:
    if not isinstance(data, list):
        raise UnusableJob("dtypes is not a list.")
    return tuple(dict.fromkeys(_choice(item, "dtypes", DTYPES) for item in data))


def parse_job(data: Any) -> Job:
    """A checked job from parsed JSON; raises UnusableJob."""
    fields = _fields(data, "The job", ("format", "problem", "candidates", "device", "size", "trials", "shapes",
                                       "dtypes", "timing", "versus", "policy", "limits", "cache"))
    if fields.get("format") != FORMAT:
        raise UnusableJob(f"The job's format is {fields.get('format')!r}, not {FORMAT}.")
    problem = _fields(fields.get("problem"), "problem", ("path", "format"))
    candidates = _candidates(fields.get("candidates", []))
    policy = _fields(fields.get("policy", {}), "policy", ("library",))
    size = fields.get("size")
    cache = fields.get("cache")
    if cache is not None and not isinstance(cache, str):
        raise UnusableJob("cache is neither a folder nor null.")
    return Job(
        problem=_file(problem.get("path"), "problem.path"),
        problem_format=_choice(problem.get("format", "auto"), "problem.format", PROBLEM_FORMATS),
        candidates=candidates,
        device=_choice(fields.get("device", "auto"), "device", ("auto", "cpu", "cuda")),
        size=None if size is None else _choice(size, "size", SIZES),
        trials=_whole(fields.get("trials", 5), "trials", 1, 1000),
        shapes=_shapes(fields.get("shapes", [])),
        dtypes=_dtypes(fields.get("dtypes", [])),
        timing=_timing(fields["timing"]) if "timing" in fields else TimingPlan(),
        versus=_versus(fields.get("versus", []), {candidate.id for candidate in candidates}),
        library=_choice(policy.get("library", "refused"), "policy.library", ("allowed", "refused")),
        limits=_limits(fields.get("limits", {})),
        cache=cache,
    )


def read_job(path: str) -> Job:
    try:
        with open(path, encoding="utf-8") as file:
            data = json.load(file)
    except (OSError, ValueError, RecursionError) as error:
        raise UnusableJob(f"The job {path!r} cannot be read: {error}.") from None
    return parse_job(data)
