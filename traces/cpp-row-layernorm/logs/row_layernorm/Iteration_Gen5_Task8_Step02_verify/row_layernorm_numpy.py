"""Layer normalisation over each row, with weight and bias: a NumPy reference and the C signature of a candidate."""
import os

import numpy as np

SIZES = {"tiny": (3, 17), "cpu": (1024, 2048), "gpu": (8192, 8192)}
ROWS, COLS = SIZES[os.environ.get("KERNEL_SIZE", "cpu")]
EPSILON = 1e-5

SIGNATURE = {
    "function": "row_layernorm",
    "arguments": [
        {"kind": "input", "index": 0, "type": "float32"},
        {"kind": "input", "index": 1, "type": "float32"},
        {"kind": "input", "index": 2, "type": "float32"},
        {"kind": "output", "index": 0, "type": "float32"},
        {"kind": "size", "index": 0, "axis": 0},
        {"kind": "size", "index": 0, "axis": 1},
    ],
}


def reference(x, weight, bias):
    mean = x.mean(axis=-1, keepdims=True)
    variance = ((x - mean) ** 2).mean(axis=-1, keepdims=True)
    return (x - mean) / np.sqrt(variance + x.dtype.type(EPSILON)) * weight + bias


def inputs_of(generator, rows, cols):
    x = generator.standard_normal((rows, cols)) * 2 + 3
    weight = generator.standard_normal(cols)
    bias = generator.standard_normal(cols)
    return [values.astype(np.float32) for values in (x, weight, bias)]


def get_inputs(generator):
    return inputs_of(generator, ROWS, COLS)


def get_inputs_dyn_list(generator):
    return [inputs_of(generator, rows, cols) for rows, cols in ((1, 2), (5, 31), (ROWS, COLS - 1))]
