"""Runs a job from its problem to its result. Imports no candidate code; everything that decides happens here."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from typing import Any

from . import VERSION, cache
from . import device as machine
from .arm import Arm, Refused
from .bench import Bench, call_bytes
from .candidate import Source, read_candidate
from .correctness import Checked, Wrong, check_all, output_shapes
from .duel import duel
from .error_text import one_sentence
from .job import Job, TimingPlan, Unfit, UnusableJob
from .lint import flags_of
from .library import library_operators, working_operators
from .problem import InvalidProblem, Problem, load_problem
from .process import WorkerEnded
from .result import harness_digest, now
from .seed import Secret
from .statistics import median, ratio, summary
from .timing import Clock, Clocked, Timing
from .trial import Trial, shapes_and_types
from .verdict import blank, decide, decide_ended, decide_refused, last_line


def choose_device(job: Job) -> str:
    if job.device == "cpu":
        return "cpu"
    there = machine.cuda_there() if job.problem_format != "abi" and not job.problem.endswith(".c") else False
    if job.device == "cuda" and not there:
        raise Unfit("The job asks for a CUDA device and there is none.")
    return "cuda" if there else "cpu"


class Referee:
    """One job. `lines` grow candidate by candidate; `close` leaves no process and no file."""

    def __init__(self, job: Job, weakest_only: bool = False) -> None:
        self.job = job
        self.started = now()
        self.begun = time.monotonic()
        self.secret = Secret()
        self.device = choose_device(job)
        self.problem: Problem = load_problem(job.problem, job.problem_format, job.size, self.device,
                                             self.secret.seed("weights"), job.dtypes)
        if self.problem.backend == "abi":
            self.device = "cpu"
        self.bench = Bench(job, self.problem, self.device, weakest_only)
        self.flags = flags_of(self.problem, self.secret)
        self.reference: Arm | None = None
        self.compiled = False
        self.shapes: list[tuple[list[int], str]] = []
        self.arena_bytes = 0
        self.kernel_seconds = 0.0
        self.lines: list[dict[str, Any]] = []
        self.duels: list[dict[str, Any]] = []
        self.checked: dict[str, Checked] = {}
        self.folders: dict[str, str] = {}
        self.unfit: Unfit | None = None

    def prepare(self) -> None:
        """Starts the reference worker; a reference that fails is the machine's or the problem's fault."""
        if self.reference is not None and self.reference.worker.ended is None:
            return
        inputs = self.problem.draw("main", self.secret.seed("sizes"))
        wide = self.problem.reference("main", inputs)
        is_first = self.arena_bytes == 0
        if is_first:
            main = call_bytes(self.problem, inputs, wide)
            others = (call_bytes(self.problem, trial.inputs, trial.wide) for trial in self._others())
            self.arena_bytes = self.bench.arena_bytes(main, max([main, *others]))
        doing = "The reference does not run"
        try:
            self.reference = self.bench.reference(self.arena_bytes)
            for slot in self.problem.slots:
                self.reference.model(slot, self.problem.reference_class)
            self.shapes, _ = output_shapes(self.reference, self.problem, "main", inputs, wide)
            for trial in self._others() if is_first else ():
                doing = f"The reference does not run with {trial.shape}"
                output_shapes(self.reference, self.problem, trial.slot, trial.inputs, trial.wide)
            doing = "The reference cannot be compiled"
            if self.job.timing is not None and self.problem.backend == "torch":
                self._compile_reference(inputs)
        except (WorkerEnded, Refused) as error:
            raise Unfit(f"{doing}: {last_line(str(error)).rstrip('.')}.") from error

    def _others(self) -> Iterator[Trial]:
        """The shapes and element types beside the main one, drawn anew each time: they may not fit into memory at once.
        """
        return shapes_and_types(self.problem, self.secret, "sizes", self.job.shapes)

    def _compile_reference(self, inputs: list[Any]) -> None:
        """A second baseline where this PyTorch has one and it works on this machine."""
        assert self.reference is not None
        try:
            reply = self.reference.ask("model", self.job.limits.compile_seconds, slot="compiled", of="main",
                                       compile=True)
            self.compiled = bool(reply.get("compiled"))
            if self.compiled:
                self.reference.place([inputs], self.shapes)
                self.reference.run("compiled", seconds=self.job.limits.compile_seconds)
        except Refused:
            self.compiled = False

    def measure(self) -> None:
        for file in self.job.candidates:
            source = read_candidate(file)
            line = blank(source)
            self.lines.append(line)
            if self.flags:
                decide(line, "invalid-problem", *(f"The problem is weak: {flag['detail']}." for flag in self.flags))
                continue
            try:
                self._judge(source, line)
            except Unfit as unfit:
                # What was measured before stays; of this candidate and the rest nothing can be said.
                if len(self.lines) == 1:
                    raise
                self._give_up(line, unfit)
        for one, other in self.job.versus:
            self.duels.append(duel(self, one, other))

    def _judge(self, source: Source, line: dict[str, Any]) -> None:
        """Decides one candidate; raises Unfit where the machine or the reference fails."""
        if self.unfit is not None:
            raise self.unfit
        self.prepare()
        try:
            self._candidate(source, line)
        except WorkerEnded as ended:
            line["correct"] = False
            self._ended(line, ended)
        except Wrong as wrong:
            line["correct"] = False
            decide(line, wrong.verdict, wrong.reason)
        except InvalidProblem as invalid:
            line["correct"] = False
            decide(line, "invalid-problem", str(invalid))
        except (MemoryError, ArithmeticError, LookupError, TypeError, ValueError, RuntimeError, OSError) as error:
            # A fault of the referee's own; blaming the candidate for it would be a verdict without grounds.
            line["correct"] = False
            decide(line, "infrastructure", f"The harness failed: {one_sentence(error)}.")

    def _give_up(self, line: dict[str, Any], unfit: Unfit) -> None:
        self.unfit = unfit
        line.update(verdict="infrastructure", correct=False, reasons=[], times=None, speedup=None, samples=None)
        decide(line, "infrastructure", str(unfit))

    def _ended(self, line: dict[str, Any], ended: WorkerEnded) -> None:
        """A worker's end is the candidate's, unless it was the reference's."""
        if self.reference is not None and self.reference.worker.ended is ended:
            self.reference.close()
            self.reference = None
            decide(line, "infrastructure", f"The reference worker ended: {ended.detail}.")
        else:
            if self.device == "cuda":
                self._prove_device()
            decide_ended(line, ended)

    def _candidate(self, source: Source, line: dict[str, Any]) -> None:
        label = source.file.id
        folder = self.folders[label] = self.bench.private()
        if not self._compile(source, line, folder):
            return
        checked = self.checked[label] = Checked()
        arm = self.bench.candidate(source, folder, self.arena_bytes)
        try:
            self._run(source, line, arm, checked)
        finally:
            line["shapes"] = [shape.data() for shape in checked.shapes.values()]
            tail = arm.worker.log_tail()
            arm.close()
            line["log_tail"] = line["log_tail"] or tail

    def _compile(self, source: Source, line: dict[str, Any], folder: str) -> bool:
        """The compile phase: loads the candidate once in a process of its own, whose build folder is all that stays."""
        limits = self.job.limits
        build = os.path.join(folder, "build")
        store = self.job.cache if self.bench.isolation.sandbox == "bwrap" else None
        assert self.reference is not None
        facts = {name: self.reference.worker.facts.get(name) for name in ("torch", "numpy", "cuda")}
        key = cache.cache_key(source.sha256, self.problem.signature, facts, self.bench.isolation.sandbox)
        if store is not None:
            line["compile"]["cached"] = cache.restore(store, key, build, limits.file_bytes)
        begun = time.monotonic()
        arm = self.bench.candidate(source, folder, self.arena_bytes)
        try:
            arm.load(self.bench.candidate_path(arm, source), "ModelNew", limits.compile_seconds)
        except Refused as refused:
            decide_refused(line, refused, "compile")
            return False
        finally:
            line["compile"]["seconds"] = round(time.monotonic() - begun, 3)
            line["compile"]["log_tail"] = line["compile"]["log_tail"] or arm.worker.log_tail()
            arm.close()
        line["compiled"] = True
        if store is not None and not line["compile"]["cached"]:
            cache.keep(store, key, build, limits.file_bytes)
        return True

    def ready(self, source: Source, arm: Arm) -> None:
        """Loads a candidate and builds its models."""
        arm.load(self.bench.candidate_path(arm, source), "ModelNew", self.job.limits.compile_seconds)
        for slot in self.problem.slots:
            arm.model(slot, "ModelNew")

    def _run(self, source: Source, line: dict[str, Any], arm: Arm, checked: Checked) -> None:
        assert self.reference is not None
        label = source.file.id
        try:
            self.ready(source, arm)
            with arm.at_most(self.job.limits.run_seconds):
                check_all(arm, self.reference, self.problem, self.secret, label, self.job, checked)
            line["correct"] = True
            line["library_ops"] = sorted(working_operators(checked.calls, checked.reference_calls))
            used = library_operators(checked.calls, checked.reference_calls, checked.elements)
            if used and self.job.library == "refused":
                decide(line, "library", f"The framework does the work: {', '.join(used)}.")
                return
            if self.job.timing is not None and not self.bench.interpreted(source):
                self._time(line, arm, checked, label, self.job.timing)
        except Refused as refused:
            if refused.by == self.reference.name:
                raise Unfit(f"The reference raised an error: {last_line(refused.text).rstrip('.')}.") from refused
            if self.device == "cuda":
                self._prove_device()
            decide_refused(line, refused, "run")
            return
        decide(line, "correct")

    def _time(self, line: dict[str, Any], arm: Arm, checked: Checked, label: str, plan: TimingPlan) -> None:
        assert self.reference is not None
        judge = Clocked("eager", self.reference, "main", True)
        others = [Clocked("candidate", arm, "main", False)]
        if self.compiled:
            others.append(Clocked("compiled", self.reference, "compiled", True))
        clock = Clock(self.problem, self.secret, label, judge, others, self.shapes, checked.errors)
        timing = clock.measure(plan)
        self.kernel_seconds += timing.kernel_seconds
        self._believable(timing, checked)
        times = {name: timing.milliseconds(name) for name in timing.samples}
        faster = "compiled" if self.compiled and median(times["compiled"]) < median(times["eager"]) else "eager"
        against = "numpy" if self.problem.backend == "abi" else faster
        pairs = [[reference, ours] for reference, ours in zip(times[faster], times["candidate"])]
        line["times"] = {"candidate": summary(times["candidate"]), "eager": summary(times["eager"]),
                         "compiled": summary(times["compiled"]) if self.compiled else None}
        line["speedup"] = {**ratio([[reference / ours for reference, ours in pairs]], self.device), "against": against}
        line["samples"] = {"pairs": pairs}

    def _believable(self, timing: Timing, checked: Checked) -> None:
        """Refuses what no device can do, and a candidate that took more processors than it was given."""
        if self.device == "cuda":
            import torch

            gathers = any(word in name for name in checked.reference_calls for word in ("index", "embedding", "gather"))
            moved = 0 if gathers else checked.moved_bytes
            least = machine.least_seconds(torch.cuda.get_device_name(0), moved, checked.flops)
            if median(timing.milliseconds("candidate")) * 1e-3 < 0.8 * least:
                raise Wrong("cheating", "Faster than the device can move the data or do the arithmetic.")
        share = timing.cpu_share["candidate"]
        if self.device == "cpu" and share > 1.5 * self.bench.threads and share > 1.5 * timing.cpu_share["eager"]:
            raise Wrong("cheating", f"The candidate kept {share:.1f} processors busy; {self.bench.threads} are given.")

    def _prove_device(self) -> None:
        """After a fault on the device: the reference, in a fresh process, must still run there; raises Unfit."""
        if self.reference is not None:
            self.reference.close()
            self.reference = None
        self.prepare()

    def result(self, lint_only: bool = False) -> dict[str, Any]:
        data: dict[str, Any] = {
            "format": 1, "harness": {"version": VERSION, "sha256": harness_digest()}, "started": self.started,
            "finished": now(), "seed_commitment": self.secret.commitment, "seed": self.secret.value.hex(),
            "device": machine.device_facts(self.device, self.problem.backend, self.bench.threads),
            "isolation": self.bench.isolation.facts(),
            "problem": {"name": self.problem.name, "sha256": self.problem.sha256, "format": self.problem.format,
                        "flags": self.flags},
        }
        if not lint_only:
            data["results"] = self.lines
            data["versus"] = self.duels
        data["seconds"] = {"total": round(time.monotonic() - self.begun, 3), "kernels": round(self.kernel_seconds, 3)}
        return data

    def close(self) -> None:
        if self.reference is not None:
            self.reference.close()
        self.bench.close()


def run_job(job: Job, lint_only: bool = False, weakest_only: bool = False) -> dict[str, Any]:
    """The result of a job; raises UnusableJob or Unfit."""
    referee: Referee | None = None
    try:
        referee = Referee(job, weakest_only)
        if not lint_only:
            referee.measure()
        return referee.result(lint_only)
    except InvalidProblem as invalid:
        raise UnusableJob(str(invalid)) from invalid
    finally:
        if referee is not None:
            referee.close()
