/* Plain text as `Cleaner.clean` leaves it. What may be damaged, an emoticon or a rating is left to
   Python. */
#include "tokens.h"

#include <strings.h>

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

/* Whether p may begin the rest of a contraction after its apostrophe: t, s, m, d, re, ve or ll.
   Whether what is not ASCII ends it is left to Python. */
static int ends_contraction(const char *p)
{
    static const char *const ends[] = {"t", "s", "m", "d", "re", "ve", "ll"};
    for (size_t n = 0; n < sizeof ends / sizeof *ends; n++) {
        size_t length = strlen(ends[n]);
        if (strncasecmp(p, ends[n], length)) continue;
        const char next = p[length];
        if (is_accent(next) || !(is_any_letter(next) || is_digit(next))) return 1;
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

/* What lies behind white space of the raw text, of which a rating has three characters at most. */
static const char *after_gap(const char *p)
{
    for (int n = 0; n < 3; n++) {
        if (is_space(*p)) p++;
        else if (!strncmp(p, "\xc2\xa0", 2)) p += 2; /* a no-break space */
    }
    return p;
}

/* Where the cleaned text before such white space ends. */
static const char *before_gap(const char *end)
{
    for (int n = 0; n < 3 && is_space(end[-1]); n++) end--;
    return end;
}

/* Whether the rest of an emoji's code may follow its first colon: "thumbsup:", "+1:". */
static int is_emoji_code(const char *next)
{
    const size_t length = strspn(next, "abcdefghijklmnopqrstuvwxyz_+-01");
    return length > 1 && next[length] == ':';
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
        return end[-1] == 'd' || (end[-1] == '-' && end[-2] == 'd') || is_emoji_code(next);
    case '/':
        return begins_scale(after_gap(next));
    case 'r': /* "1 star", "1 (one) star" */
        if (!ends_in(end, "sta")) return 0;
        end = before_gap(end - 3);
        return is_one_of(end[-1], "-)") || is_digit(end[-1]) || ends_in(end, "half");
    case 'f': /* "out of ten" */
        if (end[-1] != 'o' || !is_space(end[-2]) || after_gap(next) == next) return 0;
        return ends_in(before_gap(end - 1), "out") && begins_scale(after_gap(next));
    default:
        return (c >= 0 && c < 9) || (c > 13 && c < 32);
    }
}

int clean_text(const char *raw, char *out)
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
