/* Any bytes as texts, as settings and as weights of a linear model. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "linear.h"

void fuzz_linear(const uint8_t *data, size_t size) {
  enum { HEAD = 8, BITS = 10 };
  if (size < HEAD) return;
  int64_t n = 1 + data[0] % 4, text = (int64_t)(size - HEAD);
  struct linear model = {
      .bits = 1 + data[1] % BITS,
      .columns = 1 + data[2] % 5,
      .words = data[3] % 9,
      .letters_from = data[4] % 6,
      .letters_to = data[5] % 17,
      .max_bytes = data[6] % 3 * 7,
  };
  if (model.letters_to < model.letters_from) model.letters_to = model.letters_from;
  uint8_t fold[256];
  for (int i = 0; i < 256; i++) fold[i] = (uint8_t)(i * (data[7] | 1));
  model.fold = fold;

  /* Copied to its very size, so that a read beyond the end is seen. */
  uint8_t *copy = malloc((size_t)text + !text);
  int64_t offsets[5], order[8], counts[4];
  int64_t cells = (int64_t)1 << model.bits, wide = cells * model.columns;
  int32_t *weights = calloc((size_t)wide, sizeof *weights), labels[4];
  int64_t *sums = calloc((size_t)(n * model.columns), sizeof *sums);
  float *table = calloc((size_t)(2 * wide), sizeof *table), small[10] = {0};
  float label_weights[5] = {1, 2, .5f, 1, 1};
  memcpy(copy, data + HEAD, (size_t)text);
  for (int64_t i = 0; i <= n; i++) offsets[i] = text * i / n;
  for (int64_t i = 0; i < wide; i++) weights[i] = (int32_t)(i * 2654435761u);
  for (int64_t i = 0; i < n; i++) labels[i] = (int32_t)(i % (model.columns < 2 ? 2 : model.columns));
  for (int64_t i = 0; i < 8; i++) order[i] = i % n;

  linear_sums(&model, weights, copy, offsets, n, sums, counts);
  struct linear_fit fit = {
      .weights = table,
      .squares = table + wide,
      .bias = small,
      .bias_squares = small + 5,
      .labels = labels,
      .label_weights = label_weights,
      .rate = 1,
      .l2 = 1e-3f,
  };
  linear_pass(&model, &fit, copy, offsets, order, 8);
  free(copy);
  free(weights);
  free(sums);
  free(table);
}
