/* The compiled kernel with a clock in it: where its time goes, and what its instruction could do.
   kernel_profile.py compiles this for one instruction set, SET, whose functions are in ISA. */
#include <time.h>

#include SET
#include "attention.c"
#include "model.c"
#define distinct_inputs untimed_distinct_inputs
#define input_gates untimed_input_gates
#define run_group untimed_run_group
#include "inputs.c"
#include "steps.c"
#undef distinct_inputs
#undef input_gates
#undef run_group

enum { LOOK_UPS, INPUT_GATES, STEPS, GROUPS, INPUTS, PARTS };
static double spent[PARTS]; /* seconds, and under INPUTS the rows that gates were computed of */

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

EXPORT double profile_spent(int64_t part)
{
    const double seconds = spent[part];
    spent[part] = 0;
    return seconds;
}

Rows distinct_inputs(const Model *model, const Chunk *chunk, Arena *arena, int32_t *slots)
{
    const double start = now();
    const Rows rows = untimed_distinct_inputs(model, chunk, arena, slots);
    spent[LOOK_UPS] += now() - start;
    return rows;
}

float *input_gates(const Model *model, size_t direction, const Rows *inputs, Arena *arena)
{
    const double start = now();
    float *gates = untimed_input_gates(model, direction, inputs, arena);
    spent[INPUT_GATES] += now() - start;
    spent[INPUTS] += (double)inputs->count;
    return gates;
}

void run_group(const Model *model, const Run *run, const Chunk *chunk, size_t first, Arena *arena)
{
    const double start = now();
    untimed_run_group(model, run, chunk, first, arena);
    spent[GROUPS] += now() - start;
}

static void timed_step(const Matrix *matrix, const Step *s)
{
    const double start = now();
    step(matrix, s);
    spent[STEPS] += now() - start;
}

const Isa *const *available(void)
{
    static Isa timed;
    static const Isa *found[] = {&timed, NULL};
    timed = ISA;
    timed.step = timed_step;
    return found;
}

/* Seconds of `repeats` steps of GROUP texts: of the products alone, or with what follows them. */
EXPORT double profile_step(const Model *model, int64_t products_alone, int64_t repeats)
{
    const Matrix *matrix = &model->recurrent[0];
    const size_t stride = (matrix->depth + LINE - 1) / LINE * LINE;
    Arena arena = {.count = 0};
    int16_t *before = take_zeros(&arena, GROUP * stride, sizeof *before);
    int16_t *after = take_zeros(&arena, GROUP * stride, sizeof *after);
    float *states = take_zeros(&arena, GROUP * model->units, sizeof *states);
    float *cells = take_zeros(&arena, GROUP * model->units, sizeof *cells);
    const float *gates[GROUP];
    float z[ROWS * 4 * WIDTH];
    for (size_t r = 0; r < GROUP; r++) gates[r] = matrix->bias;
    const Step whole = {{GROUP, stride, before, NULL}, after, states, cells, NULL, gates, NULL};
    const double start = now();
    for (int64_t n = 0; n < repeats; n++) {
        if (!products_alone) step(matrix, &whole);
        for (size_t panel = 0; products_alone && panel < matrix->panels; panel++)
            for (size_t first = 0; first < GROUP; first += ROWS)
                multiply_rows[ROWS](matrix, panel, &whole.before, first, gates + first, z);
    }
    const double seconds = now() - start;
    give_back(&arena, 0);
    return seconds;
}

#if defined(__AVX512F__)
#define OPAQUE "+v"
#else
#define OPAQUE "+x"
#endif
#define UNKNOWN_VALUE(a) __asm__ volatile("" : OPAQUE(a)) /* so that nothing is computed once */

/* Products of 16 bits a second of the instruction alone, with all operands in registers. */
EXPORT double profile_peak(int64_t repeats)
{
    vi sums[ROWS][4];
    vp row = {0}, columns[2] = {{0}};
    const double start = now();
    UNROLL for (int r = 0; r < ROWS; r++)
        UNROLL for (int v = 0; v < 4; v++) {
            sums[r][v] = vi_zero();
            UNKNOWN_VALUE(sums[r][v]);
            UNKNOWN_VALUE(columns[v % 2]);
        }
    for (int64_t n = 0; n < repeats; n++)
        UNROLL for (int r = 0; r < ROWS; r++)
            UNROLL for (int v = 0; v < 4; v++) {
                if (v % 2 == 0) UNKNOWN_VALUE(row);
                sums[r][v] = vi_dot(sums[r][v], row, columns[v % 2]);
            }
    UNROLL for (int r = 0; r < ROWS; r++)
        UNROLL for (int v = 0; v < 4; v++) UNKNOWN_VALUE(sums[r][v]);
    return (double)repeats * ROWS * 4 * 2 * WIDTH / (now() - start);
}

#include "kernel.c"
