"""One worker as the referee holds it: started in its sandbox, asked, stopped, continued, killed to the last process."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import Any

from . import family
from .arena import Arena
from .channel import ChannelClosed, ChannelTimeout, ProtocolViolation, RefereeEnd
from .job import Limits
from .leftovers import remove_leftovers
from .sandbox import UNSHARE, Isolation, bwrap_command, draw_user, places

STARTED: set[int] = set(family.children_of(os.getpid()))
"""Children that are no orphans: the roots of living workers, and what this process had before it was a referee."""

SHORT_REQUESTS = ("idle", "run", "record")
LOG_TAIL = 4000
START_SECONDS = 60.0
CLEAN_SECONDS = 0.5
"""Between two measurements of a worker's folder."""


class WorkerEnded(Exception):
    """A worker that cannot answer any more. `kind` is crashed, timeout, memory, processes, files or protocol."""

    def __init__(self, kind: str, detail: str) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail


@dataclass(frozen=True)
class WorkerPlan:
    """How a worker is started. `threads` and `processors` are equal for both workers of a comparison; `interpret` runs
    Triton without a GPU."""

    role: str
    backend: str
    device: str
    threads: int
    processors: tuple[int, ...]
    limits: Limits
    size: str | None = None
    interpret: bool = False


def folder_bytes(path: str) -> int:
    total = 0
    for folder, _, names in os.walk(path, onerror=lambda error: None):
        for name in names:
            try:
                total += os.lstat(os.path.join(folder, name)).st_blocks * 512
            except OSError:
                continue
    return total


def tail_of(path: str) -> str:
    """The end of a log as text that a terminal or a table survives."""
    with open(path, "rb") as file:
        file.seek(0, os.SEEK_END)
        file.seek(max(0, file.tell() - LOG_TAIL))
        text = file.read().decode("utf-8", "replace")
    return "".join(c if c.isprintable() or c == "\n" else "\ufffd" for c in text)


def environment(plan: WorkerPlan, inside: str) -> dict[str, str]:
    """Nothing is inherited: not a token, not a path, not a seed."""
    threads = str(plan.threads)
    path = os.pathsep.join(dict.fromkeys(["/usr/local/cuda/bin", os.path.dirname(sys.executable), "/usr/local/bin",
                                          "/usr/bin", "/bin"]))
    values = {
        "PATH": path, "HOME": f"{inside}/home", "TMPDIR": f"{inside}/tmp", "LANG": "C.UTF-8",
        # A user id that no list of users knows has no name either, and PyTorch asks for one.
        "USER": "worker", "LOGNAME": "worker",
        "TORCH_EXTENSIONS_DIR": f"{inside}/build", "TRITON_CACHE_DIR": f"{inside}/build/triton",
        "TORCHINDUCTOR_CACHE_DIR": f"{inside}/tmp/inductor", "CUDA_CACHE_PATH": f"{inside}/build/cuda",
        "XDG_CACHE_HOME": f"{inside}/home", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "0",
        "OMP_NUM_THREADS": threads, "MKL_NUM_THREADS": threads, "OPENBLAS_NUM_THREADS": threads,
        "OMP_WAIT_POLICY": "PASSIVE", "MAX_JOBS": "2",
        # Freed blocks stay in the heap: otherwise every output costs thousands of page faults, in one arm more than
        # in the other.
        "MALLOC_MMAP_MAX_": "0", "MALLOC_TRIM_THRESHOLD_": str(1 << 40), "MALLOC_TOP_PAD_": str(1 << 26),
    }
    if plan.size is not None:
        values["KERNEL_SIZE"] = plan.size
    if plan.interpret:
        values["TRITON_INTERPRET"] = "1"
    for name in ("CUDA_HOME", "CUDA_VISIBLE_DEVICES", "NVIDIA_VISIBLE_DEVICES", "LD_LIBRARY_PATH"):
        if plan.device == "cuda" and name in os.environ:
            values[name] = os.environ[name]
    return values


