/* What the files share that make ids of texts. */
#ifndef TONALITY_TOKENS_H
#define TONALITY_TOKENS_H

#include "kernel.h"

#include <string.h>

/* A name is unknown, and no known word is looked for in its place. */
enum { UNKNOWN = 1, DROPPED = -1, NAME = -2 };

typedef struct {
    uint32_t hash;
    uint32_t length; /* 0 for a free place */
    uint32_t start;  /* in `letters` */
    int32_t id;
} Place;

enum { FILTER = 1 << 20 }; /* bits: 128 KB, which a core's cache holds */

/* A vocabulary as a hash table with open addressing. */
typedef struct {
    char *letters;
    Place *places;
    size_t mask;
    uint64_t filter[FILTER / 64]; /* a bit for each form, by its hash */
} Words;

/* vocabulary.c: the place of a form, or NULL; with the form's hash, too. */
const Place *find_word(const Words *words, const char *form, size_t length);
const Place *find_hashed(const Words *words, uint32_t hash, const char *form, size_t length);

#define HASH_START 2166136261u

/* The hash (FNV-1a) of what has the hash `hash` and then some letters. */
static inline uint32_t hash_on(uint32_t hash, const char *letters, size_t length)
{
    for (size_t n = 0; n < length; n++) hash = (hash ^ (unsigned char)letters[n]) * 16777619u;
    return hash;
}

/* A hash with its upper bits in the lower ones, by which forms are placed. */
static inline uint32_t place_of(uint32_t hash) { return hash ^ hash >> 15; }

/* Whether there may be a form of that hash. Where not, there is none. */
static inline int may_know(const Words *words, uint32_t hash)
{
    return words->filter[place_of(hash) % FILTER / 64] >> place_of(hash) % 64 & 1;
}

/* typing_errors.c: the place of the word that an unknown one was meant to be, or NULL. */
const Place *intended(const Words *words, const char *word, size_t length);

enum { BEFORE = 8 }; /* spaces before a cleaned text, so that one may look back */

/* cleaning.c: writes the cleaned text and a NUL, no longer than the raw one; 0 if it is left to
   Python. */
int clean_text(const char *raw, char *out);

/* Of what is not ASCII, cleaned text has accented letters alone. */
static inline int is_accent(char c) { return (unsigned char)c >= 0x80; }
static inline int is_letter(char c) { return (c >= 'a' && c <= 'z') || is_accent(c); }
static inline int is_digit(char c) { return c >= '0' && c <= '9'; }
static inline int is_word(char c) { return is_letter(c) || is_digit(c) || c == '_'; }

static inline int is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

static inline int is_one_of(char c, const char *set) { return c && strchr(set, c) != NULL; }

#endif
