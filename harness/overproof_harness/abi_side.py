"""The worker's side without PyTorch: C and C++ through ctypes, the NumPy reference, outputs written in place."""

from __future__ import annotations

import os
from typing import Any, Callable

import numpy as np

from .abi_library import compile_library, open_function
from .abi_signature import arguments_of
from .arena import Arena
from .tree import decode, tensors_of


class AbiSide:
    """A shared library for the candidate, a Python function for the reference."""

    def __init__(self, own: dict[str, Any], arena: Arena) -> None:
        self.arena = arena
        self.candidate = own["role"] == "candidate"
        self.call: Callable[..., Any] | None = None
        self.signature: dict[str, Any] = {}
        self.inputs: list[Any] = []
        self.results: list[Any] = []
        self.outputs: list[list[np.ndarray]] = []

    def facts(self) -> dict[str, Any]:
        return {"numpy": np.__version__}

    def load(self, request: dict[str, Any]) -> dict[str, Any]:
        if not self.candidate:
            names: dict[str, Any] = {"__name__": "problem"}
            with open(request["path"], encoding="utf-8") as file:
                exec(compile(file.read(), request["path"], "exec"), names)
            self.call = names["reference"]
            return {}
        self.signature = request["signature"]
        library = os.path.join(os.environ["TORCH_EXTENSIONS_DIR"], "kernel.so")
        if not os.path.exists(library):
            compile_library(request["path"], library, self.signature)
        self.call = open_function(library, self.signature)
        return {}

    def model(self, request: dict[str, Any]) -> dict[str, Any]:
        return {}

    def _open(self, description: dict[str, Any]) -> np.ndarray:
        return self.arena.view(description).view(description["dtype"]).reshape(description["shape"])

    def stage(self, request: dict[str, Any]) -> dict[str, Any]:
        self.inputs = [decode(call, self._open) for call in request["inputs"]]
        self.outputs = [[self._open(item) for item in call] for call in request["outputs"]]
        if self.candidate:
            self.inputs = [arguments_of(self.signature, inputs, outputs)
                           for inputs, outputs in zip(self.inputs, self.outputs)]
        return {}

    def unstage(self, request: dict[str, Any]) -> dict[str, Any]:
        return {}

    def run(self, request: dict[str, Any]) -> dict[str, Any]:
        self.results = []
        results: list[Any] = [None] * len(self.inputs)
        assert self.call is not None
        for index in range(request["first"], request["first"] + request["count"]):
            results[index] = self.call(*self.inputs[index])
        self.results = results
        if self.candidate and any(results):
            raise RuntimeError(f"{self.signature['function']} returned {next(code for code in results if code)}")
        return {}

    def record(self, request: dict[str, Any]) -> dict[str, Any]:
        self.run({**request, "first": 0, "count": 1})
        return {"calls": {}, "flops": 0}

    def copy(self, request: dict[str, Any]) -> dict[str, Any]:
        """The reference's arrays are copied; a candidate wrote where it should already."""
        if self.candidate:
            return {"facts": None}
        for call, outputs in request["outputs"]:
            for item, description in zip(results_of(self.results[call]), outputs):
                np.copyto(self._open(description), item)
        return {"facts": None}


def results_of(value: Any) -> list[Any]:
    if isinstance(value, tuple):
        return list(value)
    return tensors_of(value) or [np.asarray(value)]
