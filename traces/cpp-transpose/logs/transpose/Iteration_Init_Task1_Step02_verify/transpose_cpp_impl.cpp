#include <cstdint>

extern "C" int transpose(const float *x, float *out, int64_t rows, int64_t cols) {
    for (int64_t r = 0; r < rows; ++r)
        for (int64_t c = 0; c < cols; ++c) out[c * rows + r] = x[r * cols + c];
    return 0;
}
