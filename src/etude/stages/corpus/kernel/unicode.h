/* What the kernel knows of each code point: Unicode 14 and the character sets of spaCy 3.8 and
   datatrove 0.10. The tables are in unicode_tables.c, written by make_tables.py. */
#ifndef ETUDE_UNICODE_H
#define ETUDE_UNICODE_H

#include <stdint.h>

/* Classes of a code point: bits of `char_class`. */
enum {
  CH_SPACE = 1,           /* str.isspace */
  CH_ALPHA = 2,           /* str.isalpha */
  CH_SYMBOL = 4,          /* in datatrove's PUNCTUATION_SET */
  CH_TERMINAL = 8,        /* in datatrove's TERMINAL_PUNCTUATION */
  CH_LINE_BREAK = 16,     /* breaks lines for str.splitlines */
  CH_PUNCT = 32,          /* category P */
  CH_SENTENCE_END = 64,   /* ends sentences for spaCy's sentencizer */
  CH_DECIMAL = 128,       /* category Nd */
  CH_SPACY_ALPHA = 256,   /* spaCy's ALPHA */
  CH_SPACY_LOWER = 512,   /* spaCy's ALPHA_LOWER */
  CH_SPACY_UPPER = 1024,  /* spaCy's ALPHA_UPPER */
  CH_SPACY_QUOTE = 2048,  /* in spaCy's quotes */
  CH_SPACY_PUNCT = 4096,  /* in spaCy's punctuation */
  CH_SPACY_ICON = 8192,   /* in spaCy's other symbols */
  CH_SPACY_MONEY = 16384, /* a currency sign of one character */
  CH_DOMAIN = 32768,      /* may stand in a domain name for spaCy's pattern, - and _ apart */
  CH_WORD = 65536,        /* \w of Python's re */
};

/* Two-level table: classes of code point c are char_classes[char_block[c >> 7]][c & 127]. */
extern const uint16_t char_block[];
extern const uint32_t char_classes[][128];

static inline uint32_t char_class(uint32_t c) {
  return c < 0x110000 ? char_classes[char_block[c >> 7]][c & 127] : 0;
}

#define NOT_A_CHAR 0xFFFFFFFFu

/* Decode the code point at p < end; *width is its bytes. Bytes that are not UTF-8 decode one by
   one to NOT_A_CHAR. */
static inline uint32_t decode_char(const uint8_t *p, const uint8_t *end, int *width) {
  uint32_t c = p[0], v;
  int64_t left = end - p;
  *width = 1;
  if (c < 0x80) return c;
  if (c < 0xC2 || c > 0xF4) return NOT_A_CHAR;
  if (c < 0xE0) {
    if (left < 2 || (p[1] & 0xC0) != 0x80) return NOT_A_CHAR;
    *width = 2;
    return (c & 31) << 6 | (p[1] & 63);
  }
  if (c < 0xF0) {
    if (left < 3 || (p[1] & 0xC0) != 0x80 || (p[2] & 0xC0) != 0x80) return NOT_A_CHAR;
    v = (c & 15) << 12 | (p[1] & 63) << 6 | (p[2] & 63);
    if (v < 0x800 || (v >= 0xD800 && v < 0xE000)) return NOT_A_CHAR;
    *width = 3;
    return v;
  }
  if (left < 4 || (p[1] & 0xC0) != 0x80 || (p[2] & 0xC0) != 0x80 || (p[3] & 0xC0) != 0x80)
    return NOT_A_CHAR;
  v = (c & 7) << 18 | (p[1] & 63) << 12 | (p[2] & 63) << 6 | (p[3] & 63);
  if (v < 0x10000 || v > 0x10FFFF) return NOT_A_CHAR;
  *width = 4;
  return v;
}

#endif
