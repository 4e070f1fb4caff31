/* What the parts of the compiled kernel share.

   Letters: N texts, T tokens, U distinct inputs, E embedding, H hidden units of a direction,
   W lanes of a vector, P = ceil(H / W) panels, D = H or 2 H, A hidden units of the attention. */
#ifndef TONALITY_KERNEL_H
#define TONALITY_KERNEL_H

#include <stddef.h>
#include <stdint.h>

/* One more whenever native_library.py has to call this otherwise. */
#define INTERFACE 2

/* What a call returns in the place of a count: no memory, or an input that does not fit. They stand
   in native_library.py, too. */
enum { FAILED_MEMORY = -1, FAILED_INPUT = -2 };

#if defined(_WIN32)
#define EXPORT __declspec(dllexport)
#else
#define EXPORT __attribute__((visibility("default")))
#endif

#define TINY 1e-30f /* what is smaller is nothing: its reciprocal may be no number */

/* Products are of 16-bit integers, whose sums are exact: each row and each instruction set gives the
   same bits, whatever is computed beside it. What is multiplied becomes whole steps of 1 / UNIT;
   weights are scaled, column by column, so that no sum of a block leaves 32 bits. */
enum { UNIT = 32767, BLOCK = 16 }; /* BLOCK: values of depth whose products are summed up */

/* A matrix (depth, columns) packed for one instruction set. Columns come in panels of 4 vectors:
   for an LSTM the gates i, f, g, o of W neighbouring units, so that a panel's products are all
   that these units need. */
typedef struct {
    size_t depth;  /* values of a row that it multiplies */
    size_t panels;
    float *bias;   /* (panels, 4, W) */
    float *scale;  /* (panels, 4, W): what a sum of integers is multiplied by */
    void *weight;  /* as `pack` lays it out */
} Matrix;

/* Rows of integers: x[k] stands for x[k] / UNIT times the row's factor. */
typedef struct {
    size_t count, stride;  /* stride: a multiple of LINE, and zeros behind the depth */
    const int16_t *x;      /* (count, stride) */
    const float *factors;  /* (count,), or NULL for ones */
} Rows;

enum { LINE = 64 };

/* One step of an LSTM. */
typedef struct {
    Rows before;               /* h, then what the layer reads, if it is not the first */
    int16_t *after;            /* like `before`: the new h */
    float *states;             /* (rows, P W): the new h */
    float *cells;              /* (rows, P W): c, read and written */
    float *kept;               /* (rows, P W): the forget gates, or NULL */
    const float *const *gates; /* for each row the input half of its gates (P, 4, W), or the bias */
    const float *const *next;  /* the same for the step that follows, to be fetched; or NULL */
} Step;

/* What an instruction set offers. */
typedef struct {
    const char *name;
    size_t width; /* W */
    size_t (*weight_size)(size_t depth, size_t panels);
    /* weight (panels 4 W, depth) */
    void (*pack)(Matrix *matrix, const int16_t *weight);
    /* out (count,) = x (count,) over the factor, in steps of 1 / UNIT. Returns the factor: the one
       given or, if that is 0, the largest of the row. */
    float (*quantise)(const float *x, size_t count, float factor, int16_t *out);
    /* x (count,) += the row times its scale */
    void (*add_int8)(const int8_t *row, float scale, size_t count, float *x);
    /* to (count,) = the larger of itself and h */
    void (*keep_larger)(const float *h, size_t count, float *to);
    /* out (rows, panels 4 W) = the rows times the matrix, plus its bias */
    void (*product)(const Matrix *matrix, const Rows *rows, float *out);
    void (*step)(const Matrix *matrix, const Step *step);
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

extern const Isa isa_portable, isa_avx2, isa_avxvnni, isa_avx512, isa_avx512vnni, isa_neon;

/* The instruction sets of this build that this machine has, the fastest first, and NULL. */
const Isa *const *available(void);

#endif
