/* From text in UTF-8 to ids: what `Cleaner.clean`, `Tokenizer.tokens`, the vocabulary's look-up and
   the n-gram table do in Python, for plain text.

   A text that holds anything out of the ordinary, such as an emoticon, a hashtag, an address or
   another script, is left to Python. Which those are is decided generously: only what is known to
   be cleaned and cut alike is done here. */
#include "kernel.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { UNKNOWN = 1, DROPPED = -1, LEFT_TO_PYTHON = -1 };

typedef struct {
    uint32_t hash;
    uint32_t length; /* 0 for a free place */
    uint32_t start;  /* in `letters` */
    int32_t id;
} Place;

/* A vocabulary as a hash table with open addressing. */
typedef struct {
    char *letters;
    Place *places;
    size_t mask;
} Words;

static uint32_t hash_of(const char *form, size_t length)
{
    uint32_t hash = 2166136261u; /* FNV-1a */
    for (size_t n = 0; n < length; n++) hash = (hash ^ (unsigned char)form[n]) * 16777619u;
    return hash ^ hash >> 15;
}

static const Place *find(const Words *words, const char *form, size_t length)
{
    const uint32_t hash = hash_of(form, length);
    for (size_t at = hash & words->mask;; at = (at + 1) & words->mask) {
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
        const uint32_t hash = hash_of(letters, bytes);
        size_t at = hash & words->mask;
        while (words->places[at].length) at = (at + 1) & words->mask;
        words->places[at] = (Place){hash, (uint32_t)bytes, start, ids[n]};
        letters += bytes + 1;
        start += (uint32_t)bytes + 1;
    }
    return words;
}

/* Of what is not ASCII, cleaned text has accented letters alone. */
static int is_accent(char c) { return (unsigned char)c >= 0x80; }
static int is_letter(char c) { return (c >= 'a' && c <= 'z') || is_accent(c); }
static int is_digit(char c) { return c >= '0' && c <= '9'; }
static int is_word(char c) { return is_letter(c) || is_digit(c) || c == '_'; }

static int is_one_of(char c, const char *set) { return c && strchr(set, c) != NULL; }

/* ---- Cleaning ---- */

static int is_any_letter(char c) { return is_letter(c) || (c >= 'A' && c <= 'Z'); }

/* What a character is folded to, and its bytes; NULL for what is not plain. */
static const char *folded(const char *p, size_t *length)
{
    static const struct {
        const char *raw, *folded;
    } folds[] = {
        {"\xe2\x80\x99", "'"}, {"\xe2\x80\x98", "'"},  {"\xe2\x80\x9c", "\""},
        {"\xe2\x80\x9d", "\""}, {"\xe2\x80\x93", "-"}, {"\xe2\x80\x94", "--"},
        {"\xe2\x80\xa6", "..."}, {"\xc2\xa0", " "},      {"`", "'"},
    };
    for (size_t n = 0; n < sizeof folds / sizeof *folds; n++) {
        *length = strlen(folds[n].raw);
        if (!strncmp(p, folds[n].raw, *length)) return folds[n].folded;
    }
    return NULL;
}

/* Whether p may begin the rest of a contraction after its apostrophe: t, s, m, d, re, ve or ll. */
static int ends_contraction(const char *p)
{
    static const char *const ends[] = {"t", "s", "m", "d", "re", "ve", "ll"};
    for (size_t n = 0; n < sizeof ends / sizeof *ends; n++) {
        size_t length = strlen(ends[n]);
        if (!strncasecmp(p, ends[n], length) && !is_any_letter(p[length]) && !is_digit(p[length]))
            return 1;
    }
    return 0;
}

/* Writes the accented letter at p in lower case; 0 if there is none, or one that begins what wrong
   decodings make or that may be the apostrophe of a contraction. `before` is the last byte. */
static int accented(const char *p, char before, char *out)
{
    const unsigned char first = (unsigned char)p[0], second = (unsigned char)p[1];
    if (first != 0xc3 || second < 0x80 || second > 0xbf || is_accent(p[2])) return 0;
    const unsigned char lower = second < 0x9f && second != 0x97 ? second + 0x20 : second;
    if (lower == 0x97 || lower == 0xb7 || lower == 0xa2 || lower == 0xa3) return 0;
    if ((is_accent(before) || lower == 0xb5 || lower == 0xad || lower == 0xa6)
        && ends_contraction(p + 2))
        return 0;
    out[0] = p[0];
    out[1] = (char)lower;
    return 1;
}

