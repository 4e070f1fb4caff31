/* AVX-512 with VNNI, an instruction for the products of pairs. */
#include "kernel.h"

#include "avx512.h"
#define vi_dot(sums, a, b) ((vi)_mm512_dpwssd_epi32((__m512i)(sums), a, b))

#include "body.h"

const Isa isa_avx512vnni = {"avx512vnni", WIDTH, weight_size, pack, quantise, add_int8,
                     keep_larger, product, step, scores_of, weighted_sum, powers};
