/* The known word that an unknown one was meant to be; as `intended` of text/typing_errors.py. */
#include "tokens.h"

/* Of SHORTEST letters two may be swapped, no more, if that makes a word with an id under COMMON. */
enum { SHORTEST = 3, LONGEST = 24, LETTERS = 26, COMMON = 100 };

static const char *const mistaken[LETTERS] = {
    "eioqsuwyz", "ghnv", "dfksvx", "cefrsx", "adiorsuwy", "cdgrtv", "bfhtvy", "bgjnuy",
    "aejkouy", "hikmnu", "cijlmo", "kop", "jkn", "bhjm", "aeiklpuy", "lo", "aw", "deft",
    "acdewxz", "fgry", "aehijoy", "bcfg", "aeqs", "cdsz", "aeghiotu", "asx"
};

typedef struct {
    const Words *words;
    const char *word;
    size_t length;
    const Place *best;
} Search;

/* Tries the word with its letters from `from` to `to` replaced. hash: of the letters before. */
static void try_form(Search *search, uint32_t hash, size_t from, const char *letters, size_t count,
                     size_t to)
{
    const char *rest = search->word + to;
    const size_t left = search->length - to;
    hash = hash_on(hash_on(hash, letters, count), rest, left);
    if (!may_know(search->words, hash)) return;
    char form[LONGEST + 1];
    memcpy(form, search->word, from);
    memcpy(form + from, letters, count);
    memcpy(form + from + count, rest, left);
    const Place *place = find_hashed(search->words, hash, form, from + count + left);
    if (!place || place->id == NAME) return;
    if (!search->best || place->id < search->best->id) search->best = place;
}

static void try_swapped(Search *search)
{
    uint32_t hash = HASH_START;
    for (size_t n = 1; n + 1 < search->length; n++) {
        hash = hash_on(hash, search->word + n - 1, 1);
        const char swapped[] = {search->word[n + 1], search->word[n]};
        try_form(search, hash, n, swapped, 2, n + 2);
    }
}

static void try_others(Search *search)
{
    uint32_t hash = HASH_START;
    for (size_t n = 1; n <= search->length; n++) {
        hash = hash_on(hash, search->word + n - 1, 1);
        for (char letter = 'a'; letter <= 'z'; letter++) try_form(search, hash, n, &letter, 1, n);
        if (n == search->length) continue;
        if (n + 1 < search->length) try_form(search, hash, n, "", 0, n + 1);
        for (const char *letter = mistaken[search->word[n] - 'a']; *letter; letter++)
            try_form(search, hash, n, letter, 1, n + 1);
    }
}

const Place *intended(const Words *words, const char *word, size_t length)
{
    if (length < SHORTEST || length > LONGEST) return NULL;
    for (size_t n = 0; n < length; n++)
        if (word[n] < 'a' || word[n] > 'z') return NULL;
    Search search = {words, word, length, NULL};
    try_swapped(&search);
    if (length == SHORTEST && search.best && search.best->id >= COMMON) return NULL;
    if (!search.best && length > SHORTEST) try_others(&search);
    /* A form that is dropped has the lowest id. */
    return search.best && search.best->id != DROPPED ? search.best : NULL;
}

/* The id of the word that an unknown one was meant to be, UNKNOWN if there is none such. */
EXPORT int64_t tonality_intended(const Words *words, const char *word, int64_t length)
{
    if (find_word(words, word, (size_t)length)) return UNKNOWN; /* a name */
    const Place *place = intended(words, word, (size_t)length);
    return place ? place->id : UNKNOWN;
}
