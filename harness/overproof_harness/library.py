"""Who did the work: the submitted kernel, or the framework's operators?"""

from __future__ import annotations

PLUMBING = frozenset(
    "empty empty_like empty_strided new_empty new_empty_strided resize_ set_ view _unsafe_view reshape _reshape_alias "
    "view_as as_strided expand expand_as permute transpose t numpy_T swapaxes slice select detach detach_ alias "
    "unsqueeze squeeze flatten unflatten split split_with_sizes chunk unbind narrow diagonal lift_fresh "
    "zeros zeros_like new_zeros zero_ fill_ full full_like new_full ones ones_like new_ones scalar_tensor "
    "_local_scalar_dense item is_contiguous is_same_size sym_size sym_stride size stride record_stream "
    "resolve_conj resolve_neg _has_compatible_shallow_copy_type _version is_pinned".split())
"""Operators that give or name memory. They compute nothing."""

COPIES = frozenset("clone contiguous copy_ _to_copy to copy _copy_from".split())
"""Plumbing as well, unless moving data is all that the reference itself does."""

SHARE = 1 / 16
"""Operators that together touch fewer elements than this share of the problem's may help (a sum over the rows' results,
say)."""


def _short(name: str) -> str:
    return name.rpartition("::")[2].partition(".")[0]


def working_operators(calls: dict[str, list[int]], reference: dict[str, list[int]]) -> dict[str, int]:
    """Elements touched, by operator that does work in the sense of this problem."""
    computes = any(_short(name) not in PLUMBING | COPIES for name in reference)
    plumbing = PLUMBING | COPIES if computes else PLUMBING
    return {name: elements for name, (_, elements) in calls.items() if _short(name) not in plumbing}


def library_operators(calls: dict[str, list[int]], reference: dict[str, list[int]], elements: int) -> list[str]:
    """Operators that did a share of the work, sorted; empty where the candidate did it itself."""
    working = working_operators(calls, reference)
    if sum(working.values()) <= elements * SHARE:
        return []
    return sorted(working)
