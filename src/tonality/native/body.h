/* The work itself, once for every instruction set. The file that includes this defines
   `vf`, a vector of WIDTH floats, ROWS, the rows whose products stay in registers, and
   v_load, v_store, v_set, v_add, v_sub, v_mul, v_fma (a b + c), v_div, v_min, v_max, v_sum,
   v_power_of_two (2 to the power of a whole number) and v_round. */
#include <string.h>

#ifndef ALWAYS_INLINE
#if defined(_MSC_VER) && !defined(__clang__)
#define ALWAYS_INLINE static __forceinline
#define NEVER_INLINE __declspec(noinline)
#define UNROLL
#else
#define ALWAYS_INLINE static inline __attribute__((always_inline))
#define NEVER_INLINE __attribute__((noinline))
#define UNROLL _Pragma("GCC unroll 16")
#endif
#endif

/* Beyond these a power is 0 or infinity for a sigmoid; the product of two stays a number. */
#define MOST_POWER 60.0f
#define LEAST_POWER -120.0f

/* 2 to the power of x, to 2e-7 of itself: a minimax polynomial on [-1/2, 1/2] (Remez). */
ALWAYS_INLINE vf v_exp2(vf x)
{
    vf whole, f, p;
    x = v_max(v_min(x, v_set(MOST_POWER)), v_set(LEAST_POWER));
    whole = v_round(x);
    f = v_sub(x, whole);
    p = v_set(1.3276471979e-03f);
    p = v_fma(p, f, v_set(9.6755413342e-03f));
    p = v_fma(p, f, v_set(5.5507132735e-02f));
    p = v_fma(p, f, v_set(2.4022119724e-01f));
    p = v_fma(p, f, v_set(6.9314696706e-01f));
    p = v_fma(p, f, v_set(1.0000000717e+00f));
    return v_power_of_two(p, whole);
}

static void powers(float *values, size_t count)
{
    float lanes[WIDTH];
    for (size_t n = 0; n < count; n += WIDTH) {
        size_t left = count - n < WIDTH ? count - n : WIDTH;
        for (size_t k = 0; k < WIDTH; k++) lanes[k] = k < left ? values[n + k] : 0.0f;
        v_store(lanes, v_exp2(v_load(lanes)));
        for (size_t k = 0; k < left; k++) values[n + k] = lanes[k];
    }
}

/* A step of W units of one text; z holds the four gates, `apart` from each other: z = -log2(e) times i, f, o, and -2 log2(e) times g.
   Written with powers of two, sigmoid(x) = 1 / (1 + e^-x) and tanh(x) = (1 - e^-2x) / (1 + e^-2x),
   so that a product of the two takes one division. */
ALWAYS_INLINE void cell(const float *z, size_t apart, const Step *s, size_t row, const Matrix *m,
                        size_t panel)
{
    const vf one = v_set(1.0f);
    const size_t at = (row * m->panels + panel) * WIDTH;
    vf i = v_exp2(v_load(z)), f = v_div(one, v_add(one, v_exp2(v_load(z + apart))));
    vf g = v_exp2(v_load(z + 2 * apart)), o = v_exp2(v_load(z + 3 * apart));
    vf added = v_div(v_sub(one, g), v_mul(v_add(one, i), v_add(one, g)));
    vf now = v_fma(f, v_load(s->cells + at), added);
    vf e = v_exp2(v_mul(now, v_set(-2.885390081777927f)));
    v_store(s->cells + at, now);
    v_store(s->after + row * s->stride + panel * WIDTH,
            v_div(v_sub(one, e), v_mul(v_add(one, o), v_add(one, e))));
    if (s->kept) v_store(s->kept + at, f);
}

static void scores_of(const float *hidden, size_t rows, size_t count, const float *context,
                      float *scores)
{
    const vf one = v_set(1.0f);
    for (size_t r = 0; r < rows; r++) {
        vf sum = v_set(0.0f);
        for (size_t k = 0; k < count; k += WIDTH) {
            vf e = v_exp2(v_load(hidden + r * count + k));
            vf tanh = v_div(v_sub(one, e), v_add(one, e));
            sum = v_fma(tanh, v_load(context + k), sum);
        }
        scores[r] = v_sum(sum);
    }
}

static void weighted_sum(const float *x, size_t rows, size_t stride, size_t count,
                         const float *shares, float *out)
{
    for (size_t k = 0; k < count; k++) out[k] = 0.0f;
    for (size_t r = 0; r < rows; r++)
        for (size_t k = 0; k < count; k++) out[k] += shares[r] * x[r * stride + k];
}

