/* AVX-VNNI: AVX2 with an instruction for the products of pairs. */
#include "kernel.h"

#include "avx2.h"
#define vi_dot(sums, a, b) ((vi)_mm256_dpwssd_avx_epi32((__m256i)(sums), a, b))

#include "body.h"

const Isa isa_avxvnni = {"avxvnni", WIDTH, weight_size, pack, quantise, add_int8,
                     keep_larger, product, step, scores_of, weighted_sum, powers};
