"""Compiling one version and checking it against a float64 reference.

Every check runs in a process of its own: a version may crash, hang or change the floating-point mode.
"""

import ast
import ctypes
import math
import mmap
import multiprocessing
import os
import random
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

RTOL, ATOL = 1e-4, 1e-8
GUARD = 64  # floats before and after the output that no version may touch; keeps 64-byte alignment
LIMIT_S = 60
FORK = multiprocessing.get_context("fork")

REFERENCE = """
#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

extern "C" void expected(const float* x, double* y, int64_t rows, int64_t cols) {
    for (int64_t i = 0; i < rows; ++i, x += cols, y += cols) {
        double peak = x[0], total = 0.0;
        for (int64_t j = 1; j < cols; ++j) peak = std::fmax(peak, x[j]);
        for (int64_t j = 0; j < cols; ++j) total += y[j] = std::exp(x[j] - peak);
        for (int64_t j = 0; j < cols; ++j) y[j] /= total;
    }
}

// Counts elements outside of the tolerance (NaN is outside); stores the first one and the largest finite error.
extern "C" int64_t outside(const float* got, const double* want, int64_t n, double rtol, double atol,
                           int64_t* first, double* worst) {
    int64_t count = 0;
    *worst = 0.0;
    for (int64_t k = 0; k < n; ++k) {
        const double error = std::fabs(got[k] - want[k]);
        if (error > *worst) *worst = error;
        if (!(error <= atol + rtol * std::fabs(want[k])) && count++ == 0) *first = k;
    }
    return count;
}
"""


@dataclass(frozen=True)
class Version:
    """The parts of an impl file that matter without PyTorch."""

    source: str
    flags: list[str]


@dataclass(frozen=True)
class Case:
    """One input with the softmax of its rows in float64."""

    name: str
    rows: int
    cols: int
    x: mmap.mmap
    want: mmap.mmap


def read_version(path: Path) -> Version:
    """Takes `cpp_source` and `extra_cflags` out of an impl file without running it."""
    values = {}
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        name = ast.unparse(node.targets[0]) if isinstance(node, ast.Assign) else ""
        if name in ("cpp_source", "extra_cflags"):
            values[name] = ast.literal_eval(node.value)
    return Version(values["cpp_source"], values["extra_cflags"])


