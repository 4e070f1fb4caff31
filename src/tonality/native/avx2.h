/* The vectors of AVX2 with FMA, 8 floats each. */
#include <immintrin.h>
#include <string.h>

#define WIDTH 8
#define ROWS 3
typedef __m256 vf;
#define v_load(p) _mm256_loadu_ps(p)
#define v_store(p, a) _mm256_storeu_ps(p, a)
#define v_set(x) _mm256_set1_ps(x)
#define v_add(a, b) _mm256_add_ps(a, b)
#define v_sub(a, b) _mm256_sub_ps(a, b)
#define v_mul(a, b) _mm256_mul_ps(a, b)
#define v_fma(a, b, c) _mm256_fmadd_ps(a, b, c)
#define v_div(a, b) _mm256_div_ps(a, b)
#define v_min(a, b) _mm256_min_ps(a, b)
#define v_max(a, b) _mm256_max_ps(a, b)
#define v_round(a) _mm256_round_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC)

static inline vf v_power_of_two(vf p, vf whole)
{
    __m256i exponent = _mm256_slli_epi32(_mm256_cvtps_epi32(whole), 23);
    return _mm256_castsi256_ps(_mm256_add_epi32(_mm256_castps_si256(p), exponent));
}

static inline float v_sum(vf a)
{
    __m128 b = _mm_add_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
    b = _mm_add_ps(b, _mm_movehl_ps(b, b));
    return _mm_cvtss_f32(_mm_add_ss(b, _mm_movehdup_ps(b)));
}

static inline void prefetch(const float *p)
{
    _mm_prefetch((const char *)p, _MM_HINT_T0);
    _mm_prefetch((const char *)(p + 16), _MM_HINT_T0);
}

static inline void v_store_int16(int16_t *p, vf a)
{
    const __m256i whole = _mm256_cvtps_epi32(a);
    _mm_storeu_si128((__m128i *)p, _mm_packs_epi32(_mm256_castsi256_si128(whole),
                                                   _mm256_extracti128_si256(whole, 1)));
}

typedef __m256i vp;
typedef int32_t vi __attribute__((vector_size(32))); /* GCC keeps arrays of __m256i in memory */
#define vi_zero() ((vi)_mm256_setzero_si256())
#define vi_to_float(a) _mm256_cvtepi32_ps((__m256i)(a))
#define vp_load(p) _mm256_loadu_si256((const __m256i *)(p))

static inline vp vp_set(const int16_t *p)
{
    int32_t pair;
    memcpy(&pair, p, sizeof pair);
    return _mm256_set1_epi32(pair);
}
