"""The result file: written by the referee alone, whole or not at all."""

from __future__ import annotations

import hashlib
import json
import math
import os
from datetime import datetime, timezone
from typing import Any


def now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def harness_digest() -> str:
    """SHA-256 over names and contents of the package's files, so that a result names the code that made it."""
    folder = os.path.dirname(os.path.abspath(__file__))
    total = hashlib.sha256()
    for name in sorted(os.listdir(folder)):
        if name.endswith(".py"):
            with open(os.path.join(folder, name), "rb") as file:
                total.update(f"{name}\0{hashlib.sha256(file.read()).hexdigest()}\n".encode())
    return total.hexdigest()


def finite(value: Any) -> Any:
    """The same data with null for numbers that JSON has no word for."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [finite(item) for item in value]
    return value


def write_json(path: str, data: Any) -> None:
    """Writes to a temporary name, syncs, renames."""
    temporary = f"{path}.{os.getpid()}.tmp"
    try:
        with open(temporary, "x", encoding="utf-8") as file:
            json.dump(finite(data), file, ensure_ascii=True, allow_nan=False, indent=1)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        if os.path.exists(temporary):
            os.unlink(temporary)
        raise
