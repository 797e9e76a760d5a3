/* FineWeb's own statistics (Penedo et al. 2024, section 3.6), in datatrove's reading. */
#include "filters.h"

static int ends_a_sentence(const uint8_t *start, const uint8_t *end) {
  const uint8_t *last = end - 1;
  int width;
  if (*last < 0x80) return *last == '.' || *last == '?' || *last == '!';
  while (last > start && end - last < 4 && (*last & 0xC0) == 0x80) last--;
  return (char_class(decode_char(last, end, &width)) & CH_TERMINAL) != 0;
}

static int is_short(const uint8_t *start, int64_t bytes, int64_t limit, int ascii) {
  if (bytes <= limit) return 1;
  if (ascii || bytes > 4 * limit) return 0;
  return count_chars(start, bytes) <= limit;
}

void fineweb(const struct document *doc, int64_t n_words, int64_t short_line, double *out) {
  int64_t n = 0, terminal = 0, brief = 0, repeated_chars = 0;
  int ascii = doc->shape.ascii;
  for (int64_t i = 0; i < doc->newlines->n; i++) {
    const struct line *line = &doc->newlines->at[i];
    const uint8_t *start = doc->text + line->start, *end = doc->text + line->end;
    if (line->from == line->to) continue;
    n++;
    terminal += ends_a_sentence(start, end);
    brief += is_short(start, end - start, short_line, ascii);
    if (doc->newlines->repeat[i]) repeated_chars += ascii ? end - start : count_chars(start, end - start);
  }
  out[N_LINES] = (double)n;
  out[LINE_PUNCT_FRAC] = (double)terminal / (double)n;
  out[SHORT_LINE_FRAC] = (double)brief / (double)n;
  out[CHAR_DUP_FRAC] = (double)repeated_chars / (double)(doc->shape.chars - doc->shape.newlines);
  out[LIST_RATIO] = (double)doc->shape.newlines / (double)n_words;
}
