/* All that is wanted of simplified texts, in one pass: they are simplified and split once. */
#include <string.h>

#include "contamination.h"
#include "digest.h"
#include "minhash.h"
#include "shingles.h"

struct normalised_request {
  int64_t rows;
  const uint8_t *text;
  const int64_t *offsets;
  int64_t n_grams;
  struct permutations permutations;
  uint64_t *signatures; /* [rows, permutations.n]; NULL: not wanted */
  int64_t *n_shingles;  /* [rows]; with signatures only */
  const struct grams *grams; /* NULL: not wanted */
  struct hits hits;
  int64_t *n_hits;   /* [rows]; with grams only */
  uint64_t *digests; /* [rows, 2]; NULL: not wanted */
  int64_t folded;    /* FOLD_… of the digests */
};

/* Returns 0, or -1 when out of memory. */
int etude_normalised(struct normalised_request *r) {
  struct shingler s;
  memset(&s, 0, sizeof s);
  int bad = 0;
  r->hits.n = 0;
  for (int64_t i = 0; i < r->rows && !bad; i++) {
    const uint8_t *text = r->text + r->offsets[i];
    int64_t n = r->offsets[i + 1] - r->offsets[i];
    if (r->digests)
      bad = digest_bytes(text, n, (int)r->folded, &s.joined, r->digests + 2 * i);
    if (bad || (!r->signatures && !r->grams)) continue;
    if ((bad = shingler_read(&s, text, n))) break;
    if (r->signatures)
      r->n_shingles[i] = minhash_sign(&s, r->n_grams, &r->permutations,
                                      r->signatures + i * r->permutations.n);
    if (r->grams) r->n_hits[i] = grams_find(&s, r->grams, (int32_t)i, &r->hits);
  }
  shingler_free(&s);
  return bad ? -1 : 0;
}

static void roll_all(const struct shingler *s, int64_t n_grams, int64_t count, uint64_t *hashes) {
  struct gram_roll roll;
  gram_roll_start(&roll, &s->words, n_grams);
  for (int64_t k = 0; k < count; k++) hashes[k] = gram_roll_next(&roll);
}

static void hash_all(const struct shingler *s, int64_t n_grams, int64_t count, uint64_t *hashes) {
  for (int64_t k = 0; k < count; k += SHINGLES)
    shingle_hashes(s, k, count - k < SHINGLES ? count - k : SHINGLES, n_grams, hashes + k);
}

/* Hashes of all shingles of texts, or of all grams, in their order; more than there is room for
   are counted only.
   Returns the number of all, -1 when out of memory. */
int64_t etude_shingles(const uint8_t *text, const int64_t *offsets, int64_t rows, int64_t n_grams,
                       int grams, int64_t room, int64_t *starts, uint64_t *hashes) {
  struct shingler s;
  memset(&s, 0, sizeof s);
  int64_t n = 0;
  starts[0] = 0;
  for (int64_t i = 0; i < rows; i++) {
    if (shingler_read(&s, text + offsets[i], offsets[i + 1] - offsets[i])) {
      n = -1;
      break;
    }
    int64_t count = shingle_count(&s, n_grams);
    int64_t most = n < room ? room - n : 0;
    if (most && grams) roll_all(&s, n_grams, count < most ? count : most, hashes + n);
    if (most && !grams) hash_all(&s, n_grams, count < most ? count : most, hashes + n);
    starts[i + 1] = n += count;
  }
  shingler_free(&s);
  return n;
}

/* How many words each simplified text has. Returns 0 or -1. */
int etude_word_counts(const uint8_t *text, const int64_t *offsets, int64_t rows, int64_t *counts) {
  struct shingler s;
  memset(&s, 0, sizeof s);
  int bad = 0;
  for (int64_t i = 0; i < rows && !bad; i++) {
    bad = shingler_read(&s, text + offsets[i], offsets[i + 1] - offsets[i]);
    counts[i] = s.words.n;
  }
  shingler_free(&s);
  return bad ? -1 : 0;
}
