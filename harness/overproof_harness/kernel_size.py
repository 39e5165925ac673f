"""The environment variable by which a problem learns its size."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import Iterator


@contextmanager
def kernel_size(size: str | None) -> Iterator[None]:
    """Sets KERNEL_SIZE for the block; most problems read it when they are loaded, some when they draw."""
    before = os.environ.get("KERNEL_SIZE")
    try:
        if size is not None:
            os.environ["KERNEL_SIZE"] = size
        yield
    finally:
        if before is None:
            os.environ.pop("KERNEL_SIZE", None)
        else:
            os.environ["KERNEL_SIZE"] = before
