"""A problem in KernelBench's form, or AKG's and MultiKernelBench's, which differ in how they name further shapes."""

from __future__ import annotations

import copy
import math
import os
import random
import sys
from types import ModuleType
from typing import Any

import numpy as np
import torch

from .arena import ITEM_BYTES, Description
from .kernel_size import kernel_size
from .problem import InvalidProblem, check_shapes, digest_of, problem_code
from .tree import is_tensor, map_tensors, tensors_of

MORE_SHAPES = ("get_inputs_dyn_list", "get_input_groups")


def sow(seed: int) -> None:
    torch.manual_seed(seed)
    np.random.seed(seed % (1 << 32))
    random.seed(seed)


class TorchProblem:
    """The float64 reference runs in the referee, on the job's device."""

    backend = "torch"
    reference_class = "Model"
    signature: dict[str, Any] | None = None

    def __init__(self, path: str, size: str | None, device: str, seed: int, dtypes: tuple[str, ...] = (),
                 source: str | None = None) -> None:
        self.path = path
        self.name = os.path.splitext(os.path.basename(path))[0]
        self.sha256 = digest_of(path)
        self.format = "python" if source is None else "task"
        self.device = device
        if source is None:
            with open(path, encoding="utf-8") as file:
                source = file.read()
        self.source = source
        self.modules: dict[str, ModuleType] = {}
        self.sizes: dict[str, str | None] = {"main": size}
        self._load("main", source)
        if "KERNEL_SIZE" in source and size != "tiny":
            self.sizes["tiny"] = "tiny"
            self._load("tiny", source)
        self.slots = list(self.modules)
        self.models: dict[str, torch.nn.Module] = {}
        self.inits: dict[str, Any] = {}
        for slot in self.slots:
            self._build(slot, seed)
        self.dtypes = {dtype: dtype for dtype in dtypes}
        for dtype in dtypes:
            self._retype(dtype)

    def _load(self, slot: str, source: str) -> None:
        module = ModuleType(f"problem_{slot}")
        module.__file__ = self.path
        sys.modules[module.__name__] = module
        with problem_code("The problem cannot be loaded"), kernel_size(self.sizes[slot]):
            exec(compile(source, self.path, "exec"), module.__dict__)
        for name in ("Model", "get_inputs"):
            if not callable(getattr(module, name, None)):
                raise InvalidProblem(f"The problem defines no {name}.")
        self.modules[slot] = module

    def _build(self, slot: str, seed: int) -> None:
        module = self.modules[slot]
        with problem_code("Model cannot be built"), kernel_size(self.sizes[slot]):
            sow(seed)
            self.inits[slot] = list(module.get_init_inputs()) if hasattr(module, "get_init_inputs") else []
            self.models[slot] = module.Model(*self.inits[slot]).eval()

    def _retype(self, dtype: str) -> None:
        """A slot with the weights of `main`, rounded to another element type."""
        self.slots.append(dtype)
        self.sizes[dtype] = self.sizes["main"]
        self.modules[dtype] = self.modules["main"]
        self.inits[dtype] = self.inits["main"]
        self.models[dtype] = copy.deepcopy(self.models["main"]).to(getattr(torch, dtype))

    def init(self, slot: str) -> Any:
        return self.inits[slot]

    def state(self, slot: str) -> list[tuple[str, Any]]:
        return [(name, value.detach()) for name, value in self.models[slot].state_dict().items()]

    def _draw(self, slot: str, function: Any, seed: int) -> Any:
        with problem_code(f"{getattr(function, '__name__', 'get_inputs')} fails"), kernel_size(self.sizes[slot]):
            sow(seed)
            if self.device == "cuda" and hasattr(torch, "set_default_device"):
                # Gigabytes of random numbers take seconds on a CPU. Not every problem's functions can do this.
                try:
                    with torch.device("cuda"):
                        return function()
                except (RuntimeError, TypeError):
                    sow(seed)
            return function()

    def draw(self, slot: str, seed: int) -> list[Any]:
        return self._typed(slot, list(self._draw(slot, self.modules[slot].get_inputs, seed)))

    def _typed(self, slot: str, inputs: list[Any]) -> list[Any]:
        if slot not in self.dtypes:
            return inputs
        dtype = getattr(torch, self.dtypes[slot])
        return list(map_tensors(inputs, lambda x: x.to(dtype) if x.is_floating_point() else x))

    def shaped(self, inputs: list[Any], shapes: tuple[tuple[int, ...], ...], seed: int) -> list[Any]:
        check_shapes(len(tensors_of(inputs)), shapes)
        left = iter(shapes)

        def drawn(tensor: Any) -> Any:
            shape = next(left)
            chosen = torch.randint(max(tensor.numel(), 1), (math.prod(shape),)).to(tensor.device)
            return tensor.reshape(-1)[chosen].reshape(shape)

        sow(seed)
        return list(map_tensors(inputs, drawn))

    def odd(self, slot: str, seed: int) -> list[list[Any]]:
        for name in MORE_SHAPES:
            function = getattr(self.modules[slot], name, None)
            if function is not None:
                return [list(inputs) for inputs in self._draw(slot, function, seed)]
        return []

    def _double(self, value: Any) -> Any:
        return value.double().to(self.device) if value.is_floating_point() else value.to(self.device)

    def _results(self, model: torch.nn.Module, inputs: list[Any]) -> list[Any]:
        """Inputs are copied first: a reference may work in place."""
        with problem_code("Model fails"), torch.no_grad():
            result = model(*map_tensors(map_tensors(inputs, torch.clone), self._double))
        outputs = list(result) if isinstance(result, (list, tuple)) else [result]
        if not outputs or not all(is_tensor(item) for item in outputs):
            raise InvalidProblem("Model returns something else than tensors.")
        return outputs

    def _wide(self, slot: str) -> torch.nn.Module:
        return copy.deepcopy(self.models[slot]).double().to(self.device)

    def reference(self, slot: str, inputs: list[Any]) -> list[Any]:
        with kernel_size(self.sizes[slot]):
            return self._results(self._wide(slot), inputs)

    def without_parameter(self, slot: str, name: str, inputs: list[Any]) -> list[Any]:
        """Results when one parameter is replaced by a constant: its own value if it is constant, else its mean."""
        model = self._wide(slot)
        with torch.no_grad():
            target = dict(model.named_parameters())[name]
            target.fill_(float(target.mean()))
        return self._results(model, inputs)

    def transformed(self, inputs: list[Any], scale: float, shift: float) -> list[Any]:
        return map_tensors(inputs, lambda x: x * scale + shift if x.is_floating_point() else x)

    def raw(self, array: Any) -> np.ndarray:
        if self.type_name(array) not in ITEM_BYTES:
            raise InvalidProblem(f"Tensors of type {array.dtype} are not supported.")
        flat = array.detach().cpu().contiguous().reshape(-1)
        return flat.view(torch.uint8).numpy() if flat.numel() else np.empty(0, dtype=np.uint8)

    def type_name(self, array: Any) -> str:
        return str(array.dtype).replace("torch.", "")

    def open(self, data: np.ndarray, description: Description) -> Any:
        dtype = getattr(torch, description["dtype"])
        if not data.size:
            return torch.empty(description["shape"], dtype=dtype, device=self.device)
        return torch.from_numpy(data).view(dtype).reshape(description["shape"]).to(self.device)

    def parameters(self, slot: str) -> list[str]:
        return [name for name, value in self.models[slot].named_parameters() if value.is_floating_point()]
