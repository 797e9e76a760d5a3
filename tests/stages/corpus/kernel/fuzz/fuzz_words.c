/* Any bytes as text: the words must lie within it, in order, and hold no whitespace. */
#include <stdlib.h>

#include "unicode.h"
#include "words.h"

static void check(const uint8_t *text, int64_t n, const struct words *w) {
  int64_t end = 0;
  for (int64_t k = 0; k < w->n; k++) {
    if (w->start[k] < end || w->bytes[k] < 1 || w->chars[k] < 1) abort();
    end = w->start[k] + w->bytes[k];
    if (end > n || w->chars[k] > w->bytes[k]) abort();
    int width;
    for (const uint8_t *p = text + w->start[k]; p < text + end; p += width)
      if (char_class(decode_char(p, text + n, &width)) & CH_SPACE) abort();
  }
}

void fuzz_words(const uint8_t *data, size_t size) {
  struct words w = {0};
  int64_t n = (int64_t)size;
  if (words_split(data, n, &w)) abort();
  check(data, n, &w);
  if (words_split(data, n / 2, &w)) abort(); /* with arrays that are larger than need be */
  check(data, n / 2, &w);
  words_free(&w);
}
