/* Lines of a text, and what one look at all its bytes tells. */
#ifndef ETUDE_LINES_H
#define ETUDE_LINES_H

#include "clones.h"
#include "table.h"
#include "unicode.h"

/* Phrases of C4 that a text may have: bits of `phrases`. */
enum {
  MAY_LOREM = 1,
  MAY_JAVASCRIPT = 2,
  MAY_TERMS = 4,
  MAY_PRIVACY = 8,
  MAY_COOKIE = 16,
};

struct shape {
  int64_t chars, newlines, hashes;
  int ascii;
  int odd_breaks; /* perhaps a line break other than \n */
  int dots;       /* perhaps three dots in a row */
  int bracket;    /* [ */
  int brace;      /* { */
  int phrases;    /* never without the bit of a phrase that is there; perhaps with more */
};

/* Offsets are 32 bits wide, as in Arrow's string arrays: a line costs as little as it can. */
struct line {
  int32_t start, end; /* without the break */
  int32_t from, to;   /* without the white space around it; from == to when there is nothing */
  uint64_t hash;
};

struct lines {
  int64_t n, cap;
  int64_t filled; /* lines that are not empty; kept by split_newlines */
  struct line *at;
  uint8_t *repeat; /* per line: an earlier line is the same; kept by split_newlines */
  int64_t repeat_cap;
};

struct shape shape_of(const uint8_t *text, int64_t n);

/* Code points among these bytes. */
int64_t count_chars(const uint8_t *text, int64_t n);

/* Split at each \n, of which there must be `newlines`; that makes one line more. Hashes and repeats
   are filled in if `seen` is given. Returns 0, or -1 when out of memory. */
int split_newlines(
    const uint8_t *text, int64_t n, int64_t newlines, struct lines *out, struct table *seen);

/* Split as str.splitlines does. No hashes. Returns 0, or -1 when out of memory. */
int split_all_breaks(const uint8_t *text, int64_t n, struct lines *out);

/* Move both ends inwards over white space, as str.strip does. */
static inline void strip_space(const uint8_t *text, int64_t *from, int64_t *to) {
  int64_t a = *from, z = *to;
  int width;
  while (a < z) {
    if (!(char_class(decode_char(text + a, text + z, &width)) & CH_SPACE)) break;
    a += width;
  }
  while (z > a) {
    int64_t q = z - 1;
    while (q > a && z - q < 4 && (text[q] & 0xC0) == 0x80) q--;
    uint32_t c = decode_char(text + q, text + z, &width);
    if (!(char_class(c) & CH_SPACE) || q + width != z) break;
    z = q;
  }
  *from = a;
  *to = z;
}

void lines_free(struct lines *lines);

#endif
