"""Jobs from file to result on the torch-free backend: results, timing, formats, the command line."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import subprocess
import sys
import time
import unittest

from .workplace import FIXTURES, HERE, LIMITS, WorkplaceCase, problem_path, slow

from overproof_harness.job import UnusableJob

SOLUTIONS = {"softmax": "softmax.c", "argmax": "argmax.c", "scale_add": "scale_add.cpp"}
FAILS = "def reference(x):\n    sys.exit(0)\n\n\ndef get_inputs(generator):\n    return []\n"

ODD_PROBLEM = '''
import os
import numpy as np

SIGNATURE = {"function": "odd", "arguments": [
    {"kind": "input", "index": 0, "type": "float32"}, {"kind": "input", "index": 1, "type": "int8"},
    {"kind": "input", "index": 2, "type": "float32"},
    {"kind": "output", "index": 0, "type": "int64"}, {"kind": "output", "index": 1, "type": "uint8"},
    {"kind": "output", "index": 2, "type": "float64"},
    {"kind": "size", "index": 0, "axis": 0}, {"kind": "size", "index": 0, "axis": 1}]}


def reference(x, offsets, factor):
    return x > offsets[0], (x > 0).any(axis=1), x.sum(axis=1, keepdims=True) * factor


def get_inputs(generator):
    return [generator.standard_normal((3, 7)).astype(np.float32), generator.integers(1, 2, 3).astype(np.int8),
            np.ones((), np.float32)]


def get_inputs_dyn_list(generator):
    return [[generator.standard_normal(shape).astype(np.float32), generator.integers(1, 2, 3).astype(np.int8),
             np.ones((), np.float32)] for shape in ((1, 1), (257, 4099))]
'''
"""Small tensors of one byte beside large further shapes, and results that C makes eight times as wide as NumPy."""

ODD_KERNEL = """
#include <stdint.h>
void odd(const float *x, const int8_t *offsets, const float *factor, int64_t *above, uint8_t *any, double *sums,
         int64_t rows, int64_t cols) {
    for (int64_t r = 0; r < rows; ++r) {
        sums[r] = 0; any[r] = 0;
        for (int64_t c = 0; c < cols; ++c) {
            float v = x[r * cols + c];
            above[r * cols + c] = v > offsets[0]; any[r] |= v > 0; sums[r] += v;
        }
        sums[r] *= *factor;
    }
}
"""
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
        for line, said in zip(result["results"], ("broken.c:1:", "softmax_rows")):
            self.assertEqual((line["verdict"], line["compiled"]), ("compile-error", False))
            self.assertIn(said.replace("broken", "candidate"), line["reasons"][0])
            self.assertNotIn("overproof_harness", line["compile"]["log_tail"])
        self.assertIn("error:", result["results"][0]["compile"]["log_tail"])

    def test_takes_no_register_for_a_status(self) -> None:
        with open(solution("softmax"), encoding="utf-8") as file:
            status = file.read()
        nothing = status.replace("int softmax_rows", "void softmax_rows").replace("return 0;", "")
        self.assertNotEqual(nothing, status)
        result = self.run_sources(problem_path("softmax"), {
            "status.c": status, "void.c": nothing, "void.cpp": nothing.replace("void soft", "extern \"C\" void soft"),
            "float.c": status.replace("int softmax_rows", "float softmax_rows"),
            "arity.c": status.replace(", int64_t cols)", ")").replace("r * cols", "r").replace("c < cols", "c < 1"),
            "fails.cpp": status.replace("int soft", "extern \"C\" int soft").replace("return 0;", "return 3;")})
        verdicts = {name: line["verdict"] for name, line in self.lines(result).items()}
        self.assertEqual(verdicts, {"status.c": "correct", "void.c": "correct", "void.cpp": "correct",
                                    "float.c": "compile-error", "arity.c": "compile-error", "fails.cpp": "crashed"})
        self.assertIn("softmax_rows returned 3", " ".join(self.lines(result)["fails.cpp"]["reasons"]))

    def test_has_room_for_results_of_any_size_and_type(self) -> None:
        problem = self.write("odd.py", ODD_PROBLEM)
        result = self.run_sources(problem, {"k.c": ODD_KERNEL}, timing={"pairs": 5, "seconds": 1},
                                  shapes=[[[1, 5], [3], []], [[13, 40007], [3], []]])
        line = result["results"][0]
        self.assertEqual(line["verdict"], "correct", line["reasons"])
        names = [shape["name"] for shape in line["shapes"]]
        self.assertEqual([name for name in names if "," in name], ["1x5,3,scalar", "13x40007,3,scalar"])
        self.assertIn("odd-2", names)

    def test_verifies_on_the_shapes_that_a_job_gives(self) -> None:
        with open(solution("softmax"), encoding="utf-8") as file:
            right = file.read()
        fixed = right.replace("int64_t cols) {", "int64_t cols) {\n    if (cols == 77) return 0;", 1)
        result = self.run_sources(problem_path("softmax"), {"right.c": right, "fixed.c": fixed}, shapes=[[[5, 77]]])
        self.assertEqual([line["verdict"] for line in result["results"]], ["correct", "wrong"])
        self.assertIn("Shape 5x77", result["results"][1]["reasons"][0])
        for wrong in ({"shapes": [[[1, 1], [1]]]}, {"dtypes": ["float16"]}):
            with self.assertRaises(UnusableJob):
                self.run_sources(problem_path("softmax"), {"right.c": right}, **wrong)

    def test_keeps_what_was_measured_when_the_reference_fails_later(self) -> None:
        with open(problem_path("softmax"), encoding="utf-8") as file:
            source = file.read()
        # Only a worker's copy has this name; from the given moment on none of them lives any more.
        dying = source + f"\nimport time\nUNTIL = {time.time() + 5}\nplain = reference\n\n\n" + (
            "def reference(x):\n    if __name__ == \"problem\" and time.time() > UNTIL:\n        os._exit(1)\n"
            "    return plain(x)\n\n\nif __name__ == \"problem\":\n    reference(np.ones((1, 1)))\n")
        with open(solution("softmax"), encoding="utf-8") as file:
            right = file.read()
        late = "#include <unistd.h>\n" + right.replace("return 0;", "usleep(900000); return 0;")
        result = self.run_sources(self.write("dying.py", dying), {"one.c": right, "late.c": late, "three.c": right},
                                  limits={**LIMITS, "run_seconds": 30})
        lines = self.lines(result)
        self.assertEqual([line["verdict"] for line in result["results"]],
                         ["correct", "infrastructure", "infrastructure"], [line["reasons"] for line in lines.values()])
        self.assertIn("The reference does not run", lines["three.c"]["reasons"][0])

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
        self.assertEqual(speedup["against"], "numpy")
        self.assertEqual(line["times"]["candidate"]["n"], len(pairs))
        self.assertIsNone(line["times"]["compiled"])
        self.assertGreater(result["seconds"]["total"], result["seconds"]["kernels"])

    @slow
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
                        {"problem": {"path": self.write("q.py", "def (")}},
                        {"problem": {"path": self.write("r.py", "import sys\nSIGNATURE = {}\n" + FAILS)}},
                        {"shapes": [[[0]]]}, {"dtypes": ["float8"]}):
            done = self.harness("measure", "--job", self.job(**changes), "--result", target)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertEqual(len(done.stderr.strip().splitlines()), 1, done.stderr)
            self.assertFalse(os.path.exists(target))

    def test_shows_no_traceback_of_its_own(self) -> None:
        target = os.path.join(self.folder, "missing", "result.json")
        failed = self.harness("measure", "--job", self.job(), "--result", target)
        self.assertEqual(failed.returncode, 3)
        self.assertRegex(failed.stderr, r"^The harness failed: FileNotFoundError: .* \(result\.py, line \d+\)\.\n$")
        for command in (["export", "--result", self.write("x.json", "{"), "--to", target],
                        ["suite", "--fixtures", self.folder, "--to", self.folder, "--device", "cpu", "--size", "tiny"]):
            done = self.harness(*command)
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertEqual(len(done.stderr.strip().splitlines()), 1, done.stderr)

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
