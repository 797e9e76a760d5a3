/* What the kernel knows of each code point: Unicode 14 and the character sets of spaCy 3.8 and
   datatrove 0.10. The tables are in tables.c, written by tables/embed.py. */
#ifndef ETUDE_UNICODE_H
#define ETUDE_UNICODE_H

#include <stdint.h>

/* Classes of a code point: bits of `char_class`, in the order of tables/characters.txt. */
enum {
  CH_SPACE = 1 << 0,        /* str.isspace */
  CH_ALPHA = 1 << 1,        /* str.isalpha */
  CH_SYMBOL = 1 << 2,       /* in datatrove's PUNCTUATION_SET */
  CH_TERMINAL = 1 << 3,     /* in datatrove's TERMINAL_PUNCTUATION */
  CH_LINE_BREAK = 1 << 4,   /* breaks lines for str.splitlines */
  CH_PUNCT = 1 << 5,        /* category P */
  CH_SENTENCE_END = 1 << 6, /* ends sentences for spaCy's sentencizer */
  CH_DECIMAL = 1 << 7,      /* category Nd */
  CH_LETTER = 1 << 8,       /* spaCy's ALPHA */
  CH_LOWER = 1 << 9,        /* spaCy's ALPHA_LOWER */
  CH_UPPER = 1 << 10,       /* spaCy's ALPHA_UPPER */
  CH_QUOTE = 1 << 11,       /* spaCy's quotes */
  CH_PREFIX = 1 << 12,      /* a prefix by itself */
  CH_SUFFIX = 1 << 13,      /* a suffix by itself */
  CH_INFIX = 1 << 14,       /* an infix by itself */
  CH_MONEY = 1 << 15,       /* a currency sign, a suffix after a digit */
  CH_BEFORE_DOT = 1 << 16,  /* a full stop after it is a suffix */
  CH_DOMAIN = 1 << 17,      /* may begin and end a label of a domain name */
  CH_WORD = 1 << 18,        /* \w of Python's re */
  CH_NUMBER = 1 << 19,      /* Nd for the regex package, whose Unicode is newer */
  CH_CASED = 1 << 20,       /* for the lower case of a final sigma */
  CH_IGNORABLE = 1 << 21,   /* the same */
  CH_MARK = 1 << 22,        /* category Mn, which simplification drops */
  CH_REORDERS = 1 << 23,    /* has a canonical combining class other than 0 */
};

/* Fill the tables. It is done when the library is loaded; who needs them in a constructor of his
   own calls it there, for the order of constructors is not certain. */
void unicode_unfold(void);

/* Two-level table: classes of code point c are char_classes[char_block[c >> 7]][c & 127]. */
extern uint16_t char_block[0x110000 >> 7];
extern uint32_t char_classes[][128];

static inline uint32_t char_class(uint32_t c) {
  return c < 0x110000 ? char_classes[char_block[c >> 7]][c & 127] : 0;
}

/* What simplification makes of code points: 0 leaves one as it is, else one of these, else the
   number of a string plus CHANGE_STRING. */
enum { CHANGE_NONE, CHANGE_DROP, CHANGE_SPACE, CHANGE_NUMBER, CHANGE_SIGMA, CHANGE_ORDER,
       CHANGE_HANGUL, CHANGE_STRING };
extern uint16_t change_block[0x110000 >> 7];
extern uint16_t change_codes[][128];

static inline uint32_t char_change(uint32_t c) {
  return c < 0x110000 ? change_codes[change_block[c >> 7]][c & 127] : 0;
}

/* The lower case of a code point where that is one, without regard to what stands around it; the
   final small sigma counts as a capital of the other. */
extern uint16_t lower_block[0x110000 >> 7];
extern int32_t lower_distance[][128];

static inline uint32_t char_lower(uint32_t c) {
  return c < 0x110000 ? c + (uint32_t)lower_distance[lower_block[c >> 7]][c & 127] : c;
}

/* Canonical combining class of a code point that is CH_REORDERS and not CH_MARK. */
int combining_class(uint32_t c);

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
