/* The look-up of n-grams. */
#include "kernel.h"

/* Finds n-grams of `order` ids; writes the row of each that the table holds to rows[2 n] of the
   token n at which it ends, and nothing elsewhere.

   keys, slots, first_row: the table, see ngrams.py. slot_bits: slots has 2 to the power of this. */
EXPORT void tonality_ngrams(const int32_t *ids, const int64_t *offsets, int64_t count,
                            int64_t order, int64_t vocabulary, const int64_t *keys,
                            const int32_t *slots, int64_t slot_bits, int64_t first_row,
                            int32_t *rows)
{
    const uint64_t mask = ((uint64_t)1 << slot_bits) - 1;
    for (int64_t n = 0; n < count; n++)
        for (int64_t t = offsets[n] + order - 1; t < offsets[n + 1]; t++) {
            int64_t key = 0;
            for (int64_t k = t - order + 1; k <= t; k++) key = key * vocabulary + ids[k];
            uint64_t at = (uint64_t)key * 0x9E3779B97F4A7C15u >> (64 - slot_bits);
            for (; slots[at]; at = (at + 1) & mask)
                if (keys[slots[at] - 1] == key) {
                    rows[2 * t] = (int32_t)(slots[at] - 1 + first_row);
                    break;
                }
        }
}
