"""What the referee needs of a problem, whatever form its file has."""

from __future__ import annotations

import ast
import hashlib
import os
from contextlib import contextmanager
from typing import Any, Iterator, Protocol

import numpy as np

from .arena import Description
from .job import UnusableJob


class InvalidProblem(Exception):
    """The problem file itself is at fault; the message is one sentence."""


@contextmanager
def problem_code(doing: str) -> Iterator[None]:
    """Runs code of the problem file; whatever it raises is the problem's fault. A device's error stays what it is."""
    try:
        yield
    except (InvalidProblem, MemoryError):
        raise
    except (Exception, SystemExit) as error:
        if "CUDA" in str(error):
            raise
        said = " ".join(str(error).split())[:300].rstrip(".")
        raise InvalidProblem(f"{doing}: {type(error).__name__}{': ' if said else ''}{said}.") from error


class Problem(Protocol):
    """A loaded problem. A slot is `main`, `tiny` or an element type: one construction of the model, its sizes and its
    weights. `dtypes` has the element type of each slot that is not in the problem's own.

    Arrays are torch tensors or NumPy arrays, whichever the backend has; both kinds offer the few operations that
    comparing needs.
    """

    name: str
    sha256: str
    format: str
    backend: str
    path: str
    reference_class: str
    signature: dict[str, Any] | None
    slots: list[str]
    dtypes: dict[str, str]

    def init(self, slot: str) -> Any: ...

    def state(self, slot: str) -> list[tuple[str, Any]]: ...

    def draw(self, slot: str, seed: int) -> list[Any]: ...

    def odd(self, slot: str, seed: int) -> list[list[Any]]: ...

    def shaped(self, inputs: list[Any], shapes: tuple[tuple[int, ...], ...], seed: int) -> list[Any]:
        """Inputs whose tensors have other shapes, one for each in order, filled with elements drawn from their own."""
        ...

    def reference(self, slot: str, inputs: list[Any]) -> list[Any]: ...

    def without_parameter(self, slot: str, name: str, inputs: list[Any]) -> list[Any]: ...

    def parameters(self, slot: str) -> list[str]: ...

    def transformed(self, inputs: list[Any], scale: float, shift: float) -> list[Any]: ...

    def raw(self, array: Any) -> np.ndarray: ...

    def type_name(self, array: Any) -> str: ...

    def open(self, data: np.ndarray, description: Description) -> Any: ...


def digest_of(path: str) -> str:
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def defined_names(path: str) -> set[str]:
    """Names that a Python file defines at its top level, found without running it."""
    try:
        with open(path, encoding="utf-8") as file:
            tree = ast.parse(file.read(), path)
    except (OSError, SyntaxError, ValueError) as error:
        raise UnusableJob(f"The problem {os.path.basename(path)} cannot be read: {error}.") from None
    names: set[str] = set()
    for node in tree.body:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            names.add(node.name)
        elif isinstance(node, ast.Assign):
            names.update(target.id for target in node.targets if isinstance(target, ast.Name))
    return names


def format_of(path: str) -> str:
    """`task` for gpu-mode's description, `abi` for a NumPy reference with a C signature, else `python`."""
    if path.endswith((".yml", ".yaml")):
        return "task"
    names = defined_names(path)
    if "SIGNATURE" in names and "reference" in names:
        return "abi"
    if "Model" in names and "get_inputs" in names:
        return "python"
    raise UnusableJob(f"The problem {os.path.basename(path)} has neither Model and get_inputs "
                      "nor SIGNATURE and reference.")


def load_problem(path: str, form: str, size: str | None, device: str, seed: int,
                 dtypes: tuple[str, ...] = ()) -> Problem:
    """Loads a problem into the referee; raises UnusableJob or InvalidProblem. `dtypes`: further element types."""
    found = format_of(path) if form == "auto" else form
    if found == "abi":
        from .abi_problem import AbiProblem

        if dtypes:
            raise UnusableJob("A torch-free problem has the element types of its SIGNATURE; dtypes adds none.")
        return AbiProblem(path, size)
    try:
        import torch  # noqa: F401
    except ImportError:
        raise UnusableJob("This problem needs PyTorch, which this Python does not have.") from None
    from .torch_problem import TorchProblem

    if found == "task":
        from .task_problem import task_source

        return TorchProblem(path, size, device, seed, dtypes, task_source(path, device == "cpu"))
    return TorchProblem(path, size, device, seed, dtypes)


def check_shapes(count: int, shapes: tuple[tuple[int, ...], ...]) -> None:
    """Raises UnusableJob where a job gives another number of shapes than the problem has tensors."""
    if count != len(shapes):
        raise UnusableJob(f"shapes lists {len(shapes)} shapes where the problem's inputs are {count} tensors.")
