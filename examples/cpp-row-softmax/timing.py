"""Timing many versions side by side, so that a slow moment of the machine hits all of them alike."""

import mmap
import random
import time
from pathlib import Path
from statistics import median

from kernels import FORK, Case, address, load_kernel

CALLS = 5  # timed calls of one visit, fewer once they have taken VISIT_NS together
VISIT_NS = 10_000_000


def serve(library: Path, case: Case, y: mmap.mmap, pipe) -> None:
    """Runs in the child: a request is one untimed call, then timed ones; the answer their median in ns."""
    kernel, x, out = load_kernel(library), address(case.x), address(y)
    while pipe.recv():
        kernel(x, out, case.rows, case.cols)
        taken: list[int] = []
        while len(taken) < CALLS and sum(taken) < VISIT_NS:
            start = time.perf_counter_ns()
            kernel(x, out, case.rows, case.cols)
            taken.append(time.perf_counter_ns() - start)
        pipe.send(median(taken))


def measure(libraries: dict[str, Path], case: Case, rounds: int, seed: int) -> dict[str, list[float]]:
    """Microseconds per call, one sample per entry and round.

    Each entry lives in its own process for the whole session (own OpenMP threads, own floating-point mode); all share
    the same input and output pages. Every round visits the entries in a new random order.
    """
    y = mmap.mmap(-1, case.rows * case.cols * 4)
    pipes, children = {}, []
    for name, library in libraries.items():
        pipes[name], theirs = FORK.Pipe()
        child = FORK.Process(target=serve, args=(library, case, y, theirs), daemon=True)
        child.start()
        children.append(child)
    samples: dict[str, list[float]] = {name: [] for name in libraries}
    rng, order = random.Random(seed), list(libraries)
    for _ in range(rounds):
        rng.shuffle(order)
        for name in order:
            pipes[name].send(True)
            samples[name].append(pipes[name].recv() / 1000)
    for pipe in pipes.values():
        pipe.send(False)
    for child in children:
        child.join()
    return samples
