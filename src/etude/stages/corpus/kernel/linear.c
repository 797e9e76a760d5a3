/* A linear model over hashed parts of a text: scoring and training. See linear.h. */
#include "linear.h"

#include <math.h>
#include <stdlib.h>

#include "grams.h"

enum { BLOCK = 256, MAX_WORDS = 8, MAX_LETTERS = 16, MAX_COLUMNS = 64 };

/* Reads the features of one text, some at a time. */
struct reader {
  const struct linear *model;
  const uint8_t *at, *end;
  uint64_t recent[MAX_WORDS]; /* hashes of the last words, newest first */
  int64_t n_recent;
  struct gram_word word; /* whose parts are being read */
  int64_t part;          /* byte of the word, with a mark before and after, to begin at; -1: none */
};

static void reader_open(
    struct reader *r, const struct linear *model, const uint8_t *start, const uint8_t *end) {
  if (model->max_bytes > 0 && end - start > model->max_bytes) end = start + model->max_bytes;
  r->model = model;
  r->at = start;
  r->end = end;
  r->n_recent = 0;
  r->part = -1;
}

static inline uint32_t bucket(const struct linear *model, uint64_t key) {
  return (uint32_t)(key >> (64 - model->bits));
}

/* Byte i of the word between < and >. */
static inline uint8_t framed(const struct reader *r, int64_t i) {
  if (i == 0) return '<';
  return i > r->word.bytes ? '>' : r->model->fold[r->word.start[i - 1]];
}

static inline int begins_char(const struct reader *r, int64_t i) {
  return i == 0 || i > r->word.bytes || !gram_tail(r->word.start[i - 1]);
}

/* Put the parts that begin at one character into `out`, and go on to the next character. */
static int64_t read_parts(struct reader *r, uint32_t *out) {
  const struct linear *model = r->model;
  int64_t size = r->word.bytes + 2, i = r->part, n = 0, chars = 0;
  uint64_t h = GRAM_START;
  while (i < size && chars < model->letters_to) {
    do h = gram_step(h, framed(r, i++));
    while (i < size && !begins_char(r, i));
    if (++chars >= model->letters_from)
      out[n++] = bucket(model, gram_chain(GRAM_LETTERS, gram_close(h)));
  }
  do r->part++;
  while (r->part < size && !begins_char(r, r->part));
  if (r->part >= size) r->part = -1;
  return n;
}

/* Put the next features into out[BLOCK + MAX_LETTERS]; returns how many, 0 at the end. */
static int64_t read_features(struct reader *r, uint32_t *out) {
  const struct linear *model = r->model;
  int64_t n = 0;
  while (n <= BLOCK - MAX_WORDS) {
    if (r->part >= 0) {
      n += read_parts(r, out + n);
      continue;
    }
    if (!gram_next(&r->at, r->end, model->fold, &r->word)) break;
    for (int i = MAX_WORDS - 1; i > 0; i--) r->recent[i] = r->recent[i - 1];
    r->recent[0] = r->word.hash;
    if (r->n_recent < model->words) r->n_recent++;
    uint64_t key = GRAM_WORDS;
    for (int64_t i = 0; i < r->n_recent; i++) {
      key = gram_chain(key, r->recent[i]);
      out[n++] = bucket(model, key);
    }
    if (model->letters_from > 0 && r->word.whole) r->part = 0;
  }
  return n;
}

int linear_sums(
    const struct linear *model, const int32_t *weights, const uint8_t *data,
    const int64_t *offsets, int64_t n, int64_t *sums, int64_t *counts) {
  uint32_t found[BLOCK + MAX_LETTERS];
  int64_t columns = model->columns, k;
  for (int64_t d = 0; d < n; d++) {
    struct reader r;
    int64_t *sum = sums + d * columns, count = 0;
    reader_open(&r, model, data + offsets[d], data + offsets[d + 1]);
    for (int64_t c = 0; c < columns; c++) sum[c] = 0;
    while ((k = read_features(&r, found)) > 0) {
      for (int64_t i = 0; i < k; i++) __builtin_prefetch(weights + found[i] * columns);
      if (columns == 1) {
        int64_t one = 0;
        for (int64_t i = 0; i < k; i++) one += weights[found[i]];
        sum[0] += one;
      } else {
        for (int64_t i = 0; i < k; i++)
          for (int64_t c = 0; c < columns; c++) sum[c] += weights[found[i] * columns + c];
      }
      count += k;
    }
    counts[d] = count;
  }
  return 0;
}

/* Turn scores into gradients for the right label; returns the loss. */
static double gradients(double *z, int64_t columns, int32_t label, double weight) {
  double loss, most = z[0], total = 0;
  if (columns == 1) {
    double signed_z = label ? z[0] : -z[0];
    loss = signed_z > 0 ? log1p(exp(-signed_z)) : log1p(exp(signed_z)) - signed_z;
    z[0] = weight * (1 / (1 + exp(-z[0])) - (label ? 1 : 0));
    return weight * loss;
  }
  for (int64_t c = 1; c < columns; c++) most = z[c] > most ? z[c] : most;
  for (int64_t c = 0; c < columns; c++) total += exp(z[c] - most);
  loss = most + log(total) - z[label];
  for (int64_t c = 0; c < columns; c++)
    z[c] = weight * (exp(z[c] - most) / total - (c == label ? 1 : 0));
  return weight * loss;
}

static inline void adagrad(float *weight, float *square, float g, float rate) {
  *square += g * g;
  if (*square > 0) *weight -= rate * g / sqrtf(*square);
}

double linear_pass(
    const struct linear *model, struct linear_fit *fit, const uint8_t *data,
    const int64_t *offsets, const int64_t *order, int64_t n) {
  int64_t columns = model->columns, room = 1 << 14;
  uint32_t *found = malloc((size_t)room * sizeof *found);
  double total = 0;
  if (!found) return -1;
  for (int64_t t = 0; t < n; t++) {
    int64_t d = order[t], count = 0, k;
    double z[MAX_COLUMNS] = {0};
    struct reader r;
    reader_open(&r, model, data + offsets[d], data + offsets[d + 1]);
    while ((k = read_features(&r, found + count)) > 0) {
      count += k;
      if (room - count < BLOCK + MAX_LETTERS) {
        uint32_t *more = realloc(found, (size_t)(room *= 2) * sizeof *found);
        if (!more) {
          free(found);
          return -1;
        }
        found = more;
      }
    }
    for (int64_t c = 0; c < columns; c++) z[c] = 0;
    for (int64_t i = 0; i < count; i++)
      for (int64_t c = 0; c < columns; c++) z[c] += fit->weights[found[i] * columns + c];
    for (int64_t c = 0; c < columns; c++) z[c] = (count ? z[c] / (double)count : 0) + fit->bias[c];
    int32_t label = fit->labels[d];
    total += gradients(z, columns, label, fit->label_weights[label]);
    for (int64_t c = 0; c < columns; c++) {
      float g = count ? (float)(z[c] / (double)count) : 0;
      adagrad(fit->bias + c, fit->bias_squares + c, (float)z[c], fit->rate);
      for (int64_t i = 0; i < count; i++) {
        int64_t at = found[i] * columns + c;
        float pull = g + fit->l2 * fit->weights[at];
        adagrad(fit->weights + at, fit->squares + at, pull, fit->rate);
      }
    }
  }
  free(found);
  return n ? total / (double)n : 0;
}
