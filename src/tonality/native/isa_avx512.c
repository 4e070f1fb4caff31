/* AVX-512 (F, BW, VL), 16 floats a vector. */
#include "kernel.h"
#include <immintrin.h>

#define ROWS 6
#include "avx512.h"
#include "body.h"

const Isa isa_avx512 = {"avx512", WIDTH, weight_size, pack, scratch_size, NULL, NULL,
                        product, step, scores_of, weighted_sum, powers};
