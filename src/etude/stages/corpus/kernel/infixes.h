/* spaCy's rules of infixes of English, on the bytes of one chunk. */
#ifndef ETUDE_INFIXES_H
#define ETUDE_INFIXES_H

#include "affixes.h"

static inline int is_in(const uint8_t *p, const uint8_t *end, uint32_t classes) {
  int width;
  return p < end && (char_class(decode_char(p, end, &width)) & classes) != 0;
}

/* A hyphen of one kind, single or repeated, before a letter: its bytes, 0 where it is none. */
static inline int64_t hyphen_infix(const uint8_t *p, const uint8_t *end, uint32_t c, int width) {
  int most = c == '-' ? 3 : c == 0x2014 ? 2 : 1;
  const uint8_t *q = p;
  for (int n = 1; n <= most; n++) {
    if (n > 1 && (end - q < width || memcmp(q, p, (size_t)width))) return 0;
    q += width;
    if (is_in(q, end, CH_LETTER)) return q - p;
  }
  return 0;
}

/* The infix at p of a chunk that begins at start, by the characters around it; c is the character
   at p, of `width` bytes. Returns its bytes, 0 where it is none. */
static inline int64_t infix_length(const uint8_t *start, const uint8_t *p, const uint8_t *end,
                                   uint32_t c, int width) {
  const uint8_t *next = p + width;
  int before_width;
  if (c == '.') {
    const uint8_t *q = next;
    while (q < end && *q == '.') q++;
    if (q - p >= 2) return q - p;
  }
  if (p == start) return 0;
  uint32_t b = decode_before(start, p, &before_width), before = char_class(b);
  int digit = b - '0' < 10;
  switch (c) {
    case '.':
      return before & (CH_LOWER | CH_QUOTE) && is_in(next, end, CH_UPPER | CH_QUOTE);
    case ',':
      return before & CH_LETTER && is_in(next, end, CH_LETTER);
    case '+':
    case '*':
    case '^':
      return digit && next < end && (is_ascii_digit(*next) || *next == '-');
    case '-':
      if (digit && next < end && (is_ascii_digit(*next) || *next == '-')) return 1;
      break;
    case ':':
    case '<':
    case '>':
    case '=':
    case '/':
      return (digit || before & CH_LETTER) && is_in(next, end, CH_LETTER);
  }
  return digit || before & CH_LETTER ? hyphen_infix(p, end, c, width) : 0;
}

/* Whether a character can be an infix at all. */
static inline int may_be_infix(uint32_t c, uint32_t cls) {
  if (cls & CH_INFIX) return 1;
  if (c < 64) return (int)(0x7400FC0000000000ULL >> c & 1);
  return c == '^' || c == '~' || c == 0x2013 || c == 0x2014;
}

#endif
