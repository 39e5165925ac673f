"""Candidates that attack the harness, through the real sandbox, with nothing left behind."""

from __future__ import annotations

import os
import socket
import threading
import time
import unittest

from . import hostile_sources as hostile
from .workplace import FIXTURES, LIMITS, WorkplaceCase, problem_path


def honest() -> str:
    with open(os.path.join(FIXTURES, "abi", "solutions", "softmax.c"), encoding="utf-8") as file:
        return file.read()


class HostileCandidates(WorkplaceCase):
    def judge(self, sources: dict[str, str], weakest: bool = False, **options: object) -> dict[str, str]:
        """Verdicts by name; an honest candidate runs last and must be unaffected."""
        result = self.run_sources(problem_path("softmax"), {**sources, "honest.c": honest()}, weakest, **options)
        verdicts = {name: line["verdict"] for name, line in self.lines(result).items()}
        self.assertEqual(verdicts.pop("honest.c"), "correct", result["results"][-1]["reasons"])
        self.reasons = {name: " ".join(line["reasons"]) for name, line in self.lines(result).items()}
        return verdicts

    def test_ends_only_the_candidate_that_exits_crashes_hangs_or_eats(self) -> None:
        self.assertEqual(self.judge(hostile.ENDS), {
            "exit.c": "crashed", "segfault.c": "crashed", "hang.c": "timeout", "spin.c": "timeout",
            "memory.c": "crashed", "forks.c": "timeout", "fails.c": "crashed"}, getattr(self, "reasons", ""))
        self.assertIn("SIGSEGV", self.reasons["segfault.c"])

    def test_ends_a_candidate_that_fills_the_disk(self) -> None:
        for name, verdict in self.judge(hostile.FILES).items():
            self.assertEqual(verdict, "crashed", f"{name}: {self.reasons[name]}")

    def test_rejects_replies_that_were_forged(self) -> None:
        verdicts = self.judge(hostile.FORGERS)
        self.assertEqual(verdicts, {"forged_reply.c": "cheating", "long_reply.c": "cheating"}, self.reasons)

    def test_reads_nothing_from_standard_output(self) -> None:
        self.assertEqual(self.judge({"printer.c": hostile.PRINTER}), {"printer.c": "wrong"})

    def test_finds_results_that_are_wrong_only_sometimes(self) -> None:
        verdicts = self.judge(hostile.WRONG, timing={"pairs": 5, "seconds": 2}, trials=5)
        self.assertNotIn("correct", verdicts.values(), verdicts)
        self.assertEqual(verdicts["input_eater.c"], "cheating")

    def test_gives_no_network(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
            accepted: list[tuple[socket.socket, object]] = []
            thread = threading.Thread(target=lambda: accepted.append(server.accept()), daemon=True)
            thread.start()
            verdicts = self.judge({"caller.c": hostile.OUTSIDE.replace("PORT", str(port))})
            self.assertEqual(verdicts, {"caller.c": "correct"}, self.reasons)
            self.assertEqual(accepted, [])
            socket.create_connection(("127.0.0.1", port)).close()
            thread.join(5)
            self.assertEqual(len(accepted), 1)
            accepted[0][0].close()

    def test_hides_other_processes_and_their_memory(self) -> None:
        self.assertEqual(self.judge({"spy.c": hostile.SPY}), {"spy.c": "correct"}, getattr(self, "reasons", ""))

    def test_hides_environment_and_files_and_allows_no_writing_outside(self) -> None:
        secret = self.write("secret", "s")
        os.environ["HARNESS_TEST_SECRET"] = "s"
        self.addCleanup(os.environ.pop, "HARNESS_TEST_SECRET")
        source = hostile.ENVIRONMENT.replace("SECRET_FILE", secret)
        self.assertEqual(self.judge({"nosy.c": source}), {"nosy.c": "correct"}, getattr(self, "reasons", ""))

    def test_sweeps_daemons(self) -> None:
        self.assertEqual(self.judge({"stray.c": hostile.STRAY}), {"stray.c": "correct"}, getattr(self, "reasons", ""))
        self.nothing_left()

    def test_keeps_nothing_on_disk_between_phases_and_candidates(self) -> None:
        sources = {"a.c": hostile.MEMO, "b.c": hostile.MEMO}
        self.assertEqual(self.judge(sources), {"a.c": "correct", "b.c": "correct"}, getattr(self, "reasons", ""))

    def test_holds_limits_without_any_sandbox(self) -> None:
        picked = {name: hostile.ENDS[name] for name in ("exit.c", "hang.c", "forks.c")}
        verdicts = self.judge({**picked, "stray.c": hostile.STRAY, "spy.c": hostile.SPY}, weakest=True)
        self.assertEqual(verdicts, {"exit.c": "crashed", "hang.c": "timeout", "forks.c": "timeout",
                                    "stray.c": "correct", "spy.c": "correct"}, self.reasons)

    def test_times_with_its_own_clock(self) -> None:
        result = self.run_sources(problem_path("softmax"), {
            "sleeper.c": hostile.SLEEPER, "clock.c": hostile.CLOCK, "honest.c": honest()},
            timing={"pairs": 9, "seconds": 10}, versus=[["clock.c", "honest.c"], ["honest.c", "sleeper.c"]],
            limits={**LIMITS, "run_seconds": 30})
        lines = self.lines(result)
        self.assertGreaterEqual(lines["sleeper.c"]["times"]["candidate"]["p10_ms"], 3.0)
        self.assertLess(abs(result["versus"][0]["ratio"]["median"] - 1), 0.5)
        self.assertGreater(result["versus"][1]["ratio"]["low"], 1.0)

    def test_a_hang_costs_its_limit_and_no_more(self) -> None:
        begun = time.monotonic()
        self.judge({"hang.c": hostile.ENDS["hang.c"]}, limits={**LIMITS, "run_seconds": 2})
        self.assertLess(time.monotonic() - begun, 30)


if __name__ == "__main__":
    unittest.main()
