/* Text as datatrove simplifies it before it compares documents: lower case, a number as 0, no
   punctuation, no diacritics, blanks single. */
#ifndef ETUDE_SIMPLIFY_H
#define ETUDE_SIMPLIFY_H

#include <stdint.h>

/* Bytes that grow; the first `from` of them are no part of the text. */
struct bytes {
  int64_t from, n, cap;
  uint8_t *data;
};

/* Make room for `cap` bytes in all. Returns 0 or -1. */
int bytes_reserve(struct bytes *b, int64_t cap);

void bytes_free(struct bytes *b);

/* Simplify a text into `out`: data[from:n]. Returns 0 or -1. */
int simplify(const uint8_t *text, int64_t n, struct bytes *out);

enum { FOLD_SPACE = 1, FOLD_CASE = 2 };

/* The text with each run of whitespace as one blank and none at its ends, in lower case, or one
   of both. Returns 0 or -1. */
int fold(const uint8_t *text, int64_t n, int what, struct bytes *out);

#endif
