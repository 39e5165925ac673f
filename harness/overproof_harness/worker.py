"""The program of both workers: obeys the referee's requests, decides nothing.

It runs in the same process as the candidate, so nothing it says is believed where it matters: the referee keeps the
time, holds the expected values and reads the outputs from shared memory itself.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any, Protocol

from .arena import Arena
from .error_text import error_text
from .limits import limit_self


class Side(Protocol):
    """What a backend does inside a worker."""

    def facts(self) -> dict[str, Any]: ...

    def load(self, request: dict[str, Any]) -> dict[str, Any]: ...

    def model(self, request: dict[str, Any]) -> dict[str, Any]: ...

    def stage(self, request: dict[str, Any]) -> dict[str, Any]: ...

    def run(self, request: dict[str, Any]) -> dict[str, Any]: ...

    def record(self, request: dict[str, Any]) -> dict[str, Any]: ...

    def copy(self, request: dict[str, Any]) -> dict[str, Any]: ...

    def unstage(self, request: dict[str, Any]) -> dict[str, Any]: ...


def side_of(own: dict[str, Any], arena: Arena) -> Side:
    if own["backend"] == "torch":
        from .torch_side import TorchSide

        return TorchSide(own, arena)
    from .abi_side import AbiSide

    return AbiSide(own, arena)


def main(text: str) -> None:
    """Serves requests until the pipe is closed. A worker that cannot start says why in one line of its log."""
    try:
        serve(json.loads(text))
    except Exception as error:
        print(f"The worker failed: {error_text(error).splitlines()[-1]}", file=sys.stderr)
        sys.exit(1)


def serve(own: dict[str, Any]) -> None:
    limit_self(own["limits"])
    try:
        os.sched_setaffinity(0, own["processors"])
    except OSError:
        pass  # a machine that forbids it treats both workers alike
    arena = Arena(own["arena"])
    side = side_of(own, arena)
    requests = os.fdopen(own["asked"], "rb")
    answer = own["answered"]
    for descriptor in (own["asked"], answer, own["arena"]):
        os.set_inheritable(descriptor, False)
    for line in requests:
        request = json.loads(line)
        try:
            reply = perform(side, request)
        except Exception as error:
            reply = {"ok": False, "error": error_text(error), "kind": type(error).__name__}
        data = json.dumps({"nonce": request["nonce"], **reply}, separators=(",", ":")).encode() + b"\n"
        while data:
            data = data[os.write(answer, data):]
    sys.stdout.flush()


def perform(side: Side, request: dict[str, Any]) -> dict[str, Any]:
    op = request["op"]
    if op == "hello":
        return {"ok": True, **side.facts()}
    if op == "idle":
        return {"ok": True}
    if op in ("load", "model", "stage", "run", "record", "copy", "unstage"):
        return {"ok": True, **(getattr(side, op)(request) or {})}
    raise ValueError(f"unknown request {op!r}")
