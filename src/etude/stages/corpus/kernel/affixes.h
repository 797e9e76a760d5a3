/* spaCy's rules of prefixes and suffixes of English, on the bytes of one chunk. */
#ifndef ETUDE_AFFIXES_H
#define ETUDE_AFFIXES_H

#include "english.h"
#include "unicode.h"

static inline int is_ascii_digit(uint8_t c) { return (uint8_t)(c - '0') < 10; }

/* The code point that ends before p > start. */
static inline uint32_t decode_before(const uint8_t *start, const uint8_t *p, int *width) {
  if (p[-1] < 0x80) {
    *width = 1;
    return p[-1];
  }
  for (int n = 2; n <= 4 && p - start >= n; n++) {
    if ((p[-n] & 0xC0) == 0x80) continue;
    int w;
    uint32_t c = decode_char(p - n, p, &w);
    if (w != n) break;
    *width = n;
    return c;
  }
  *width = 1;
  return NOT_A_CHAR;
}

/* Bytes of the prefix of a chunk that is not empty; 0 where it has none. */
static inline int64_t prefix_length(const uint8_t *p, const uint8_t *end) {
  int width;
  if (char_class(decode_char(p, end, &width)) & CH_PREFIX) return width;
  const uint8_t *q = p + 1;
  switch (*p) {
    case '+':
      return q == end || !is_ascii_digit(*q);
    case '.':
      while (q < end && *q == '.') q++;
      return q - p >= 2 ? q - p : 0;
    case 'U':
      return end - p >= 3 && p[1] == 'S' && p[2] == '$' ? 3 : 0;
    case 'C':
    case 'A':
      return end - p >= 2 && p[1] == '$' ? 2 : 0;
  }
  return 0;
}

/* A run of full stops, or one after what may stand before it. */
static inline int64_t dot_suffix(const uint8_t *p, const uint8_t *end) {
  const uint8_t *q = end - 1;
  while (q > p && q[-1] == '.') q--;
  if (end - q >= 2) return end - q;
  if (q == p) return 0;
  int width, before;
  uint32_t c = decode_before(p, q, &width), cls = char_class(c);
  if (cls & CH_BEFORE_DOT) return 1;
  if (q - width == p) return 0;
  uint32_t c2 = decode_before(p, q - width, &before);
  if (cls & CH_UPPER && char_class(c2) & CH_UPPER) return 1;
  return c2 == 0xB0 && (c == 'F' || c == 'f' || c == 'C' || c == 'c' || c == 'K' || c == 'k');
}

/* A unit of measure after a digit. */
static inline int64_t unit_suffix(const uint8_t *p, const uint8_t *end) {
  if (!unit_end[end[-1]]) return 0;
  const uint8_t *q = end;
  int64_t most = end - p - 1 < MAX_UNIT ? end - p - 1 : MAX_UNIT;
  while (end - q <= most && !is_ascii_digit(q[-1])) q--;
  if (end - q > most || q == end) return 0;
  return is_unit(q, end - q) ? end - q : 0;
}

/* A currency sign after a digit; c is the last character, which begins at q. */
static inline int64_t money_suffix(const uint8_t *p, const uint8_t *q, const uint8_t *end) {
  if (*q == '$') {
    if (q - p >= 3 && q[-1] == 'S' && q[-2] == 'U' && is_ascii_digit(q[-3])) return 3;
    if (q - p >= 2 && (q[-1] == 'C' || q[-1] == 'A') && is_ascii_digit(q[-2])) return 2;
  }
  return q > p && is_ascii_digit(q[-1]) ? end - q : 0;
}

/* 's after either apostrophe; s is the last byte. */
static inline int64_t possessive_suffix(const uint8_t *p, const uint8_t *end) {
  if (end - p >= 2 && end[-2] == '\'') return 2;
  return end - p >= 4 && end[-4] == 0xE2 && end[-3] == 0x80 && end[-2] == 0x99 ? 4 : 0;
}

static inline int64_t longer(int64_t a, int64_t b) { return a > b ? a : b; }

/* Bytes of the suffix of what follows the prefix, which may be empty; 0 where it has none. Of
   several the longest counts, as a search from the left finds it. */
static inline int64_t suffix_length(const uint8_t *p, const uint8_t *end) {
  if (p == end) return 0;
  int width;
  uint32_t c = decode_before(p, end, &width), cls = char_class(c);
  const uint8_t *q = end - width;
  int64_t n = cls & CH_SUFFIX ? width : 0;
  if (c == 0x2026 && q - p >= 3 && q[-3] == 0xE2 && q[-2] == 0x80 && q[-1] == 0xA6) n = 6;
  if (cls & CH_MONEY) n = longer(n, money_suffix(p, q, end));
  if (c == '.') n = longer(n, dot_suffix(p, end));
  if (c == '+' && q > p && is_ascii_digit(q[-1])) n = 1;
  if (c == 's' || c == 'S') n = longer(n, possessive_suffix(p, end));
  return longer(n, unit_suffix(p, end));
}

#endif
