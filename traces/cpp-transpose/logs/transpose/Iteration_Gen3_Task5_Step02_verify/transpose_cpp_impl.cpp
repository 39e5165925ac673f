#include <cstdint>

extern "C" int transpose(const float *x, float *out, int64_t rows, int64_t cols) {
    const int64_t tile = 128;
    for (int64_t r0 = 0; r0 < rows; r0 += tile)
        for (int64_t c0 = 0; c0 < cols; c0 += tile) {
            const int64_t r1 = r0 + tile < rows ? r0 + tile : rows;
            const int64_t c1 = c0 + tile < cols ? c0 + tile : cols;
            for (int64_t c = c0; c < c1; ++c)
                for (int64_t r = r0; r < r1; ++r) out[c * rows + r] = x[r * cols + c];
        }
    return 0;
}
