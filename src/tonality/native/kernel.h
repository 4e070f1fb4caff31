/* What the parts of the compiled kernel share.

   Letters: N texts, T tokens, U distinct inputs, E embedding, H hidden units of a direction,
   W lanes of a vector, P = ceil(H / W) panels, D = H or 2 H, A hidden units of the attention. */
#ifndef TONALITY_KERNEL_H
#define TONALITY_KERNEL_H

#include <stddef.h>
#include <stdint.h>

#if defined(_WIN32)
#define EXPORT __declspec(dllexport)
#else
#define EXPORT __attribute__((visibility("default")))
#endif

/* A matrix (depth, columns) packed for one instruction set. Columns come in panels of 4 vectors:
   for an LSTM the gates i, f, g, o of W neighbouring units, so that a panel's products are all
   that these units need. */
typedef struct {
    size_t depth;  /* values of a row that it multiplies */
    size_t panels;
    float *bias;   /* (panels, 4, W) */
    void *weight;  /* as `pack` lays it out */
} Matrix;

/* One step of an LSTM for `rows` texts. */
typedef struct {
    size_t rows;
    size_t stride;             /* from one row of `before` and `after` to the next */
    const float *before;       /* (rows, stride): h, then what the layer reads, if it is not the first */
    float *after;              /* (rows, stride): the new h */
    float *cells;              /* (rows, P W): c, read and written */
    float *kept;               /* (rows, P W): the forget gates, or NULL */
    const float *const *gates; /* for each row the input half of its gates (P, 4, W), or the bias */
    const float *const *next;  /* the same for the step that follows, to be fetched; or NULL */
} Step;

/* What an instruction set offers. `scratch` has room for scratch_size(rows, depth) bytes. */
typedef struct {
    const char *name;
    size_t width; /* W */
    size_t (*weight_size)(size_t depth, size_t panels);
    /* weight (columns, depth) with `stride`; column c of the packed matrix is row order[c] times
       scale[c], or zeros where order[c] is -1. */
    void (*pack)(Matrix *matrix, const float *weight, size_t stride, const int64_t *order,
                 const float *scale);
    size_t (*scratch_size)(size_t rows, size_t depth);
    void (*begin)(void); /* around all work of a thread; NULL if there is nothing to do */
    void (*end)(void);
    /* out (rows, panels 4 W) = x (rows, stride) times the matrix, plus its bias */
    void (*product)(const Matrix *matrix, const float *x, size_t rows, size_t stride, float *out,
                    void *scratch);
    void (*step)(const Matrix *matrix, const Step *step, void *scratch);
    /* scores (rows,) = tanh of hidden (rows, count) times context (count,); hidden holds -2 log2(e)
       times its argument, count is a multiple of 4 W */
    void (*scores)(const float *hidden, size_t rows, size_t count, const float *context,
                   float *scores);
    /* out (count,) = the sum of shares[r] times row r of x (rows, stride) */
    void (*weighted_sum)(const float *x, size_t rows, size_t stride, size_t count,
                         const float *shares, float *out);
    /* values[n] = 2 to the power of values[n], for the tests */
    void (*powers)(float *values, size_t count);
} Isa;

extern const Isa isa_portable, isa_avx2, isa_avx512, isa_amx, isa_neon;

/* The instruction sets of this build that this machine has, the fastest first, and NULL. */
const Isa *const *available(void);

#endif
