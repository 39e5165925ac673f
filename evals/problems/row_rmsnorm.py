"""Root mean square normalisation over each row, with a weight: a normalisation that was not searched on."""
import os

import numpy as np

SIZES = {"tiny": (3, 17), "cpu": (768, 1536), "gpu": (8192, 4096)}
ROWS, COLS = SIZES[os.environ.get("KERNEL_SIZE", "cpu")]
EPSILON = 1e-6

SIGNATURE = {
    "function": "row_rmsnorm",
    "arguments": [
        {"kind": "input", "index": 0, "type": "float32"},
        {"kind": "input", "index": 1, "type": "float32"},
        {"kind": "output", "index": 0, "type": "float32"},
        {"kind": "size", "index": 0, "axis": 0},
        {"kind": "size", "index": 0, "axis": 1},
    ],
}


def reference(x, weight):
    return x / np.sqrt((x * x).mean(axis=-1, keepdims=True) + x.dtype.type(EPSILON)) * weight


def inputs_of(generator, rows, cols):
    x = generator.standard_normal((rows, cols)) * 2 + 0.5
    return [values.astype(np.float32) for values in (x, generator.standard_normal(cols))]


def get_inputs(generator):
    return inputs_of(generator, ROWS, COLS)


def get_inputs_dyn_list(generator):
    return [inputs_of(generator, rows, cols) for rows, cols in ((1, 1), (5, 31), (ROWS, COLS - 1))]
