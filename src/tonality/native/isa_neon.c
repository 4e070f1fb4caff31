/* NEON of 64-bit ARM, 4 floats a vector. */
#include "kernel.h"
#include <arm_neon.h>

#define WIDTH 4
#define ROWS 6
typedef float32x4_t vf;
#define v_load(p) vld1q_f32(p)
#define v_store(p, a) vst1q_f32(p, a)
#define v_set(x) vdupq_n_f32(x)
#define v_add(a, b) vaddq_f32(a, b)
#define v_sub(a, b) vsubq_f32(a, b)
#define v_mul(a, b) vmulq_f32(a, b)
#define v_fma(a, b, c) vfmaq_f32(c, a, b)
#define v_div(a, b) vdivq_f32(a, b)
#define v_min(a, b) vminq_f32(a, b)
#define v_max(a, b) vmaxq_f32(a, b)
#define v_sum(a) vaddvq_f32(a)
#define v_round(a) vrndnq_f32(a)

static inline vf v_power_of_two(vf p, vf whole)
{
    int32x4_t exponent = vshlq_n_s32(vcvtq_s32_f32(whole), 23);
    return vreinterpretq_f32_s32(vaddq_s32(vreinterpretq_s32_f32(p), exponent));
}

static inline void prefetch(const float *p)
{
#if defined(__GNUC__)
    __builtin_prefetch(p);
#else
    (void)p;
#endif
}

static inline void v_store_int16(int16_t *p, vf a)
{
    vst1_s16(p, vqmovn_s32(vcvtnq_s32_f32(a)));
}

typedef int32x4_t vi;
typedef int16x8_t vp;
#define vi_zero() vdupq_n_s32(0)
#define vi_to_float(a) vcvtq_f32_s32(a)
#define vp_load(p) vld1q_s16(p)
#define PLACE(lane, k) (4 * (k) + (lane)) /* the first of all pairs, then the second */

static inline vp vp_set(const int16_t *p)
{
    return vcombine_s16(vdup_n_s16(p[0]), vdup_n_s16(p[1]));
}

static inline vi vi_dot(vi sums, vp a, vp b)
{
    sums = vmlal_s16(sums, vget_low_s16(a), vget_low_s16(b));
    return vmlal_high_s16(sums, a, b);
}

#include "body.h"

const Isa isa_neon = {"neon", WIDTH, weight_size, pack, quantise, add_int8,
                     keep_larger, product, step, scores_of, weighted_sum, powers};
