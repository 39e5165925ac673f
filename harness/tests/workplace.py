"""Runs real jobs on the torch-free backend, and looks for what they left behind."""

from __future__ import annotations

import os
import sys
import tempfile
import unittest
from contextlib import contextmanager
from typing import Any, Iterator

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.dirname(HERE))
FIXTURES = os.path.join(os.path.dirname(os.path.dirname(HERE)), "test", "fixtures", "kernels")

from overproof_harness.job import parse_job  # noqa: E402
from overproof_harness.referee import run_job  # noqa: E402

slow = unittest.skipIf(os.environ.get("HARNESS_TESTS") == "quick", "slow; HARNESS_TESTS is quick")
"""Marks what needs a minute, or what chance may fail once in a while: left out of the run that gates every commit."""

LIMITS = {"compile_seconds": 30, "run_seconds": 4, "memory_bytes": 1 << 30, "processes": 16, "file_bytes": 8 << 20}


def problem_path(name: str) -> str:
    return os.path.join(FIXTURES, "abi", "problems", f"{name}.py")


def worker_processes() -> list[str]:
    """Command lines of living workers and of anything that named itself after a test."""
    found = []
    for name in os.listdir("/proc"):
        if name.isdigit() and int(name) != os.getpid():
            try:
                with open(f"/proc/{name}/cmdline", "rb") as file:
                    line = file.read().replace(b"\0", b" ").decode("utf-8", "replace")
                with open(f"/proc/{name}/stat", encoding="utf-8") as file:
                    state, parent = file.read().rpartition(")")[2].split()[:2]
            except OSError:
                continue
            # A command's own dead come to this process, a subreaper, once the command has ended.
            if state != "Z" and int(parent) == os.getpid() or "overproof-stray" in line:
                found.append(line)
    return found


@contextmanager
def temporary_place(folder: str) -> Iterator[None]:
    before = tempfile.tempdir
    tempfile.tempdir = folder
    try:
        yield
    finally:
        tempfile.tempdir = before


class WorkplaceCase(unittest.TestCase):
    """Each test gets a folder; afterwards no process and no folder of the harness may be left."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory(prefix="harness-test-")
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        # The harness works below the usual temporary folder; here that is one of the test's own.
        self.temporary = os.path.join(self.folder, "tmp")
        os.mkdir(self.temporary)
        os.chmod(self.folder, 0o711)
        os.chmod(self.temporary, 0o711)
        place = temporary_place(self.temporary)
        place.__enter__()
        self.addCleanup(place.__exit__, None, None, None)
        self.addCleanup(self.nothing_left)

    def nothing_left(self) -> None:
        self.assertEqual(worker_processes(), [])
        self.assertEqual(os.listdir(self.temporary), [])

    def write(self, name: str, text: str) -> str:
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def run_sources(self, problem: str, sources: dict[str, str], weakest: bool = False,
                    **options: Any) -> dict[str, Any]:
        """The result of a job over candidate texts by file name; ids are the names."""
        candidates = [{"id": name, "path": self.write(name, text)} for name, text in sources.items()]
        return self.run_files(problem, candidates, weakest, **options)

    def run_files(self, problem: str, candidates: list[dict[str, str]], weakest: bool = False,
                  **options: Any) -> dict[str, Any]:
        data = {"format": 1, "problem": {"path": problem}, "candidates": candidates, "device": "cpu", "size": "cpu",
                "trials": 2, "timing": None, "limits": LIMITS, **options}
        return run_job(parse_job(data), weakest_only=weakest)

    def lines(self, result: dict[str, Any]) -> dict[str, dict[str, Any]]:
        return {line["candidate"]: line for line in result["results"]}
