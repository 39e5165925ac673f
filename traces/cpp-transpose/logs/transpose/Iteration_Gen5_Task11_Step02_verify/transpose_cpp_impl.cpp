#include <cstdint>
#include <immintrin.h>

static inline void transpose16(const float *x, int64_t cols, float *out, int64_t rows) {
    __m512 a[16], b[16];
    for (int i = 0; i < 16; ++i) a[i] = _mm512_loadu_ps(x + i * cols);
    for (int i = 0; i < 8; ++i) {
        b[2 * i] = _mm512_unpacklo_ps(a[2 * i], a[2 * i + 1]);
        b[2 * i + 1] = _mm512_unpackhi_ps(a[2 * i], a[2 * i + 1]);
    }
    for (int i = 0; i < 4; ++i) {
        a[4 * i] = _mm512_shuffle_ps(b[4 * i], b[4 * i + 2], 0x44);
        a[4 * i + 1] = _mm512_shuffle_ps(b[4 * i], b[4 * i + 2], 0xee);
        a[4 * i + 2] = _mm512_shuffle_ps(b[4 * i + 1], b[4 * i + 3], 0x44);
        a[4 * i + 3] = _mm512_shuffle_ps(b[4 * i + 1], b[4 * i + 3], 0xee);
    }
    for (int i = 0; i < 4; ++i) {
        const __m512 even0 = _mm512_shuffle_f32x4(a[i], a[i + 4], 0x88), odd0 = _mm512_shuffle_f32x4(a[i], a[i + 4], 0xdd);
        const __m512 even1 = _mm512_shuffle_f32x4(a[i + 8], a[i + 12], 0x88), odd1 = _mm512_shuffle_f32x4(a[i + 8], a[i + 12], 0xdd);
        _mm512_storeu_ps(out + i * rows, _mm512_shuffle_f32x4(even0, even1, 0x88));
        _mm512_storeu_ps(out + (i + 8) * rows, _mm512_shuffle_f32x4(even0, even1, 0xdd));
        _mm512_storeu_ps(out + (i + 4) * rows, _mm512_shuffle_f32x4(odd0, odd1, 0x88));
        _mm512_storeu_ps(out + (i + 12) * rows, _mm512_shuffle_f32x4(odd0, odd1, 0xdd));
    }
}

static void rest(const float *x, float *out, int64_t rows, int64_t cols, int64_t r0, int64_t r1, int64_t c0, int64_t c1) {
    for (int64_t c = c0; c < c1; ++c)
        for (int64_t r = r0; r < r1; ++r) out[c * rows + r] = x[r * cols + c];
}

extern "C" int transpose(const float *x, float *out, int64_t rows, int64_t cols) {
    const int64_t whole_rows = rows / 16 * 16, whole_cols = cols / 16 * 16, tile = 64;
    for (int64_t r0 = 0; r0 < whole_rows; r0 += tile)
        for (int64_t c0 = 0; c0 < whole_cols; c0 += tile)
            for (int64_t c = c0; c < c0 + tile && c < whole_cols; c += 16)
                for (int64_t r = r0; r < r0 + tile && r < whole_rows; r += 16)
                    transpose16(x + r * cols + c, cols, out + c * rows + r, rows);
    rest(x, out, rows, cols, whole_rows, rows, 0, whole_cols);
    rest(x, out, rows, cols, 0, rows, whole_cols, cols);
    return 0;
}
