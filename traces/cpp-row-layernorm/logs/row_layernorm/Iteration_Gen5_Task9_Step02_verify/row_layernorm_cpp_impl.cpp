#include <cmath>
#include <cstdint>
#include <immintrin.h>

static inline float total(__m256 v) {
    __m128 s = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    s = _mm_add_ps(s, _mm_movehl_ps(s, s));
    return _mm_cvtss_f32(_mm_add_ss(s, _mm_movehdup_ps(s)));
}

extern "C" int row_layernorm(const float *x, const float *weight, const float *bias, float *out, int64_t rows, int64_t cols) {
    for (int64_t r = 0; r < rows; ++r) {
        const float *a = x + r * cols;
        float *o = out + r * cols;
        __m256 sums[4], squares[4];
        for (int i = 0; i < 4; ++i) sums[i] = squares[i] = _mm256_setzero_ps();
        const int64_t whole = cols / 32 * 32;
        for (int64_t c = 0; c < whole; c += 32)
            for (int i = 0; i < 4; ++i) sums[i] = _mm256_add_ps(sums[i], _mm256_loadu_ps(a + c + 8 * i));
        float sum = 0.0f;
        for (int i = 0; i < 4; ++i) sum += total(sums[i]);
        for (int64_t c = whole; c < cols; ++c) sum += a[c];
        const float mean = sum / cols;
        for (int64_t c = 0; c < whole; c += 32)
            for (int i = 0; i < 4; ++i) {
                const __m256 delta = _mm256_sub_ps(_mm256_loadu_ps(a + c + 8 * i), _mm256_set1_ps(mean));
                squares[i] = _mm256_fmadd_ps(delta, delta, squares[i]);
            }
        float square = 0.0f;
        for (int i = 0; i < 4; ++i) square += total(squares[i]);
        for (int64_t c = whole; c < cols; ++c) square += (a[c] - mean) * (a[c] - mean);
        const float scale = _mm_cvtss_f32(_mm_rsqrt_ss(_mm_set_ss(square / cols + 1e-5f)));
        for (int64_t c = 0; c < cols; ++c) o[c] = (a[c] - mean) * scale * weight[c] + bias[c];
    }
    return 0;
}
