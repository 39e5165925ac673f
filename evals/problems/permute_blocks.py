"""The middle and last axis of a batch of matrices change places: a transpose that was not searched on."""
import os

import numpy as np

SIZES = {"tiny": (2, 3, 17), "cpu": (8, 384, 640), "gpu": (64, 1024, 2048)}
SHAPE = SIZES[os.environ.get("KERNEL_SIZE", "cpu")]

SIGNATURE = {
    "function": "permute_blocks",
    "arguments": [
        {"kind": "input", "index": 0, "type": "float32"},
        {"kind": "output", "index": 0, "type": "float32"},
        {"kind": "size", "index": 0, "axis": 0},
        {"kind": "size", "index": 0, "axis": 1},
        {"kind": "size", "index": 0, "axis": 2},
    ],
}


def reference(x):
    return np.ascontiguousarray(x.transpose(0, 2, 1))


def get_inputs(generator):
    return [generator.standard_normal(SHAPE).astype(np.float32)]


def get_inputs_dyn_list(generator):
    shapes = ((1, 1, 1), (3, 33, 7), (SHAPE[0], SHAPE[1] - 1, SHAPE[2] - 3))
    return [[generator.standard_normal(shape).astype(np.float32)] for shape in shapes]
