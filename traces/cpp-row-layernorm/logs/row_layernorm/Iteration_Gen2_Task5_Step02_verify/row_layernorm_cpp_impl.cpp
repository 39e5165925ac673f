#include <cmath>
#include <cstdint>

extern "C" int row_layernorm(const float *x, const float *weight, const float *bias, float *out, int64_t rows, int64_t cols) {
    for (int64_t r = 0; r < rows; ++r) {
        const float *a = x + r * cols;
        float *o = out + r * cols;
        float sums[16] = {}, squares[16] = {}, sum = 0.0f, square = 0.0f;
        const int64_t whole = cols / 16 * 16;
        for (int64_t c = 0; c < whole; c += 16)
            for (int i = 0; i < 16; ++i) sums[i] += a[c + i];
        for (int64_t c = whole; c < cols; ++c) sum += a[c];
        for (int i = 0; i < 16; ++i) sum += sums[i];
        const float mean = sum / cols;
        for (int64_t c = 0; c < whole; c += 16)
            for (int i = 0; i < 16; ++i) squares[i] += (a[c + i] - mean) * (a[c + i] - mean);
        for (int64_t c = whole; c < cols; ++c) square += (a[c] - mean) * (a[c] - mean);
        for (int i = 0; i < 16; ++i) square += squares[i];
        const float scale = 1.0f / std::sqrt(square / cols + 1e-5f);
        for (int64_t c = 0; c < cols; ++c) o[c] = (a[c] - mean) * scale * weight[c] + bias[c];
    }
    return 0;
}
