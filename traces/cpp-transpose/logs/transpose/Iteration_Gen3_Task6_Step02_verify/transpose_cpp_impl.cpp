#include <cstdint>

extern "C" int transpose(const float *x, float *out, int64_t rows, int64_t cols) {
    const int64_t tile = 32;
    float block[32][33];
    for (int64_t r0 = 0; r0 < rows; r0 += tile)
        for (int64_t c0 = 0; c0 < cols; c0 += tile) {
            const int64_t height = r0 + tile < rows ? tile : rows - r0;
            const int64_t width = c0 + tile < cols ? tile : cols - c0;
            for (int64_t r = 0; r < height; ++r)
                for (int64_t c = 0; c < width; ++c) block[c][r] = x[(r0 + r) * cols + c0 + c];
            for (int64_t c = 0; c < width; ++c)
                for (int64_t r = 0; r < height; ++r) out[(c0 + c) * rows + r0 + r] = block[c][r];
        }
    return 0;
}
