"""Transpose of a matrix into new memory: a NumPy reference and the C signature of a candidate."""
import os

import numpy as np

SIZES = {"tiny": (5, 33), "cpu": (1536, 2048), "gpu": (8192, 8192)}
ROWS, COLS = SIZES[os.environ.get("KERNEL_SIZE", "cpu")]

SIGNATURE = {
    "function": "transpose",
    "arguments": [
        {"kind": "input", "index": 0, "type": "float32"},
        {"kind": "output", "index": 0, "type": "float32"},
        {"kind": "size", "index": 0, "axis": 0},
        {"kind": "size", "index": 0, "axis": 1},
    ],
}


def reference(x):
    return np.ascontiguousarray(x.T)


def get_inputs(generator):
    return [generator.standard_normal((ROWS, COLS)).astype(np.float32)]


def get_inputs_dyn_list(generator):
    shapes = ((1, 1), (1, 77), (33, 1), (ROWS - 1, COLS - 3))
    return [[generator.standard_normal(shape).astype(np.float32)] for shape in shapes]
