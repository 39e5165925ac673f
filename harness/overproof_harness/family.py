"""The processes below a worker, found in /proc: to stop, continue, count and kill them."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass

TICKS = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Usage:
    """`threads` counts every task; `cpu_seconds` is what living members used so far, in clock ticks of 10 ms."""

    processes: int
    threads: int
    resident_bytes: int
    cpu_seconds: float
    faults: int


def _stat(pid: int) -> list[str] | None:
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
            return file.read().rpartition(")")[2].split()
    except OSError:
        return None


def _children(pid: int) -> list[int] | None:
    """None where the kernel was built without the children files."""
    found: list[int] = []
    try:
        tasks = os.listdir(f"/proc/{pid}/task")
    except OSError:
        return []
    for task in tasks:
        try:
            with open(f"/proc/{pid}/task/{task}/children", encoding="ascii") as file:
                found += [int(word) for word in file.read().split()]
        except FileNotFoundError:
            if os.path.exists(f"/proc/{pid}/task/{task}"):
                return None
        except OSError:
            continue
    return found


def _parents() -> dict[int, list[int]]:
    below: dict[int, list[int]] = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            fields = _stat(int(name))
            if fields:
                below.setdefault(int(fields[1]), []).append(int(name))
    return below


def descendants(root: int) -> list[int]:
    """`root` and everything below it, parents first."""
    found = [root]
    table: dict[int, list[int]] | None = None
    index = 0
    while index < len(found):
        pid = found[index]
        index += 1
        children = _children(pid) if table is None else None
        if children is None:
            table = _parents() if table is None else table
            children = table.get(pid, [])
        found += [child for child in children if child not in found]
    return found


def owned_by(user: int) -> list[int]:
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                if os.stat(f"/proc/{name}").st_uid == user:
                    found.append(int(name))
            except OSError:
                continue
    return found


def send(pids: list[int], number: int) -> None:
    for pid in pids:
        try:
            os.kill(pid, number)
        except (ProcessLookupError, PermissionError):
            continue


def stopped(pid: int) -> bool:
    fields = _stat(pid)
    return fields is None or fields[0] in "TtZX"


def stop(root: int) -> list[int]:
    """Stops `root` and all below it, also members that left the process group; returns who was stopped."""
    members: list[int] = []
    for _ in range(5):
        now = descendants(root)
        fresh = [pid for pid in now if pid not in members]
        if not fresh:
            break
        send(fresh, signal.SIGSTOP)
        members = now
        deadline = time.monotonic() + 1
        while not all(stopped(pid) for pid in fresh) and time.monotonic() < deadline:
            time.sleep(0)
    return members


def usage(root: int) -> Usage:
    processes = threads = resident = faults = 0
    ticks = 0
    for pid in descendants(root):
        fields = _stat(pid)
        if fields is None:
            continue
        processes += 1
        faults += int(fields[7])
        ticks += int(fields[11]) + int(fields[12]) + int(fields[13]) + int(fields[14])
        threads += int(fields[17])
        resident += int(fields[21]) * PAGE
    return Usage(processes, threads, resident, ticks / TICKS, faults)


def children_of(pid: int) -> list[int]:
    found = _children(pid)
    return _parents().get(pid, []) if found is None else found


def kill(root: int, user: int | None, known: set[int]) -> list[int]:
    """Kills `root`, all below it, orphans that came to the referee as their subreaper, and, where the worker had a user
    of its own, all of that user's processes. Children of the referee in `known` are spared. Collects the dead, except
    `root`, which belongs to a Popen. Returns who is still there after five seconds.
    """
    deadline = time.monotonic() + 5
    seen: set[int] = set()
    while True:
        seen.update(descendants(root))
        for orphan in children_of(os.getpid()):
            if orphan not in known:
                seen.update(descendants(orphan))
        if user is not None:
            seen.update(owned_by(user))
        reap(known | {root})
        left = [pid for pid in seen if (fields := _stat(pid)) is not None and fields[0] not in "ZX"]
        dead = [pid for pid in children_of(os.getpid()) if pid not in known and pid != root]
        if not left and not dead or time.monotonic() > deadline:
            return left
        send(left, signal.SIGKILL)
        time.sleep(0.005)


def reap(known: set[int]) -> None:
    """Collects dead orphans that were handed to the referee; `known` processes belong to somebody else."""
    for pid in children_of(os.getpid()):
        fields = _stat(pid)
        if pid not in known and fields is not None and fields[0] == "Z":
            try:
                os.waitpid(pid, os.WNOHANG)
            except ChildProcessError:
                continue
