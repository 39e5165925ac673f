"""Statistics, comparison and formats: the parts that need no worker."""

from __future__ import annotations

import json
import math
import os
import random
import sys
import unittest

import numpy as np

from .workplace import FIXTURES, WorkplaceCase, problem_path

from overproof_harness.arena import Arena, create_arena
from overproof_harness.candidate import dsl_of, hints_of
from overproof_harness.comparison import agree, agree_exactly, calibration
from overproof_harness.device import least_seconds
from overproof_harness.export import kernelbench_results
from overproof_harness.job import UnusableJob, parse_job
from overproof_harness.library import library_operators
from overproof_harness.lint import flags_of
from overproof_harness.problem import load_problem
from overproof_harness.result import finite, write_json
from overproof_harness.seed import Secret
from overproof_harness.statistics import median, quantile, sign_interval
from overproof_harness.tree import Unsupported, decode, encode


class Statistics(unittest.TestCase):
    def test_agrees_with_numpy_on_quantiles(self) -> None:
        source = random.Random(1)
        for size in (1, 2, 5, 30):
            values = [source.random() for _ in range(size)]
            for share in (0.0, 0.1, 0.5, 0.9, 1.0):
                self.assertAlmostEqual(quantile(values, share), float(np.quantile(values, share)))

    def test_takes_the_interval_of_the_median_from_the_sign_test(self) -> None:
        # Published table of order statistics for the median at 95 %: n = 10 gives 2 and 9, n = 31 gives 10 and 22.
        self.assertEqual(sign_interval(list(range(1, 11))), (2, 9))
        self.assertEqual(sign_interval(list(range(1, 32))), (10, 22))
        self.assertEqual(sign_interval([3.0, 1.0]), (1.0, 3.0))

    def test_covers_the_true_median_as_often_as_it_says(self) -> None:
        source = random.Random(2)
        inside = sum(low <= 0 <= high for low, high in
                     (sign_interval([source.gauss(0, 1) for _ in range(31)]) for _ in range(400)))
        self.assertGreaterEqual(inside, 0.92 * 400)

    def test_the_median_of_two_is_their_mean(self) -> None:
        self.assertEqual(median([1.0, 3.0]), 2.0)


class Comparison(unittest.TestCase):
    def setUp(self) -> None:
        self.wide = np.random.default_rng(3).standard_normal((40, 50))
        self.own = self.wide.astype(np.float32)

    def test_accepts_rounding_and_refuses_one_wrong_element(self) -> None:
        error = calibration(self.own, self.wide)
        self.assertTrue(agree(self.own, self.wide, "float32", error).passed)
        wrong = self.own.copy()
        wrong[7, 9] += 1e-3
        found = agree(wrong, self.wide, "float32", error)
        self.assertFalse(found.passed)
        self.assertIn("1 of 2000", found.detail)

    def test_refuses_zeros_for_small_results(self) -> None:
        small = self.wide * 1e-9
        self.assertFalse(agree(np.zeros_like(self.own), small, "float32", 0.0).passed)

    def test_wants_nan_and_infinity_where_the_reference_has_them(self) -> None:
        wide = self.wide.copy()
        wide[0, 0], wide[0, 1], wide[0, 2], wide[0, 3] = math.nan, math.inf, -math.inf, 1e39
        right = wide.astype(np.float32)
        self.assertTrue(agree(right, wide, "float32", 0.0).passed)
        for place, value in (((0, 0), 0.0), ((0, 1), -math.inf), ((5, 5), math.nan), ((5, 5), math.inf)):
            wrong = right.copy()
            wrong[place] = value
            self.assertFalse(agree(wrong, wide, "float32", 0.0).passed, (place, value))

    def test_allows_what_the_reference_itself_rounds_away(self) -> None:
        off = self.own + np.float32(0.01)
        self.assertFalse(agree(off, self.wide, "float32", 0.0).passed)
        self.assertTrue(agree(off, self.wide, "float32", 0.01).passed)

    def test_accepts_any_of_equal_maxima_and_nothing_else(self) -> None:
        values = np.array([[1.0, 5.0, 5.0], [7.0, 2.0, 7.0]], dtype=np.float32)
        first, last = np.array([1, 0]), np.array([2, 2])
        self.assertTrue(agree_exactly(last, first, [values]).passed)
        for wrong in ([0, 0], [1, 1], [3, 0], [-1, 0], [1, 1 << 60]):
            self.assertFalse(agree_exactly(np.array(wrong), first, [values]).passed, wrong)
        self.assertFalse(agree_exactly(last, first, []).passed)

    def test_knows_a_scalar_and_an_empty_result(self) -> None:
        self.assertTrue(agree(np.float32(2.0).reshape(()), np.float64(2.0).reshape(()), "float32", 0.0).passed)
        self.assertTrue(agree(np.zeros(0, np.float32), np.zeros(0), "float32", 0.0).passed)


