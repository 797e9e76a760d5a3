/* The pass after affixes: tokens that make up an exception when joined are joined again. */
#ifndef ETUDE_PHRASES_H
#define ETUDE_PHRASES_H

#include "words.h"

/* Tokens where something is to be joined, in order of their places. */
struct joints {
  int64_t n, cap;
  int64_t *at;
};

/* Look for exceptions that the words of one chunk, from `first` to the last word there is, would
   make up. Returns 0 or -1. */
int phrases_find(const struct words *w, int64_t first, struct joints *joints);

/* Join them, by spaCy's rules of which of several overlapping phrases counts. `text` is what the
   words were split from. Returns 0 or -1. */
int phrases_join(const uint8_t *text, struct words *w, const struct joints *joints);

#endif
