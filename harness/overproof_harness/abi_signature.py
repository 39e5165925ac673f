"""The C signature of a torch-free problem, as JSON-able data beside its NumPy reference.

{"function": "softmax_rows",
 "arguments": [{"kind": "input", "index": 0, "type": "float32"},      pointer to the elements of an input
               {"kind": "output", "index": 0, "type": "float32"},     pointer to memory for a result
               {"kind": "size", "index": 0, "axis": 0},               int64: an extent of an input
               {"kind": "value", "index": 1, "type": "float32"}]}     a number among the inputs, or a fixed "value"
The function returns an int, and anything but 0 is a failure; one that is declared void does not fail. All arrays are
dense and in C order.
"""

from __future__ import annotations

import ctypes
from typing import Any

import numpy as np

C_TYPES: dict[str, Any] = {"int32": ctypes.c_int32, "int64": ctypes.c_int64, "float32": ctypes.c_float,
                           "float64": ctypes.c_double}
KINDS: dict[str, set[str]] = {"input": {"kind", "index", "type"}, "output": {"kind", "index", "type"},
                              "size": {"kind", "index", "axis"}, "value": {"kind", "index", "value", "type"}}


def signature_errors(signature: Any) -> str | None:
    """Why a signature cannot be used, as one sentence, or None."""
    if not isinstance(signature, dict) or set(signature) != {"function", "arguments"}:
        return "SIGNATURE is not {\"function\", \"arguments\"}."
    if not isinstance(signature["function"], str) or not signature["function"].isidentifier():
        return "SIGNATURE names no C function."
    if not isinstance(signature["arguments"], list):
        return "SIGNATURE has no list of arguments."
    for index, item in enumerate(signature["arguments"]):
        if not isinstance(item, dict) or item.get("kind") not in KINDS or not set(item) <= KINDS[item["kind"]]:
            return f"Argument {index} of SIGNATURE is not of a known kind."
        if item["kind"] == "value" and (item.get("type") not in C_TYPES or ("index" in item) == ("value" in item)):
            return f"Argument {index} of SIGNATURE needs a C type and either an index or a value."
    return None


def arguments_of(signature: dict[str, Any], inputs: list[Any], outputs: list[np.ndarray]) -> list[Any]:
    """What ctypes passes for one call."""
    values: list[Any] = []
    for item in signature["arguments"]:
        kind = item["kind"]
        if kind == "input":
            values.append(inputs[item["index"]].ctypes.data)
        elif kind == "output":
            values.append(outputs[item["index"]].ctypes.data)
        elif kind == "size":
            values.append(inputs[item["index"]].shape[item["axis"]])
        else:
            values.append(item["value"] if "value" in item else inputs[item["index"]])
    return values
