/* What the files share that make ids of texts. */
#ifndef TONALITY_TOKENS_H
#define TONALITY_TOKENS_H

#include "kernel.h"

#include <string.h>

enum { UNKNOWN = 1, DROPPED = -1 };

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

/* vocabulary.c: the place of a form, or NULL. */
const Place *find_word(const Words *words, const char *form, size_t length);

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
