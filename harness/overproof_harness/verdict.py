"""A candidate's line in the result, and how the ways to fail are named."""

from __future__ import annotations

import re
from typing import Any

from .arm import Refused
from .candidate import Source, hints_of
from .process import WorkerEnded

ENDED = {
    "crashed": ("crashed", "The candidate ended its process"),
    "timeout": ("timeout", "The candidate was too slow"),
    "memory": ("crashed", "The candidate used too much memory"),
    "processes": ("crashed", "The candidate started too many processes"),
    "files": ("crashed", "The candidate wrote too much"),
    "protocol": ("cheating", "The candidate answered in the worker's name"),
}


def blank(source: Source) -> dict[str, Any]:
    """The line of a candidate about which nothing is known yet."""
    return {"candidate": source.file.id, "candidate_sha256": source.sha256, "dsl": source.dsl,
            "verdict": "infrastructure", "reasons": [], "compiled": False, "correct": False, "shapes": [],
            "compile": {"seconds": None, "cached": False, "log_tail": ""}, "times": None, "speedup": None,
            "samples": None, "library_ops": [], "hints": hints_of(source.text), "log_tail": ""}


def decide(line: dict[str, Any], verdict: str, *reasons: str) -> None:
    line["verdict"] = verdict
    line["reasons"] = [*line["reasons"], *reasons]


def decide_ended(line: dict[str, Any], ended: WorkerEnded) -> None:
    verdict, sentence = ENDED[ended.kind]
    decide(line, verdict, f"{sentence}: {ended.detail}.")


def last_line(text: str) -> str:
    """Of a traceback or a log: what went wrong."""
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "")


def compiler_error(text: str) -> str | None:
    """The first error that a compiler names, without the folder that the file had in its sandbox."""
    found = re.search(r"^(?:\S*/)?([^/\s:]+:\d+(?::\d+)?: (?:fatal )?error: .+)$", text, re.MULTILINE)
    return found.group(1)[:500] if found else None


def decide_refused(line: dict[str, Any], refused: Refused, phase: str) -> None:
    """An error that the candidate's code raised. While it is loaded, that is a failure to compile."""
    last = last_line(refused.text)[:500] or refused.kind
    line["log_tail"] = refused.text[-4000:]
    if phase == "compile":
        line["compile"]["log_tail"] = refused.text[-4000:]
        decide(line, "compile-error", f"The candidate does not load: {compiler_error(refused.text) or last}")
    else:
        decide(line, "crashed", f"The candidate raised an error: {last}")
