"""Nested arguments as JSON: what a problem passes to a model, without pickle on either side."""

from __future__ import annotations

from typing import Any, Callable


class Unsupported(ValueError):
    """A value that cannot travel to a worker."""


def is_tensor(value: Any) -> bool:
    return hasattr(value, "shape") and hasattr(value, "dtype") and hasattr(value, "reshape")


def encode(value: Any, put: Callable[[Any], dict[str, Any]]) -> Any:
    """JSON for `value`; `put` stores a tensor and answers its description."""
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float):
        return {"float": value.hex()}
    if is_tensor(value):
        return {"tensor": put(value)}
    if isinstance(value, (list, tuple)):
        return {"tuple" if isinstance(value, tuple) else "list": [encode(item, put) for item in value]}
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return {"dict": [[key, encode(item, put)] for key, item in value.items()]}
    text = str(value)
    if text.startswith("torch.") and text[6:].isidentifier():
        return {"torch": text[6:]}
    raise Unsupported(f"an argument of type {type(value).__name__} cannot be sent to a worker")


def decode(data: Any, get: Callable[[dict[str, Any]], Any]) -> Any:
    """The value that `encode` described; `get` opens a tensor."""
    if not isinstance(data, dict):
        return data
    kind, content = next(iter(data.items()))
    if kind == "float":
        return float.fromhex(content)
    if kind == "tensor":
        return get(content)
    if kind == "list":
        return [decode(item, get) for item in content]
    if kind == "tuple":
        return tuple(decode(item, get) for item in content)
    if kind == "dict":
        return {key: decode(item, get) for key, item in content}
    if kind == "torch":
        import torch

        return getattr(torch, content)
    raise Unsupported(f"unknown kind {kind!r}")


def tensors_of(value: Any) -> list[Any]:
    """Every tensor in `value`, depth first."""
    if is_tensor(value):
        return [value]
    if isinstance(value, (list, tuple)):
        return [tensor for item in value for tensor in tensors_of(item)]
    if isinstance(value, dict):
        return [tensor for item in value.values() for tensor in tensors_of(item)]
    return []


def map_tensors(value: Any, change: Callable[[Any], Any]) -> Any:
    if is_tensor(value):
        return change(value)
    if isinstance(value, list):
        return [map_tensors(item, change) for item in value]
    if isinstance(value, tuple):
        return tuple(map_tensors(item, change) for item in value)
    if isinstance(value, dict):
        return {key: map_tensors(item, change) for key, item in value.items()}
    return value
