/* A model, a batch of texts, and what the files of the kernel do with them. The letters are
   explained in kernel.h. */
#ifndef TONALITY_MODEL_H
#define TONALITY_MODEL_H

#include "arena.h"
#include "kernel.h"

enum { MAX_POOL, MEAN_POOL, ATTENTION_POOL, LAST_POOL };
enum { INT8, FLOAT16, FLOAT32 };
enum { GROUP = 60 }; /* texts in step */

/* A table of row vectors (rows, E). */
typedef struct {
    int64_t rows;
    int64_t type; /* INT8, FLOAT16 or FLOAT32 */
    const void *weight;
    const float *scale; /* (rows,), for INT8 */
} Table;

/* What Python hands over; its arrays live as long as the model. */
typedef struct {
    int64_t embedding, hidden, layers, directions, attention, poolings;
    int64_t pooling[4];
    Table words, ngrams; /* ngrams.rows is 0 without a table of n-grams */
    /* For each layer and direction weight_ih (4H, I), weight_hh (4H, H) and bias (4H,), gates in
       the order i, f, g, o; then attention's weight (A, D), bias (A,) and context (A,). */
    const float *const *tensors;
} Network;

typedef struct {
    Network network;
    const Isa *isa;
    size_t units;       /* P W: H filled up to whole vectors */
    size_t state;       /* D */
    Matrix *input;      /* for each direction of the first layer (E -> gates) */
    Matrix *recurrent;  /* for each layer and direction ([h, layer's input] -> gates) */
    Matrix attention;   /* (D -> A) */
    float *context;     /* (A filled up,) */
} Model;

/* A batch, its texts longest first. */
typedef struct {
    const int32_t *ids;     /* (T,) */
    const int32_t *ngrams;  /* (T, 2) or NULL */
    const int64_t *offsets; /* (N + 1,) */
    const int64_t *texts;   /* the texts of this chunk, longest first */
    size_t count;           /* of them */
    size_t tokens;          /* of them all */
    int64_t *starts;        /* (count,) where each text's states begin in this chunk */
} Chunk;

static inline size_t length_of(const Chunk *chunk, size_t rank)
{
    const int64_t text = chunk->texts[rank];
    return (size_t)(chunk->offsets[text + 1] - chunk->offsets[text]);
}

/* Where one direction of one layer reads from and writes to; what is NULL is left out. */
typedef struct {
    const Matrix *matrix;
    size_t direction;
    const float *gates;   /* (U, P 4 W) of the first layer */
    const int32_t *slots; /* (tokens,) */
    const float *inputs;  /* (tokens, D) of a later layer */
    float *states, *cells, *kept; /* (tokens, D) */
    float *pooled;        /* (N, K): max, mean and last of the states */
} Run;

/* A row of integers filled up with zeros. */
static inline size_t filled_up(size_t depth) { return (depth + LINE - 1) / LINE * LINE; }

/* inputs.c: the distinct inputs (U, E) of a chunk, and each token's row among them. */
Rows distinct_inputs(const Model *model, const Chunk *chunk, Arena *arena, int32_t *slots);
/* Their half of the gates (U, P 4 W) of a direction of the first layer. */
float *input_gates(const Model *model, size_t direction, const Rows *inputs, Arena *arena);

/* steps.c: runs a direction over the texts from rank `first` on, GROUP of them at most. */
void run_group(const Model *model, const Run *run, const Chunk *chunk, size_t first, Arena *arena);

/* attention.c: pools the states (tokens, D) of a chunk by attention. */
void attend(const Model *model, const Chunk *chunk, const float *states, Arena *arena,
            float *pooled);

#endif
