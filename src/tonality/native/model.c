/* Makes a model: weights as integers, packed for an instruction set. */
#include "model.h"

#include <math.h>

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
