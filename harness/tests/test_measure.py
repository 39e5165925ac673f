"""Jobs from file to result on the torch-free backend: results, timing, formats, the command line."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import subprocess
import sys
import unittest

from .workplace import FIXTURES, HERE, LIMITS, WorkplaceCase, problem_path

SOLUTIONS = {"softmax": "softmax.c", "argmax": "argmax.c", "scale_add": "scale_add.cpp"}
TASK = os.path.join(FIXTURES, "task")


def solution(problem: str) -> str:
    return os.path.join(FIXTURES, "abi", "solutions", SOLUTIONS[problem])


class Measure(WorkplaceCase):
    def test_finds_honest_solutions_correct_on_every_shape(self) -> None:
        for problem in SOLUTIONS:
            with self.subTest(problem):
                result = self.run_files(problem_path(problem), [{"id": "k", "path": solution(problem)}])
                line = result["results"][0]
                self.assertEqual(line["verdict"], "correct", line["reasons"])
                self.assertEqual((line["dsl"], line["compiled"], line["correct"]), ("abi", True, True))
                names = [shape["name"] for shape in line["shapes"]]
                self.assertIn("main", names)
                self.assertIn("repeated", names)
                self.assertTrue(all(shape["passed"] for shape in line["shapes"]))
                self.assertEqual(result["device"]["backend"], "abi")

    def test_reports_a_compiler_error_with_its_text(self) -> None:
        result = self.run_sources(problem_path("softmax"), {"broken.c": "int softmax_rows( {", "empty.c": "int other;"})
        broken, empty = result["results"]
        self.assertEqual((broken["verdict"], broken["compiled"]), ("compile-error", False))
        self.assertIn("error:", broken["compile"]["log_tail"])
        self.assertNotEqual(empty["verdict"], "correct")

    def test_commits_to_the_seed_that_it_reveals(self) -> None:
        files = [{"id": "k", "path": solution("softmax")}]
        one, other = (self.run_files(problem_path("softmax"), files) for _ in range(2))
        self.assertEqual(hashlib.sha256(bytes.fromhex(one["seed"])).hexdigest(), one["seed_commitment"])
        self.assertNotEqual(one["seed"], other["seed"])

    def test_times_pairs_and_says_what_it_saw(self) -> None:
        result = self.run_files(problem_path("scale_add"), [{"id": "k", "path": solution("scale_add")}],
                                timing={"pairs": 9, "seconds": 10})
        line = result["results"][0]
        speedup, pairs = line["speedup"], line["samples"]["pairs"]
        self.assertGreaterEqual(len(pairs), 5)
        self.assertLessEqual(speedup["low"], speedup["median"])
        self.assertLessEqual(speedup["median"], speedup["high"])
        self.assertEqual(speedup["against"], "eager")
        self.assertEqual(line["times"]["candidate"]["n"], len(pairs))
        self.assertIsNone(line["times"]["compiled"])
        self.assertGreater(result["seconds"]["total"], result["seconds"]["kernels"])

    def test_does_not_tell_identical_code_apart(self) -> None:
        files = [{"id": name, "path": solution("softmax")} for name in ("one", "other")]
        result = self.run_files(problem_path("softmax"), files, timing={"pairs": 31, "seconds": 20},
                                versus=[["one", "other"]], limits={**LIMITS, "run_seconds": 30})
        ratio = result["versus"][0]["ratio"]
        self.assertLessEqual(ratio["low"], 1.0)
        self.assertGreaterEqual(ratio["high"], 1.0)

    def test_refuses_weak_problems(self) -> None:
        with open(problem_path("softmax"), encoding="utf-8") as file:
            weak = self.write("weak.py", file.read().replace("return e /", "return 0 * e /"))
        result = self.run_files(weak, [{"id": "k", "path": solution("softmax")}])
        self.assertEqual(result["results"][0]["verdict"], "invalid-problem")
        self.assertEqual([flag["flag"] for flag in result["problem"]["flags"]], ["zeros_pass", "constant_across_seeds"])

    def test_keeps_compiled_libraries_by_content(self) -> None:
        cache = os.path.join(self.folder, "cache")
        files = [{"id": "k", "path": solution("softmax")}]
        first, second = (self.run_files(problem_path("softmax"), files, cache=cache) for _ in range(2))
        sandboxed = first["isolation"]["sandbox"] == "bwrap"
        self.assertEqual([r["results"][0]["compile"]["cached"] for r in (first, second)], [False, sandboxed])


class CommandLine(WorkplaceCase):
    def harness(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        environment = {**os.environ, "PYTHONPATH": os.path.dirname(HERE), "TMPDIR": self.temporary,
                       "PYTHONDONTWRITEBYTECODE": "1"}
        return subprocess.run([sys.executable, "-m", "overproof_harness", *arguments], capture_output=True, text=True,
                              env=environment, timeout=120)

    def job(self, **changes: object) -> str:
        data = {"format": 1, "problem": {"path": problem_path("argmax")}, "timing": None, "trials": 1,
                "candidates": [{"id": "k", "path": solution("argmax")}], "limits": LIMITS, **changes}
        return self.write("job.json", json.dumps(data))

    def test_measures_a_job_into_a_result_file(self) -> None:
        target = os.path.join(self.folder, "result.json")
        done = self.harness("measure", "--job", self.job(), "--result", target)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))
        with open(target, encoding="utf-8") as file:
            result = json.load(file)
        self.assertEqual(result["results"][0]["verdict"], "correct")
        self.assertEqual(set(result), {"format", "harness", "started", "finished", "seed_commitment", "seed", "device",
                                       "isolation", "problem", "results", "versus", "seconds"})
        self.assertEqual(set(result["results"][0]), {
            "candidate", "candidate_sha256", "dsl", "verdict", "reasons", "compiled", "correct", "shapes", "compile",
            "times", "speedup", "samples", "library_ops", "hints", "log_tail"})
        exported = os.path.join(self.folder, "eval_results.json")
        self.assertEqual(self.harness("export", "--result", target, "--to", exported).returncode, 0)
        with open(exported, encoding="utf-8") as file:
            self.assertTrue(json.load(file)["argmax"][0]["correctness"])

    def test_lints_without_running_candidates(self) -> None:
        target = os.path.join(self.folder, "lint.json")
        self.assertEqual(self.harness("lint", "--job", self.job(candidates=[]), "--result", target).returncode, 0)
        with open(target, encoding="utf-8") as file:
            result = json.load(file)
        self.assertEqual(result["problem"]["flags"], [])
        self.assertNotIn("results", result)

    def test_says_in_one_sentence_why_a_job_is_unusable(self) -> None:
        target = os.path.join(self.folder, "result.json")
        for changes in ({"surprise": 1}, {"problem": {"path": self.write("p.py", "x = 1\n")}},
                        {"problem": {"path": self.write("q.py", "def (")}}):
            done = self.harness("measure", "--job", self.job(**changes), "--result", target)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertEqual(len(done.stderr.strip().splitlines()), 1, done.stderr)
            self.assertFalse(os.path.exists(target))

    def test_answers_check_with_its_exit_code(self) -> None:
        done = self.harness("check", problem_path("argmax"), solution("argmax"), "--no-timing", "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(json.loads(done.stdout)["results"][0]["verdict"], "correct")
        wrong = self.write("wrong.c", "int argmax_rows(void) { return 0; }\n")
        self.assertEqual(self.harness("check", problem_path("argmax"), wrong, "--no-timing").returncode, 1)


@unittest.skipUnless(importlib.util.find_spec("torch"), "needs PyTorch")
class Tasks(WorkplaceCase):
    def test_wraps_a_task_file(self) -> None:
        files = [{"id": name, "path": os.path.join(TASK, f"{name}.py")} for name in ("submission", "wrong_submission")]
        options = {"limits": {**LIMITS, "memory_bytes": 4 << 30, "processes": 64, "run_seconds": 30}, "size": None}
        result = self.run_files(os.path.join(TASK, "task.yml"), files, policy={"library": "allowed"}, **options)
        self.assertEqual([line["verdict"] for line in result["results"]], ["correct", "wrong"])
        self.assertEqual(result["problem"]["format"], "task")
        refused = self.run_files(os.path.join(TASK, "task.yml"), files[:1], **options)
        self.assertEqual(refused["results"][0]["verdict"], "library")


if __name__ == "__main__":
    unittest.main()
