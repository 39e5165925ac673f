"""A candidate file: its language, its digest and hints a reader may want. Hints never decide a verdict."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass

from .job import CandidateFile
from .problem import digest_of

LARGEST_SOURCE = 4 << 20

HINTS: tuple[tuple[str, str], ...] = (
    (r"\btry\s*:|\bexcept\b", "falls back when its kernel fails"),
    (r"\bthreading\b|\bThread\(|\bmultiprocessing\b|std::thread|\bfork\(", "starts threads or processes"),
    (r"cuda\.Stream\(|cudaStreamCreate", "uses a stream of its own"),
    (r"perf_counter|time\.time\b|Event\.elapsed_time|clock_gettime", "touches a clock"),
    (r"bfloat16|float16|\.half\(\)|__half|allow_tf32", "computes in lower precision"),
    (r"\bdata_ptr\(\)\s*,", "keys something by an address"),
    (r"\bgc\.|\bsys\._getframe|\binspect\.|\bsys\.modules\b", "looks around in its process"),
    (r"/proc/|\bptrace\b|process_vm_", "looks at other processes"),
    (r"torch\.(nn\.functional|ops)\.|\bF\.\w+\(|torch\.(softmax|matmul|relu|sum|mean|cumsum|argmax)\(|\bat::\w+\(",
     "calls the framework"),
    (r"_make_subclass|__torch_function__|__torch_dispatch__", "changes how tensors behave"),
    (r"\bos\._exit\b|\bsys\.exit\b", "ends its process"),
    (r"ffast-math", "sets flush-to-zero for its whole process"),
)


@dataclass(frozen=True)
class Source:
    file: CandidateFile
    sha256: str
    dsl: str
    text: str

    @property
    def suffix(self) -> str:
        return os.path.splitext(self.file.path)[1]


def dsl_of(path: str, text: str) -> str:
    if path.endswith((".c", ".cc", ".cpp", ".cxx")):
        return "abi"
    if re.search(r"^\s*(import|from)\s+triton\b", text, re.MULTILINE):
        return "triton"
    if "cuda_sources" in text or re.search(r"__global__\s+void", text):
        return "cuda"
    if re.search(r"\bload_inline\b|\bcpp_extension\b|\bctypes\b", text):
        return "cpp"
    return "python"


def read_candidate(file: CandidateFile) -> Source:
    with open(file.path, "rb") as source:
        text = source.read(LARGEST_SOURCE).decode("utf-8", "replace")
    return Source(file, digest_of(file.path), dsl_of(file.path, text) if file.dsl == "auto" else file.dsl, text)


def hints_of(text: str) -> list[dict[str, object]]:
    """What a static look finds, by line."""
    found: list[dict[str, object]] = []
    for number, line in enumerate(text.splitlines(), 1):
        for pattern, meaning in HINTS:
            if re.search(pattern, line):
                found.append({"line": number, "text": meaning})
    return found[:100]
