/* A vocabulary as a hash table. */
#include "tokens.h"

#include <stdlib.h>

const Place *find_word(const Words *words, const char *form, size_t length)
{
    return find_hashed(words, hash_on(HASH_START, form, length), form, length);
}

const Place *find_hashed(const Words *words, uint32_t hash, const char *form, size_t length)
{
    for (size_t at = place_of(hash) & words->mask;; at = (at + 1) & words->mask) {
        const Place *place = &words->places[at];
        if (!place->length) return NULL;
        if (place->hash == hash && place->length == length &&
            !memcmp(words->letters + place->start, form, length))
            return place;
    }
}

EXPORT void tonality_words_free(Words *words)
{
    if (!words) return;
    free(words->letters);
    free(words->places);
    free(words);
}

/* The table of `count` distinct forms and their ids (count,). letters (length,): the forms, a NUL
   after each. NULL without memory. */
EXPORT Words *tonality_words(int64_t count, const char *letters, int64_t length,
                             const int32_t *ids)
{
    size_t size = 16;
    uint32_t start = 0;
    while (size < 2 * (size_t)count) size *= 2;
    Words *words = length <= UINT32_MAX ? calloc(1, sizeof *words) : NULL;
    if (!words) return NULL;
    words->mask = size - 1;
    words->places = calloc(size, sizeof *words->places);
    words->letters = malloc((size_t)length + 1);
    if (!words->places || !words->letters) {
        tonality_words_free(words);
        return NULL;
    }
    memcpy(words->letters, letters, (size_t)length);
    for (int64_t n = 0; n < count; n++) {
        const size_t bytes = strlen(letters);
        const uint32_t hash = hash_on(HASH_START, letters, bytes);
        size_t at = place_of(hash) & words->mask;
        words->filter[place_of(hash) % FILTER / 64] |= 1ull << place_of(hash) % 64;
        while (words->places[at].length) at = (at + 1) & words->mask;
        words->places[at] = (Place){hash, (uint32_t)bytes, start, ids[n]};
        letters += bytes + 1;
        start += (uint32_t)bytes + 1;
    }
    return words;
}
