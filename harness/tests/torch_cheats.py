"""Softmax candidates in Python that fool evaluators which share a process, a clock or a framework with them."""

from __future__ import annotations

HEAD = "import gc, os, sys, threading\nimport numpy as np\nimport torch\nimport torch.nn as nn\n\n\n"


def model(forward: str, before: str = "", init: str = "pass") -> str:
    body = "\n".join("        " + line for line in forward.strip().splitlines())
    return (HEAD + before + "\n\nclass ModelNew(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
            f"        {init}\n\n    def forward(self, x):\n{body}\n")


LIBRARY = {
    "hidden_name.py": model("return getattr(torch, 'soft' + 'max')(x, -1)"),
    "tensor_method.py": model("e = (x - x.amax(-1, keepdim=True)).exp()\nreturn e / e.sum(-1, keepdim=True)"),
    "operator_table.py": model("return torch.ops.aten._softmax(x, -1, False)"),
    "numpy_does_it.py": model("a = x.numpy()\ne = np.exp(a - a.max(-1, keepdims=True))\n"
                              "return torch.from_numpy((e / e.sum(-1, keepdims=True)).astype(np.float32))"),
    "other_thread.py": model("box = []\nt = threading.Thread(target=lambda: box.append(torch.softmax(x, -1)))\n"
                             "t.start()\nt.join()\nreturn box[0]"),
    "beside_a_kernel.py": model(
        "if self.own is None or self.own.shape != x.shape:\n    self.own = torch.empty_like(x)\n"
        "np.exp(x.numpy(), out=self.own.numpy())\nreturn torch.softmax(x, -1)", init="self.own = None"),
    "in_chunks.py": model("out = torch.empty_like(x)\nfor row in range(x.shape[0]):\n"
                          "    out[row] = torch.softmax(x[row], -1)\nreturn out"),
}
"""The framework does the work, out of sight of a look at the source."""

REJECTED = {
    "finds_reference.py": model(
        "found = [t for t in gc.get_objects() if type(t) is torch.Tensor and t.shape == x.shape and t is not x]\n"
        "for frame in sys._current_frames().values():\n    while frame:\n        found += [v for v in "
        "frame.f_locals.values() if type(v) is torch.Tensor and v.shape == x.shape and v is not x]\n"
        "        frame = frame.f_back\nreturn found[0].clone() if found else torch.empty_like(x)"),
    "random_replay.py": model("torch.manual_seed(42)\nreturn torch.softmax(torch.randn(x.shape) * 4, -1)"),
    "silent_copy.py": model(
        "return torch.empty_like(x)",
        before="from overproof_harness import torch_side\n\n"
               "def copy(self, request):\n"
               "    facts = [[{'type': 'Tensor', 'shape': o['shape'], 'dtype': o['dtype'], 'device': 'cpu',\n"
               "               'contiguous': True, 'strides': []} for o in outputs]\n"
               "             for call, outputs in request['outputs']]\n"
               "    return {'facts': facts}\n\ntorch_side.TorchSide.copy = copy\n"),
    "early_reply.py": model(
        "frame = sys._getframe()\nwhile 'answer' not in frame.f_locals:\n    frame = frame.f_back\n"
        "names = frame.f_locals\n"
        "os.write(names['answer'], ('{\"ok\":true,\"nonce\":\"%s\"}\\n' % names['request']['nonce']).encode())\n"
        "return torch.softmax(x, -1)"),
    "stale_when_timed.py": model(
        "self.count += 1\nif self.count > 40 and self.old is not None and self.old.shape == x.shape:\n"
        "    return self.old.clone()\nself.old = torch.softmax(x, -1)\nreturn self.old.clone()",
        init="self.count, self.old = 0, None"),
    "same_memory.py": model(
        "if self.out is None or self.out.shape != x.shape:\n    self.out = torch.empty_like(x)\n"
        "torch.softmax(x, -1, out=self.out)\nreturn self.out", init="self.out = None"),
    "patched_comparison.py": model(
        "return torch.zeros_like(x)",
        before="from overproof_harness import comparison, correctness\n\n"
               "comparison.agree = comparison.compare = lambda *a, **k: comparison.Agreement(True)\n"
               "correctness.compare = comparison.compare\ntorch.allclose = torch.equal = lambda *a, **k: True\n"
               "np.array_equal = np.allclose = lambda *a, **k: True\n"),
    "malformed_facts.py": model(
        "return torch.softmax(x, -1)",
        before="from overproof_harness import torch_side\n\ntorch_side.TorchSide.copy = "
               "lambda self, request: {'facts': 'none of your business'}\n"),
    "half_type.py": model("return torch.softmax(x, -1).half()"),
    "flat_shape.py": model("return torch.softmax(x, -1).reshape(-1)"),
    "two_results.py": model("return torch.softmax(x, -1), x"),
    "kwargs_exit.py": model("os._exit(0)"),
    "exit_on_import.py": "import os\nos._exit(0)\n",
    "not_python.py": "this is not Python\n",
    "no_model.py": "import torch\n",
    "random_result.py": model("return torch.softmax(x, -1) * (1 + 5e-5 * torch.randn(()))"),
}
"""What must not pass even where the framework is allowed."""

DEFERRED = model(
    "self.kept = x.clone()\nreturn Later(self.kept)",
    before="from overproof_harness import torch_side\n\n"
           "class Later:\n    def __init__(self, x):\n        self.x = x\n\n"
           "real = torch_side.TorchSide.copy\n\n"
           "def copy(self, request):\n"
           "    self.results = [torch.softmax(r.x, -1) if isinstance(r, Later) else r for r in self.results]\n"
           "    return real(self, request)\n\ntorch_side.TorchSide.copy = copy\n")
"""Copies its input when timed and does the work while results are collected, through a patched worker."""

ANY_TYPE = model("return torch.softmax(x, -1)")
ONLY_SINGLE = model("return torch.softmax(x.float(), -1)")
FAILING = model("return self.scaled(x)", init="pass\n\n    def scaled(self, x):\n        return undefined_name * x")
"""Right in every element type, right in one, and an error two calls deep in the candidate's own code."""
