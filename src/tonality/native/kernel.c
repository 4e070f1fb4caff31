/* The compiled kernel: from token ids to pooled vectors. The letters are explained in kernel.h.

   Texts are read longest first, so a text leaves when it ends and no padding is computed. The
   input half of the first layer's gates is computed once for each distinct input. Nothing here
   depends on which texts are computed together, but for the order in which floats are rounded. */
#include "kernel.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { GROUP = 60, CHUNK_TOKENS = 20480 }; /* texts in step; tokens whose states are kept at once */
enum { MAX_POOL, MEAN_POOL, ATTENTION_POOL, LAST_POOL };
enum { FAILED_MEMORY = -1, FAILED_INPUT = -2 };
enum { INT8, FLOAT16, FLOAT32 };

/* A row of integers filled up with zeros. */
static size_t filled_up(size_t depth) { return (depth + LINE - 1) / LINE * LINE; }

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

/* Memory of one call, freed together. */
typedef struct {
    void *taken[64];
    size_t count;
    int failed;
} Arena;

static void *take(Arena *arena, size_t count, size_t size)
{
    /* A line of the cache more than asked for, so that all begin at one. */
    void *raw = arena->count < 64 && count < SIZE_MAX / 2 / (size ? size : 1)
                    ? malloc(count * size + 64) : NULL;
    if (!raw) {
        arena->failed = 1;
        return NULL;
    }
    arena->taken[arena->count++] = raw;
    return (void *)(((uintptr_t)raw + 63) & ~(uintptr_t)63);
}

static void *take_zeros(Arena *arena, size_t count, size_t size)
{
    void *taken = take(arena, count, size);
    return taken ? memset(taken, 0, count * size) : NULL;
}

static void give_back(Arena *arena, size_t count)
{
    while (arena->count > count) free(arena->taken[--arena->count]);
}

/* ---- Making a model ---- */

/* A column as integers; returns what they are to be multiplied by. */
static float quantise_column(const float *weight, size_t depth, float scale, int16_t *out)
{
    const float most_sum = (float)(INT32_MAX - (1 << 24)) / UNIT; /* what rounding adds is less */
    float most = 0.0f, sum = 0.0f, largest = 0.0f;
    for (size_t k = 0; k < depth; k++) {
        const float size = fabsf(weight[k] * scale);
        sum = (k % BLOCK ? sum : 0.0f) + size;
        largest = sum > largest ? sum : largest;
        most = size > most ? size : most;
    }
    if (most < TINY) return 0.0f; /* out stays zeros */
    const float steps = fminf(INT16_MAX / most, most_sum / largest);
    for (size_t k = 0; k < depth; k++) out[k] = (int16_t)lrintf(weight[k] * scale * steps);
    return 1.0f / steps;
}

/* Packs rows order[n] of weight (..., depth), times scale[n], as the columns of a matrix; those of
   order -1 are zeros. */
static int pack_matrix(Model *model, Matrix *matrix, const float *weight, size_t depth,
                       size_t panels, const int64_t *order, const float *scale, const float *bias)
{
    const size_t columns = panels * 4 * model->isa->width, head = 2 * columns * sizeof(float);
    char *raw = calloc(1, head + model->isa->weight_size(depth, panels) + 128);
    int16_t *whole = calloc(columns * depth, sizeof *whole);
    if (raw && whole) {
        *matrix = (Matrix){depth, panels, (float *)raw, (float *)raw + columns,
                           (void *)(((uintptr_t)raw + head + 63) & ~(uintptr_t)63)};
        for (size_t n = 0; n < columns; n++) {
            if (order[n] < 0) continue;
            if (bias) matrix->bias[n] = bias[order[n]] * scale[n];
            matrix->scale[n] = quantise_column(weight + (size_t)order[n] * depth, depth, scale[n],
                                               whole + n * depth) / UNIT;
        }
        model->isa->pack(matrix, whole);
    } else {
        free(raw);
    }
    free(whole);
    return raw && whole;
}

/* Which row of a (4H, ...) tensor each packed column is, and what it is multiplied by so that a
   power of two of it is what the sigmoid or tanh starts from. */
