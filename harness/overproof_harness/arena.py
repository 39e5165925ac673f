"""Shared memory that the referee owns and one worker maps.

A memfd has no name in any file system, so nothing is left behind and no other process can open it. Its size is sealed:
a worker that could shrink it would end the referee with SIGBUS, one that could grow it would eat memory.
"""

from __future__ import annotations

import fcntl
import mmap
import os
from typing import Any

import numpy as np

ALIGNMENT = 256
"""Bytes; enough for every vector unit, and the alignment of a GPU allocation."""

ITEM_BYTES: dict[str, int] = {
    "bool": 1, "uint8": 1, "int8": 1, "int16": 2, "int32": 4, "int64": 8,
    "float16": 2, "bfloat16": 2, "float32": 4, "float64": 8, "complex64": 8, "complex128": 16,
}
"""The element types that travel between processes."""

FLOATING = ("float16", "bfloat16", "float32", "float64")

Description = dict[str, Any]
"""{"at": byte offset, "shape": [int, …], "dtype": key of ITEM_BYTES}"""


def aligned(size: int) -> int:
    return (size + ALIGNMENT - 1) // ALIGNMENT * ALIGNMENT


def byte_count(description: Description) -> int:
    count = 1
    for extent in description["shape"]:
        count *= extent
    return count * ITEM_BYTES[description["dtype"]]


def create_arena(size: int) -> int:
    """A new arena of `size` bytes; returns its descriptor."""
    descriptor = os.memfd_create("arena", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    os.ftruncate(descriptor, max(size, mmap.PAGESIZE))
    fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL)
    return descriptor


class Arena:
    """A mapped arena with a bump allocator; `reset` frees everything behind a mark."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self.size = os.fstat(descriptor).st_size
        self.map = mmap.mmap(descriptor, self.size)
        self.bytes = np.frombuffer(self.map, dtype=np.uint8)
        self.used = 0

    def reserve(self, shape: list[int], dtype: str) -> Description:
        description: Description = {"at": self.used, "shape": list(shape), "dtype": dtype}
        end = self.used + byte_count(description)
        if end > self.size:
            raise MemoryError(f"the arena of {self.size} bytes has no room for {end}")
        self.used = aligned(end)
        return description

    def reset(self, mark: int) -> None:
        self.used = mark

    def view(self, description: Description) -> np.ndarray:
        """The raw bytes of one tensor, shared, not copied."""
        start = description["at"]
        return self.bytes[start:start + byte_count(description)]

    def close(self) -> None:
        # NumPy views keep the map alive until they die; the descriptor goes at once.
        os.close(self.descriptor)
