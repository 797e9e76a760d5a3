#include "digest.h"

#include <string.h>

#include "affixes.h"
#include "hash.h"
#include "unicode.h"

static const uint64_t SECOND_SEED = 0x9E3779B97F4A7C15ULL;

int digest_bytes(const uint8_t *p, int64_t n, int folded, struct bytes *room, uint64_t digest[2]) {
  if (folded) {
    if (fold(p, n, folded, room)) return -1;
    p = room->data + room->from;
    n = room->n - room->from;
  }
  digest[0] = xxh64(p, n, 0);
  digest[1] = xxh64(p, n, SECOND_SEED);
  return 0;
}

int etude_digests(const uint8_t *text, const int64_t *offsets, int64_t rows, int folded,
                  uint64_t *digests) {
  struct bytes room = {0};
  int bad = 0;
  for (int64_t i = 0; i < rows && !bad; i++)
    bad = digest_bytes(text + offsets[i], offsets[i + 1] - offsets[i], folded, &room,
                       digests + 2 * i);
  bytes_free(&room);
  return bad ? -1 : 0;
}

/* Narrow [*p, *end) to what is not whitespace at its ends. */
static void strip(const uint8_t **p, const uint8_t **end) {
  int width;
  while (*p < *end && char_class(decode_char(*p, *end, &width)) & CH_SPACE) *p += width;
  while (*p < *end && char_class(decode_before(*p, *end, &width)) & CH_SPACE) *end -= width;
}

static const uint8_t *line_end(const uint8_t *p, const uint8_t *end) {
  const uint8_t *lf = memchr(p, '\n', (size_t)(end - p));
  return lf ? lf + 1 : end;
}

static int is_blank(const uint8_t *p, const uint8_t *end) {
  strip(&p, &end);
  return p == end;
}

/* The end of the line or paragraph at p; a paragraph takes the blank lines after it along. */
static const uint8_t *unit_stop(const uint8_t *p, const uint8_t *end, int paragraphs) {
  const uint8_t *stop = line_end(p, end);
  int blank = paragraphs && is_blank(p, stop), begun = paragraphs && !blank;
  while (paragraphs && stop < end) {
    const uint8_t *next = line_end(stop, end);
    int next_blank = is_blank(stop, next);
    if (begun && blank && !next_blank) break;
    begun |= !next_blank;
    blank = next_blank;
    stop = next;
  }
  return stop;
}

/* Digests of the lines or paragraphs of texts, without whitespace around them, and where they are;
   `spans` are bytes within their text and leave nothing out. More than there is room for are
   counted only. Returns the number of all, -1 when out of memory. */
int64_t etude_line_digests(const uint8_t *text, const int64_t *offsets, int64_t rows,
                           int paragraphs, int folded, int64_t room, int64_t *starts,
                           uint64_t *digests, int64_t *spans) {
  struct bytes bytes = {0};
  int64_t n = 0;
  starts[0] = 0;
  for (int64_t i = 0; i < rows; i++) {
    const uint8_t *base = text + offsets[i], *end = text + offsets[i + 1], *p = base;
    while (p < end) {
      const uint8_t *stop = unit_stop(p, end, paragraphs), *from = p, *to = stop;
      if (n < room) {
        spans[2 * n] = p - base;
        spans[2 * n + 1] = stop - base;
        strip(&from, &to);
        if (digest_bytes(from, to - from, folded, &bytes, digests + 2 * n)) n = -2;
      }
      n++;
      if (n < 0) break;
      p = stop;
    }
    if (n < 0) break;
    starts[i + 1] = n;
  }
  bytes_free(&bytes);
  return n;
}
