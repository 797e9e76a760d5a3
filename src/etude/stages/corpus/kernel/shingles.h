/* Hashes of every n words of a simplified text, as datatrove makes them. */
#ifndef ETUDE_SHINGLES_H
#define ETUDE_SHINGLES_H

#include <stdint.h>

#include "simplify.h"
#include "words.h"

/* A simplified text in words, and room that is used again for the next one. */
struct shingler {
  struct bytes simple, joined;
  struct words words;
  const uint8_t *text; /* words with one blank between them; words.start counts from here. After
                          them 32 bytes more can be read. */
};

void shingler_free(struct shingler *s);

/* Simplify a text and split it. Returns 0 or -1. */
int shingler_read(struct shingler *s, const uint8_t *text, int64_t n);

/* How many runs of n words there are. */
int64_t shingle_count(const struct shingler *s, int64_t n_grams);

/* Hashes of n runs of words, at most SHINGLES, that begin at word `first` and after it: xxHash64 of
   their words, joined by blanks. */
enum { SHINGLES = 64 };
void shingle_hashes(const struct shingler *s, int64_t first, int64_t n, int64_t n_grams,
                    uint64_t *hashes);

#endif