class Worker:
    """A running worker. Every method that talks raises WorkerEnded once the worker is gone; `close` never raises."""

    def __init__(self, plan: WorkerPlan, isolation: Isolation, harness: str, private: str, arena: Arena) -> None:
        self.plan = plan
        self.private = private
        self.arena = arena
        self.user = draw_user() if isolation.separate_user else None
        self.shares_folders = isolation.sandbox != "bwrap"
        self.members: list[int] = []
        self.ended: WorkerEnded | None = None
        self.measured_folder = time.monotonic()
        for name in ("home", "tmp", "build"):
            os.makedirs(os.path.join(private, name), exist_ok=True)
        if self.user is not None:
            give(private, self.user)
        place = places(isolation.sandbox, harness, private)
        self.inside = place.inside_private
        ask_read, ask_write = os.pipe()
        answer_read, answer_write = os.pipe()
        self.log = f"{private}.log"
        limits = plan.limits
        own = {
            "asked": ask_read, "answered": answer_write, "arena": arena.descriptor, "role": plan.role,
            "backend": plan.backend, "device": plan.device, "threads": plan.threads,
            "processors": list(plan.processors),
            "limits": {"file_bytes": limits.file_bytes, "processes": limits.processes,
                       "address_bytes": None if plan.device == "cuda" else limits.memory_bytes + arena.size},
        }
        start = (f"import sys; sys.path.insert(0, {place.inside_harness!r}); "
                 "from overproof_harness.worker import main; main(sys.argv[1])")
        command = [sys.executable, "-I", "-B", "-c", start, json.dumps(own)]
        if isolation.sandbox == "bwrap":
            command = bwrap_command(place, limits.file_bytes, plan.device == "cuda") + command
        elif isolation.sandbox == "namespaces":
            command = UNSHARE + command
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
                user=self.user, group=self.user, extra_groups=None if self.user is None else [],
                env=environment(plan, place.inside_private), cwd="/" if isolation.sandbox == "bwrap" else private,
                pass_fds=(ask_read, answer_write, arena.descriptor))
        STARTED.add(self.process.pid)
        os.close(ask_read)
        os.close(answer_write)
        self.channel = RefereeEnd(answer_read, ask_write)
        self.facts = self.ask("hello", START_SECONDS)

    def _end(self, kind: str, detail: str) -> WorkerEnded:
        if self.ended is None:
            self.ended = WorkerEnded(kind, detail)
            self.kill()
        return self.ended

    def violation(self, detail: str) -> WorkerEnded:
        """Ends the worker for a reply that breaks the protocol; the answer is to be raised."""
        return self._end("protocol", detail)

    def _watch(self) -> None:
        limits = self.plan.limits
        now = family.usage(self.process.pid)
        if now.resident_bytes > limits.memory_bytes + self.arena.size:
            raise self._end("memory", f"more than {limits.memory_bytes} bytes of memory in use")
        # The two or three processes of the sandbox itself are not the candidate's.
        if now.threads > limits.processes + 8:
            raise self._end("processes", f"more than {limits.processes} processes or threads at once")
        if time.monotonic() - self.measured_folder > CLEAN_SECONDS:
            self.measured_folder = time.monotonic()
            if folder_bytes(self.private) + os.path.getsize(self.log) > limits.file_bytes:
                raise self._end("files", f"more than {limits.file_bytes} bytes of files written")

    def ask(self, op: str, seconds: float, **fields: Any) -> dict[str, Any]:
        reply, _ = self.timed(op, seconds, **fields)
        return reply

    def timed(self, op: str, seconds: float, **fields: Any) -> tuple[dict[str, Any], float]:
        """The reply to a request and the seconds it took on the referee's clock.

        A stopped worker gets a request that is timed before it continues, so that the window opens with its first
        instruction. Other requests may be longer than a pipe holds, so it must read them while they are written.
        """
        if self.ended is not None:
            raise self.ended
        nonce = secrets.token_hex(16)
        try:
            if self.members and op not in SHORT_REQUESTS:
                self._continue()
            self.channel.send({"nonce": nonce, "op": op, **fields})
            begun = time.perf_counter()
            if self.members:
                self._continue()
            reply, arrived = self.channel.receive(nonce, seconds, self._watch)
        except ChannelClosed:
            raise self._end("crashed", self._cause()) from None
        except ChannelTimeout as error:
            raise self._end("timeout", f"{op}: {error} of {seconds:g} s") from None
        except ProtocolViolation as error:
            raise self._end("protocol", str(error)) from None
        return reply, arrived - begun

    def _cause(self) -> str:
        try:
            code = self.process.wait(5)
        except subprocess.TimeoutExpired:
            return "the worker closed its pipe"
        # bwrap and unshare report a signal as 128 + its number.
        number = -code if code < 0 else code - 128
        name = signal.Signals(number).name if number in set(signal.Signals) else None
        how = f"the worker was ended by {name}" if name else f"the worker ended by itself (exit code {code})"
        # Of the trusted worker the reader needs to know what it said last; a candidate's last words are its own.
        said = tail_of(self.log).strip().splitlines()[-1:] if self.plan.role == "reference" else []
        return ": ".join([how, *said])

    def pause(self) -> None:
        """Stops every process of the worker, so that nothing runs while the referee reads or rewrites memory."""
        try:
            os.killpg(self.process.pid, signal.SIGSTOP)
        except ProcessLookupError:
            pass
        self.members = family.stop(self.process.pid)

    def _continue(self) -> None:
        members, self.members = self.members, []
        try:
            os.killpg(self.process.pid, signal.SIGCONT)
        except ProcessLookupError:
            return
        family.send(members, signal.SIGCONT)

    def usage(self) -> family.Usage:
        return family.usage(self.process.pid)

    def kill(self) -> list[int]:
        """Kills everything; returns processes that would not die."""
        STARTED.discard(self.process.pid)
        left = family.kill(self.process.pid, self.user, STARTED)
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            pass
        if self.user is not None and self.shares_folders:
            remove_leftovers(self.user)
        return left

    def close(self) -> None:
        if self.ended is None:
            self.ended = WorkerEnded("crashed", "the worker was closed")
            self.kill()
        self.channel.close()

    def log_tail(self) -> str:
        return tail_of(self.log)


def give(folder: str, user: int) -> None:
    """Makes a worker's private folder its own. Links are never followed: earlier content came from a candidate."""
    for path, folders, names in os.walk(folder):
        for name in [*folders, *names]:
            os.lchown(os.path.join(path, name), user, user)
    os.lchown(folder, user, user)


def empty(folder: str, keep: tuple[str, ...] = ()) -> None:
    """Removes what a phase left behind, except the named entries."""
    for name in os.listdir(folder):
        path = os.path.join(folder, name)
        if name in keep:
            continue
        if os.path.isdir(path) and not os.path.islink(path):
            shutil.rmtree(path, ignore_errors=True)
        else:
            os.unlink(path)
