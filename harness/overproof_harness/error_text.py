"""An error as its author should read it: with the frames of the author's own code, and none of the harness."""

from __future__ import annotations

import os
import traceback
from types import TracebackType

LONGEST = 6000
"""Characters; the end is what says what went wrong."""

OURS = os.path.dirname(os.path.abspath(__file__)) + os.sep


def is_inner(trace: TracebackType) -> bool:
    """Whether a frame is the harness's own or the import system's, which nobody who reads this wrote."""
    name = trace.tb_frame.f_code.co_filename
    return name.startswith((OURS, "<frozen "))


def error_text(error: BaseException) -> str:
    """The traceback from the first frame outside of the harness on; the exception's own lines where there is none."""
    if getattr(error, "is_complete", False):
        return str(error)[-LONGEST:]
    trace = error.__traceback__
    while trace is not None and is_inner(trace):
        trace = trace.tb_next
    lines = (traceback.format_exception_only(type(error), error) if trace is None else
             traceback.format_exception(type(error), error, trace))
    return "".join(lines)[-LONGEST:]


def one_sentence(error: BaseException) -> str:
    """An error of the harness itself for its user: what it is and where, on one line."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" ({os.path.basename(frames[-1].filename)}, line {frames[-1].lineno})" if frames else ""
    said = " ".join(str(error).split())[:400].rstrip(".")
    return f"{type(error).__name__}{': ' if said else ''}{said}{place}"