class Formats(WorkplaceCase):
    def test_refuses_a_job_that_says_too_much_or_too_little(self) -> None:
        problem = problem_path("softmax")
        good = {"format": 1, "problem": {"path": problem}}
        self.assertEqual(parse_job(good).trials, 5)
        for change in ({"format": 2}, {"extra": 1}, {"trials": 0}, {"trials": True}, {"device": "tpu"},
                       {"candidates": [{"id": "a", "path": "/nowhere"}]}, {"limits": {"run_seconds": "9"}},
                       {"versus": [["a", "b"]]}, {"timing": {"pairs": 1}}, {"policy": {"library": "perhaps"}},
                       {"candidates": [{"id": "a", "path": problem}, {"id": "a", "path": problem}]}):
            with self.assertRaises(UnusableJob, msg=str(change)):
                parse_job({**good, **change})

    def test_carries_arguments_without_loss(self) -> None:
        value = [1, 2.5, True, None, "text", (3, [math.inf]), {"k": (1e-300,)}]
        self.assertEqual(decode(json.loads(json.dumps(encode(value, lambda array: {}))), lambda item: None), value)
        with self.assertRaises(Unsupported):
            encode(object(), lambda array: {})

    def test_seals_the_size_of_shared_memory(self) -> None:
        arena = Arena(create_arena(1 << 16))
        self.addCleanup(arena.close)
        for size in (0, 1 << 20):
            with self.assertRaises(PermissionError):
                os.ftruncate(arena.descriptor, size)
        with self.assertRaises(MemoryError):
            arena.reserve([1 << 20], "float32")

    def test_commits_to_its_seed(self) -> None:
        secret = Secret(b"a" * 32)
        self.assertEqual(secret.seed("x", 1), Secret(b"a" * 32).seed("x", 1))
        self.assertNotEqual(secret.seed("x", 1), secret.seed("x", 2))
        self.assertNotEqual(Secret().commitment, Secret().commitment)

    def test_writes_a_result_whole_and_with_finite_figures(self) -> None:
        path = os.path.join(self.folder, "result.json")
        write_json(path, {"a": [math.inf, 1.5], "b": {"c": math.nan}})
        with open(path, encoding="utf-8") as file:
            self.assertEqual(json.load(file), {"a": [None, 1.5], "b": {"c": None}})
        self.assertEqual(finite((1, math.inf)), [1, None])
        self.assertFalse(any(name.endswith(".tmp") for name in os.listdir(self.folder)))

    def test_exports_to_kernelbench(self) -> None:
        line = {"candidate": "k", "candidate_sha256": "0", "compiled": True, "verdict": "correct", "reasons": [],
                "samples": {"pairs": [[2.0, 1.0], [4.0, 3.0]]}}
        result = {"format": 1, "problem": {"name": "23_Softmax"}, "device": {"name": "d", "kind": "cpu"},
                  "results": [line, {**line, "verdict": "library", "samples": None}]}
        found = kernelbench_results(result, None)["23"]
        self.assertEqual((found[0]["runtime"], found[0]["ref_runtime"], found[0]["correctness"]), (2.0, 3.0, True))
        self.assertEqual((found[1]["runtime"], found[1]["correctness"]), (-1.0, False))
        with self.assertRaises(UnusableJob):
            kernelbench_results({"format": 1}, None)

    def test_knows_the_speed_of_light(self) -> None:
        self.assertAlmostEqual(least_seconds("NVIDIA H100 80GB HBM3", 3_350_000_000, 0), 1e-3)
        self.assertEqual(least_seconds("some other device", 1 << 40, 0), 0.0)


