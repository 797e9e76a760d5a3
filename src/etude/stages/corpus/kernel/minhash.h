/* MinHash signatures, bit for bit those of datatrove's MinhashDedupSignature. */
#ifndef ETUDE_MINHASH_H
#define ETUDE_MINHASH_H

#include <stdint.h>

#include "shingles.h"

/* A family of permutations h -> (h a + b) mod 2^64 mod (2^61 - 1). `n` is a multiple of 8. */
struct permutations {
  int64_t n;
  const uint64_t *a, *b;
};

/* The least value of each permutation over a text's shingles, all ones where it has none. Returns
   the number of shingles. */
int64_t minhash_sign(const struct shingler *s, int64_t n_grams, const struct permutations *p,
                     uint64_t *signature);

#endif
