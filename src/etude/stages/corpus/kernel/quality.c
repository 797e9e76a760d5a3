/* Gopher's statistics of quality (Rae et al. 2021, appendix A.1.1), in datatrove's reading. */
#include <string.h>

#include "filters.h"

static int ends_with_ellipsis(const uint8_t *from, const uint8_t *to) {
  if (to - from < 3) return 0;
  return (to[-1] == '.' && to[-2] == '.' && to[-3] == '.') ||
         (to[-1] == 0xA6 && to[-2] == 0x80 && to[-3] == 0xE2);
}

static int begins_with_bullet(const uint8_t *from, const uint8_t *to) {
  if (from == to) return 0;
  return from[0] == '-' || (to - from >= 3 && from[0] == 0xE2 && from[1] == 0x80 && from[2] == 0xA2);
}

int64_t count_ellipses(const uint8_t *text, int64_t n) {
  const uint8_t *p = text, *end = text + n;
  int64_t count = 0;
  while (p < end && (p = memchr(p, '.', (size_t)(end - p)))) {
    int whole = end - p >= 3 && p[1] == '.' && p[2] == '.';
    count += whole;
    p += whole ? 3 : 1;
  }
  for (p = text; p < end && (p = memchr(p, 0xE2, (size_t)(end - p))); p++)
    count += end - p >= 3 && p[1] == 0x80 && p[2] == 0xA6;
  return count;
}

void count_line_ends(const struct document *doc, int64_t *bullets, int64_t *ellipses) {
  *bullets = *ellipses = 0;
  for (int64_t i = 0; i < doc->lines->n; i++) {
    const uint8_t *from = doc->text + doc->lines->at[i].from, *to = doc->text + doc->lines->at[i].to;
    *bullets += begins_with_bullet(from, to);
    *ellipses += ends_with_ellipsis(from, to);
  }
}

CLONES
static void count_words(const struct words *words, int64_t *with_text, int64_t *chars,
                        int64_t *alpha, uint32_t *all) {
  /* Sums of 32 bits are quicker; a document has fewer than 2^31 characters. */
  uint32_t n = 0, sum = 0, letters = 0, flags = 0;
  for (int64_t i = 0; i < words->n; i++) {
    uint32_t f = words->flags[i], counts = f & WORD_NOT_SYMBOL;
    n += counts;
    sum += (0 - counts) & (uint32_t)words->chars[i];
    letters += (f & WORD_ALPHA) / WORD_ALPHA;
    flags |= f;
  }
  *with_text = n;
  *chars = sum;
  *alpha = letters;
  *all = flags;
}

void quality(const struct document *doc, double *out) {
  int64_t with_text, chars, alpha, bullets, ellipses;
  uint32_t flags;
  double n_words = (double)doc->words->n, n_lines = (double)doc->lines->n;
  int64_t marks = doc->shape.dots || !doc->shape.ascii ? count_ellipses(doc->text, doc->n) : 0;
  count_words(doc->words, &with_text, &chars, &alpha, &flags);
  count_line_ends(doc, &bullets, &ellipses);
  out[N_WORDS] = n_words;
  out[N_NON_SYMBOL_WORDS] = (double)with_text;
  out[MEAN_WORD_LENGTH] = (double)chars / (double)with_text;
  out[HASH_RATIO] = (double)doc->shape.hashes / n_words;
  out[ELLIPSIS_RATIO] = (double)marks / n_words;
  out[BULLET_LINES_FRAC] = (double)bullets / n_lines;
  out[ELLIPSIS_LINES_FRAC] = (double)ellipses / n_lines;
  out[ALPHA_WORDS_FRAC] = (double)alpha / n_words;
  out[N_STOP_WORDS] = (double)__builtin_popcount(flags & WORD_STOP);
}
