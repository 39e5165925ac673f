"""Built extensions by content, so that a candidate is compiled once.

An entry is written by the referee from a folder that only that candidate's own code could write, under a key made of
everything that decides the build. It can therefore harm nobody but the same candidate, which could do the same anyway.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import stat
import tempfile

from .device import processor_name
from .result import harness_digest

MOST_FILES = 4096


def cache_key(candidate_sha256: str, signature: object, facts: dict[str, object], sandbox: str) -> str:
    parts = {"candidate": candidate_sha256, "signature": signature, "harness": harness_digest(),
             "python": platform.python_version(), "machine": platform.machine(), "processor": processor_name(),
             "sandbox": sandbox, "facts": facts}
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()


def _copy(source: str, target: str, limit: int) -> bool:
    """Copies plain files and folders, with times; anything else, or too much of it, makes the answer no."""
    total = files = 0
    for folder, folders, names in os.walk(source):
        here = os.path.join(target, os.path.relpath(folder, source))
        os.makedirs(here, exist_ok=True)
        if any(os.path.islink(os.path.join(folder, name)) for name in folders):
            return False
        for name in names:
            facts = os.lstat(os.path.join(folder, name))
            total += facts.st_size
            files += 1
            if not stat.S_ISREG(facts.st_mode) or total > limit or files > MOST_FILES:
                return False
            shutil.copy2(os.path.join(folder, name), os.path.join(here, name), follow_symlinks=False)
    return True


def restore(cache: str, key: str, build: str, limit: int) -> bool:
    entry = os.path.join(cache, key)
    return os.path.isdir(entry) and _copy(entry, build, limit)


def keep(cache: str, key: str, build: str, limit: int) -> None:
    """Adds an entry in one step; whoever comes second leaves the first one's."""
    os.makedirs(cache, exist_ok=True)
    entry = os.path.join(cache, key)
    if os.path.exists(entry):
        return
    temporary = tempfile.mkdtemp(dir=cache, prefix="new-")
    try:
        if _copy(build, temporary, limit):
            os.rename(temporary, entry)
    except OSError:
        pass  # a cache that cannot be written costs time, never a verdict
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
