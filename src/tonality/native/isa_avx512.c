/* AVX-512 (F, BW, VL, DQ): the products of pairs take two instructions. */
#include "kernel.h"

#include "avx512.h"
#define vi_dot(sums, a, b) ((sums) + (vi)_mm512_madd_epi16(a, b))

#include "body.h"

const Isa isa_avx512 = {"avx512", WIDTH, weight_size, pack, quantise, add_int8,
                     keep_larger, product, step, scores_of, weighted_sum, powers};
