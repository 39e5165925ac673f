"""Limits that a worker puts on itself before it loads anything from outside, and what the kernel lets it see."""

from __future__ import annotations

import ctypes
import os
import resource
from typing import Any

PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
PR_SET_CHILD_SUBREAPER = 36
PR_SET_NO_NEW_PRIVS = 38
SIGKILL = 9
OPEN_FILES = 1024
M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_MAX = -1, -2, -4
"""Options of mallopt(3)."""


def prctl(option: int, value: int) -> bool:
    return ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0) == 0


def guard_referee() -> None:
    """Other processes of the same user may neither trace the referee nor read its memory; orphans come to it."""
    prctl(PR_SET_DUMPABLE, 0)
    prctl(PR_SET_CHILD_SUBREAPER, 1)


def keep_freed_memory() -> None:
    """Large temporary arrays come from the heap and stay there when freed. Otherwise the kernel clears their pages anew
    for every comparison, which takes as long as comparing. A C library without mallopt has other habits."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        for option, value in ((M_MMAP_MAX, 0), (M_TRIM_THRESHOLD, (1 << 31) - 1), (M_TOP_PAD, 1 << 26)):
            mallopt(option, value)


def _lower(kind: int, value: int) -> None:
    _, hard = resource.getrlimit(kind)
    if hard != resource.RLIM_INFINITY:
        value = min(value, hard)
    resource.setrlimit(kind, (value, value))


def tasks_of(user: int) -> int:
    """Threads of a user; RLIMIT_NPROC counts them all, not only the worker's."""
    count = 0
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                if os.stat(f"/proc/{name}").st_uid == user:
                    count += len(os.listdir(f"/proc/{name}/task"))
            except OSError:
                continue
    return count


def limit_self(limits: dict[str, Any]) -> None:
    """Hard limits: `address_bytes` (null on a GPU, whose driver reserves terabytes), `file_bytes`, `processes`."""
    prctl(PR_SET_PDEATHSIG, SIGKILL)
    prctl(PR_SET_NO_NEW_PRIVS, 1)
    _lower(resource.RLIMIT_CORE, 0)
    _lower(resource.RLIMIT_NOFILE, OPEN_FILES)
    _lower(resource.RLIMIT_FSIZE, limits["file_bytes"])
    _lower(resource.RLIMIT_NPROC, limits["processes"] + tasks_of(os.getuid()))
    if limits["address_bytes"] is not None:
        _lower(resource.RLIMIT_AS, limits["address_bytes"])
