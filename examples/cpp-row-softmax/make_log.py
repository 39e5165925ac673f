"""Verifies and times every version under logs/row_softmax and writes the search log beside them.

    python3 make_log.py                 verify, time, and write logs/ and measurement.json (about two minutes)
    python3 make_log.py --output DIR    the same, into DIR: the recorded log stays as it is
    python3 make_log.py --check         verify only; exit status 1 when an outcome is not the recorded one

Needs Python 3.10 or newer and g++ on Linux; no PyTorch.
"""

import argparse
import json
import os
import platform
import shutil
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path
from statistics import median

from akg_format import Record, write_lineage, write_speed_ups, write_verifications
from kernels import compile_cpp, load_reference, make_cases, read_version, verify
from measurement import busy_seconds, machine, pooled, results
from timing import measure

OP, DSL = "row_softmax", "cpp"
SHAPE = (4096, 1024)
SEED = 20261121
SESSIONS, ROUNDS = 3, 21
LOGS = Path(__file__).resolve().parent / "logs"
BASE = "_Init_Task1"

# Task -> the task it was derived from ("" = written from scratch).
# A task has a second step where the first one failed and was repaired.
PARENTS = {
    "_Init_Task1": "",
    "_Init_Task2": "",
    "_Init_Task3": "",
    "_Gen1_Task4": "_Init_Task1",
    "_Gen1_Task5": "_Init_Task1",
    "_Gen1_Task6": "_Init_Task1",
    "_Gen1_Task7": "_Init_Task1",
    "_Gen1_Task8": "_Init_Task1",
    "_Gen1_Task9": "_Init_Task1",
    "_Gen2_Task10": "_Gen1_Task6",
    "_Gen2_Task11": "_Gen1_Task6",
    "_Gen2_Task12": "_Gen1_Task7",
    "_Gen2_Task13": "_Gen1_Task9",
    "_Gen3_Task14": "_Gen2_Task11",
    "_Gen3_Task15": "_Gen2_Task11",
    "_Gen3_Task16": "_Gen2_Task11",
    "_Gen3_Task17": "_Gen2_Task11",
    "_Gen3_Task18": "_Gen2_Task11",
    "_Gen4_Task19": "_Gen3_Task18",
    "_Gen4_Task20": "_Gen3_Task15",
    "_Gen4_Task21": "_Gen3_Task17",
    "_Gen4_Task22": "_Gen3_Task17",
    "_Gen5_Task23": "_Gen4_Task22",
    "_Gen5_Task24": "_Gen4_Task20",
    "_Gen6_Task25": "_Gen5_Task24",
    "_Gen6_Task26": "_Gen5_Task24",
}


def folder_name(task: str, step: int) -> str:
    return f"Iteration{task}_Step{step:02d}_verify"


def verify_all(build: Path, reference, cases) -> tuple[list[dict], dict[str, tuple[Path, str]]]:
    """One verification entry per task and step; library and folder name of every task that passed."""
    entries, passed = [], {}
    for task in PARENTS:
        for folder in sorted((LOGS / OP).glob(f"Iteration{task}_Step*_verify")):
            version = read_version(folder / f"{OP}_{DSL}_impl.py")
            library, messages = compile_cpp(version.source, version.flags, build / folder.name, OP)
            problem = f"compilation failed\n{messages}" if messages else verify(library, reference, cases)
            entries.append(
                {
                    "task_name": OP,
                    "task_id": task,
                    "step": int(folder.name.split("_Step")[1][:2]),
                    "verify_dir": f"logs/{OP}/{folder.name}",
                    "passed": not problem,
                    "error_log": problem,
                    "timestamp": datetime.now().isoformat(timespec="microseconds"),
                    "framework": "torch",
                    "dsl": DSL,
                    "backend": "cpu",
                    "arch": platform.machine(),
                }
            )
            print(f"{folder.name}: {problem.splitlines()[0][:90] if problem else 'passed'}", file=sys.stderr)
            if not problem:
                passed[task] = (library, folder.name)
    return entries, passed


