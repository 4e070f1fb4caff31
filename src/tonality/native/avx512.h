/* The vectors of AVX-512, which the AMX path uses too. */
#define WIDTH 16
typedef __m512 vf;
#define v_load(p) _mm512_loadu_ps(p)
#define v_store(p, a) _mm512_storeu_ps(p, a)
#define v_set(x) _mm512_set1_ps(x)
#define v_add(a, b) _mm512_add_ps(a, b)
#define v_sub(a, b) _mm512_sub_ps(a, b)
#define v_mul(a, b) _mm512_mul_ps(a, b)
#define v_fma(a, b, c) _mm512_fmadd_ps(a, b, c)
#define v_min(a, b) _mm512_min_ps(a, b)
#define v_max(a, b) _mm512_max_ps(a, b)
#define v_sum(a) _mm512_reduce_add_ps(a)
#define v_round(a) _mm512_roundscale_ps(a, 0)
#define v_power_of_two(p, whole) _mm512_scalef_ps(p, whole)

/* A division by way of the reciprocal to 14 bits and a step of Newton's method. */
static inline vf v_div(vf a, vf b)
{
    vf r = _mm512_rcp14_ps(b);
    r = _mm512_fmadd_ps(r, _mm512_fnmadd_ps(b, r, _mm512_set1_ps(1.0f)), r);
    return _mm512_mul_ps(a, r);
}

/* The four vectors that a row adds to a panel. */
static inline void prefetch(const float *p)
{
    for (int k = 0; k < 4; k++) _mm_prefetch((const char *)(p + k * WIDTH), _MM_HINT_T0);
}
