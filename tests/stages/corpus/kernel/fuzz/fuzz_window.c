/* Any bytes as texts cut into windows: what is written must fit the room that is promised. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "window.h"

void fuzz_window(const uint8_t *data, size_t size) {
  enum { HEAD = 2 };
  if (size < HEAD) return;
  int64_t n = 1 + data[0] % 5, width = 1 + data[1] % 60, text = (int64_t)(size - HEAD);
  int64_t offsets[6], counts[5], again[5];
  uint8_t *copy = malloc((size_t)text + !text);
  memcpy(copy, data + HEAD, (size_t)text);
  for (int64_t i = 0; i <= n; i++) offsets[i] = text * i / n;

  size_t room = (size_t)((text + n) / 2 + 1);
  uint64_t *keys = malloc(room * sizeof *keys), *checks = malloc(room * sizeof *checks);
  int64_t *starts = malloc(room * sizeof *starts);
  int64_t n_windows = window_hashes(copy, offsets, n, width, keys, checks, counts);
  int64_t n_tokens = window_tokens(copy, offsets, n, starts, again);

  int64_t windows = 0, tokens = 0;
  for (int64_t i = 0; i < n; i++) {
    if (counts[i] != again[i]) abort();
    tokens += counts[i];
    if (counts[i] >= width) windows += counts[i] - width + 1;
  }
  if (windows != n_windows || tokens != n_tokens) abort();
  for (int64_t i = 0; i < n_tokens; i++)
    if (starts[i] < 0 || starts[i] >= text || (i && starts[i] <= starts[i - 1])) abort();
  free(copy);
  free(keys);
  free(checks);
  free(starts);
}
