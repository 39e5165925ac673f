"""The worker's side for PyTorch problems, on a CPU or a CUDA device."""

from __future__ import annotations

import importlib.util
import io
import os
import sys
from types import ModuleType
from typing import Any

import torch

from .arena import Arena, byte_count
from .tree import decode, tensors_of


def open_arena_tensor(arena: Arena, description: dict[str, Any]) -> torch.Tensor:
    """A tensor over the arena's memory; nothing is copied."""
    dtype = getattr(torch, description["dtype"])
    if byte_count(description) == 0:
        return torch.empty(description["shape"], dtype=dtype)
    count = byte_count(description) // torch.empty((), dtype=dtype).element_size()
    flat = torch.frombuffer(arena.map, dtype=dtype, count=count, offset=description["at"])
    return flat.reshape(description["shape"])


class _UnchangedFile(io.StringIO):
    """Writes a file on closing, and only if its text differs: ninja compares modification times."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self.path = path

    def close(self) -> None:
        if not self.closed:
            text = self.getvalue()
            try:
                with open(self.path, encoding="utf-8") as file:
                    same = file.read() == text
            except (OSError, ValueError):
                same = False
            if not same:
                with open(self.path, "w", encoding="utf-8") as file:
                    file.write(text)
        super().close()


def keep_builds() -> None:
    """PyTorch 1.13 rewrites a file of `load_inline` in every process and so compiles it again; newer ones do not."""
    from torch.utils import cpp_extension

    def opened(path: Any, mode: str = "r", *args: Any, **kwargs: Any) -> Any:
        if mode == "w" and isinstance(path, (str, os.PathLike)) and os.fspath(path) != os.devnull:
            return _UnchangedFile(os.fspath(path))
        return open(path, mode, *args, **kwargs)

    cpp_extension.open = opened  # type: ignore[attr-defined]


def load_module(path: str, name: str) -> ModuleType:
    """Imports from a real file: Triton and tracebacks read the source again."""
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


class TorchSide:
    """Models by slot (main, tiny, compiled), staged inputs by call, results kept until the next run."""

    def __init__(self, own: dict[str, Any], arena: Arena) -> None:
        self.arena = arena
        self.device = own["device"]
        self.role = own["role"]
        self.module: ModuleType | None = None
        self.models: dict[str, torch.nn.Module] = {}
        self.inputs: list[Any] = []
        self.results: list[Any] = []
        torch.set_num_threads(own["threads"])
        if self.role == "candidate":
            keep_builds()
        if self.device == "cuda":
            torch.backends.cuda.matmul.allow_tf32 = False
            torch.backends.cudnn.allow_tf32 = False
            self.flush = torch.empty(self._flush_bytes(), dtype=torch.uint8, device="cuda")

    def _flush_bytes(self) -> int:
        """Twice the second-level cache; 256 MiB where this PyTorch does not tell its size."""
        properties = torch.cuda.get_device_properties(0)
        return 2 * int(getattr(properties, "L2_cache_size", 0)) or 256 << 20

    def facts(self) -> dict[str, Any]:
        return {"torch": str(torch.__version__), "threads": torch.get_num_threads(), "cuda": torch.version.cuda}

    def load(self, request: dict[str, Any]) -> dict[str, Any]:
        sys.path.insert(0, os.path.dirname(request["path"]))
        self.module = load_module(request["path"], "candidate" if self.role == "candidate" else "problem")
        if not hasattr(self.module, request["class"]):
            raise AttributeError(f"the file defines no {request['class']}")
        return {}

    def _open(self, description: dict[str, Any]) -> torch.Tensor:
        tensor = open_arena_tensor(self.arena, description)
        return tensor.to(self.device) if self.device != "cpu" else tensor

    def model(self, request: dict[str, Any]) -> dict[str, Any]:
        if request.get("compile"):
            if not hasattr(torch, "compile"):
                return {"compiled": False}
            self.models[request["slot"]] = torch.compile(self.models[request["of"]])
            return {"compiled": True}
        init = decode(request["init"], self._open)
        model = getattr(self.module, request["class"])(*init)
        if isinstance(model, torch.nn.Module):
            state = {name: self._open(item).clone() for name, item in request["state"]}
            model = model.to(self.device)
            if request["dtype"] is not None:
                model = model.to(getattr(torch, request["dtype"]))
            model.load_state_dict(state, strict=True)
            model.eval()
        elif request["state"]:
            raise TypeError(f"{request['class']} has weights to load but is not an nn.Module")
        self.models[request["slot"]] = model
        return {}

    def stage(self, request: dict[str, Any]) -> dict[str, Any]:
        """Inputs of the coming calls. On a CPU they are views of the arena, so the referee rewrites them in place."""
        if self.device == "cpu" or not request.get("again"):
            self.inputs = [decode(call, self._open) for call in request["inputs"]]
        else:
            for call, staged in zip(request["inputs"], self.inputs[request["first"]:]):
                fresh = tensors_of(decode(call, lambda item: open_arena_tensor(self.arena, item)))
                for source, target in zip(fresh, tensors_of(staged)):
                    target.copy_(source)
        self.results = []
        if self.device == "cuda":
            self.flush.zero_()
            torch.cuda.synchronize()
        return {}

    def unstage(self, request: dict[str, Any]) -> dict[str, Any]:
        """Writes the inputs back, for the referee to see whether a call on the device changed them."""
        for call, staged in zip(request["inputs"], self.inputs):
            for target, source in zip(tensors_of(decode(call, lambda item: open_arena_tensor(self.arena, item))),
                                      tensors_of(staged)):
                target.copy_(source)
        return {}

    def run(self, request: dict[str, Any]) -> dict[str, Any]:
        """Calls the model on every staged input set and keeps the results: fresh memory for each, no copy."""
        model = self.models[request["slot"]]
        self.results = []
        results: list[Any] = [None] * len(self.inputs)
        calls = range(request["first"], request["first"] + request["count"])
        with torch.no_grad():
            if self.device == "cpu":
                for call in calls:
                    results[call] = model(*self.inputs[call])
                self.results = results
                return {}
            begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
            begin.record()
            for call in calls:
                results[call] = model(*self.inputs[call])
            end.record()
            torch.cuda.synchronize()
        self.results = results
        return {"events_ms": begin.elapsed_time(end)}

    def record(self, request: dict[str, Any]) -> dict[str, Any]:
        from .recorder import recording

        self.results = []
        with torch.no_grad(), recording() as seen:
            result = self.models[request["slot"]](*self.inputs[0])
        self.results = [result]
        return {"calls": seen.calls, "flops": seen.flops}

    def copy(self, request: dict[str, Any]) -> dict[str, Any]:
        """Copies results of the named calls into the arena and reports what they were."""
        facts = []
        for call, outputs in request["outputs"]:
            result = self.results[call]
            items = list(result) if isinstance(result, (list, tuple)) else [result]
            facts.append([self._fact(item, call) for item in items])
            for item, description in zip(items, outputs):
                target = open_arena_tensor(self.arena, description)
                if isinstance(item, torch.Tensor) and item.shape == target.shape and item.dtype == target.dtype:
                    target.copy_(item)
        return {"facts": facts}

    def _fact(self, item: Any, call: int) -> dict[str, Any]:
        if not isinstance(item, torch.Tensor):
            return {"type": type(item).__name__}
        fact = {"type": "Tensor" if type(item) is torch.Tensor else type(item).__name__,
                "shape": list(item.shape), "dtype": str(item.dtype).replace("torch.", ""),
                "device": item.device.type, "contiguous": item.is_contiguous(), "strides": list(item.stride())}
        if item.numel():
            fact["alias"] = self._alias(item, call)
        return fact

    def _alias(self, item: torch.Tensor, call: int) -> str | None:
        begin = item.untyped_storage().data_ptr() if hasattr(item, "untyped_storage") else item.storage().data_ptr()
        start = self.arena_start
        if any(_begin(t) == begin for t in tensors_of(self.inputs)) or start <= begin < start + self.arena.size:
            return "input"
        for model in self.models.values():
            if isinstance(model, torch.nn.Module):
                if any(_begin(t) == begin for t in [*model.parameters(), *model.buffers()]):
                    return "parameter"
        for other, result in enumerate(self.results):
            if other != call and any(_begin(t) == begin for t in tensors_of(result)):
                return "output of another call"
        return None

    @property
    def arena_start(self) -> int:
        return int(self.arena.bytes.ctypes.data)


def _begin(tensor: torch.Tensor) -> int:
    storage = tensor.untyped_storage() if hasattr(tensor, "untyped_storage") else tensor.storage()
    return storage.data_ptr() if tensor.numel() else -1
