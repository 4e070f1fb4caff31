/* Pooling by attention. */
#include "model.h"

#include <math.h>

static float exponential(float x)
{
    return (float)exp2((double)x * 1.4426950408889634);
}

void attend(const Model *model, const Chunk *chunk, const float *states, Arena *arena,
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
