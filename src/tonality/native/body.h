/* The work itself, once for every instruction set. The file that includes this defines
   `vf`, a vector of WIDTH floats, ROWS, the rows whose products stay in registers, and
   v_load, v_store, v_set, v_add, v_sub, v_mul, v_fma (a b + c), v_div, v_min, v_max, v_sum,
   v_power_of_two (2 to the power of a whole number), v_round and v_store_int16 (rounded).
   Of integers: `vi`, a vector of WIDTH, vi_zero, vi_to_float, and with `vp`, WIDTH pairs of 16 bits:
   vp_load, vp_set (one pair, everywhere) and vi_dot (sums plus the products of each two pairs). */
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

/* Beyond these a power is 0 or infinity for a sigmoid; the product of three stays a number. */
#define MOST_POWER 40.0f
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

/* A step of W units of one text; z holds its gates: -log2(e) times i, f, o, and -2 log2(e) times g.
   Written with powers of two, sigmoid(x) = 1 / (1 + e^-x) and tanh(x) = (1 - e^-2x) / (1 + e^-2x),
   so that each of c and h takes one division. */
ALWAYS_INLINE void cell(const float *z, const Step *s, size_t row, const Matrix *m, size_t panel)
{
    const vf one = v_set(1.0f);
    const size_t at = (row * m->panels + panel) * WIDTH;
    const vf i = v_add(one, v_exp2(v_load(z))), f = v_add(one, v_exp2(v_load(z + WIDTH)));
    const vf g = v_exp2(v_load(z + 2 * WIDTH)), o = v_add(one, v_exp2(v_load(z + 3 * WIDTH)));
    const vf added = v_mul(i, v_add(one, g)); /* what i tanh(g) is divided by */
    const vf now = v_div(v_fma(v_load(s->cells + at), added, v_mul(v_sub(one, g), f)),
                         v_mul(f, added));
    const vf e = v_exp2(v_mul(now, v_set(-2.885390081777927f)));
    const vf h = v_div(v_sub(one, e), v_mul(o, v_add(one, e)));
    v_store(s->cells + at, now);
    v_store(s->states + at, h);
    v_store_int16(s->after + row * s->before.stride + panel * WIDTH, v_mul(h, v_set(UNIT)));
    if (s->kept) v_store(s->kept + at, v_div(one, f));
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

static void add_int8(const int8_t *row, float scale, size_t count, float *x)
{
    for (size_t k = 0; k < count; k++) x[k] += (float)row[k] * scale;
}

static void keep_larger(const float *h, size_t count, float *to)
{
    for (size_t k = 0; k < count; k++) to[k] = h[k] > to[k] ? h[k] : to[k];
}

static float largest_of(const float *x, size_t count)
{
    vf most = v_set(0.0f);
    float lanes[WIDTH], largest = 0.0f;
    size_t k = 0;
    for (; k + WIDTH <= count; k += WIDTH) {
        const vf each = v_load(x + k);
        most = v_max(most, v_max(each, v_sub(v_set(0.0f), each)));
    }
    v_store(lanes, most);
    for (size_t n = 0; n < WIDTH; n++) largest = lanes[n] > largest ? lanes[n] : largest;
    for (; k < count; k++) {
        const float size = x[k] < 0 ? -x[k] : x[k];
        largest = size > largest ? size : largest;
    }
    return largest;
}

static float quantise(const float *x, size_t count, float factor, int16_t *out)
{
    const float given = factor > 0.0f ? factor : largest_of(x, count);
    const vf scale = v_set(given < TINY ? 0.0f : UNIT / given);
    float lanes[WIDTH] = {0};
    int16_t last[WIDTH];
    size_t k = 0;
    for (; k + WIDTH <= count; k += WIDTH) v_store_int16(out + k, v_mul(v_load(x + k), scale));
    if (k < count) {
        memcpy(lanes, x + k, (count - k) * sizeof *x);
        v_store_int16(last, v_mul(v_load(lanes), scale));
        memcpy(out + k, last, (count - k) * sizeof *out);
    }
    return given;
}

#ifndef PLACE /* of the k-th of a pair of a lane */
#define PLACE(lane, k) (2 * (lane) + (k))
#endif

/* Packed weights: (panels, pairs of depth, 4, W, 2). */
static size_t pairs_of(size_t depth) { return (depth + 1) / 2; }

static size_t weight_size(size_t depth, size_t panels)
{
    return panels * pairs_of(depth) * 8 * WIDTH * sizeof(int16_t);
}

static void pack(Matrix *m, const int16_t *weight)
{
    int16_t *to = m->weight;
    for (size_t panel = 0; panel < m->panels; panel++)
        for (size_t pair = 0; pair < pairs_of(m->depth); pair++)
            for (size_t v = 0; v < 4; v++, to += 2 * WIDTH)
                for (size_t lane = 0; lane < WIDTH; lane++)
                    for (size_t k = 0; k < 2; k++) {
                        const size_t column = (panel * 4 + v) * WIDTH + lane;
                        to[PLACE(lane, k)] = 2 * pair + k < m->depth
                                                 ? weight[column * m->depth + 2 * pair + k] : 0;
                    }
}

/* z (rows, 4, W) = each row's start plus its products with one panel. A function of its own for
   each number of rows, so that the sums of integers alone fill the registers. */
ALWAYS_INLINE void multiply(const int rows, const Matrix *m, size_t panel, const Rows *from,
                            size_t first, const float *const *starts, float *z)
{
    const size_t at = panel * 4 * WIDTH, pairs = pairs_of(m->depth);
    const int16_t *w = (const int16_t *)m->weight + at * 2 * pairs;
    const int16_t *x = from->x + first * from->stride;
    vf totals[ROWS][4];
    UNROLL for (int r = 0; r < rows; r++)
        UNROLL for (int v = 0; v < 4; v++) totals[r][v] = v_set(0.0f);
    for (size_t pair = 0, end; pair < pairs; pair = end) {
        vi sums[ROWS][4];
        UNROLL for (int r = 0; r < rows; r++)
            UNROLL for (int v = 0; v < 4; v++) sums[r][v] = vi_zero();
        end = pairs - pair < BLOCK / 2 ? pairs : pair + BLOCK / 2;
        for (size_t k = pair; k < end; k++, w += 8 * WIDTH) {
            vp each[ROWS];
            UNROLL for (int r = 0; r < rows; r++)
                each[r] = vp_set(x + (size_t)r * from->stride + 2 * k);
            UNROLL for (int v = 0; v < 4; v++) {
                const vp weight = vp_load(w + 2 * v * WIDTH);
                UNROLL for (int r = 0; r < rows; r++)
                    sums[r][v] = vi_dot(sums[r][v], weight, each[r]);
            }
        }
        UNROLL for (int r = 0; r < rows; r++)
            UNROLL for (int v = 0; v < 4; v++)
                totals[r][v] = v_add(totals[r][v], vi_to_float(sums[r][v]));
    }
    UNROLL for (int r = 0; r < rows; r++) {
        const vf factor = v_set(from->factors ? from->factors[first + r] : 1.0f);
        UNROLL for (int v = 0; v < 4; v++)
            v_store(z + (r * 4 + v) * WIDTH,
                    v_fma(totals[r][v], v_mul(v_load(m->scale + at + v * WIDTH), factor),
                          v_load(starts[r] + at + v * WIDTH)));
    }
}

#define MULTIPLY(rows)                                                                        \
    NEVER_INLINE static void multiply_##rows(const Matrix *m, size_t panel, const Rows *from, \
                                             size_t first, const float *const *starts,        \
                                             float *z)                                        \
    {                                                                                         \
        multiply(rows, m, panel, from, first, starts, z);                                     \
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

typedef void Multiply(const Matrix *, size_t, const Rows *, size_t, const float *const *, float *);
static Multiply *const multiply_rows[] = {
    NULL, multiply_1, multiply_2,
#if ROWS > 2
    multiply_3,
#endif
#if ROWS > 4
    multiply_4, multiply_5, multiply_6,
#endif
};

static void product(const Matrix *m, const Rows *rows, float *out)
{
    const float *starts[ROWS];
    float z[ROWS * 4 * WIDTH];
    for (size_t r = 0; r < ROWS; r++) starts[r] = m->bias;
    for (size_t panel = 0; panel < m->panels; panel++)
        for (size_t first = 0, count; first < rows->count; first += count) {
            count = rows->count - first < ROWS ? rows->count - first : ROWS;
            multiply_rows[count](m, panel, rows, first, starts, z);
            for (size_t r = 0; r < count; r++)
                memcpy(out + ((first + r) * m->panels + panel) * 4 * WIDTH, z + r * 4 * WIDTH,
                       4 * WIDTH * sizeof(float));
        }
}

static void step(const Matrix *m, const Step *s)
{
    const size_t rows = s->before.count;
    float z[ROWS * 4 * WIDTH];
    for (size_t panel = 0; panel < m->panels; panel++)
        for (size_t first = 0, count; first < rows; first += count) {
            count = rows - first < ROWS ? rows - first : ROWS;
            if (s->next)
                for (size_t r = 0; r < count; r++)
                    prefetch(s->next[first + r] + panel * 4 * WIDTH);
            multiply_rows[count](m, panel, &s->before, first, s->gates + first, z);
            for (size_t r = 0; r < count; r++)
                cell(z + r * 4 * WIDTH, s, first + r, m, panel);
        }
}
