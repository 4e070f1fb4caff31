/* AMX: products of tiles in bfloat16, everything else as with AVX-512.

   A float is split into two bfloat16, high and low, which keep 16 of its 24 bits; of the four
   products the one of both low parts is left out. What is lost is 2^-17 of a product. */
#include "kernel.h"
#include <immintrin.h>
#include <string.h>

#include "avx512.h"
#define ROWS 1
#define OWN_PRODUCT
#include "body.h"

enum { LINES = 16, CHUNK = 32, TILE = LINES * 64 }; /* rows of a tile, values of depth, bytes */

static size_t chunks(size_t depth) { return (depth + CHUNK - 1) / CHUNK; }

/* The intrinsics don't tell GCC all that they read: whatever was stored must be there. */
#define BARRIER(p) __asm__ volatile("" : : "r"(p) : "memory")

/* Packed weights: (panels, chunks, 4, high and low, 16 pairs of depth, 16 columns, 2). */
static size_t weight_size(size_t depth, size_t panels) { return panels * chunks(depth) * 8 * TILE; }

/* Rows as (blocks of 16, chunks, high and low, 16 rows, 32 values); the results of one panel. */
static size_t scratch_size(size_t rows, size_t depth)
{
    return (rows + LINES - 1) / LINES * chunks(depth) * 2 * TILE;
}

