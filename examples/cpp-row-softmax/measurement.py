"""What the timing sessions say: medians, the noise of the same code run twice, and each step against its parent."""

import math
import os
import platform
import subprocess
from statistics import median, quantiles

Samples = dict[str, list[float]]  # microseconds per entry; an entry is "<task> a" or "<task> b"


def summary(samples: list[float]) -> dict[str, float]:
    low, middle, high = quantiles(samples, n=4)
    return {"median_us": round(middle, 3), "q1_us": round(low, 3), "q3_us": round(high, 3)}


def ratio(over: list[float], under: list[float]) -> float:
    """Quotient of two entries' medians: below 1, the first one is faster."""
    return round(median(over) / median(under), 4)


def pooled(sessions: list[Samples], name: str) -> list[float]:
    return [us for session in sessions for twin in "ab" for us in session[f"{name} {twin}"]]


def process_medians(sessions: list[Samples], name: str) -> list[float]:
    return [round(median(session[f"{name} {twin}"]), 3) for session in sessions for twin in "ab"]


def compare(sessions: list[Samples], child: str, parent: str) -> dict:
    """`faster` and `slower` are said only where no process of the one overlaps with any process of the other."""
    ours, theirs = process_medians(sessions, child), process_medians(sessions, parent)
    verdict = "faster" if max(ours) < min(theirs) else "slower" if min(ours) > max(theirs) else "within noise"
    per_session = [ratio(s[f"{child} a"] + s[f"{child} b"], s[f"{parent} a"] + s[f"{parent} b"]) for s in sessions]
    return {
        "child": child,
        "parent": parent,
        "time_ratio": ratio(pooled(sessions, child), pooled(sessions, parent)),
        "time_ratio_by_session": per_session,
        "verdict": verdict,
    }


def busy_seconds() -> tuple[float, float]:
    """CPU seconds spent so far: by the whole machine, and by this script with the children that ended."""
    with open("/proc/stat", encoding="ascii") as file:
        user, nice, system, _, _, irq, softirq, steal = map(int, file.readline().split()[1:9])
    spent = os.times()
    ours = spent.user + spent.system + spent.children_user + spent.children_system
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK"), ours


def machine() -> dict:
    """What `lscpu`, `g++` and the kernel say; no host name, no path."""
    wanted = (
        "Model name",
        "CPU(s)",
        "Thread(s) per core",
        "Hypervisor vendor",
        "L1d cache",
        "L2 cache",
        "L3 cache",
    )
    env = {**os.environ, "LC_ALL": "C"}
    listing = subprocess.run(["lscpu"], env=env, capture_output=True, text=True, check=True).stdout
    facts = dict(line.split(":", 1) for line in listing.splitlines() if ":" in line)
    gcc = subprocess.run(["g++", "--version"], env=env, capture_output=True, text=True, check=True).stdout
    flags = facts["Flags"].split()
    return {
        "cpu": {key: facts[key].strip() for key in wanted if key in facts},
        "vector_flags": [f for f in flags if f.startswith(("avx", "fma", "f16c", "sse4", "amx"))],
        "compiler": gcc.splitlines()[0],
        "system": f"{platform.system()} {platform.machine()}, {' '.join(platform.libc_ver())}",
        "python": platform.python_version(),
    }


def results(sessions: list[Samples], parents: dict[str, str]) -> dict:
    """`parents`: every timed task and the task it was derived from."""
    names = ["base", *parents]
    twins = [abs(math.log(ratio(s[f"{n} a"], s[f"{n} b"]))) for s in sessions for n in names]
    return {
        "same_code_twice": {
            "pairs": len(twins),
            "median_ratio": round(math.exp(median(twins)), 4),
            "largest_ratio": round(math.exp(max(twins)), 4),
        },
        "base_over_first_version": ratio(pooled(sessions, "base"), pooled(sessions, next(iter(parents)))),
        "steps": [compare(sessions, task, parent) for task, parent in parents.items() if parent in parents],
        "entries": [
            {"task_id": n, **summary(pooled(sessions, n)), "process_medians_us": process_medians(sessions, n)}
            for n in names
        ],
    }
