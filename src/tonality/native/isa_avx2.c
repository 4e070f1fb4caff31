/* AVX2: the products of pairs take two instructions. */
#include "kernel.h"

#include "avx2.h"
#define vi_dot(sums, a, b) ((sums) + (vi)_mm256_madd_epi16(a, b))

#include "body.h"

const Isa isa_avx2 = {"avx2", WIDTH, weight_size, pack, quantise, add_int8,
                     keep_larger, product, step, scores_of, weighted_sum, powers};