#ifndef OWN_PRODUCT
/* Packed weights: (panels, depth, 4, W). */
static size_t weight_size(size_t depth, size_t panels)
{
    return panels * depth * 4 * WIDTH * sizeof(float);
}

static size_t scratch_size(size_t rows, size_t depth)
{
    (void)rows, (void)depth;
    return 0;
}

static void pack(Matrix *matrix, const float *weight, size_t stride, const int64_t *order,
                 const float *scale)
{
    float *to = matrix->weight;
    for (size_t panel = 0; panel < matrix->panels; panel++)
        for (size_t k = 0; k < matrix->depth; k++)
            for (size_t n = panel * 4 * WIDTH; n < (panel + 1) * 4 * WIDTH; n++)
                *to++ = order[n] < 0 ? 0.0f : weight[(size_t)order[n] * stride + k] * scale[n];
}

/* z (rows, 4, W) = each row's start plus its products with one panel. A function of its own for
   each number of rows, so that the sums alone fill the registers. */
ALWAYS_INLINE void multiply(const int rows, const float *x, size_t stride, const float *panel,
                            size_t depth, const float *const *starts, size_t at, float *z)
{
    vf sums[ROWS][4];
    UNROLL for (int r = 0; r < rows; r++)
        UNROLL for (int v = 0; v < 4; v++) sums[r][v] = v_load(starts[r] + at + v * WIDTH);
    for (size_t k = 0; k < depth; k++, panel += 4 * WIDTH) {
        vf each[ROWS];
        UNROLL for (int r = 0; r < rows; r++) each[r] = v_set(x[(size_t)r * stride + k]);
        UNROLL for (int v = 0; v < 4; v++) {
            const vf w = v_load(panel + v * WIDTH);
            UNROLL for (int r = 0; r < rows; r++) sums[r][v] = v_fma(each[r], w, sums[r][v]);
        }
    }
    UNROLL for (int r = 0; r < rows; r++)
        UNROLL for (int v = 0; v < 4; v++) v_store(z + (r * 4 + v) * WIDTH, sums[r][v]);
}

#define MULTIPLY(rows)                                                                          \
    NEVER_INLINE static void multiply_##rows(const float *x, size_t stride, const float *panel, \
                                             size_t depth, const float *const *starts,          \
                                             size_t at, float *z)                               \
    {                                                                                           \
        multiply(rows, x, stride, panel, depth, starts, at, z);                                 \
    }
MULTIPLY(1)
MULTIPLY(2)
#if ROWS > 2
MULTIPLY(3)
#endif
#if ROWS > 4
MULTIPLY(4)
MULTIPLY(5)
MULTIPLY(6)
#endif

typedef void Multiply(const float *, size_t, const float *, size_t, const float *const *, size_t,
                      float *);
static Multiply *const multiply_rows[] = {
    NULL, multiply_1, multiply_2,
#if ROWS > 2
    multiply_3,
#endif
#if ROWS > 4
    multiply_4, multiply_5, multiply_6,
#endif
};

static void product(const Matrix *m, const float *x, size_t rows, size_t stride, float *out,
                    void *scratch)
{
    const float *starts[ROWS];
    float z[ROWS * 4 * WIDTH];
    (void)scratch;
    for (size_t r = 0; r < ROWS; r++) starts[r] = m->bias;
    for (size_t panel = 0; panel < m->panels; panel++) {
        const size_t at = panel * 4 * WIDTH;
        const float *weight = (const float *)m->weight + at * m->depth;
        for (size_t first = 0, count; first < rows; first += count) {
            count = rows - first < ROWS ? rows - first : ROWS;
            multiply_rows[count](x + first * stride, stride, weight, m->depth, starts, at, z);
            for (size_t r = 0; r < count; r++)
                memcpy(out + (first + r) * m->panels * 4 * WIDTH + at, z + r * 4 * WIDTH,
                       4 * WIDTH * sizeof(float));
        }
    }
}

static void step(const Matrix *m, const Step *s, void *scratch)
{
    float z[ROWS * 4 * WIDTH];
    (void)scratch;
    for (size_t panel = 0; panel < m->panels; panel++) {
        const size_t at = panel * 4 * WIDTH;
        const float *weight = (const float *)m->weight + at * m->depth;
        for (size_t first = 0, count; first < s->rows; first += count) {
            count = s->rows - first < ROWS ? s->rows - first : ROWS;
            if (s->next)
                for (size_t r = 0; r < count; r++) prefetch(s->next[first + r] + at);
            multiply_rows[count](s->before + first * s->stride, s->stride, weight, m->depth,
                                 s->gates + first, at, z);
            for (size_t r = 0; r < count; r++) cell(z + r * 4 * WIDTH, WIDTH, s, first + r, m, panel);
        }
    }
}
#endif
