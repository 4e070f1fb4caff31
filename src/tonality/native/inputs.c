/* What the first layer reads: rows of the tables, added up and multiplied once for each distinct
   input of a chunk. */
#include "model.h"

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

/* A trigram settles its last bigram and a bigram its last word, so the longest n-gram names the
   input. */
Rows distinct_inputs(const Model *model, const Chunk *chunk, Arena *arena, int32_t *slots)
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

float *input_gates(const Model *model, size_t direction, const Rows *inputs, Arena *arena)
{
    const size_t width = 4 * model->units, block = 48; /* rows that the cache holds */
    float *gates = take(arena, inputs->count * width, sizeof *gates);
    for (size_t n = 0; n < inputs->count && !arena->failed; n += block) {
        const Rows some = {inputs->count - n < block ? inputs->count - n : block, inputs->stride,
                           inputs->x + n * inputs->stride, inputs->factors + n};
        model->isa->product(&model->input[direction], &some, gates + n * width);
    }
    return gates;
}