def compile_cpp(source: str, flags: list[str], folder: Path, name: str) -> tuple[Path, str]:
    """Builds `folder/name.so`; returns its path and the compiler's messages ("" when it succeeded)."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.cpp").write_text(source, encoding="utf-8")
    # Run inside the folder, in the C locale: the messages then carry no path and no typographic quotes.
    command = ["g++", "-std=c++17", *flags, "-shared", "-fPIC", f"{name}.cpp", "-o", f"{name}.so"]
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, "LC_ALL": "C"}, capture_output=True, text=True, check=False
    )
    return folder / f"{name}.so", "" if done.returncode == 0 else done.stderr.strip()


def address(buffer: mmap.mmap) -> int:
    return ctypes.addressof(ctypes.c_char.from_buffer(buffer))


def load_kernel(library: Path):
    kernel = ctypes.CDLL(str(library)).row_softmax
    kernel.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64]
    kernel.restype = None
    return kernel


def load_reference(build: Path):
    path, messages = compile_cpp(REFERENCE, ["-O2"], build / "reference", "reference")
    if messages:
        raise SystemExit(f"The float64 reference does not compile:\n{messages}")
    library = ctypes.CDLL(str(path))
    library.expected.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64]
    library.expected.restype = None
    library.outside.argtypes = [
        ctypes.c_void_p,
        ctypes.c_void_p,
        ctypes.c_int64,
        ctypes.c_double,
        ctypes.c_double,
        ctypes.c_void_p,
        ctypes.c_void_p,
    ]
    library.outside.restype = ctypes.c_int64
    return library


def make_cases(reference, seed: int, main_shape: tuple[int, int]) -> list[Case]:
    """The inputs every version must get right; the first one is the shape that is timed."""
    rng = random.Random(seed)

    def spread(_):
        return rng.gauss(0.0, 3.0)

    def masked(column):
        return -math.inf if column < 3 or rng.random() < 0.3 else rng.gauss(0.0, 3.0)

    inputs = [
        ("main", *main_shape, spread),
        ("odd", 257, 1003, spread),
        ("one element", 1, 1, spread),
        ("tiny", 3, 5, spread),
        ("long rows", 4, 65537, spread),
        ("large values", 64, 512, lambda _: rng.uniform(-300.0, 300.0)),
        ("far from zero", 64, 512, lambda _: 1000.0 + rng.gauss(0.0, 3.0)),
        ("masked with -inf", 64, 384, masked),
    ]
    cases = []
    for name, rows, cols, draw in inputs:
        x, want = mmap.mmap(-1, rows * cols * 4), mmap.mmap(-1, rows * cols * 8)
        values = (ctypes.c_float * (rows * cols)).from_buffer(x)
        for k in range(rows * cols):
            values[k] = draw(k % cols)
        reference.expected(address(x), address(want), rows, cols)
        cases.append(Case(name, rows, cols, x, want))
        if rows * cols <= 64 * 512:
            compare_with_python(values, (ctypes.c_double * (rows * cols)).from_buffer(want), rows, cols)
    return cases


def compare_with_python(values, want, rows: int, cols: int) -> None:
    """The compiled reference is itself held against `math.exp` and `math.fsum`."""
    for i in range(rows):
        row = values[i * cols : (i + 1) * cols]
        peak = max(row)
        powers = [math.exp(v - peak) for v in row]
        total = math.fsum(powers)
        for j, power in enumerate(powers):
            if not math.isclose(want[i * cols + j], power / total, rel_tol=1e-12, abs_tol=1e-300):
                raise SystemExit(f"The float64 reference is wrong in row {i}, column {j}.")


def check_case(library: Path, reference, case: Case, answer) -> None:
    """Runs in the child: sends "" or one sentence about what is wrong."""
    n = case.rows * case.cols
    buffer = mmap.mmap(-1, (n + 2 * GUARD) * 4)
    floats = (ctypes.c_float * (n + 2 * GUARD)).from_buffer(buffer)
    ctypes.memset(floats, 0xFF, ctypes.sizeof(floats))  # a NaN: an element that is never written is found
    out = ctypes.addressof(floats) + GUARD * 4
    load_kernel(library)(address(case.x), out, case.rows, case.cols)
    untouched = b"\xff" * (GUARD * 4)
    if buffer[: GUARD * 4] != untouched or buffer[-GUARD * 4 :] != untouched:
        answer.send("writes outside of the output")
        return
    first, worst = ctypes.c_int64(), ctypes.c_double()
    count = reference.outside(out, address(case.want), n, RTOL, ATOL, ctypes.byref(first), ctypes.byref(worst))
    if count == 0:
        answer.send("")
        return
    k = first.value
    want = ctypes.c_double.from_address(address(case.want) + 8 * k).value
    answer.send(
        f"{count} of {n} elements differ from the float64 reference by more than {ATOL:g} + {RTOL:g} * |expected|; "
        f"first at row {k // case.cols}, column {k % case.cols}: got {floats[GUARD + k]:.7g}, expected {want:.7g}; "
        f"largest finite difference {worst.value:.3g}"
    )


def verify(library: Path, reference, cases: list[Case]) -> str:
    """Returns one line for each case that is wrong: an empty text when every case is right."""
    problems = []
    for case in cases:
        ours, theirs = FORK.Pipe(duplex=False)
        child = FORK.Process(target=check_case, args=(library, reference, case, theirs))
        child.start()
        theirs.close()
        try:
            problem = ours.recv() if ours.poll(LIMIT_S) else f"no answer within {LIMIT_S} s"
        except EOFError:
            child.join()
            code = child.exitcode or 0
            problem = f"the process died from {signal.Signals(-code).name}" if code < 0 else f"exit status {code}"
        child.kill()
        child.join()
        if problem:
            problems.append(f"case '{case.name}' ({case.rows} x {case.cols}): {problem}")
    return "\n".join(problems)
