"""Which framework operators a call uses, seen by PyTorch's dispatcher, also when C++ code calls them.

The dispatcher's mode belongs to a thread, so threads that the call starts enter one of their own. Bridges out of the
framework (Tensor.numpy and its kind) are noted as well: NumPy is a framework too.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import Any, Callable, Iterator

import torch
from torch.utils._python_dispatch import TorchDispatchMode

BRIDGES = ("numpy", "__array__", "tolist", "__dlpack__")
MATRIX_PRODUCTS = ("mm", "addmm", "bmm", "baddbmm")


def _tensors(value: Any) -> Iterator[torch.Tensor]:
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _tensors(item)


def _name(func: Any) -> str:
    packet = getattr(func, "overloadpacket", func)
    return str(packet).replace(".", "::", 1)


class Operators:
    """Counts calls and the elements of the largest tensor of each, per operator."""

    def __init__(self) -> None:
        self.calls: dict[str, list[int]] = {}
        self.flops = 0

    def note(self, name: str, *values: Any) -> None:
        largest = max((tensor.numel() for value in values for tensor in _tensors(value)), default=0)
        entry = self.calls.setdefault(name, [0, 0])
        entry[0] += 1
        entry[1] += largest
        if name.rpartition("::")[2] in MATRIX_PRODUCTS:
            matrices = [t for value in values[:-1] for t in _tensors(value) if t.dim() >= 2][-2:]
            if len(matrices) == 2:
                self.flops += 2 * matrices[0].numel() * matrices[1].shape[-1]


class _Mode(TorchDispatchMode):
    def __init__(self, seen: Operators) -> None:
        super().__init__()
        self.seen = seen

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        self.seen.note(_name(func), list(args), list((kwargs or {}).values()), result)
        return result


def _bridged(name: str, real: Callable[..., Any], seen: Operators) -> Callable[..., Any]:
    def bridge(self: torch.Tensor, *args: Any, **kwargs: Any) -> Any:
        seen.note(f"Tensor::{name}", self)
        return real(self, *args, **kwargs)

    return bridge


@contextmanager
def recording() -> Iterator[Operators]:
    """Operators used while the block runs, by this thread and by Python threads started in it."""
    seen = Operators()
    run = threading.Thread.run
    bridges = {name: getattr(torch.Tensor, name) for name in BRIDGES if hasattr(torch.Tensor, name)}

    def run_recorded(thread: threading.Thread) -> None:
        with _Mode(seen):
            run(thread)

    threading.Thread.run = run_recorded  # type: ignore[method-assign]
    for name, real in bridges.items():
        setattr(torch.Tensor, name, _bridged(name, real, seen))
    try:
        with _Mode(seen):
            yield seen
    finally:
        threading.Thread.run = run  # type: ignore[method-assign]
        for name, real in bridges.items():
            setattr(torch.Tensor, name, real)
