"""A torch-free problem: one Python file with a NumPy reference, a C signature and functions that draw inputs.

    SIGNATURE = {"function": …, "arguments": […]}            see abi_signature
    def reference(*inputs): …                                 one array or a tuple of arrays
    def get_inputs(generator): …                              list of arrays and numbers; a numpy.random.Generator
    def get_inputs_dyn_list(generator): …                     optional: further lists, with other shapes
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from .abi_signature import signature_errors
from .arena import Description
from .problem import InvalidProblem, check_shapes, digest_of, problem_code
from .kernel_size import kernel_size
from .tree import map_tensors, tensors_of


class AbiProblem:
    backend = "abi"
    format = "abi"
    reference_class = "reference"

    def __init__(self, path: str, size: str | None) -> None:
        self.path = path
        self.name = os.path.splitext(os.path.basename(path))[0]
        self.sha256 = digest_of(path)
        self.sizes: dict[str, str | None] = {"main": size}
        with open(path, encoding="utf-8") as file:
            source = file.read()
        if "KERNEL_SIZE" in source and size != "tiny":
            self.sizes["tiny"] = "tiny"
        self.slots = list(self.sizes)
        self.dtypes: dict[str, str] = {}
        self.names: dict[str, dict[str, Any]] = {}
        for slot, chosen in self.sizes.items():
            names: dict[str, Any] = {"__name__": f"problem_{slot}"}
            with problem_code("The problem cannot be loaded"), kernel_size(chosen):
                exec(compile(source, path, "exec"), names)
            self.names[slot] = names
        self.signature: dict[str, Any] | None = self.names["main"].get("SIGNATURE")
        wrong = signature_errors(self.signature)
        if wrong:
            raise InvalidProblem(wrong)

    def init(self, slot: str) -> Any:
        return []

    def state(self, slot: str) -> list[tuple[str, Any]]:
        return []

    def parameters(self, slot: str) -> list[str]:
        return []

    def draw(self, slot: str, seed: int) -> list[Any]:
        with problem_code("get_inputs fails"), kernel_size(self.sizes[slot]):
            return list(self.names[slot]["get_inputs"](np.random.default_rng(seed)))

    def odd(self, slot: str, seed: int) -> list[list[Any]]:
        function = self.names[slot].get("get_inputs_dyn_list")
        if function is None:
            return []
        with problem_code("get_inputs_dyn_list fails"), kernel_size(self.sizes[slot]):
            return [list(inputs) for inputs in function(np.random.default_rng(seed))]

    def shaped(self, inputs: list[Any], shapes: tuple[tuple[int, ...], ...], seed: int) -> list[Any]:
        check_shapes(len(tensors_of(inputs)), shapes)
        source, left = np.random.default_rng(seed), iter(shapes)
        return map_tensors(inputs, lambda x: source.choice(x.reshape(-1), size=next(left)).astype(x.dtype))

    def reference(self, slot: str, inputs: list[Any]) -> list[Any]:
        wide = map_tensors(inputs, lambda x: x.astype(np.float64) if x.dtype.kind == "f" else x.copy())
        with problem_code("The reference fails"), np.errstate(all="ignore"):
            result = self.names[slot]["reference"](*wide)
        return [np.asarray(item) for item in (result if isinstance(result, tuple) else (result,))]

    def without_parameter(self, slot: str, name: str, inputs: list[Any]) -> list[Any]:
        raise InvalidProblem("A torch-free problem has no parameters.")

    def transformed(self, inputs: list[Any], scale: float, shift: float) -> list[Any]:
        return map_tensors(inputs, lambda x: (x * x.dtype.type(scale) + x.dtype.type(shift)).astype(x.dtype)
                           if x.dtype.kind == "f" else x)

    def raw(self, array: Any) -> np.ndarray:
        return np.ascontiguousarray(array).reshape(-1).view(np.uint8)

    def type_name(self, array: Any) -> str:
        return str(array.dtype.name)

    def open(self, data: np.ndarray, description: Description) -> Any:
        return data.view(description["dtype"]).reshape(description["shape"])
