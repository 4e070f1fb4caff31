/* Plain C for any machine: "vectors" of 4 floats, which compilers turn into real ones.

   v_fma goes by way of doubles, so that it rounds once, as an instruction for it does. Else a state
   on the border of two 16-bit steps would now and then take another step than elsewhere. */
#include "kernel.h"
#include <string.h>

#define WIDTH 4
#define ROWS 2
#if defined(__GNUC__)
typedef float vf __attribute__((vector_size(16)));
typedef double vd __attribute__((vector_size(32)));
typedef int32_t mask __attribute__((vector_size(16)));
#define v_add(a, b) ((a) + (b))
#define v_sub(a, b) ((a) - (b))
#define v_mul(a, b) ((a) * (b))
#define v_double(a) __builtin_convertvector(a, vd)
#define v_fma(a, b, c) __builtin_convertvector(v_double(a) * v_double(b) + v_double(c), vf)
#define v_div(a, b) ((a) / (b))
static inline vf v_set(float x) { return (vf){x, x, x, x}; }
static inline vf choose(mask which, vf a, vf b) { return (vf)((which & (mask)a) | (~which & (mask)b)); }
static inline vf v_min(vf a, vf b) { return choose(a < b, a, b); }
static inline vf v_max(vf a, vf b) { return choose(a > b, a, b); }
static inline float v_sum(vf a) { return (a[0] + a[1]) + (a[2] + a[3]); }
#else
typedef struct {
    float lane[4];
} vf;
#define EACH(expression)                                             \
    do {                                                             \
        vf result;                                                   \
        for (int k = 0; k < 4; k++) result.lane[k] = (expression);   \
        return result;                                               \
    } while (0)
static inline vf v_set(float x) { EACH(x); }
static inline vf v_add(vf a, vf b) { EACH(a.lane[k] + b.lane[k]); }
static inline vf v_sub(vf a, vf b) { EACH(a.lane[k] - b.lane[k]); }
static inline vf v_mul(vf a, vf b) { EACH(a.lane[k] * b.lane[k]); }
static inline vf v_fma(vf a, vf b, vf c)
{
    EACH((float)((double)a.lane[k] * b.lane[k] + c.lane[k]));
}
static inline vf v_div(vf a, vf b) { EACH(a.lane[k] / b.lane[k]); }
static inline vf v_min(vf a, vf b) { EACH(a.lane[k] < b.lane[k] ? a.lane[k] : b.lane[k]); }
static inline vf v_max(vf a, vf b) { EACH(a.lane[k] > b.lane[k] ? a.lane[k] : b.lane[k]); }
static inline float v_sum(vf a) { return (a.lane[0] + a.lane[1]) + (a.lane[2] + a.lane[3]); }
#endif

static inline vf v_load(const float *p)
{
    vf a;
    memcpy(&a, p, sizeof a);
    return a;
}

static inline void v_store(float *p, vf a) { memcpy(p, &a, sizeof a); }

/* Adding 3 * 2^22 leaves no bits for a fraction. */
static inline vf v_round(vf a) { return v_sub(v_add(a, v_set(12582912.0f)), v_set(12582912.0f)); }

/* The same sum's lowest bits are the whole number itself, and shifted they are an exponent. */
static inline vf v_power_of_two(vf p, vf whole)
{
    uint32_t bits[4], exponents[4];
    const vf shifted = v_add(whole, v_set(12582912.0f));
    memcpy(bits, &p, sizeof bits);
    memcpy(exponents, &shifted, sizeof exponents);
    for (int k = 0; k < 4; k++) bits[k] += exponents[k] << 23;
    memcpy(&p, bits, sizeof p);
    return p;
}

static inline void prefetch(const float *p) { (void)p; }

static inline void v_store_int16(int16_t *p, vf a)
{
    float lanes[4];
    v_store(lanes, v_round(a));
    for (int k = 0; k < 4; k++) p[k] = (int16_t)lanes[k];
}

typedef struct {
    int32_t lane[4];
} vi;
typedef struct {
    int16_t lane[8];
} vp;
static inline vi vi_zero(void) { return (vi){{0, 0, 0, 0}}; }

static inline vf vi_to_float(vi a)
{
    float lanes[4];
    for (int k = 0; k < 4; k++) lanes[k] = (float)a.lane[k];
    return v_load(lanes);
}

static inline vp vp_load(const int16_t *p)
{
    vp a;
    memcpy(&a, p, sizeof a);
    return a;
}

static inline vp vp_set(const int16_t *p)
{
    return (vp){{p[0], p[1], p[0], p[1], p[0], p[1], p[0], p[1]}};
}

static inline vi vi_dot(vi sums, vp a, vp b)
{
    for (int k = 0; k < 4; k++)
        sums.lane[k] += a.lane[2 * k] * b.lane[2 * k] + a.lane[2 * k + 1] * b.lane[2 * k + 1];
    return sums;
}

#include "body.h"

const Isa isa_portable = {"portable", WIDTH, weight_size, pack, quantise, add_int8,
                     keep_larger, product, step, scores_of, weighted_sum, powers};