static int ends_in(const char *end, const char *word)
{
    const size_t length = strlen(word);
    return !memcmp(end - length, word, length);
}

/* Whether it may be what a rating is out of: 5, 10, ten, five or asterisks. */
static int begins_scale(const char *p)
{
    static const char *const scales[] = {"5", "*", "10", "te", "TE", "Te", "fi", "FI", "Fi"};
    for (size_t n = 0; n < sizeof scales / sizeof *scales; n++)
        if (!strncmp(p, scales[n], strlen(scales[n]))) return 1;
    return 0;
}

/* Whether the character c, with `end` the cleaned text before it and `next` the raw text behind it,
   may be damage or part of an emoticon or of a rating. */
static int is_suspicious(char c, const char *end, const char *next)
{
    switch (c) {
    case '\\': case '%': case '=': case '#': case '<': case '_': case '*': case 127:
        return 1;
    case '&':
        next += *next == ' ';
        return *next == '#' || is_any_letter(*next);
    case '\'': /* doubled, or apart from its contraction */
        if (end[-1] == ' ') return is_letter(end[-2]) && ends_contraction(next + (*next == ' '));
        return end[-1] == '\'' || (is_letter(end[-1]) && *next == ' ' && ends_contraction(next + 1));
    case '?': case ';': case '"':
        if (!is_letter(end[-1])) return 0;
        if (c == '?') next += strspn(next, "?");
        return is_any_letter(*next);
    case ':':
        return end[-1] == 'd' || (end[-1] == '-' && end[-2] == 'd');
    case '/':
        return begins_scale(next + (*next == ' '));
    case 'r': /* "1 star" */
        return ends_in(end, "sta") && (end[-4] == '-' || is_digit(end[-4]) || is_digit(end[-5]));
    case 'f':
        return ends_in(end, " out o") && *next == ' ' && begins_scale(next + 1);
    default:
        return (c >= 0 && c < 9) || (c > 13 && c < 32);
    }
}

enum { BEFORE = 8 }; /* spaces before a cleaned text, so that one may look back */

/* Writes the cleaned text and a NUL, no longer than the raw one; 0 if it is left to Python. */
static int clean(const char *raw, char *out)
{
    static const char line_break[] = "<br />";
    const char *const beginning = raw;
    while (*raw) {
        const char *fold = NULL;
        size_t length = 1;
        if (*raw == '<' && !strncmp(raw, line_break, sizeof line_break - 1)) {
            length = sizeof line_break - 1;
            fold = "      ";
        } else if (is_accent(*raw) || *raw == '`') {
            fold = folded(raw, &length);
            if (!fold) {
                if (!accented(raw, raw > beginning ? raw[-1] : ' ', out)) return 0;
                raw += 2;
                out += 2;
                continue;
            }
        }
        char c = fold ? *fold : *raw;
        if (c >= 'A' && c <= 'Z') c += 'a' - 'A';
        if (is_suspicious(c, out, raw + length)) return 0;
        *out++ = c;
        for (fold = fold ? fold + 1 : ""; *fold; fold++) *out++ = *fold;
        raw += length;
    }
    *out = 0;
    return 1;
}

/* ---- Cutting ---- */

/* Whether an emoticon, an address or the like may begin with c, next being what follows. */
static int is_unusual(char c, char next)
{
    switch (c) {
    case '<': case '^': case '@': case '\\': case '#':
        return 1;
    case ':': case ';': case '=':
        return is_one_of(next, "'-o^)(][dp3*/\\|_cxs@#$&{}<>");
    case '(': case ')':
        return is_one_of(next, "-'^:;");
    case '>':
        return is_one_of(next, ":;_.");
    case '-': case '*':
        return next == '_';
    default:
        return 0;
    }
}

/* The end of the token that begins at p; p itself where none does. `end` points to a NUL. */
static const char *token_end(const char *p)
{
    const char *q = p;
    if (is_letter(*p)) {
        while (is_letter(*q) || is_digit(*q)) q++;
        /* A word gives up its "n't". */
        if (q[-1] == 'n' && q[0] == '\'' && q[1] == 't' && !is_word(q[2]))
            return q - 1 > p ? q - 1 : q + 2;
        return q;
    }
    if (is_digit(*p)) { /* 7/10, 1,000, 80s */
        while (is_digit(*q)) q++;
        while (is_one_of(*q, ".,/:") && is_digit(q[1]))
            for (q++; is_digit(*q);) q++;
        while (is_letter(*q)) q++;
        return q;
    }
    switch (*p) {
    case '\'': {
        static const char *const clitics[] = {"s", "m", "d", "re", "ve", "ll"};
        for (size_t n = 0; n < 6; n++) {
            const size_t length = strlen(clitics[n]);
            if (!strncmp(p + 1, clitics[n], length) && !is_word(p[1 + length]))
                return p + 1 + length;
        }
        return p + 1;
    }
    case '.':
        while (q < p + 3 && *q == '.') q++;
        return q;
    case '-':
        return p[1] == '-' ? p + 2 : p + 1;
    case '!': case '?': case '*':
        while (*q == *p) q++;
        return q;
    default:
        return is_one_of(*p, ",;:\"()[]{}$%&+/=>_`|~") ? p + 1 : p;
    }
}

