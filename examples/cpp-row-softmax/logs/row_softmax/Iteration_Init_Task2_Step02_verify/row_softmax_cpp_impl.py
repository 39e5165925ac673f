import torch
import torch.nn as nn
from torch.utils.cpp_extension import load_inline

cpp_source = r"""
#include <cmath>
#include <cstdint>

extern "C" void row_softmax(const float* x, float* y, int64_t rows, int64_t cols) {
    for (int64_t i = 0; i < rows; ++i) {
        const float* in = x + i * cols;
        float* out = y + i * cols;
        // One pass finds the maximum and the sum: the sum is rescaled whenever the maximum grows.
        float peak = in[0];
        float total = 1.0f;
        for (int64_t j = 1; j < cols; ++j) {
            const float next = in[j] > peak ? in[j] : peak;
            total = total * std::exp(peak - next) + std::exp(in[j] - next);
            peak = next;
        }
        for (int64_t j = 0; j < cols; ++j) out[j] = std::exp(in[j] - peak) / total;
    }
}
"""

cpp_binding = r"""
torch::Tensor row_softmax_forward(torch::Tensor x) {
    auto y = torch::empty_like(x);
    row_softmax(x.data_ptr<float>(), y.data_ptr<float>(), x.size(0), x.size(1));
    return y;
}
"""

extra_cflags = ["-O3", "-march=native"]

row_softmax_ext = load_inline(
    name="row_softmax_ext",
    cpp_sources=[cpp_source, cpp_binding],
    functions=["row_softmax_forward"],
    extra_cflags=extra_cflags,
)


class ModelNew(nn.Module):
    def forward(self, x):
        return row_softmax_ext.row_softmax_forward(x.contiguous())
