/* The steps of an LSTM over texts side by side, and the poolings that are done on the way. */
#include "model.h"

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

void run_group(const Model *model, const Run *run, const Chunk *chunk, size_t first, Arena *arena)
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
