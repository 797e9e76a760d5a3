#include "shingles.h"

#include <string.h>

#include "hash.h"

void shingler_free(struct shingler *s) {
  bytes_free(&s->simple);
  bytes_free(&s->joined);
  words_free(&s->words);
}

/* The first word that does not stand one byte after the one before it. */
static int64_t first_apart(const struct words *w) {
  int64_t k = 1;
  while (k < w->n && w->start[k] == w->start[k - 1] + w->bytes[k - 1] + 1) k++;
  return k;
}

/* Copy the words with one blank between them; runs that stand so already are copied at once. */
static int join(struct shingler *s, const uint8_t *text) {
  struct words *w = &s->words;
  if (bytes_reserve(&s->joined, s->simple.n + w->n + 64)) return -1;
  uint8_t *out = s->joined.data;
  int64_t n = 0, shift = -w->start[0], from = w->start[0];
  for (int64_t k = 1; k <= w->n; k++) {
    int64_t end = w->start[k - 1] + w->bytes[k - 1];
    w->start[k - 1] += shift;
    if (k < w->n && w->start[k] == end + 1) continue;
    memcpy(out + n, text + from, (size_t)(end - from));
    n += end - from;
    out[n++] = ' ';
    if (k < w->n) {
      from = w->start[k];
      shift = n - from;
    }
  }
  s->text = out;
  return 0;
}

int shingler_read(struct shingler *s, const uint8_t *text, int64_t n) {
  if (simplify(text, n, &s->simple)) return -1;
  const uint8_t *simple = s->simple.data + s->simple.from;
  if (words_split(simple, s->simple.n - s->simple.from, &s->words)) return -1;
  s->text = simple;
  return first_apart(&s->words) < s->words.n ? join(s, simple) : 0;
}

int64_t shingle_count(const struct shingler *s, int64_t n_grams) {
  return s->words.n >= n_grams ? s->words.n - n_grams + 1 : 0;
}

uint64_t shingle_hash(const struct shingler *s, int64_t i, int64_t n_grams) {
  const struct words *w = &s->words;
  int64_t last = i + n_grams - 1, from = w->start[i];
  return xxh64(s->text + from, w->start[last] + w->bytes[last] - from, 0);
}
