/* Any bytes as a batch of texts that is measured: shares must be shares, and C4 must not write more
   than it read. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "measure.h"

static void check_share(double value) {
  /* Nothing by nothing is not a number; so is nothing that was measured. */
  if (!isnan(value) && !(value >= 0)) abort();
}

void fuzz_filters(const uint8_t *data, size_t size) {
  enum { HEAD = 3, MOST = 4 };
  if (size < HEAD) return;
  int64_t n = 1 + data[0] % MOST, bytes = (int64_t)(size - HEAD);
  int64_t offsets[MOST + 1], new_offsets[MOST + 1] = {0};
  double repetition[MOST * N_REPETITION] = {0}, quality[MOST * N_QUALITY] = {0};
  double c4[MOST * N_C4] = {0}, fineweb[MOST * N_FINEWEB] = {0}, after[MOST * N_FINEWEB] = {0};
  double redpajama[MOST * N_REDPAJAMA] = {0};
  /* Copies of their exact size: a read or a write beyond them is seen. */
  uint8_t *text = malloc((size_t)bytes + !bytes), *new_text = malloc((size_t)bytes + !bytes);
  memcpy(text, data + HEAD, (size_t)bytes);
  for (int64_t i = 0; i <= n; i++) offsets[i] = bytes * i / n;

  struct limit limit = {.group = 1, .column = DUP_LINE_FRAC, .least = 0, .most = 0.5};
  struct request request = {
      .rows = n,
      .text = text,
      .offsets = offsets,
      .wants = data[1],
      .short_line = data[2] % 64,
      .rules = {data[2] & 1, data[2] >> 1 & 1, data[2] >> 2 & 1, data[2] >> 3 & 1,
                data[2] >> 4 & 1, data[2] >> 5 & 1, data[2] % 7 - 1, data[2] % 5 - 1,
                data[2] % 50 - 1},
      .repetition = repetition,
      .quality = quality,
      .c4 = c4,
      .fineweb = fineweb,
      .after = after,
      .redpajama = redpajama,
      .new_text = new_text,
      .new_offsets = new_offsets,
      .limits = &limit,
      .n_limits = data[2] >> 7,
  };
  uint64_t keys[MOST];
  if (etude_measure(&request)) abort();
  etude_text_keys(text, offsets, n, keys);
  for (int64_t i = 0; i < n * N_REPETITION; i++) check_share(repetition[i]);
  for (int64_t i = 0; i < n * N_QUALITY; i++) check_share(quality[i]);
  for (int64_t i = 0; i < n * N_FINEWEB; i++) check_share(fineweb[i]);
  for (int64_t i = 0; i < n; i++)
    if (new_offsets[i + 1] - new_offsets[i] > offsets[i + 1] - offsets[i]) abort();
  free(text);
  free(new_text);
}