class Candidates(unittest.TestCase):
    def test_tells_the_language_of_every_fixture_solution(self) -> None:
        for backend, dsl in (("triton", "triton"), ("cuda_inline", "cuda"), ("cpp_inline", "cpp")):
            folder = os.path.join(FIXTURES, "solutions", backend)
            for name in sorted(os.listdir(folder)):
                if name.endswith(".py"):
                    with open(os.path.join(folder, name), encoding="utf-8") as file:
                        self.assertEqual(dsl_of(name, file.read()), dsl, f"{backend}/{name}")
        self.assertEqual(dsl_of("k.cpp", ""), "abi")
        self.assertEqual(dsl_of("k.py", "import torch\n"), "python")

    def test_points_at_suspicious_lines(self) -> None:
        with open(os.path.join(FIXTURES, "cheats", "patched_clock.py"), encoding="utf-8") as file:
            hints = hints_of(file.read())
        self.assertIn({"line": 14, "text": "touches a clock"}, hints)
        self.assertEqual(hints_of("x = 1\n"), [])


class Policy(unittest.TestCase):
    def test_tells_plumbing_from_work(self) -> None:
        reference = {"aten::_softmax": [1, 1000]}
        self.assertEqual(library_operators({"aten::empty_like": [1, 1000], "aten::clone": [1, 1000]}, reference, 2000),
                         [])
        self.assertEqual(library_operators({"aten::exp": [1, 1000]}, reference, 2000), ["aten::exp"])
        self.assertEqual(library_operators({"aten::sum": [1, 10]}, reference, 2000), [])

    def test_counts_copies_as_work_where_the_problem_is_a_copy(self) -> None:
        reference = {"aten::t": [1, 1000], "aten::clone": [1, 1000]}
        self.assertEqual(library_operators({"aten::t": [1, 1000], "aten::copy_": [1, 1000]}, reference, 2000),
                         ["aten::copy_"])

    def test_adds_up_work_done_in_small_pieces(self) -> None:
        self.assertEqual(library_operators({"aten::exp": [100, 2000]}, {"aten::exp": [1, 2000]}, 4000), ["aten::exp"])


class Lint(WorkplaceCase):
    def flags(self, body: str) -> list[str]:
        source = ('import numpy as np\nSIGNATURE = {"function": "f", "arguments": []}\n'
                  "def get_inputs(g):\n    return [g.random((8, 64)).astype(np.float32), "
                  "g.random((8, 64)).astype(np.float32)]\n" + body)
        problem = load_problem(self.write("p.py", source), "auto", None, "cpu", 1)
        return [flag["flag"] for flag in flags_of(problem, Secret())]

    def test_flags_weak_problems_and_no_sound_one(self) -> None:
        self.assertEqual(self.flags("def reference(a, b):\n    return a + b\n"), [])
        self.assertEqual(self.flags("def reference(a, b):\n    return a + 0 * b\n"), ["input_without_effect"])
        self.assertEqual(self.flags("def reference(a, b):\n    return np.maximum(a - b - 9, 0)\n"),
                         ["zeros_pass", "constant_across_seeds"])
        self.assertEqual(self.flags("def reference(a, b):\n    return 3 + 1e-4 * a * b\n"), ["constant_across_seeds"])

    @unittest.skipUnless("torch" in sys.modules or __import__("importlib.util").util.find_spec("torch"),
                         "needs PyTorch")
    def test_flags_the_fixtures_exactly(self) -> None:
        with open(os.path.join(FIXTURES, "weak_problems", "expected.json"), encoding="utf-8") as file:
            expected = {os.path.join("weak_problems", name): entry["flags"] for name, entry in json.load(file).items()}
        for name in sorted(os.listdir(os.path.join(FIXTURES, "problems"))):
            if name.endswith(".py"):
                expected[os.path.join("problems", name)] = []
        self.assertEqual(len(expected), 17)
        for name, flags in expected.items():
            problem = load_problem(os.path.join(FIXTURES, name), "auto", None, "cpu", 1)
            with self.subTest(name):
                self.assertEqual([flag["flag"] for flag in flags_of(problem, Secret())], flags)


if __name__ == "__main__":
    unittest.main()
