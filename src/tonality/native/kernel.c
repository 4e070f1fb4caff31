/* The compiled kernel: from token ids to pooled vectors.

   Texts are read longest first, so a text leaves when it ends and no padding is computed. The
   input half of the first layer's gates is computed once for each distinct input. Nothing here
   depends on which texts are computed together. */
#include "model.h"

enum { CHUNK_TOKENS = 20480 }; /* tokens whose states are kept at once */

EXPORT int64_t tonality_interface(void) { return INTERFACE; }

/* The name of the n-th instruction set, the fastest first; NULL after the last. */
EXPORT const char *tonality_instructions(int64_t n)
{
    const Isa *const *isa = available();
    for (; *isa && n > 0; n--) isa++;
    return *isa ? (*isa)->name : NULL;
}

/* Where the results of a call go; either pooled or all the others. */
typedef struct {
    float *pooled;
    float *states, *cells, *kept; /* (T, D), of the last layer */
} Results;

static void run_chunk(const Model *model, const Chunk *chunk, const Results *results, Arena *arena)
{
    const Network *net = &model->network;
    int32_t *slots = take(arena, chunk->tokens, sizeof *slots);
    const Rows inputs = arena->failed ? (Rows){0} : distinct_inputs(model, chunk, arena, slots);
    float *states = NULL, *taken[2] = {NULL, NULL}; /* the layers take turns with two */
    for (int64_t layer = 0; layer < net->layers && !arena->failed; layer++) {
        const int last = layer + 1 == net->layers;
        float *below = states;
        states = NULL;
        if (last && results->states) {
            states = results->states;
        } else if (!last || net->attention) {
            float **own = &taken[layer & 1];
            if (!*own) *own = take(arena, chunk->tokens * model->state, sizeof *states);
            states = *own;
        }
        for (size_t direction = 0; direction < (size_t)net->directions && !arena->failed;
             direction++) {
            const size_t before = arena->count;
            Run run = {.matrix = &model->recurrent[(size_t)(layer * net->directions) + direction],
                       .direction = direction, .slots = slots, .inputs = below, .states = states};
            if (!layer) run.gates = input_gates(model, direction, &inputs, arena);
            if (last) {
                run.pooled = results->pooled;
                run.cells = results->cells;
                run.kept = results->kept;
            }
            for (size_t first = 0; first < chunk->count && !arena->failed; first += GROUP)
                run_group(model, &run, chunk, first, arena);
            give_back(arena, before);
        }
    }
    if (net->attention && results->pooled && !arena->failed)
        attend(model, chunk, states, arena, results->pooled);
}

typedef struct {
    int64_t length, text;
} Ranked;

static int longest_first(const void *a, const void *b)
{
    const Ranked *x = a, *y = b;
    if (x->length != y->length) return x->length < y->length ? 1 : -1;
    return x->text < y->text ? -1 : x->text > y->text;
}

/* The texts that are not empty, longest first; returns how many there are. */
static size_t ranked(int64_t count, const int64_t *offsets, Arena *arena, int64_t *texts)
{
    Ranked *order = take(arena, (size_t)count, sizeof *order);
    size_t filled = 0;
    for (int64_t n = 0; order && n < count; n++)
        if (offsets[n + 1] > offsets[n]) order[filled++] = (Ranked){offsets[n + 1] - offsets[n], n};
    if (order) qsort(order, filled, sizeof *order, longest_first);
    for (size_t n = 0; order && n < filled; n++) texts[n] = order[n].text;
    return filled;
}

/* Whether the tables have a row for each of the ids (tokens,) and n-grams (tokens, 2). */
static int inputs_fit(const Network *net, int64_t tokens, const int32_t *ids,
                      const int32_t *ngrams)
{
    for (int64_t t = 0; t < tokens; t++)
        if (ids[t] < 0 || ids[t] >= net->words.rows) return 0;
    for (int64_t t = 0; ngrams && t < 2 * tokens; t++)
        if (ngrams[t] < 0 || ngrams[t] >= net->ngrams.rows) return 0;
    return 1;
}

/* 0, FAILED_MEMORY or FAILED_INPUT. offsets (N + 1,): from 0, and they never fall. */
static int64_t run_batch(const Model *model, int64_t count, const int32_t *ids,
                         const int32_t *ngrams, const int64_t *offsets, Results results)
{
    Arena arena = {.count = 0};
    if (!model->network.ngrams.rows) ngrams = NULL;
    if (!inputs_fit(&model->network, offsets[count], ids, ngrams)) return FAILED_INPUT;
    int64_t *texts = take(&arena, (size_t)count, sizeof *texts);
    int64_t *starts = take(&arena, (size_t)count, sizeof *starts);
    const size_t filled = arena.failed ? 0 : ranked(count, offsets, &arena, texts);
    for (size_t first = 0; first < filled && !arena.failed;) {
        Chunk chunk = {ids, ngrams, offsets, texts + first, 0, 0, starts};
        const size_t before = arena.count;
        do { /* one text at least; for a trace all of them, since it stores by the batch's tokens */
            const int64_t text = texts[first + chunk.count];
            starts[chunk.count] = results.pooled ? (int64_t)chunk.tokens : offsets[text];
            chunk.tokens += length_of(&chunk, chunk.count);
            chunk.count++;
        } while (first + chunk.count < filled &&
                 (!results.pooled ||
                  chunk.tokens + length_of(&chunk, chunk.count) <= CHUNK_TOKENS));
        run_chunk(model, &chunk, &results, &arena);
        first += chunk.count;
        give_back(&arena, before);
    }
    give_back(&arena, 0);
    return arena.failed ? FAILED_MEMORY : 0;
}

/* pooled (N, K) of a batch; zeros for an empty text, which the caller has put there. */
EXPORT int64_t tonality_pooled(const Model *model, int64_t count, const int32_t *ids,
                               const int32_t *ngrams, const int64_t *offsets, float *pooled)
{
    return run_batch(model, count, ids, ngrams, offsets, (Results){.pooled = pooled});
}

/* states, cells and kept, each (T, D), of the last layer. */
EXPORT int64_t tonality_trace(const Model *model, int64_t count, const int32_t *ids,
                              const int32_t *ngrams, const int64_t *offsets, float *states,
                              float *cells, float *kept)
{
    return run_batch(model, count, ids, ngrams, offsets,
                     (Results){.states = states, .cells = cells, .kept = kept});
}

/* Two to the power of each value, as the n-th instruction set computes it. */
EXPORT void tonality_powers(int64_t instructions, float *values, int64_t count)
{
    available()[instructions]->powers(values, (size_t)count);
}
