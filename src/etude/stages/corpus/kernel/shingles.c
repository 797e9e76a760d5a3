#include "shingles.h"

#include <string.h>

#include "clones.h"
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

/* Runs of bytes that are hashed side by side, each value in a row of its own. */
struct side {
  const uint8_t *text[SHINGLES];
  int64_t bytes[SHINGLES];
  uint64_t begun[SHINGLES]; /* what comes before the last 31 bytes or fewer */
  uint64_t value[4][SHINGLES];
  uint8_t is_long[SHINGLES]; /* which of them have 32 bytes to 63 */
  int64_t n_long;
};

static void take_stripes(struct side *s, int64_t n) {
  s->n_long = 0;
  for (int64_t k = 0; k < n; k++) {
    const uint8_t *p = s->text[k];
    int64_t bytes = s->bytes[k];
    s->begun[k] = XXH_P5;
    if (bytes >= 64) s->begun[k] = xxh_stripes(&p, p + bytes, 0);
    for (int i = 0; i < 4; i++) s->value[i][s->n_long] = load64(s->text[k] + 8 * i);
    s->is_long[s->n_long] = (uint8_t)k;
    s->n_long += bytes >= 32 && bytes < 64;
  }
}

static void take_rests(struct side *s, int64_t n) {
  for (int64_t k = 0; k < n; k++) {
    const uint8_t *p = s->text[k] + (s->bytes[k] & ~31), *rest = s->text[k] + (s->bytes[k] & ~7);
    for (int i = 0; i < 3; i++) s->value[i][k] = load64(p + 8 * i);
    s->value[3][k] = load64(rest);
  }
}

static INLINE void hash_stripes(const struct side *s, uint64_t *restrict begun) {
  for (int64_t k = 0; k < s->n_long; k++) {
    uint64_t h = 0, v[4] = {XXH_P1 + XXH_P2, XXH_P2, 0, 0 - XXH_P1};
    for (int i = 0; i < 4; i++) v[i] = xxh_round(v[i], s->value[i][k]);
    h = rotate_left(v[0], 1) + rotate_left(v[1], 7) + rotate_left(v[2], 12) + rotate_left(v[3], 18);
    for (int i = 0; i < 4; i++) h = xxh_merge(h, v[i]);
    begun[k] = h;
  }
}

static INLINE void hash_rests(const struct side *s, int64_t n, uint64_t *restrict hashes) {
  for (int64_t k = 0; k < n; k++) {
    uint64_t left = (uint64_t)s->bytes[k] & 31, h = s->begun[k] + (uint64_t)s->bytes[k];
    h = left >= 8 ? xxh_8(h, s->value[0][k]) : h;
    h = left >= 16 ? xxh_8(h, s->value[1][k]) : h;
    h = left >= 24 ? xxh_8(h, s->value[2][k]) : h;
    uint64_t rest = s->value[3][k];
    h = left & 4 ? xxh_4(h, rest & 0xFFFFFFFF) : h;
    rest = left & 4 ? rest >> 32 : rest;
    h = (left & 3) > 0 ? xxh_1(h, rest & 0xFF) : h;
    h = (left & 3) > 1 ? xxh_1(h, rest >> 8 & 0xFF) : h;
    h = (left & 3) > 2 ? xxh_1(h, rest >> 16 & 0xFF) : h;
    hashes[k] = xxh_close(h);
  }
}

/* One after the other. */
static void hash_anywhere(struct side *s, int64_t n, uint64_t *hashes) {
  for (int64_t k = 0; k < n; k++) hashes[k] = xxh64(s->text[k], s->bytes[k], 0);
}

static void (*hash_here)(struct side *, int64_t, uint64_t *) = hash_anywhere;

#ifdef HAS_KINDS
FOR_AVX512 static void hash_avx512(struct side *s, int64_t n, uint64_t *hashes) {
  uint64_t begun[SHINGLES];
  take_stripes(s, n);
  hash_stripes(s, begun);
  for (int64_t k = 0; k < s->n_long; k++) s->begun[s->is_long[k]] = begun[k];
  take_rests(s, n);
  hash_rests(s, n, hashes);
}

__attribute__((constructor)) static void choose(void) {
  if (HAS_AVX512) hash_here = hash_avx512;
}
#endif

void shingle_hashes(const struct shingler *s, int64_t first, int64_t n, int64_t n_grams,
                    uint64_t *hashes) {
  const struct words *w = &s->words;
  struct side side;
  for (int64_t k = 0; k < n; k++) {
    int64_t i = first + k, last = i + n_grams - 1;
    side.text[k] = s->text + w->start[i];
    side.bytes[k] = w->start[last] + w->bytes[last] - w->start[i];
  }
  hash_here(&side, n, hashes);
}