enum { LONGEST = 64 }; /* a token that is squeezed */

static int is_run(const char *p) { return *p == p[1] && *p == p[2] && *p != '.'; }

/* Whether a token is left as it is, though a letter stands in it three times: a Roman numeral. */
static int is_numeral(const char *token, size_t length)
{
    static const char *const numerals[] = {"iii", "viii", "xiii", "xviii", "xxx"};
    for (size_t n = 0; n < 5; n++)
        if (strlen(numerals[n]) == length && !memcmp(token, numerals[n], length)) return 1;
    return 0;
}

/* The token with runs of a letter, ! or ? cut to two; its length. */
static size_t squeeze(const char *token, size_t length, char *squeezed)
{
    size_t kept = 0;
    for (size_t n = 0; n < length; n++) {
        const char c = token[n];
        const int squeezable = is_letter(c) || c == '!' || c == '?';
        if (squeezable && n >= 2 && token[n - 1] == c && token[n - 2] == c) continue;
        squeezed[kept++] = c;
    }
    return kept;
}

/* The ids of one text, which ends in a NUL; how many, or LEFT_TO_PYTHON. */
static int64_t encode(const Words *words, const char *text, int squeezes, int32_t *ids)
{
    char squeezed[LONGEST];
    int64_t count = 0;
    for (const char *p = text; *p;) {
        if (is_unusual(*p, p[1])) return LEFT_TO_PYTHON;
        const char *end = token_end(p), *token = p;
        if (end == p) {
            p++;
            continue;
        }
        size_t length = (size_t)(end - p);
        int runs = 0;
        for (const char *q = p; q + 2 < end; q++)
            if (is_run(q)) {
                if (*q == 'w') return LEFT_TO_PYTHON; /* it may be an address */
                runs = 1;
            }
        if (runs && squeezes && !is_numeral(p, length)) {
            if (length > LONGEST) return LEFT_TO_PYTHON;
            length = squeeze(p, length, squeezed);
            token = squeezed;
        }
        const Place *place = find(words, token, length);
        if (!place && *token == 'x') return LEFT_TO_PYTHON; /* "xd" may be an emoticon */
        if (!place || place->id != DROPPED) ids[count++] = place ? place->id : UNKNOWN;
        p = end;
    }
    return count;
}

/* The ids of texts, cut to `limit` tokens, of which `head` are from a text's beginning.

   squeezes: whether "sooo" is read as "soo". cleans: whether the texts are yet to be cleaned. texts:
   the texts one after the other, each with a NUL at its end; longest: the bytes of the longest.
   ids: room for as many as there are bytes. lengths, left_out (count,): the tokens kept and cut out
   of each text; a length of -1 where the text is left to Python. Returns how many ids there are, or
   -1 without memory. */
EXPORT int64_t tonality_encode(const Words *words, const char *texts, int64_t count, int64_t longest,
                               int64_t cleans, int64_t squeezes, int64_t limit, int64_t head,
                               int32_t *ids, int64_t *lengths, int64_t *left_out)
{
    int64_t done = 0;
    char *room = malloc(BEFORE + (size_t)longest + 1), *cleaned = room + BEFORE;
    if (!room) return -1;
    memset(room, ' ', BEFORE);
    for (int64_t n = 0; n < count; n++, texts += strlen(texts) + 1) {
        const int plain = !cleans || clean(texts, cleaned);
        int64_t length = plain ? encode(words, cleans ? cleaned : texts, squeezes != 0, ids + done)
                               : LEFT_TO_PYTHON;
        left_out[n] = 0;
        if (limit && length > limit) {
            left_out[n] = length - limit;
            memmove(ids + done + head, ids + done + head + left_out[n],
                    (size_t)(limit - head) * sizeof *ids);
            length = limit;
        }
        lengths[n] = length;
        done += length < 0 ? 0 : length;
    }
    free(room);
    return done;
}

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
