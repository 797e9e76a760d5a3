/* A language model of word n-grams. See ngram.h. */
#include "ngram.h"

#include "grams.h"

enum { BLOCK = 64 };

int64_t ngram_words(
    const uint8_t *fold, const uint8_t *data, const int64_t *offsets, int64_t n,
    uint64_t *hashes, int64_t *starts, int32_t *lengths, int64_t room, int64_t *ends) {
  int64_t count = 0;
  for (int64_t d = 0; d < n; d++) {
    const uint8_t *at = data + offsets[d], *end = data + offsets[d + 1];
    struct gram_word word;
    for (; gram_next(&at, end, fold, &word); count++) {
      if (count >= room) continue;
      hashes[count] = word.hash;
      starts[count] = word.start - data;
      lengths[count] = (int32_t)word.bytes;
    }
    ends[d] = count;
  }
  return count;
}

void ngram_spell(
    const uint8_t *fold, const uint8_t *data, const int64_t *starts, const int32_t *lengths,
    int64_t n, int64_t *counts) {
  for (int64_t i = 0; i < n; i++) {
    const uint8_t *p = data + starts[i], *end = p + lengths[i];
    int before = 256;
    for (; p < end; p++) {
      counts[before * 257 + fold[*p]]++;
      before = fold[*p];
    }
    counts[before * 257 + 256]++;
  }
}

static double spelling(const struct ngram *model, const struct gram_word *word) {
  double sum = 0;
  int before = 256;
  for (int64_t i = 0; i < word->bytes; i++) {
    int byte = model->fold[word->start[i]];
    sum += model->spelling[before * 257 + byte];
    before = byte;
  }
  return sum + model->spelling[before * 257 + 256];
}

static inline const struct ngram_entry *look_up(const struct ngram *model, uint64_t key) {
  const struct ngram_entry *e = model->table + (key >> (64 - model->bits));
  const struct ngram_entry *end = model->table + model->size;
  for (; e < end && e->key; e++)
    if (e->key == key) return e;
  return 0;
}

/* Where the reading of one text stands. */
struct place {
  uint64_t recent[NGRAM_MAX_ORDER]; /* hashes of the last words, newest first */
  int64_t n_recent;
  float back[NGRAM_MAX_ORDER]; /* what the last 1, 2 … words leave to the unseen */
  int64_t n_back;
  double sum;
  int64_t words, unknown;
};

/* Take one word: find the longest sequence that is known, and pay for what was given up. */
static void take(
    struct place *at, const struct ngram *model, const uint64_t *keys, int64_t n_keys,
    const struct gram_word *word) {
  const struct ngram_entry *e = 0, *longest = 0;
  float back[NGRAM_MAX_ORDER];
  int64_t known = 0;
  for (; known < n_keys && (e = look_up(model, keys[known])); known++) {
    longest = e;
    back[known] = e->log_back;
  }
  double p = longest ? longest->log_p : model->log_unknown;
  if (!longest && word) p += spelling(model, word);
  for (int64_t i = known > 0 ? known - 1 : 0; i < at->n_back; i++) p += at->back[i];
  at->sum += p;
  at->words++;
  at->unknown += !longest;
  at->n_back = known < model->order - 1 ? known : model->order - 1;
  for (int64_t i = 0; i < at->n_back; i++) at->back[i] = back[i];
}

/* Fill the keys of the sequences that end with a word, shortest first; returns how many. */
static int64_t fill_keys(
    struct place *at, const struct ngram *model, uint64_t hash, uint64_t *keys) {
  uint64_t key = GRAM_WORDS;
  for (int i = NGRAM_MAX_ORDER - 1; i > 0; i--) at->recent[i] = at->recent[i - 1];
  at->recent[0] = hash;
  if (at->n_recent < model->order) at->n_recent++;
  for (int64_t i = 0; i < at->n_recent; i++) {
    key = gram_chain(key, at->recent[i]);
    keys[i] = key ? key : 1;
    __builtin_prefetch(model->table + (keys[i] >> (64 - model->bits)));
  }
  return at->n_recent;
}

int ngram_score(
    const struct ngram *model, const uint8_t *data, const int64_t *offsets, int64_t n,
    double *log_p, int64_t *words, int64_t *unknown) {
  struct gram_word block[BLOCK];
  uint64_t keys[BLOCK][NGRAM_MAX_ORDER];
  int64_t n_keys[BLOCK];
  for (int64_t d = 0; d < n; d++) {
    const uint8_t *at = data + offsets[d], *end = data + offsets[d + 1];
    struct place place = {0};
    const struct ngram_entry *begin;
    int more = 1;
    fill_keys(&place, model, NGRAM_BEGIN, keys[0]);
    if (model->order > 1 && (begin = look_up(model, keys[0][0]))) {
      place.back[0] = begin->log_back;
      place.n_back = 1;
    }
    while (more) {
      int64_t k = 0;
      for (; k < BLOCK && (more = gram_next(&at, end, model->fold, block + k)); k++)
        n_keys[k] = fill_keys(&place, model, block[k].hash, keys[k]);
      for (int64_t i = 0; i < k; i++) take(&place, model, keys[i], n_keys[i], block + i);
    }
    n_keys[0] = fill_keys(&place, model, NGRAM_END, keys[0]);
    take(&place, model, keys[0], n_keys[0], 0);
    log_p[d] = place.sum;
    words[d] = place.words;
    unknown[d] = place.unknown;
  }
  return 0;
}
