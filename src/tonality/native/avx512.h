/* The vectors of AVX-512, 16 floats each. */
#include <immintrin.h>
#include <string.h>

#define ROWS 6
#define WIDTH 16
typedef __m512 vf;
#define v_load(p) _mm512_loadu_ps(p)
#define v_store(p, a) _mm512_storeu_ps(p, a)
#define v_set(x) _mm512_set1_ps(x)
#define v_add(a, b) _mm512_add_ps(a, b)
#define v_sub(a, b) _mm512_sub_ps(a, b)
#define v_mul(a, b) _mm512_mul_ps(a, b)
#define v_fma(a, b, c) _mm512_fmadd_ps(a, b, c)
#define v_div(a, b) _mm512_div_ps(a, b)
#define v_min(a, b) _mm512_min_ps(a, b)
#define v_max(a, b) _mm512_max_ps(a, b)
#define v_sum(a) _mm512_reduce_add_ps(a)
#define v_round(a) _mm512_roundscale_ps(a, 0)
#define v_power_of_two(p, whole) _mm512_scalef_ps(p, whole)

/* The four vectors that a row adds to a panel. */
static inline void prefetch(const float *p)
{
    for (int k = 0; k < 4; k++) _mm_prefetch((const char *)(p + k * WIDTH), _MM_HINT_T0);
}

static inline void v_store_int16(int16_t *p, vf a)
{
    _mm256_storeu_si256((__m256i *)p, _mm512_cvtsepi32_epi16(_mm512_cvtps_epi32(a)));
}

typedef __m512i vp;
typedef int32_t vi __attribute__((vector_size(64))); /* GCC keeps arrays of __m512i in memory */
#define vi_zero() ((vi)_mm512_setzero_si512())
#define vi_to_float(a) _mm512_cvtepi32_ps((__m512i)(a))
#define vp_load(p) _mm512_loadu_si512(p)

static inline vp vp_set(const int16_t *p)
{
    int32_t pair;
    memcpy(&pair, p, sizeof pair);
    return _mm512_set1_epi32(pair);
}
