/* Any bytes as texts to be signed, searched, digested and cut into lines. */
#include <stdlib.h>
#include <string.h>

#include "contamination.h"
#include "digest.h"
#include "minhash.h"
#include "shingles.h"

/* As in normalised.c, which has no header: its layout is that of normalised.py. */
struct normalised_request {
  int64_t rows;
  const uint8_t *text;
  const int64_t *offsets;
  int64_t n_grams;
  struct permutations permutations;
  uint64_t *signatures;
  int64_t *n_shingles;
  const struct grams *grams;
  struct hits hits;
  int64_t *n_hits;
  uint64_t *digests;
  int64_t folded;
};
int etude_normalised(struct normalised_request *r);
int64_t etude_shingles(const uint8_t *, const int64_t *, int64_t, int64_t, int, int64_t, int64_t *,
                       uint64_t *);
int etude_word_counts(const uint8_t *, const int64_t *, int64_t, int64_t *);
int etude_digests(const uint8_t *, const int64_t *, int64_t, int, uint64_t *);
int64_t etude_line_digests(const uint8_t *, const int64_t *, int64_t, int, int, int64_t, int64_t *,
                           uint64_t *, int64_t *);
void etude_grams_fill(const uint64_t *, int64_t, int64_t, int32_t *, uint64_t *);

enum { ROWS = 3, SLOTS = 64, HASHES = 16 };

static int by_value(const void *a, const void *b) {
  uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
  return (x > y) - (x < y);
}

static void check_lines(const uint8_t *text, const int64_t *offsets, int paragraphs, int folded) {
  int64_t starts[ROWS + 1], none[ROWS + 1];
  int64_t n = etude_line_digests(text, offsets, ROWS, paragraphs, folded, 0, none, 0, 0);
  uint64_t *digests = malloc((size_t)(2 * n + 1) * sizeof *digests);
  int64_t *spans = malloc((size_t)(2 * n + 1) * sizeof *spans);
  if (n < 0 || etude_line_digests(text, offsets, ROWS, paragraphs, folded, n, starts, digests,
                                  spans) != n)
    abort();
  for (int64_t i = 0; i < ROWS; i++) {
    int64_t end = 0;
    for (int64_t k = starts[i]; k < starts[i + 1]; k++) {
      if (spans[2 * k] != end || spans[2 * k + 1] <= end) abort();
      end = spans[2 * k + 1];
    }
    if (end != offsets[i + 1] - offsets[i]) abort();
  }
  free(digests);
  free(spans);
}

static void check_signatures(const uint8_t *text, const int64_t *offsets, int64_t width,
                             const struct permutations *p, const uint64_t *signatures) {
  int64_t starts[ROWS + 1], count = etude_shingles(text, offsets, ROWS, width, 0, 0, starts, 0);
  uint64_t *hashes = malloc((size_t)(count + 1) * sizeof *hashes);
  if (etude_shingles(text, offsets, ROWS, width, 0, count, starts, hashes) != count) abort();
  for (int64_t i = 0; i < ROWS; i++)
    for (int64_t j = 0; j < p->n; j++) {
      uint64_t least = ~0ULL;
      for (int64_t k = starts[i]; k < starts[i + 1]; k++) {
        uint64_t v = (hashes[k] * p->a[j] + p->b[j]) % ((1ULL << 61) - 1);
        if (v < least) least = v;
      }
      if (signatures[i * p->n + j] != least) abort();
    }
  free(hashes);
}

void fuzz_normalised(const uint8_t *data, size_t size) {
  if (size < 2) return;
  int64_t width = 1 + data[0] % 14, folded = data[1] % 4, n = (int64_t)size - 2;
  const uint8_t *text = data + 2;
  int64_t offsets[ROWS + 1], starts[ROWS + 1], counts[ROWS], n_shingles[ROWS], n_hits[ROWS];
  for (int64_t i = 0; i <= ROWS; i++) offsets[i] = n * i / ROWS;

  int64_t count = etude_shingles(text, offsets, ROWS, width, 1, 0, starts, 0);
  uint64_t *hashes = malloc((size_t)(count + 1) * sizeof *hashes);
  if (count < 0 || etude_shingles(text, offsets, ROWS, width, 1, count, starts, hashes) != count)
    abort();
  if (etude_word_counts(text, offsets, ROWS, counts)) abort();
  for (int64_t i = 0; i < ROWS; i++)
    if (starts[i + 1] - starts[i] != (counts[i] < width ? 0 : counts[i] - width + 1)) abort();

  /* The texts' own grams are looked for, as many as the table has room for. */
  qsort(hashes, (size_t)count, sizeof *hashes, by_value);
  int64_t distinct = 0;
  for (int64_t i = 0; i < count && distinct < SLOTS / 2; i++)
    if (!distinct || hashes[distinct - 1] != hashes[i]) hashes[distinct++] = hashes[i];
  int32_t slots[SLOTS] = {0}, hit_text[8], hit_gram[8];
  uint64_t filter[SLOTS / 8] = {0}, a[HASHES], b[HASHES], signatures[ROWS * HASHES];
  uint64_t digests[2 * ROWS], again[2 * ROWS];
  etude_grams_fill(hashes, distinct, SLOTS - 1, slots, filter);
  /* Around multiples of the prime a signature is found in another way. */
  for (uint64_t k = 0; k < HASHES; k++) {
    a[k] = k < 4 ? 2 * k + 1 : 0;
    b[k] = k < 8 ? k << 40 : (data[0] & 7) * ((1ULL << 61) - 1) + k - 9;
  }
  struct grams grams = {SLOTS - 1, hashes, slots, filter, 1, &width};
  struct normalised_request request = {
      ROWS, text, offsets, width, {HASHES, a, b}, signatures, n_shingles, &grams,
      {0, 8, hit_text, hit_gram}, n_hits, digests, folded};
  if (etude_normalised(&request)) abort();
  check_signatures(text, offsets, width, &request.permutations, signatures);
  if (etude_digests(text, offsets, ROWS, (int)folded, again)) abort();
  if (memcmp(digests, again, sizeof digests)) abort();
  if (count && !request.hits.n) abort();
  for (int64_t k = 0; k < request.hits.n && k < 8; k++)
    if (hit_text[k] < 0 || hit_text[k] >= ROWS || hit_gram[k] < 0 || hit_gram[k] >= distinct)
      abort();
  for (int paragraphs = 0; paragraphs < 2; paragraphs++)
    check_lines(text, offsets, paragraphs, (int)folded);
  free(hashes);
}
