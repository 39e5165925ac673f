"""PyTorch problems end to end: fixtures and further cheats. Skipped where PyTorch is missing."""

from __future__ import annotations

import importlib.util
import json
import os
import unittest

from . import torch_cheats
from .workplace import FIXTURES, WorkplaceCase, slow

from overproof_harness.job import Unfit

LIMITS = {"compile_seconds": 120, "run_seconds": 60, "memory_bytes": 4 << 30, "processes": 64, "file_bytes": 1 << 28}
SOFTMAX = os.path.join(FIXTURES, "problems", "03_softmax.py")


@unittest.skipUnless(importlib.util.find_spec("torch"), "needs PyTorch")
class TorchProblems(WorkplaceCase):
    @slow
    def test_names_the_framework_wherever_it_does_the_work(self) -> None:
        result = self.run_sources(SOFTMAX, torch_cheats.LIBRARY, size="tiny", limits=LIMITS)
        verdicts = {name: line["verdict"] for name, line in self.lines(result).items()}
        self.assertEqual(verdicts, {name: "library" for name in torch_cheats.LIBRARY}, result["results"])

    def test_verifies_in_the_types_and_shapes_that_a_job_gives(self) -> None:
        result = self.run_sources(SOFTMAX, {"any.py": torch_cheats.ANY_TYPE, "single.py": torch_cheats.ONLY_SINGLE},
                                  size="tiny", limits=LIMITS, policy={"library": "allowed"},
                                  dtypes=["float64", "bfloat16"], shapes=[[[7, 129]]])
        lines = self.lines(result)
        self.assertEqual(lines["any.py"]["verdict"], "correct", lines["any.py"]["reasons"])
        names = {shape["name"] for shape in lines["any.py"]["shapes"]}
        self.assertLessEqual({"7x129", "float64", "bfloat16", "main"}, names)
        self.assertEqual(lines["single.py"]["verdict"], "wrong")
        self.assertIn("float64", lines["single.py"]["reasons"][0])

    def test_blames_nobody_for_a_type_that_the_reference_does_not_know(self) -> None:
        with open(SOFTMAX, encoding="utf-8") as file:
            head = "    def forward(self, x):\n"
            refusal = "        if x.dtype == torch.float16:\n            raise TypeError('no halves')\n"
            choosy = file.read().replace(head, head + refusal)
        with self.assertRaisesRegex(Unfit, "The reference does not run with float16: TypeError: no halves"):
            self.run_sources(self.write("choosy.py", choosy), {"any.py": torch_cheats.ANY_TYPE}, size="tiny",
                             limits=LIMITS, dtypes=["float16"])

    def test_shows_a_candidate_its_own_frames_and_none_of_the_harness(self) -> None:
        result = self.run_sources(SOFTMAX, {"failing.py": torch_cheats.FAILING}, size="tiny", limits=LIMITS)
        line = result["results"][0]
        self.assertEqual(line["verdict"], "crashed")
        self.assertEqual(line["reasons"], ["The candidate raised an error: NameError: name 'undefined_name' is not "
                                           "defined"])
        self.assertIn("candidate.py", line["log_tail"])
        self.assertIn("in scaled", line["log_tail"])
        self.assertNotIn("overproof_harness", line["log_tail"])

    @slow
    def test_rejects_further_cheats_even_where_the_framework_is_allowed(self) -> None:
        result = self.run_sources(SOFTMAX, torch_cheats.REJECTED, size="tiny", limits=LIMITS,
                                  policy={"library": "allowed"}, timing={"pairs": 5, "seconds": 2})
        lines = self.lines(result)
        passed = {name: line["reasons"] for name, line in lines.items() if line["verdict"] == "correct"}
        self.assertEqual(passed, {})
        self.assertEqual(lines["exit_on_import.py"]["verdict"], "crashed")
        self.assertEqual(lines["kwargs_exit.py"]["verdict"], "crashed")
        self.assertEqual(lines["early_reply.py"]["verdict"], "cheating")
        self.assertEqual(lines["patched_comparison.py"]["verdict"], "wrong")
        self.assertEqual(lines["malformed_facts.py"]["verdict"], "cheating")
        self.assertEqual(lines["not_python.py"]["verdict"], "compile-error")
        self.assertEqual(lines["no_model.py"]["verdict"], "compile-error")

    @slow
    def test_charges_work_that_is_left_to_the_copy(self) -> None:
        result = self.run_sources(SOFTMAX, {"deferred.py": torch_cheats.DEFERRED}, size="cpu", limits=LIMITS,
                                  policy={"library": "allowed"}, timing={"pairs": 7, "seconds": 10})
        line = result["results"][0]
        if line["verdict"] == "correct":
            self.assertLess(line["speedup"]["median"], 1.3)

    @slow
    def test_ends_every_fixture_cheat_as_expected(self) -> None:
        with open(os.path.join(FIXTURES, "cheats", "expected.json"), encoding="utf-8") as file:
            expected = json.load(file)
        for case in expected["cases"]:
            if case["device"] != "any":
                continue
            with self.subTest(case["file"]):
                problem = os.path.normpath(os.path.join(FIXTURES, "problems", case["problem"]))
                path = os.path.join(FIXTURES, "cheats", case["file"])
                result = self.run_files(problem, [{"id": "cheat", "path": path}], limits=LIMITS,
                                        timing={"pairs": 5, "seconds": 3})
                line = result["results"][0]
                outcome = ("rejected" if line["verdict"] != "correct" else "not_inflated"
                           if line["speedup"]["median"] <= expected["max_speedup_if_accepted"] else "inflated")
                self.assertIn(outcome, case["outcomes"], line["reasons"])
                self.assertNotEqual(line["verdict"], "infrastructure")

    @slow
    def test_passes_an_honest_extension_and_compiles_it_once(self) -> None:
        path = os.path.join(FIXTURES, "solutions", "cpp_inline", "03_softmax.py")
        for cached in (False, True):
            result = self.run_files(SOFTMAX, [{"id": "honest", "path": path, "dsl": "cpp"}], limits=LIMITS,
                                    timing={"pairs": 5, "seconds": 3}, cache=os.path.join(self.folder, "cache"))
            line = result["results"][0]
            self.assertEqual(line["verdict"], "correct", line["reasons"])
            self.assertEqual(line["compile"]["cached"], cached and result["isolation"]["sandbox"] == "bwrap")
            self.assertGreater(line["speedup"]["median"], 0)
        self.assertLess(line["compile"]["seconds"], 10)


if __name__ == "__main__":
    unittest.main()
