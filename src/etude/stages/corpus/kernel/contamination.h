/* Runs of words of benchmark items, looked for in texts. */
#ifndef ETUDE_CONTAMINATION_H
#define ETUDE_CONTAMINATION_H

#include <stdint.h>

#include "shingles.h"

/* Hashes of all runs of `width` words in turn: of the words' own hashes, rolling. */
struct gram_roll {
  const uint64_t *hash; /* of the first word of the next run */
  int64_t width, left;  /* runs left */
  uint64_t sum, top;    /* top: what the first word's hash is multiplied by */
};

void gram_roll_start(struct gram_roll *roll, const struct words *w, int64_t width);

static const uint64_t GRAM_BASE = 0x9E3779B97F4A7C15ULL;

/* The next hash, while there are runs left. */
static inline uint64_t gram_roll_next(struct gram_roll *roll) {
  uint64_t h = roll->sum ^ roll->sum >> 32;
  if (--roll->left)
    roll->sum = (roll->sum - roll->hash[0] * roll->top) * GRAM_BASE + roll->hash[roll->width];
  roll->hash++;
  h *= 0xD6E8FEB86659FD93ULL;
  return h ^ h >> 32;
}

/* Hashes of the grams in a table, open addressing: slot -> number of the gram plus 1, 0 if empty.
   Grams of one text may have several widths, for an item that is too short for the usual one. */
struct grams {
  int64_t mask; /* slots - 1, a power of 2 less 1 */
  const uint64_t *hashes;
  const int32_t *slots;
  const uint64_t *filter; /* bits of hashes: a quick no; of as many bits as mask + 1, times 8 */
  int64_t n_widths;
  const int64_t *widths;
};

/* Where grams were found: more than there is room for are counted only. */
struct hits {
  int64_t n, room;
  int32_t *text, *gram;
};

/* Look for the grams in one text. Returns how many of its places begin one. */
int64_t grams_find(const struct shingler *s, const struct grams *g, int32_t text,
                   struct hits *hits);

#endif
