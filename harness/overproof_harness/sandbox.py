"""What a worker may see and touch: the strongest isolation that this machine allows, and the command that starts it.

Levels, best first. `bwrap`: new user, process, network, mount, IPC and host name spaces, the file system read-only,
homes and temporary folders hidden. `namespaces`: the same kinds by unshare(1), without a mount plan of our own.
`none`: a cleared environment, resource limits and, for a referee that is root, a user of its own.
Every level is tried with a real process before it is believed.
"""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from functools import lru_cache

HIDDEN = ("/root", "/home", "/tmp", "/var/tmp", "/run", "/mnt", "/media", "/srv")
"""Folders that hold other people's files on a machine that runs jobs."""

SYSTEM = ("/usr", "/bin", "/lib", "/lib64", "/etc", "/dev", "/proc", "/sys", "/opt")

FREE_USERS = (1_000_000, 2_000_000)
"""User ids handed to nobody by Debian's policy; one is drawn per worker."""

PROBE_SECONDS = 10


@dataclass(frozen=True)
class Place:
    """The folders of one worker: the harness, read-only, and its private one. `inside` is how the worker sees them."""

    harness: str
    private: str
    inside_harness: str
    inside_private: str


@dataclass
class Isolation:
    """What was found to work here."""

    sandbox: str
    network: str
    separate_user: bool
    notes: list[str] = field(default_factory=list)

    def facts(self) -> dict[str, object]:
        return {"sandbox": self.sandbox, "network": self.network, "limits": True}


def draw_user() -> int:
    return FREE_USERS[0] + secrets.randbelow(FREE_USERS[1] - FREE_USERS[0])


def hidden_folders() -> list[str]:
    """HIDDEN and the folder the referee was started in, which is somebody's checkout."""
    here = os.path.realpath(os.getcwd())
    ours = [] if here == "/" or here in SYSTEM or here.startswith(tuple(f"{folder}/" for folder in SYSTEM)) else [here]
    return [folder for folder in [*HIDDEN, *ours] if os.path.isdir(folder) and not os.path.islink(folder)]


def interpreter_folders() -> list[str]:
    """Folders that Python needs and that hiding may have covered."""
    folders = {os.path.realpath(sys.prefix), os.path.realpath(sys.base_prefix),
               os.path.dirname(os.path.realpath(sys.executable))}
    for entry in sys.path:
        if entry.endswith(("site-packages", "dist-packages")) and os.path.isdir(entry):
            folders.add(os.path.realpath(entry))
    return sorted(path for path in folders if any(path.startswith(hidden + "/") for hidden in hidden_folders()))


def device_files() -> list[str]:
    return sorted(os.path.join("/dev", name) for name in os.listdir("/dev") if name.startswith("nvidia"))


def bwrap_command(place: Place, file_bytes: int, devices: bool) -> list[str]:
    # No --new-session: the worker stays in the referee's process group for it, so one signal reaches all of it;
    # there is no terminal to protect, since standard input is /dev/null.
    command = [shutil.which("bwrap") or "bwrap", "--unshare-all", "--die-with-parent", "--hostname", "worker",
               "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc",
               "--size", str(file_bytes), "--tmpfs", "/dev/shm"]
    for hidden in hidden_folders():
        command += ["--size", str(file_bytes), "--tmpfs", hidden]
    for folder in interpreter_folders():
        command += ["--ro-bind", folder, folder]
    if devices:
        for path in device_files():
            command += ["--dev-bind", path, path]
    command += ["--ro-bind", place.harness, place.inside_harness, "--bind", place.private, place.inside_private,
                "--chdir", place.inside_private, "--"]
    return command


UNSHARE = ["unshare", "--user", "--map-current-user", "--net", "--pid", "--fork", "--kill-child", "--ipc", "--uts",
           "--mount", "--mount-proc", "--"]


def places(sandbox: str, harness: str, private: str) -> Place:
    if sandbox == "bwrap":
        return Place(harness, private, "/tmp/overproof/harness", "/tmp/overproof/worker")
    return Place(harness, private, harness, private)


def _works(command: list[str], user: int | None) -> bool:
    try:
        done = subprocess.run(command, user=user, group=user, extra_groups=None if user is None else [],
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=PROBE_SECONDS,
                              env={"PATH": os.environ.get("PATH", os.defpath)}, cwd="/")
    except (OSError, subprocess.SubprocessError):
        return False
    return done.returncode == 0 and done.stdout.strip() == b"42"


@lru_cache(maxsize=None)
def find_isolation(weakest_only: bool = False) -> Isolation:
    """Tries the levels in turn. `weakest_only` lets a test measure what `none` still holds."""
    root = os.geteuid() == 0
    user = draw_user() if root else None
    answer = [sys.executable, "-I", "-S", "-c", "print(42)"]
    separate = root and _works(answer, user)
    worker_user = user if separate else None
    notes = []
    if not weakest_only:
        if shutil.which("bwrap"):
            probe = ["bwrap", "--unshare-all", "--die-with-parent", "--ro-bind", "/", "/", "--dev", "/dev",
                     "--proc", "/proc", "--size", "65536", "--tmpfs", "/tmp"]
            for folder in interpreter_folders():
                if folder.startswith("/tmp/"):
                    probe += ["--ro-bind", folder, folder]
            if _works([*probe, "--", *answer], worker_user):
                return Isolation("bwrap", "none", separate, notes)
            notes.append("bwrap is installed but cannot make its name spaces here")
        if shutil.which("unshare") and _works([*UNSHARE, *answer], worker_user):
            return Isolation("namespaces", "none", separate, notes)
        notes.append("user name spaces are not available here")
    notes.append("workers share the network and see other processes")
    return Isolation("none", "shared", separate, notes)