static void gate_order(const Model *model, size_t panels, int64_t *order, float *scale)
{
    const size_t width = model->isa->width, hidden = (size_t)model->network.hidden;
    for (size_t n = 0; n < panels * 4 * width; n++) {
        const size_t unit = n / (4 * width) * width + n % width, gate = n / width % 4;
        order[n] = unit < hidden ? (int64_t)(gate * hidden + unit) : -1;
        scale[n] = gate == 2 ? -2.885390081777927f : -1.4426950408889634f;
    }
}

static int pack_direction(Model *model, size_t number, const int64_t *order, const float *scale)
{
    const Network *net = &model->network;
    const float *const *tensors = net->tensors + 3 * number;
    const size_t hidden = (size_t)net->hidden, panels = model->units / model->isa->width;
    if (number < (size_t)net->directions)
        return pack_matrix(model, &model->input[number], tensors[0], (size_t)net->embedding,
                           panels, order, scale, tensors[2]) &&
               pack_matrix(model, &model->recurrent[number], tensors[1], hidden, panels, order,
                           scale, NULL);
    /* Of the later layers a row is h, filled up to whole vectors, and then the layer's input. */
    const size_t depth = model->units + model->state;
    float *both = calloc(4 * hidden * depth, sizeof(float));
    if (!both) return 0;
    for (size_t row = 0; row < 4 * hidden; row++) {
        memcpy(both + row * depth, tensors[1] + row * hidden, hidden * sizeof(float));
        memcpy(both + row * depth + model->units, tensors[0] + row * model->state,
               model->state * sizeof(float));
    }
    const int packed = pack_matrix(model, &model->recurrent[number], both, depth, panels, order,
                                   scale, tensors[2]);
    free(both);
    return packed;
}

static int pack_attention(Model *model)
{
    const Network *net = &model->network;
    const float *const *tensors = net->tensors + 3 * net->layers * net->directions;
    const size_t size = (size_t)net->attention, block = 4 * model->isa->width;
    const size_t panels = (size + block - 1) / block, columns = panels * block;
    int64_t *order = malloc(columns * sizeof *order);
    float *scale = malloc(columns * sizeof *scale);
    model->context = calloc(columns, sizeof(float));
    int packed = 0;
    if (order && scale && model->context) {
        for (size_t n = 0; n < columns; n++) {
            order[n] = n < size ? (int64_t)n : -1;
            scale[n] = -2.885390081777927f;
        }
        memcpy(model->context, tensors[2], size * sizeof(float));
        packed = pack_matrix(model, &model->attention, tensors[0], model->state, panels,
                             order, scale, tensors[1]);
    }
    free(order);
    free(scale);
    return packed;
}

EXPORT void tonality_free(Model *model)
{
    if (!model) return;
    for (int64_t n = 0; model->input && n < model->network.directions; n++)
        free(model->input[n].bias);
    for (int64_t n = 0; model->recurrent && n < model->network.layers * model->network.directions;
         n++)
        free(model->recurrent[n].bias);
    free(model->attention.bias);
    free(model->input);
    free(model->recurrent);
    free(model->context);
    free(model);
}

/* The name of the n-th instruction set, the fastest first; NULL after the last. */
EXPORT int64_t tonality_interface(void)
{
    return INTERFACE;
}

EXPORT const char *tonality_instructions(int64_t n)
{
    const Isa *const *isa = available();
    for (; *isa && n > 0; n--) isa++;
    return *isa ? (*isa)->name : NULL;
}

/* A model for the n-th instruction set, or NULL without memory. */
EXPORT Model *tonality_make(const Network *network, int64_t instructions)
{
    Model *model = calloc(1, sizeof *model);
    if (!model) return NULL;
    const size_t directions = (size_t)network->directions;
    const size_t count = (size_t)network->layers * directions;
    model->network = *network;
    model->isa = available()[instructions];
    const size_t width = model->isa->width, hidden = (size_t)network->hidden;
    const size_t panels = (hidden + width - 1) / width;
    model->units = panels * width;
    model->state = hidden * directions;
    model->input = calloc(directions, sizeof(Matrix));
    model->recurrent = calloc(count, sizeof(Matrix));
    int64_t *order = malloc(panels * 4 * width * sizeof *order);
    float *scale = malloc(panels * 4 * width * sizeof *scale);
    int made = model->input && model->recurrent && order && scale;
    if (made) gate_order(model, panels, order, scale);
    for (size_t n = 0; made && n < count; n++) made = pack_direction(model, n, order, scale);
    if (made && network->attention) made = pack_attention(model);
    free(order);
    free(scale);
    model->network.tensors = NULL;
    if (made) return model;
    tonality_free(model);
    return NULL;
}

