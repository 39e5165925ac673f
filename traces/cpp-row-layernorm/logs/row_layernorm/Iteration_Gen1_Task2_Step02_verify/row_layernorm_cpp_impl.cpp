#include <cmath>
#include <cstdint>

extern "C" int row_layernorm(const float *x, const float *weight, const float *bias, float *out, int64_t rows, int64_t cols) {
    for (int64_t r = 0; r < rows; ++r) {
        const float *a = x + r * cols;
        float *o = out + r * cols;
        float sum = 0.0f, squares = 0.0f;
        for (int64_t c = 0; c < cols; ++c) sum += a[c];
        const float mean = sum / cols;
        for (int64_t c = 0; c < cols; ++c) squares += (a[c] - mean) * (a[c] - mean);
        const float scale = 1.0f / std::sqrt(squares / cols + 1e-5f);
        for (int64_t c = 0; c < cols; ++c) o[c] = (a[c] - mean) * scale * weight[c] + bias[c];
    }
    return 0;
}
