/* From text in UTF-8 to ids: what `Cleaner.clean`, `Tokenizer.tokens`, the vocabulary's look-up and
   the n-gram table do in Python, for plain text.

   A text that holds anything out of the ordinary, such as an emoticon, a hashtag, an address or
   another script, is left to Python. Which those are is decided generously: only what is known to
   be cleaned and cut alike is done here. */
#include "tokens.h"

#include <stdlib.h>

enum { LEFT_TO_PYTHON = -1 };

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

enum { LONGEST_TOKEN = 64 }; /* a token that is squeezed */

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

enum { MOST_DOUBLED = 5 };

/* The commonest known word with fewer doubled letters than a word that is unknown, or NULL; as
   `_unstretched` of text/unknown_tokens.py. */
static const Place *unstretched(const Words *words, const char *word, size_t length)
{
    size_t doubled[MOST_DOUBLED], count = 0;
    int stretched = 0;
    for (size_t n = 0; n < length; n++) {
        if (!is_letter(word[n])) return NULL;
        if (n + 1 == length || word[n] != word[n + 1]) continue;
        if (count == MOST_DOUBLED) return NULL;
        stretched |= n + 2 == length || is_one_of(word[n], "aeiou");
        doubled[count++] = n++;
    }
    if (!stretched || length > LONGEST_TOKEN) return NULL;
    const Place *best = NULL;
    char form[LONGEST_TOKEN];
    for (unsigned single = 1; single < 1u << count; single++) { /* a bit for each doubled letter */
        size_t kept = 0, next = 0;
        for (size_t n = 0; n < length; n++) {
            form[kept++] = word[n];
            if (next < count && doubled[next] == n) {
                if (single >> next & 1) n++;
                next++;
            }
        }
        const Place *place = find_word(words, form, kept);
        if (place && place->id >= 0 && (!best || place->id < best->id)) best = place;
    }
    return best;
}

typedef struct {
    const char *letters; /* in the text, or in `room` */
    size_t length;
    char room[LONGEST_TOKEN];
} Token;

/* Reads the token from p to end; 0 where the text is left to Python. */
static int read_token(const char *p, const char *end, int squeezes, Token *token)
{
    token->letters = p;
    token->length = (size_t)(end - p);
    int runs = 0;
    for (const char *q = p; q + 2 < end; q++)
        if (is_run(q)) {
            if (*q == 'w') return 0; /* it may be an address */
            runs = 1;
        }
    if (runs && squeezes && !is_numeral(p, token->length)) {
        if (token->length > LONGEST_TOKEN) return 0;
        token->length = squeeze(p, token->length, token->room);
        token->letters = token->room;
    }
    return 1;
}

enum { FIRST_UNSETTLED = -2 }; /* under it: where in its text an unknown word begins */

/* The ids of one text, which ends in a NUL; how many, or LEFT_TO_PYTHON. With `mends`, an unknown
   word is unsettled: only those that are read are worth a search. */
static int64_t encode(const Words *words, const char *text, int squeezes, int mends, int32_t *ids)
{
    Token token;
    int64_t count = 0;
    for (const char *p = text; *p;) {
        if (is_unusual(*p, p[1])) return LEFT_TO_PYTHON;
        const char *end = token_end(p);
        if (end == p) {
            p++;
            continue;
        }
        if (!read_token(p, end, squeezes, &token)) return LEFT_TO_PYTHON;
        const Place *place = find_word(words, token.letters, token.length);
        const int is_name = place && place->id == NAME;
        if (is_name) place = NULL;
        if (!place && *p == 'x') return LEFT_TO_PYTHON; /* "xd" may be an emoticon */
        if (!place && squeezes) place = unstretched(words, token.letters, token.length);
        if (!place && mends && !is_name && p - text < INT32_MAX / 2)
            ids[count++] = FIRST_UNSETTLED - (int32_t)(p - text);
        else if (!place || place->id != DROPPED)
            ids[count++] = place ? place->id : UNKNOWN;
        p = end;
    }
    return count;
}

/* Settles the ids (count,) of a text's unknown words; how many are read as another word. */
static int64_t settle(const Words *words, const char *text, int squeezes, int32_t *ids,
                      int64_t count)
{
    Token token;
    int64_t guessed = 0;
    for (int64_t n = 0; n < count; n++) {
        if (ids[n] > FIRST_UNSETTLED) continue;
        const char *p = text + (FIRST_UNSETTLED - ids[n]);
        read_token(p, token_end(p), squeezes, &token);
        const Place *place = intended(words, token.letters, token.length);
        ids[n] = place ? place->id : UNKNOWN;
        guessed += place != NULL;
    }
    return guessed;
}

/* The ids of texts, cut to `limit` tokens, of which `head` are from a text's beginning.

   cleans: whether the texts are yet to be cleaned. squeezes: whether "sooo" is read as "soo". mends:
   whether an unknown word is read as the known one that was meant. texts: the texts one after the
   other, each with a NUL at its end; longest: the bytes of the longest.
   ids: room for as many as there are bytes. lengths, left_out, guessed (count,): of each text the
   tokens kept and cut out, and how many of the kept are read as another word; a length of -1 where
   the text is left to Python. Returns how many ids there are; FAILED_INPUT where 0 <= head <= limit
   does not hold, FAILED_MEMORY without memory. */
EXPORT int64_t tonality_encode(const Words *words, const char *texts, int64_t count, int64_t longest,
                               int64_t cleans, int64_t squeezes, int64_t mends, int64_t limit,
                               int64_t head, int32_t *ids, int64_t *lengths, int64_t *left_out,
                               int64_t *guessed)
{
    int64_t done = 0;
    if (head < 0 || head > limit) return FAILED_INPUT;
    char *room = malloc(BEFORE + (size_t)longest + 1), *cleaned = room + BEFORE;
    if (!room) return FAILED_MEMORY;
    memset(room, ' ', BEFORE);
    for (int64_t n = 0; n < count; n++, texts += strlen(texts) + 1) {
        const int plain = !cleans || clean_text(texts, cleaned);
        const char *text = cleans ? cleaned : texts;
        int64_t length = LEFT_TO_PYTHON;
        if (plain) length = encode(words, text, squeezes != 0, mends != 0, ids + done);
        left_out[n] = 0;
        if (limit && length > limit) {
            left_out[n] = length - limit;
            memmove(ids + done + head, ids + done + head + left_out[n],
                    (size_t)(limit - head) * sizeof *ids);
            length = limit;
        }
        guessed[n] = settle(words, text, squeezes != 0, ids + done, length);
        lengths[n] = length;
        done += length < 0 ? 0 : length;
    }
    free(room);
    return done;
}
