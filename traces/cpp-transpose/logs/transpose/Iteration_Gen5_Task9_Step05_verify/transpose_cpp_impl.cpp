#include <cstdint>
#include <immintrin.h>

template <bool Stream>
static inline void store(float *to, __m256 value) {
    if (Stream) _mm256_stream_ps(to, value);
    else _mm256_storeu_ps(to, value);
}

template <bool Stream>
static inline void transpose8(const float *x, int64_t cols, float *out, int64_t rows) {
    __m256 a[8], b[8];
    for (int i = 0; i < 8; ++i) a[i] = _mm256_loadu_ps(x + i * cols);
    for (int i = 0; i < 4; ++i) {
        b[2 * i] = _mm256_unpacklo_ps(a[2 * i], a[2 * i + 1]);
        b[2 * i + 1] = _mm256_unpackhi_ps(a[2 * i], a[2 * i + 1]);
    }
    for (int i = 0; i < 2; ++i) {
        a[4 * i] = _mm256_shuffle_ps(b[4 * i], b[4 * i + 2], 0x44);
        a[4 * i + 1] = _mm256_shuffle_ps(b[4 * i], b[4 * i + 2], 0xee);
        a[4 * i + 2] = _mm256_shuffle_ps(b[4 * i + 1], b[4 * i + 3], 0x44);
        a[4 * i + 3] = _mm256_shuffle_ps(b[4 * i + 1], b[4 * i + 3], 0xee);
    }
    for (int i = 0; i < 4; ++i) {
        store<Stream>(out + i * rows, _mm256_permute2f128_ps(a[i], a[i + 4], 0x20));
        store<Stream>(out + (i + 4) * rows, _mm256_permute2f128_ps(a[i], a[i + 4], 0x31));
    }
}

static void rest(const float *x, float *out, int64_t rows, int64_t cols, int64_t r0, int64_t r1, int64_t c0, int64_t c1) {
    for (int64_t c = c0; c < c1; ++c)
        for (int64_t r = r0; r < r1; ++r) out[c * rows + r] = x[r * cols + c];
}

template <bool Stream>
static void transpose_tiles(const float *x, float *out, int64_t rows, int64_t cols) {
    const int64_t whole_rows = rows / 8 * 8, whole_cols = cols / 8 * 8, tile = 64;
    for (int64_t r0 = 0; r0 < whole_rows; r0 += tile)
        for (int64_t c0 = 0; c0 < whole_cols; c0 += tile)
            for (int64_t c = c0; c < c0 + tile && c < whole_cols; c += 8)
                for (int64_t r = r0; r < r0 + tile && r < whole_rows; r += 8)
                    transpose8<Stream>(x + r * cols + c, cols, out + c * rows + r, rows);
    rest(x, out, rows, cols, whole_rows, rows, 0, whole_cols);
    rest(x, out, rows, cols, 0, rows, whole_cols, cols);
    if (Stream) _mm_sfence();
}

extern "C" int transpose(const float *x, float *out, int64_t rows, int64_t cols) {
    const bool is_aligned = rows % 8 == 0 && (reinterpret_cast<uintptr_t>(out) & 31) == 0;
    if (is_aligned) transpose_tiles<true>(x, out, rows, cols);
    else transpose_tiles<false>(x, out, rows, cols);
    return 0;
}
