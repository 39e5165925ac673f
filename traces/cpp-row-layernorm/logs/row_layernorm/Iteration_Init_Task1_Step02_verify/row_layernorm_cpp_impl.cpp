#include <cmath>
#include <cstdint>

extern "C" int row_layernorm(const float *x, const float *weight, const float *bias, float *out, int64_t rows, int64_t cols) {
    for (int64_t r = 0; r < rows; ++r) {
        const float *a = x + r * cols;
        float *o = out + r * cols;
        double sum = 0.0, squares = 0.0;
        for (int64_t c = 0; c < cols; ++c) sum += a[c];
        const double mean = sum / cols;
        for (int64_t c = 0; c < cols; ++c) squares += (a[c] - mean) * (a[c] - mean);
        const double deviation = std::sqrt(squares / cols + 1e-5);
        for (int64_t c = 0; c < cols; ++c) o[c] = static_cast<float>((a[c] - mean) / deviation * weight[c] + bias[c]);
    }
    return 0;
}
