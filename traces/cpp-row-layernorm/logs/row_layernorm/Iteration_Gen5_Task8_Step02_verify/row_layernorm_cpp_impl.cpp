#include <cmath>
#include <cstdint>
#include <immintrin.h>

extern "C" int row_layernorm(const float *x, const float *weight, const float *bias, float *out, int64_t rows, int64_t cols) {
    for (int64_t r = 0; r < rows; ++r) {
        const float *a = x + r * cols;
        float *o = out + r * cols;
        __m512 sums[4], squares[4];
        for (int i = 0; i < 4; ++i) sums[i] = squares[i] = _mm512_setzero_ps();
        const int64_t whole = cols / 64 * 64;
        for (int64_t c = 0; c < whole; c += 64)
            for (int i = 0; i < 4; ++i) sums[i] = _mm512_add_ps(sums[i], _mm512_loadu_ps(a + c + 16 * i));
        float sum = 0.0f;
        for (int i = 0; i < 4; ++i) sum += _mm512_reduce_add_ps(sums[i]);
        for (int64_t c = whole; c < cols; ++c) sum += a[c];
        const float mean = sum / cols;
        for (int64_t c = 0; c < whole; c += 64)
            for (int i = 0; i < 4; ++i) {
                const __m512 delta = _mm512_sub_ps(_mm512_loadu_ps(a + c + 16 * i), _mm512_set1_ps(mean));
                squares[i] = _mm512_fmadd_ps(delta, delta, squares[i]);
            }
        float square = 0.0f;
        for (int i = 0; i < 4; ++i) square += _mm512_reduce_add_ps(squares[i]);
        for (int64_t c = whole; c < cols; ++c) square += (a[c] - mean) * (a[c] - mean);
        const float scale = 1.0f / std::sqrt(square / cols + 1e-5f);
        for (int64_t c = 0; c < cols; ++c) o[c] = (a[c] - mean) * scale * weight[c] + bias[c];
    }
    return 0;
}