static uint16_t to_bfloat16(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

static float from_bfloat16(uint16_t x)
{
    uint32_t bits = (uint32_t)x << 16;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static void pack(Matrix *m, const float *weight, size_t stride, const int64_t *order,
                 const float *scale)
{
    uint16_t *tiles = m->weight;
    memset(tiles, 0, weight_size(m->depth, m->panels));
    for (size_t column = 0; column < m->panels * 4 * WIDTH; column++) {
        size_t panel = column / (4 * WIDTH), v = column / WIDTH % 4, lane = column % WIDTH;
        for (size_t k = 0; k < m->depth && order[column] >= 0; k++) {
            float value = weight[(size_t)order[column] * stride + k] * scale[column];
            size_t tile = ((panel * chunks(m->depth) + k / CHUNK) * 4 + v) * 2;
            size_t at = k % CHUNK / 2 * 2 * WIDTH + 2 * lane + k % 2;
            uint16_t high = to_bfloat16(value);
            tiles[tile * TILE / 2 + at] = high;
            tiles[(tile + 1) * TILE / 2 + at] = to_bfloat16(value - from_bfloat16(high));
        }
    }
}

static void begin(void)
{
    struct {
        uint8_t palette, start, reserved[14];
        uint16_t bytes[16];
        uint8_t rows[16];
    } tiles;
    memset(&tiles, 0, sizeof tiles);
    tiles.palette = 1;
    for (int n = 0; n < 8; n++) tiles.bytes[n] = 64, tiles.rows[n] = LINES;
    BARRIER(&tiles);
    _tile_loadconfig(&tiles);
}

static void end(void) { _tile_release(); }

/* Splits x (rows, stride) into high and low tiles; rows and depth are filled up with zeros. */
static void split(const float *x, size_t rows, size_t stride, size_t depth, uint16_t *tiles)
{
    const size_t lines = (rows + LINES - 1) / LINES * LINES;
    for (size_t r = 0; r < lines; r++)
        for (size_t k = 0; k < depth; k += WIDTH) {
            const size_t left = depth - k;
            const __mmask16 mask = r >= rows ? 0 : left >= WIDTH ? 0xffff : (1u << left) - 1;
            const size_t tile = (r / LINES * chunks(depth) + k / CHUNK) * 2;
            uint16_t *to = tiles + tile * (TILE / 2) + r % LINES * CHUNK + k % CHUNK;
            const __m512 value = _mm512_maskz_loadu_ps(mask, x + r * stride + k);
            const __m256i high = (__m256i)_mm512_cvtneps_pbh(value);
            const __m512i whole = _mm512_slli_epi32(_mm512_cvtepu16_epi32(high), 16);
            const __m512 rest = _mm512_sub_ps(value, _mm512_castsi512_ps(whole));
            _mm256_storeu_si256((__m256i *)to, high);
            _mm256_storeu_si256((__m256i *)(to + TILE / 2), (__m256i)_mm512_cvtneps_pbh(rest));
            if (left <= WIDTH && k % CHUNK == 0) { /* the other half of the last chunk */
                _mm256_storeu_si256((__m256i *)(to + WIDTH), _mm256_setzero_si256());
                _mm256_storeu_si256((__m256i *)(to + WIDTH + TILE / 2), _mm256_setzero_si256());
            }
        }
}

/* Tiles 0 to 3 are sums, 4 and 5 rows, 6 and 7 weights. The sums take turns, since one can be added
   to only every 52 cycles. */
#define LOAD(tile, from) _tile_loadd(tile, from, 64)
#define ADD_PAIRS                \
    _tile_dpbf16ps(0, 4, 6);     \
    _tile_dpbf16ps(1, 4, 7);     \
    _tile_dpbf16ps(2, 5, 6);     \
    _tile_dpbf16ps(3, 5, 7);

/* z (2, 4, 16 rows, W) = two blocks of 16 rows times one panel: a pair of gates at a time, so that
   each tile that is loaded is used twice or more. */
static void multiply_two(const Matrix *m, size_t panel, const uint16_t *rows, float *z)
{
    const size_t block = chunks(m->depth) * 2 * TILE;
    BARRIER(rows);
    for (int pair = 0; pair < 2; pair++) {
        const char *x = (const char *)rows;
        const char *w = (const char *)m->weight + panel * chunks(m->depth) * 8 * TILE;
        w += pair * 4 * TILE;
        _tile_zero(0);
        _tile_zero(1);
        _tile_zero(2);
        _tile_zero(3);
        for (size_t chunk = 0; chunk < chunks(m->depth); chunk++, x += 2 * TILE, w += 8 * TILE) {
            LOAD(4, x + TILE); /* low x, high w */
            LOAD(6, w);
            LOAD(7, w + 2 * TILE);
            LOAD(5, x + block + TILE);
            ADD_PAIRS
            LOAD(4, x); /* high x, high w */
            LOAD(5, x + block);
            ADD_PAIRS
            LOAD(6, w + TILE); /* high x, low w */
            LOAD(7, w + 3 * TILE);
            ADD_PAIRS
        }
        float *to = z + pair * 2 * LINES * WIDTH;
        _tile_stored(0, to, 64);
        _tile_stored(1, to + LINES * WIDTH, 64);
        _tile_stored(2, to + 4 * LINES * WIDTH, 64);
        _tile_stored(3, to + 5 * LINES * WIDTH, 64);
    }
}

/* z (4, 16 rows, W) = one block of 16 rows times one panel, all four gates at once. */
static void multiply_one(const Matrix *m, size_t panel, const uint16_t *rows, float *z)
{
    const char *x = (const char *)rows;
    const char *w = (const char *)m->weight + panel * chunks(m->depth) * 8 * TILE;
    BARRIER(x);
    _tile_zero(0);
    _tile_zero(1);
    _tile_zero(2);
    _tile_zero(3);
    for (size_t chunk = 0; chunk < chunks(m->depth); chunk++, x += 2 * TILE, w += 8 * TILE) {
        LOAD(4, x);
        LOAD(5, x + TILE);
#define ADD(gate, row, weight, low)                   \
    LOAD(weight, w + (2 * (gate) + (low)) * TILE);    \
    _tile_dpbf16ps(gate, row, weight);
#define ADD_GATES(row, low)  \
    ADD(0, row, 6, low)      \
    ADD(1, row, 7, low)      \
    ADD(2, row, 6, low)      \
    ADD(3, row, 7, low)
        ADD_GATES(4, 0)
        ADD_GATES(5, 0)
        ADD_GATES(4, 1)
    }
    _tile_stored(0, z, 64);
    _tile_stored(1, z + LINES * WIDTH, 64);
    _tile_stored(2, z + 2 * LINES * WIDTH, 64);
    _tile_stored(3, z + 3 * LINES * WIDTH, 64);
}

enum { BLOCK = 4 * LINES * WIDTH }; /* of z, for 16 rows */

/* z (2, 4, 16 rows, W) = up to 32 rows from row `first` on; returns how many. */
static size_t multiply(const Matrix *m, size_t panel, size_t first, size_t rows,
                       const uint16_t *tiles, float *z)
{
    tiles += first * chunks(m->depth) * 2 * CHUNK;
    if (rows - first > LINES) {
        multiply_two(m, panel, tiles, z);
        return rows - first < 2 * LINES ? rows - first : 2 * LINES;
    }
    multiply_one(m, panel, tiles, z);
    return rows - first;
}

static void product(const Matrix *m, const float *x, size_t rows, size_t stride, float *out,
                    void *scratch)
{
    float z[2 * BLOCK];
    split(x, rows, stride, m->depth, scratch);
    for (size_t panel = 0; panel < m->panels; panel++)
        for (size_t first = 0, count; first < rows; first += count) {
            count = multiply(m, panel, first, rows, scratch, z);
            for (size_t r = 0; r < count; r++)
                for (int v = 0; v < 4; v++)
                    v_store(out + (((first + r) * m->panels + panel) * 4 + v) * WIDTH,
                            v_add(v_load(z + r / LINES * BLOCK + (v * LINES + r % LINES) * WIDTH),
                                  v_load(m->bias + (panel * 4 + v) * WIDTH)));
        }
}

static void step(const Matrix *m, const Step *s, void *scratch)
{
    float z[2 * BLOCK];
    split(s->before, s->rows, s->stride, m->depth, scratch);
    for (size_t panel = 0; panel < m->panels; panel++)
        for (size_t first = 0, count; first < s->rows; first += count) {
            count = multiply(m, panel, first, s->rows, scratch, z);
            for (size_t r = 0; r < count; r++) {
                const float *gates = s->gates[first + r] + panel * 4 * WIDTH;
                float *sums = z + r / LINES * BLOCK + r % LINES * WIDTH;
                if (s->next) prefetch(s->next[first + r] + panel * 4 * WIDTH);
                for (int v = 0; v < 4; v++) {
                    float *sum = sums + v * LINES * WIDTH;
                    v_store(sum, v_add(v_load(gates + v * WIDTH), v_load(sum)));
                }
                cell(sums, LINES * WIDTH, s, first + r, m, panel);
            }
        }
}

const Isa isa_amx = {"amx", WIDTH, weight_size, pack, scratch_size, begin, end,
                     product, step, scores_of, weighted_sum, powers};