def time_all(passed: dict[str, tuple[Path, str]], case) -> list[dict[str, list[float]]]:
    """One dict per session. Every task runs in two processes, `a` and `b`: the same code twice. So does the base."""
    libraries = {f"{task} {twin}": library for task, (library, _) in passed.items() for twin in "ab"}
    libraries |= {f"base {twin}": passed[BASE][0] for twin in "ab"}
    sessions = []
    for number in range(SESSIONS):
        print(f"timing session {number + 1} of {SESSIONS}, {len(libraries)} processes", file=sys.stderr)
        sessions.append(measure(libraries, case, ROUNDS, SEED + number))
    return sessions


def check(entries: list[dict]) -> int:
    """Compares the outcomes with the recorded ones; the words of an error may differ between compilers."""
    text = (LOGS / "verification_results.jsonl").read_text(encoding="utf-8")
    written = [json.loads(part) for part in text.split("\n\n") if part.strip()]
    recorded = {(e["task_id"], e["step"]): e["passed"] for e in written}
    found = {(e["task_id"], e["step"]): e["passed"] for e in entries}
    for key in sorted(recorded.keys() | found.keys()):
        if recorded.get(key) != found.get(key):
            print(
                f"{folder_name(*key)}: recorded passed={recorded.get(key)}, now {found.get(key)}",
                file=sys.stderr,
            )
    return 0 if recorded == found else 1


def main() -> int:
    parser = argparse.ArgumentParser(description="Verify and time the versions of a row softmax; write the search log.")
    parser.add_argument("--check", action="store_true", help="verify only and write nothing")
    parser.add_argument(
        "--output",
        type=Path,
        default=LOGS.parent,
        metavar="DIR",
        help="write logs/ and measurement.json there",
    )
    args = parser.parse_args()
    started, load_before = datetime.now().isoformat(timespec="seconds"), os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as scratch:
        build = Path(scratch)
        reference = load_reference(build)
        cases = make_cases(reference, SEED, SHAPE)
        entries, passed = verify_all(build, reference, cases)
        if args.check:
            return check(entries)
        if BASE not in passed:
            raise SystemExit(f"{BASE} is the base of every speedup and does not pass here; nothing was written.")
        before, began = busy_seconds(), time.monotonic()
        sessions = time_all(passed, cases[0])
        after, took = busy_seconds(), time.monotonic() - began
    others = (after[0] - before[0] - after[1] + before[1]) / took
    base_us = median(pooled(sessions, "base"))
    records = [
        Record(
            task_id=task,
            parent=PARENTS[task] if PARENTS[task] in passed else "",
            unique_dir=unique_dir,
            time_us=median(pooled(sessions, task)),
            base_us=base_us,
        )
        for task, (_, unique_dir) in passed.items()
    ]
    chosen = {task: list(PARENTS.values()).count(task) for task in PARENTS}
    report = {
        "date": started,
        "machine": machine(),
        "load_average_before": round(load_before, 2),
        "cores_used_by_others_while_timing": round(others, 2),
        "shape": list(SHAPE),
        "seed": SEED,
        "sessions": SESSIONS,
        "rounds_per_session": ROUNDS,
        **results(sessions, {task: PARENTS[task] for task in passed}),
    }
    logs = args.output / "logs"
    if logs.resolve() != LOGS:
        shutil.copytree(LOGS, logs)
    write_verifications(logs / "verification_results.jsonl", entries)
    write_speed_ups(logs / OP / "profiling" / "speed_up_record.txt", OP, records)
    write_lineage(logs / f"{OP}_lineage_graph.md", OP, records, chosen, len(PARENTS))
    (args.output / "measurement.json").write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    print(f"other processes used {others:.2f} cores while timing", file=sys.stderr)
    for step in report["steps"]:
        print(
            f"{step['child']:>13} / {step['parent']:<13} {step['time_ratio']:.3f}  {step['verdict']}",
            file=sys.stderr,
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
