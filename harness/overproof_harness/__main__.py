"""The command line: measure, lint, check, suite, export. `python3 -m overproof_harness --help`."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from .error_text import one_sentence
from .job import Job, Unfit, UnusableJob, parse_job, read_job
from .result import finite, write_json

UNUSABLE, UNFIT = 2, 3

BASELINES = {"eager": "PyTorch, eager", "compiled": "torch.compile", "numpy": "NumPy"}
LIBRARY = ("The results are right, but the framework's own operators computed them, so this is not the candidate's "
           "kernel; --library allowed accepts that.")


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="overproof_harness", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, text in (("measure", "verify and time the candidates of a job"), ("lint", "check the job's problem")):
        command = commands.add_parser(name, help=text)
        command.add_argument("--job", required=True)
        command.add_argument("--result", required=True)
    check = commands.add_parser("check", help="verify and time one candidate")
    check.add_argument("problem")
    check.add_argument("candidate")
    check.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    check.add_argument("--size", choices=("tiny", "cpu", "gpu"))
    check.add_argument("--pairs", type=int, default=31)
    check.add_argument("--seconds", type=float, default=20.0)
    check.add_argument("--no-timing", action="store_true")
    check.add_argument("--library", choices=("allowed", "refused"), default="refused")
    check.add_argument("--cache")
    check.add_argument("--json", action="store_true")
    suite = commands.add_parser("suite", help="run a folder of fixtures: solutions, cheats, the timer against itself")
    suite.add_argument("--fixtures", required=True)
    suite.add_argument("--to", required=True)
    suite.add_argument("--device", choices=("cpu", "cuda"), required=True)
    suite.add_argument("--size", choices=("tiny", "cpu", "gpu"), required=True)
    suite.add_argument("--seconds", type=float, default=540.0)
    suite.add_argument("--pairs", type=int, default=15)
    suite.add_argument("--times", type=int, default=3)
    export = commands.add_parser("export", help="write a result as KernelBench's eval_results.json")
    export.add_argument("--result", required=True)
    export.add_argument("--to", required=True)
    export.add_argument("--problem-id", default=None)
    return parser


def job_of_check(given: argparse.Namespace) -> Job:
    timing = None if given.no_timing else {"pairs": given.pairs, "seconds": given.seconds}
    return parse_job({"format": 1, "problem": {"path": given.problem},
                      "candidates": [{"id": "candidate", "path": given.candidate}], "device": given.device,
                      "size": given.size, "timing": timing, "policy": {"library": given.library},
                      "cache": given.cache})


def show(result: dict[str, Any]) -> str:
    line = result["results"][0]
    rows = [("verdict", line["verdict"]), ("compiled", line["compiled"]), ("correct", line["correct"])]
    rows += [("reason", reason) for reason in line["reasons"]]
    if line["verdict"] == "library":
        rows.append(("meaning", LIBRARY))
    if line["times"]:
        for name, figures in line["times"].items():
            if figures:
                plain = "NumPy" if result["device"]["backend"] == "abi" and name == "eager" else name
                rows.append((plain, f"{figures['median_ms']:.4g} ms ({figures['p10_ms']:.4g} to "
                                   f"{figures['p90_ms']:.4g}, n = {figures['n']})"))
        speedup = line["speedup"]
        rows.append(("speedup", f"{speedup['median']:.3g} ({speedup['low']:.3g} to {speedup['high']:.3g}) "
                                f"against {BASELINES[speedup['against']]}"))
    rows.append(("device", f"{result['device']['kind']}, {result['device']['name']}"))
    rows.append(("isolation", f"{result['isolation']['sandbox']}, network {result['isolation']['network']}"))
    return "\n".join(f"{name:<10} {value}" for name, value in rows)


def perform(given: argparse.Namespace) -> int:
    if given.command == "export":
        from .export import kernelbench_results, read_result

        write_json(given.to, kernelbench_results(read_result(given.result), given.problem_id))
        return 0
    if given.command == "suite":
        from .suite import run_suite, sound

        summary = run_suite(given.fixtures, given.to, given.device, given.size, given.seconds, given.pairs,
                            given.times)
        return 0 if sound(summary) else 1
    from .referee import run_job

    if given.command == "check":
        result = run_job(job_of_check(given))
        print(json.dumps(finite(result), indent=1) if given.json else show(result))
        return 0 if result["results"][0]["verdict"] == "correct" else 1
    write_json(given.result, run_job(read_job(given.job), lint_only=given.command == "lint"))
    return 0


def main() -> int:
    given = arguments().parse_args()
    try:
        return perform(given)
    except UnusableJob as error:
        print(" ".join(str(error).split()), file=sys.stderr)
        return UNUSABLE
    except Unfit as error:
        print(" ".join(str(error).split()), file=sys.stderr)
        return UNFIT
    except Exception as error:
        print(f"The harness failed: {one_sentence(error)}.", file=sys.stderr)
        return UNFIT


if __name__ == "__main__":
    sys.exit(main())
