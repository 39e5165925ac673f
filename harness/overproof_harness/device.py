"""Facts about the machine, its processors and its GPU. Nothing here changes a setting."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from typing import Any

from .family import descendants

PEAKS: tuple[tuple[str, float, float], ...] = (
    ("H200", 4.8e12, 495e12), ("H100 PCIe", 2.0e12, 378e12), ("H100 NVL", 3.9e12, 418e12), ("H100", 3.35e12, 495e12),
    ("A100-SXM4-80GB", 2.04e12, 156e12), ("A100", 1.56e12, 156e12), ("B200", 8.0e12, 1100e12),
    ("L40S", 0.864e12, 183e12), ("L4", 0.3e12, 60e12),
)
"""Bytes and (TF32) floating-point operations per second from NVIDIA's data sheets, dense, by part of the name."""

QUERY = ("name", "driver_version", "clocks.sm", "temperature.gpu", "clocks_throttle_reasons.active")
IDLE_REASONS = 0x1 | 0x2
"""Throttle reasons that are none: GPU idle, and clocks set by an application."""


def peak_of(name: str) -> tuple[float, float] | None:
    return next(((bandwidth, flops) for part, bandwidth, flops in PEAKS if part in name), None)


def least_seconds(name: str, moved_bytes: int, flops: int) -> float:
    """The speed of light: no kernel moves these bytes and does these operations faster on this device; 0: unknown."""
    peak = peak_of(name)
    return 0.0 if peak is None else max(moved_bytes / peak[0], flops / peak[1])


def smi(*arguments: str) -> list[list[str]]:
    """Rows of nvidia-smi's CSV, or none."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return []
    try:
        done = subprocess.run([program, *arguments, "--format=csv,noheader,nounits"], capture_output=True, text=True,
                              timeout=20)
    except (OSError, subprocess.SubprocessError):
        return []
    if done.returncode != 0:
        return []
    return [[cell.strip() for cell in line.split(",")] for line in done.stdout.splitlines() if line.strip()]


def gpu_facts() -> dict[str, Any]:
    rows = smi("-i", "0", "--query-gpu=" + ",".join(QUERY))
    if not rows or len(rows[0]) != len(QUERY):
        return {"driver": None, "throttled": None, "sm_mhz": None}
    row = dict(zip(QUERY, rows[0]))
    try:
        throttled: bool | None = bool(int(row["clocks_throttle_reasons.active"], 16) & ~IDLE_REASONS)
    except ValueError:
        throttled = None
    return {"driver": row["driver_version"], "throttled": throttled,
            "sm_mhz": int(row["clocks.sm"]) if row["clocks.sm"].isdigit() else None}


def other_processes() -> list[str]:
    """Programs on the GPU that are neither this referee nor its workers."""
    rows = smi("-i", "0", "--query-compute-apps=pid,process_name")
    ours = {str(pid) for pid in descendants(os.getpid())}
    return [" ".join(row) for row in rows if row and row[0] not in ours]


def processor_name() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            for line in file:
                if line.startswith("model name"):
                    return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.machine()


def thread_count() -> tuple[int, tuple[int, ...]]:
    """Threads per worker and the processors both workers share: half of what there is leaves room for the referee."""
    available = sorted(os.sched_getaffinity(0))
    count = max(1, min(8, len(available) // 2))
    return count, tuple(available[-count:])


def cuda_there() -> bool:
    try:
        import torch
    except ImportError:
        return False
    return bool(torch.cuda.is_available())


def device_facts(kind: str, backend: str, threads: int) -> dict[str, Any]:
    facts: dict[str, Any] = {"kind": kind, "name": processor_name(), "backend": backend, "torch": None,
                             "triton": None, "cuda": None, "driver": None, "threads": threads, "throttled": None,
                             "others": []}
    if backend == "torch":
        from importlib import metadata

        import torch

        facts["torch"] = str(torch.__version__)
        try:
            facts["triton"] = metadata.version("triton")
        except metadata.PackageNotFoundError:
            facts["triton"] = None
        if kind == "cuda":
            facts["name"] = torch.cuda.get_device_name(0)
            facts["cuda"] = torch.version.cuda
    if kind == "cuda":
        seen = gpu_facts()
        facts.update(driver=seen["driver"], throttled=seen["throttled"], others=other_processes())
    return facts
