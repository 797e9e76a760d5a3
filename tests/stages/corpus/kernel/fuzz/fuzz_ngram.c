/* Any bytes as texts and as the table of a language model. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ngram.h"

void fuzz_ngram(const uint8_t *data, size_t size) {
  enum { HEAD = 4, BITS = 4 };
  if (size < HEAD) return;
  int64_t n = 1 + data[0] % 4, text = (int64_t)(size - HEAD);
  uint8_t fold[256];
  for (int i = 0; i < 256; i++) fold[i] = (uint8_t)(i | (data[1] & 32));

  uint8_t *copy = malloc((size_t)text + !text);
  int64_t offsets[5], ends[4], words[4], unknown[4];
  double log_p[4];
  memcpy(copy, data + HEAD, (size_t)text);
  for (int64_t i = 0; i <= n; i++) offsets[i] = text * i / n;

  int64_t count = ngram_words(fold, copy, offsets, n, 0, 0, 0, 0, ends);
  int64_t room = data[2] & 1 ? count : count / 2;
  uint64_t *hashes = malloc((size_t)(room + 1) * sizeof *hashes);
  int64_t *starts = malloc((size_t)(room + 1) * sizeof *starts);
  int32_t *lengths = malloc((size_t)(room + 1) * sizeof *lengths);
  int64_t *pairs = calloc(257 * 257, sizeof *pairs);
  ngram_words(fold, copy, offsets, n, hashes, starts, lengths, room, ends);
  ngram_spell(fold, copy, starts, lengths, room, pairs);

  /* A table of whatever keys: too full, and with the words of the text itself. */
  struct ngram_entry table[(1 << BITS) + 3];
  float *spelling = calloc(257 * 257, sizeof *spelling);
  memset(table, 0, sizeof table);
  for (int64_t i = 0; i < (1 << BITS) + 3; i++) {
    if (data[3] & 1 && i % 3 == 0) continue;
    table[i].key = i < room ? hashes[i] : (uint64_t)i * 0x9E3779B97F4A7C15ULL;
    table[i].log_p = table[i].log_back = -1;
  }
  struct ngram model = {
      .fold = fold,
      .table = table,
      .size = (1 << BITS) + 3,
      .bits = BITS,
      .order = 1 + data[2] % NGRAM_MAX_ORDER,
      .spelling = spelling,
      .log_unknown = -9,
  };
  ngram_score(&model, copy, offsets, n, log_p, words, unknown);
  free(copy);
  free(hashes);
  free(starts);
  free(lengths);
  free(pairs);
  free(spelling);
}
