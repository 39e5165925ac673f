"""Candidates that attack the harness, through the real sandbox, with nothing left behind."""

from __future__ import annotations

import math
import os
import socket
import threading
import time
import unittest

from . import hostile_sources as hostile
from .workplace import FIXTURES, LIMITS, WorkplaceCase, problem_path

from overproof_harness.sandbox import find_isolation


def honest() -> str:
    with open(os.path.join(FIXTURES, "abi", "solutions", "softmax.c"), encoding="utf-8") as file:
        return file.read()


class HostileCandidates(WorkplaceCase):
    def judge(self, sources: dict[str, str], weakest: bool = False, each: bool = True,
              **options: object) -> dict[str, str]:
        """Verdicts by name; behind each, or else behind all, an honest candidate runs and must be unaffected. Nothing
        is left afterwards."""
        mixed = {}
        for name, source in sources.items():
            mixed[name] = source
            if each or len(mixed) == len(sources):
                mixed[f"honest-after-{name}"] = honest()
        result = self.run_sources(problem_path("softmax"), mixed, weakest, **options)
        self.reasons = {name: " ".join(line["reasons"]) for name, line in self.lines(result).items()}
        verdicts = {name: line["verdict"] for name, line in self.lines(result).items()}
        after = {name: verdicts.pop(name) for name in mixed if name not in sources}
        self.assertEqual(set(after.values()), {"correct"}, self.reasons)
        self.nothing_left()
        return verdicts

    def test_ends_only_the_candidate_that_exits_crashes_or_hangs(self) -> None:
        sources = dict(hostile.ENDS)
        if find_isolation().sandbox == "none" and os.geteuid() != 0:
            del sources["kills_all.c"]  # nothing would keep it from the processes of whoever runs the tests
        verdicts = self.judge(sources, limits={**LIMITS, "run_seconds": 2})
        # Whether the first to die in a name space of its own is the worker or its parent decides between these two.
        for name in ("kills_group.c", "kills_all.c"):
            self.assertIn(verdicts.pop(name, "crashed"), ("crashed", "timeout"), self.reasons)
        self.assertEqual(verdicts, {
            "exit.c": "crashed", "segfault.c": "crashed", "killed.c": "crashed", "hang.c": "timeout",
            "spin.c": "timeout", "forks.c": "timeout", "fails.c": "crashed"}, self.reasons)
        self.assertIn("SIGSEGV", self.reasons["segfault.c"])
        self.assertIn("SIGKILL", self.reasons["killed.c"])

    def test_ends_a_candidate_that_eats_memory(self) -> None:
        # Long enough for a busy machine to get there.
        limits = {**LIMITS, "run_seconds": 60, "memory_bytes": 1 << 29}
        self.assertEqual(self.judge({"memory.c": hostile.EATER}, limits=limits), {"memory.c": "crashed"})

    def test_ends_a_candidate_that_fills_the_disk(self) -> None:
        for name, verdict in self.judge(hostile.FILES).items():
            self.assertEqual(verdict, "crashed", f"{name}: {self.reasons[name]}")

    def test_rejects_replies_that_were_forged(self) -> None:
        verdicts = self.judge(hostile.FORGERS)
        self.assertEqual(verdicts, {"forged_reply.c": "cheating", "long_reply.c": "cheating"}, self.reasons)

    def test_reads_nothing_from_standard_output(self) -> None:
        self.assertEqual(self.judge({"printer.c": hostile.PRINTER}), {"printer.c": "wrong"})

    def test_finds_results_that_are_wrong_only_sometimes(self) -> None:
        verdicts = self.judge(hostile.WRONG, each=False, timing={"pairs": 5, "seconds": 2}, trials=5)
        self.assertNotIn("correct", verdicts.values(), verdicts)
        self.assertEqual(verdicts["input_eater.c"], "cheating")

    def test_finds_what_is_written_beside_results(self) -> None:
        for name, verdict in self.judge(hostile.BESIDE).items():
            self.assertEqual(verdict, "wrong", name)
            self.assertIn("beside its result", str(self.reasons[name]))

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

    def left_files(self, weakest: bool) -> list[str]:
        """What a candidate that writes wherever it can leaves outside of its own folders."""
        mark = f"overproof-left-{os.getpid()}"
        self.judge({"leaver.c": hostile.LEAVER.replace("overproof-left-PROBE", mark)}, weakest)
        return [os.path.join(folder, name) for folder in ("/tmp", "/var/tmp", "/dev/shm", os.getcwd(), "/")
                for name in os.listdir(folder) if name == mark]

    def test_leaves_no_files_behind(self) -> None:
        self.assertEqual(self.left_files(weakest=False), [])

    @unittest.skipUnless(os.geteuid() == 0, "only root gives each worker a user of its own")
    def test_leaves_no_files_behind_without_any_sandbox(self) -> None:
        self.assertEqual(self.left_files(weakest=True), [])

    def test_holds_limits_without_any_sandbox(self) -> None:
        picked = {name: hostile.ENDS[name] for name in ("exit.c", "hang.c", "forks.c")}
        verdicts = self.judge({**picked, "stray.c": hostile.STRAY, "spy.c": hostile.SPY}, weakest=True,
                              limits={**LIMITS, "run_seconds": 2})
        self.assertEqual(verdicts, {"exit.c": "crashed", "hang.c": "timeout", "forks.c": "timeout",
                                    "stray.c": "correct", "spy.c": "correct"}, self.reasons)

    def test_times_with_its_own_clock(self) -> None:
        result = self.run_sources(problem_path("softmax"), {
            "sleeper.c": hostile.SLEEPER, "clock.c": hostile.CLOCK, "honest.c": honest()},
            timing={"pairs": 9, "seconds": 5}, limits={**LIMITS, "run_seconds": 30})
        lines = self.lines(result)
        self.assertGreaterEqual(lines["sleeper.c"]["times"]["candidate"]["p10_ms"], 3.0)
        self.assertLess(lines["sleeper.c"]["speedup"]["median"], lines["honest.c"]["speedup"]["median"])
        ratio = lines["clock.c"]["speedup"]["median"] / lines["honest.c"]["speedup"]["median"]
        self.assertLess(abs(math.log(ratio)), math.log(2), ratio)

    def test_does_not_let_a_candidate_slow_its_reference_down(self) -> None:
        result = self.run_sources(problem_path("softmax"), {"hog.c": hostile.HOG, "honest.c": honest()},
                                  timing={"pairs": 7, "seconds": 2}, limits={**LIMITS, "run_seconds": 30})
        lines = self.lines(result)
        if lines["hog.c"]["verdict"] == "correct":
            self.assertLess(lines["hog.c"]["speedup"]["median"], 1.3 * lines["honest.c"]["speedup"]["median"])

    def test_limits_what_verifying_takes_in_all(self) -> None:
        verdicts = self.judge({"dawdler.c": hostile.DAWDLER}, limits={**LIMITS, "run_seconds": 2})
        self.assertEqual(verdicts, {"dawdler.c": "timeout"})
        self.assertIn("all that is verified took it more than 2 s", self.reasons["dawdler.c"])

    def test_a_hang_costs_its_limit_and_no_more(self) -> None:
        begun = time.monotonic()
        self.judge({"hang.c": hostile.ENDS["hang.c"]}, limits={**LIMITS, "run_seconds": 2})
        self.assertLess(time.monotonic() - begun, 30)


if __name__ == "__main__":
    unittest.main()
