"""A torch-free candidate as a shared library: compiled with a look at its function's declaration, and opened.

The candidate is compiled by way of a text of ours that includes it and asks the compiler what a call with the problem's
number of arguments gives. A wrong number of arguments is therefore a compiler's message instead of a crash, and what a
`void` function leaves in a register is not taken for its status.
"""

from __future__ import annotations

import ctypes
import subprocess
from typing import Any

from .abi_signature import C_TYPES

FLAGS = ["-O3", "-march=native", "-fno-math-errno", "-fno-trapping-math", "-shared", "-fPIC"]
"""No -ffast-math: a library linked with it sets flush-to-zero for its whole process."""

STATUS = "overproof_returns_status"
"""The variable that says whether the function returns an int (1) or nothing (0)."""

IN_C = """
#include "{source}"
#line 1 "signature"
#define OVERPROOF_IS(type) __builtin_types_compatible_p(__typeof__({call}), type)
_Static_assert(OVERPROOF_IS(int) || OVERPROOF_IS(void), "{function} returns neither an int nor nothing");
const int {status} = OVERPROOF_IS(int);
"""

IN_CPP = """
#include "{source}"
#line 1 "signature"
template <class Type> struct OverproofReturns {{ enum {{ known = 0, status = 0 }}; }};
template <> struct OverproofReturns<int> {{ enum {{ known = 1, status = 1 }}; }};
template <> struct OverproofReturns<void> {{ enum {{ known = 1, status = 0 }}; }};
static_assert(OverproofReturns<decltype({call})>::known, "{function} returns neither an int nor nothing");
extern "C" {{ extern const int {status}; const int {status} = OverproofReturns<decltype({call})>::status; }}
"""


class CompileError(Exception):
    """The compiler's message, or a sentence about what the library lacks: complete without a traceback."""

    is_complete = True


def compile_library(source: str, library: str, signature: dict[str, Any]) -> None:
    """Writes `library` from the C or C++ file `source`; raises CompileError with the compiler's words."""
    # A literal 0 is a null pointer, a whole number and a floating one, in C and in C++.
    call = f"{signature['function']}({', '.join('0' for _ in signature['arguments'])})"
    in_c = source.endswith(".c")
    text = (IN_C if in_c else IN_CPP).format(source=source, call=call, function=signature["function"], status=STATUS)
    compiler = ["gcc", "-x", "c"] if in_c else ["g++", "-x", "c++"]
    done = _run([*compiler, *FLAGS, "-o", library, "-", "-x", "none", "-lm"], text)
    if done.returncode != 0:
        # An error of the candidate's own is told about its file alone, not about what follows on it.
        alone = _run([*compiler, *FLAGS, "-fsyntax-only", source], "")
        raise CompileError((alone if alone.returncode != 0 else done).stderr)


def _run(command: list[str], text: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(command, input=text, capture_output=True, text=True, errors="replace")


def open_function(library: str, signature: dict[str, Any]) -> Any:
    """The candidate's function with its types, ready to be called; its result is None where it returns nothing."""
    opened = ctypes.CDLL(library)
    name = signature["function"]
    try:
        function = getattr(opened, name)
    except AttributeError:
        raise CompileError(f"The file defines no extern \"C\" function {name}.") from None
    function.restype = ctypes.c_int if ctypes.c_int.in_dll(opened, STATUS).value else None
    function.argtypes = [C_TYPES[item["type"]] if item["kind"] == "value" else
                         ctypes.c_int64 if item["kind"] == "size" else ctypes.c_void_p
                         for item in signature["arguments"]]
    return function