/* ---- Inputs ---- */

static float from_float16(uint16_t half)
{
    const uint32_t sign = (uint32_t)(half & 0x8000) << 16, mantissa = half & 0x3ff;
    const uint32_t exponent = half >> 10 & 0x1f;
    uint32_t bits;
    float value;
    if (exponent == 0) {
        value = (float)mantissa * (1.0f / 16777216.0f);
        return sign ? -value : value;
    }
    bits = sign | (exponent + 112) << 23 | mantissa << 13;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static void add_row(const Isa *isa, const Table *table, int64_t row, size_t size, float *x)
{
    const size_t first = (size_t)row * size;
    if (table->type == INT8) {
        isa->add_int8((const int8_t *)table->weight + first, table->scale[row], size, x);
    } else if (table->type == FLOAT16) {
        const uint16_t *values = (const uint16_t *)table->weight + first;
        for (size_t k = 0; k < size; k++) x[k] += from_float16(values[k]);
    } else {
        const float *values = (const float *)table->weight + first;
        for (size_t k = 0; k < size; k++) x[k] += values[k];
    }
}

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

static size_t length_of(const Chunk *chunk, size_t rank)
{
    const int64_t text = chunk->texts[rank];
    return (size_t)(chunk->offsets[text + 1] - chunk->offsets[text]);
}

/* The distinct inputs (U, E) of a chunk, and each token's row among them. A trigram settles its
   last bigram and a bigram its last word, so the longest n-gram names the input. */
static Rows distinct(const Model *model, const Chunk *chunk, Arena *arena, int32_t *slots)
{
    const Network *net = &model->network;
    const size_t size = (size_t)net->embedding;
    size_t places = 16;
    while (places < 2 * chunk->tokens) places *= 2;
    int64_t *names = take_zeros(arena, places, sizeof *names); /* 1 + the name, 0 for a free place */
    int32_t *rows = take(arena, places, sizeof *rows);
    int64_t *examples = take(arena, chunk->tokens, sizeof *examples);
    if (arena->failed) return (Rows){0};
    size_t count = 0;
    for (size_t rank = 0; rank < chunk->count; rank++) {
        const int64_t first = chunk->offsets[chunk->texts[rank]];
        for (size_t t = 0; t < length_of(chunk, rank); t++) {
            const int64_t token = first + (int64_t)t;
            int64_t name = 1 + chunk->ids[token];
            if (chunk->ngrams && chunk->ngrams[2 * token + 1])
                name = 1 + net->words.rows + chunk->ngrams[2 * token + 1];
            else if (chunk->ngrams && chunk->ngrams[2 * token])
                name = 1 + net->words.rows + chunk->ngrams[2 * token];
            size_t at = (size_t)((uint64_t)name * 0x9E3779B97F4A7C15u >> 20) & (places - 1);
            while (names[at] && names[at] != name) at = (at + 1) & (places - 1);
            if (!names[at]) {
                names[at] = name;
                rows[at] = (int32_t)count;
                examples[count++] = token;
            }
            slots[(size_t)chunk->starts[rank] + t] = rows[at];
        }
    }
    const size_t stride = filled_up(size);
    int16_t *x = take_zeros(arena, count * stride, sizeof *x);
    float *factors = take(arena, count, sizeof *factors), *input = take(arena, size, sizeof *input);
    for (size_t n = 0; !arena->failed && n < count; n++) {
        const int64_t token = examples[n];
        memset(input, 0, size * sizeof *input);
        add_row(model->isa, &net->words, chunk->ids[token], size, input);
        for (int k = 0; chunk->ngrams && k < 2; k++)
            if (chunk->ngrams[2 * token + k])
                add_row(model->isa, &net->ngrams, chunk->ngrams[2 * token + k], size, input);
        factors[n] = model->isa->quantise(input, size, 0.0f, x + n * stride);
    }
    return (Rows){count, stride, x, factors};
}

/* ---- The LSTM ---- */

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

static void pool_step(const Model *model, const Run *run, const Chunk *chunk, size_t rank,
                      size_t step, const float *h)
{
    const Network *net = &model->network;
    const size_t size = (size_t)net->hidden, length = length_of(chunk, rank);
    float *out = run->pooled + (size_t)(chunk->texts[rank] * net->poolings) * model->state;
    for (int64_t n = 0; n < net->poolings; n++) {
        float *to = out + (size_t)n * model->state + run->direction * size;
        if (net->pooling[n] == MEAN_POOL) {
            for (size_t k = 0; k < size; k++) to[k] = (step ? to[k] : 0.0f) + h[k];
            if (step + 1 == length)
                for (size_t k = 0; k < size; k++) to[k] /= (float)length;
        } else if (net->pooling[n] == LAST_POOL ? step + 1 == length : !step) {
            memcpy(to, h, size * sizeof *h);
        } else if (net->pooling[n] == MAX_POOL) {
            model->isa->keep_larger(h, size, to);
        }
    }
}

/* The token that a text's n-th step reads, counted in the chunk. */
static size_t token_at(const Chunk *chunk, const Run *run, size_t rank, size_t step)
{
    const size_t place = run->direction ? length_of(chunk, rank) - 1 - step : step;
    return (size_t)chunk->starts[rank] + place;
}

static void keep(const Model *model, const Run *run, size_t token, const float *h, const float *c,
                 const float *f)
{
    const size_t size = (size_t)model->network.hidden;
    const size_t at = token * model->state + run->direction * size;
    if (run->states) memcpy(run->states + at, h, size * sizeof *h);
    if (run->cells) memcpy(run->cells + at, c, size * sizeof *c);
    if (run->kept) memcpy(run->kept + at, f, size * sizeof *f);
}

/* Runs a direction over the texts from rank `first` on, GROUP of them at most. */
static void run_group(const Model *model, const Run *run, const Chunk *chunk, size_t first,
                      Arena *arena)
{
    const size_t units = model->units, width = 4 * units, depth = run->matrix->depth;
    const size_t stride = filled_up(depth), before_arena = arena->count;
    size_t active = chunk->count - first < GROUP ? chunk->count - first : GROUP;
    int16_t *before = take_zeros(arena, active * stride, sizeof *before);
    int16_t *after = take_zeros(arena, active * stride, sizeof *after);
    float *states = take(arena, active * units, sizeof(float));
    float *cells = take_zeros(arena, active * units, sizeof(float));
    float *kept = run->kept ? take(arena, active * units, sizeof(float)) : NULL;
    const float *gates[2][GROUP];
    for (size_t t = 0; !arena->failed; t++) {
        while (active && length_of(chunk, first + active - 1) <= t) active--;
        if (!active) break;
        const float **now = gates[t % 2], **next = gates[1 - t % 2];
        for (size_t r = 0; r < active; r++) {
            const size_t rank = first + r, length = length_of(chunk, rank);
            now[r] = next[r] = run->matrix->bias;
            if (run->gates) {
                const size_t later = t + 1 < length ? t + 1 : t;
                now[r] = run->gates + (size_t)run->slots[token_at(chunk, run, rank, t)] * width;
                next[r] = run->gates + (size_t)run->slots[token_at(chunk, run, rank, later)] * width;
            } else {
                model->isa->quantise(run->inputs + token_at(chunk, run, rank, t) * model->state,
                                     model->state, 1.0f, before + r * stride + units);
            }
        }
        const Step step = {{active, stride, before, NULL}, after, states, cells, kept, now,
                           run->gates ? next : NULL};
        model->isa->step(run->matrix, &step);
        for (size_t r = 0; r < active; r++) {
            const float *h = states + r * units;
            keep(model, run, token_at(chunk, run, first + r, t), h, cells + r * units,
                 kept ? kept + r * units : NULL);
            if (run->pooled) pool_step(model, run, chunk, first + r, t, h);
        }
        int16_t *swap = before;
        before = after;
        after = swap;
    }
    give_back(arena, before_arena);
}

/* ---- Attention ---- */

static float exponential(float x)
{
    return (float)exp2((double)x * 1.4426950408889634);
}

static void attend(const Model *model, const Chunk *chunk, const float *states, Arena *arena,
                   float *pooled)
{
    const Network *net = &model->network;
    const size_t size = model->state, columns = model->attention.panels * 4 * model->isa->width;
    const size_t block = 64, before_arena = arena->count;
    const size_t stride = filled_up(size);
    int16_t *rows = take_zeros(arena, block * stride, sizeof *rows);
    float *hidden = take(arena, block * columns, sizeof(float));
    float *scores = take(arena, chunk->tokens, sizeof(float));
    for (size_t first = 0; first < chunk->tokens && !arena->failed; first += block) {
        const size_t count = chunk->tokens - first < block ? chunk->tokens - first : block;
        for (size_t r = 0; r < count; r++)
            model->isa->quantise(states + (first + r) * size, size, 1.0f, rows + r * stride);
        model->isa->product(&model->attention, &(Rows){count, stride, rows, NULL}, hidden);
        model->isa->scores(hidden, count, columns, model->context, scores + first);
    }
    for (size_t rank = 0; rank < chunk->count && !arena->failed; rank++) {
        const size_t length = length_of(chunk, rank), start = (size_t)chunk->starts[rank];
        float *shares = scores + start, most = shares[0], sum = 0.0f;
        for (size_t t = 1; t < length; t++) most = shares[t] > most ? shares[t] : most;
        for (size_t t = 0; t < length; t++) sum += shares[t] = exponential(shares[t] - most);
        for (size_t t = 0; t < length; t++) shares[t] /= sum;
        for (int64_t n = 0; n < net->poolings; n++)
            if (net->pooling[n] == ATTENTION_POOL)
                model->isa->weighted_sum(
                    states + start * size, length, size, size, shares,
                    pooled + (size_t)(chunk->texts[rank] * net->poolings + n) * size);
    }
    give_back(arena, before_arena);
}

/* ---- A chunk, a batch ---- */

/* Where the results of a call go; either pooled or all the others. */
typedef struct {
    float *pooled;
    float *states, *cells, *kept; /* (T, D), of the last layer */
} Results;

static float *input_gates(const Model *model, size_t direction, const Rows *inputs, Arena *arena)
{
    const size_t width = 4 * model->units, block = 96; /* rows that the cache holds */
    float *gates = take(arena, inputs->count * width, sizeof *gates);
    for (size_t n = 0; n < inputs->count && !arena->failed; n += block) {
        const Rows some = {inputs->count - n < block ? inputs->count - n : block, inputs->stride,
                           inputs->x + n * inputs->stride, inputs->factors + n};
        model->isa->product(&model->input[direction], &some, gates + n * width);
    }
    return gates;
}

static void run_chunk(const Model *model, const Chunk *chunk, const Results *results, Arena *arena)
{
    const Network *net = &model->network;
    int32_t *slots = take(arena, chunk->tokens, sizeof *slots);
    const Rows inputs = arena->failed ? (Rows){0} : distinct(model, chunk, arena, slots);
    float *states = NULL;
    for (int64_t layer = 0; layer < net->layers && !arena->failed; layer++) {
        const int last = layer + 1 == net->layers;
        float *below = states;
        states = NULL;
        if (last && results->states)
            states = results->states;
        else if (!last || net->attention)
            states = take(arena, chunk->tokens * model->state, sizeof *states);
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

static int inputs_fit(const Network *net, int64_t count, const int32_t *ids, const int32_t *ngrams,
                      const int64_t *offsets)
{
    if (count < 0 || offsets[0] != 0) return 0;
    for (int64_t n = 0; n < count; n++)
        if (offsets[n + 1] < offsets[n]) return 0;
    for (int64_t t = 0; t < offsets[count]; t++)
        if (ids[t] < 0 || ids[t] >= net->words.rows) return 0;
    for (int64_t t = 0; ngrams && t < 2 * offsets[count]; t++)
        if (ngrams[t] < 0 || ngrams[t] >= net->ngrams.rows) return 0;
    return 1;
}

static int64_t run_batch(const Model *model, int64_t count, const int32_t *ids,
                         const int32_t *ngrams, const int64_t *offsets, Results results)
{
    Arena arena = {.count = 0};
    if (!model->network.ngrams.rows) ngrams = NULL;
    if (!inputs_fit(&model->network, count, ids, ngrams, offsets)) return FAILED_INPUT;
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
