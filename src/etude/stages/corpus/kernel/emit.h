/* Adding one word to the words: its hash, its length and what its characters are. */
#ifndef ETUDE_EMIT_H
#define ETUDE_EMIT_H

#include "hash.h"
#include "unicode.h"
#include "words.h"

/* The bit of a stop word of Gopher, by its bytes. */
static inline uint32_t stop_bit(const uint8_t *p, int64_t n) {
  if (n < 2 || n > 4 || !p[n - 1]) return 0; /* a NUL is no end */
  switch (load_tail(p, n)) {
    case 0x6562: return 1 << 8;         /* be */
    case 0x6f74: return 1 << 9;         /* to */
    case 0x666f: return 1 << 10;        /* of */
    case 0x656874: return 1 << 11;      /* the */
    case 0x646e61: return 1 << 12;      /* and */
    case 0x74616874: return 1 << 13;    /* that */
    case 0x65766168: return 1 << 14;    /* have */
    case 0x68746977: return 1 << 15;    /* with */
  }
  return 0;
}

/* What a character alone is. */
static inline uint32_t char_flags(uint32_t cls) {
  return (cls & CH_SYMBOL ? 0 : WORD_NOT_SYMBOL) | (cls & CH_ALPHA ? WORD_ALPHA : 0) |
         (cls & CH_SENTENCE_END ? WORD_SENTENCE_END : 0) | (cls & CH_PUNCT ? WORD_PUNCT : 0);
}

/* Write word k, which is one byte. */
static inline void put_byte(struct words *w, int64_t k, const uint8_t *text, const uint8_t *p,
                            uint64_t hash) {
  w->start[k] = p - text;
  w->bytes[k] = w->chars[k] = 1;
  w->hash[k] = hash;
  w->gap[k] = 0;
  w->flags[k] = *p < 0x80 ? char_flags(char_class(*p)) : WORD_NOT_SYMBOL;
}

/* Write word k; there is room for it. */
static inline void put_word(struct words *w, int64_t k, const uint8_t *text, const uint8_t *p,
                            int64_t n, uint64_t hash) {
  if (n == 1) {
    put_byte(w, k, text, p, hash);
    return;
  }
  const uint8_t *end = p + n;
  uint32_t all = CH_PUNCT, any = 0, last = 0;
  int symbols = 1;
  int32_t chars = 0;
  w->start[k] = p - text;
  w->bytes[k] = (int32_t)n;
  w->hash[k] = hash;
  w->gap[k] = 0;
  uint32_t stop = stop_bit(p, n);
  while (p < end) {
    int width;
    last = char_class(decode_char(p, end, &width));
    all &= last;
    any |= last;
    symbols &= (last & CH_SYMBOL) != 0;
    p += width;
    chars++;
  }
  w->chars[k] = chars;
  w->flags[k] = (symbols ? 0 : WORD_NOT_SYMBOL) | (any & CH_ALPHA ? WORD_ALPHA : 0) |
                (chars == 1 && last & CH_SENTENCE_END ? WORD_SENTENCE_END : 0) |
                (all ? WORD_PUNCT : 0) | stop;
}

/* Write word k, which is ASCII letters only. */
static inline void put_letters(struct words *w, int64_t k, const uint8_t *text, const uint8_t *p,
                               int64_t n, uint64_t hash) {
  w->start[k] = p - text;
  w->bytes[k] = (int32_t)n;
  w->chars[k] = (int32_t)n;
  w->flags[k] = WORD_NOT_SYMBOL | WORD_ALPHA | stop_bit(p, n);
  w->hash[k] = hash;
  w->gap[k] = 0;
}

/* Append a word. Returns 0 or -1. */
static inline int add_word(struct words *w, const uint8_t *text, const uint8_t *p, int64_t n) {
  if (w->n == w->cap && words_reserve(w, w->n + 1)) return -1;
  put_word(w, w->n++, text, p, n, hash_bytes(p, n));
  return 0;
}

#endif
