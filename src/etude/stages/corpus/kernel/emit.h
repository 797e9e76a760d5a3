/* Adding one word to the words: its hash, its length and what its characters are. */
#ifndef ETUDE_EMIT_H
#define ETUDE_EMIT_H

#include "hash.h"
#include "unicode.h"
#include "words.h"

/* Stop words of Gopher: their bytes, and their length in the highest one. Each stands where a
   product of its bytes points to. */
static inline uint32_t stop_bit(uint64_t first8, int64_t n) {
  static const uint64_t stops[8] = {
      2ULL << 56 | 0x6f74,     /* to */
      4ULL << 56 | 0x68746977, /* with */
      3ULL << 56 | 0x646e61,   /* and */
      2ULL << 56 | 0x6562,     /* be */
      4ULL << 56 | 0x65766168, /* have */
      3ULL << 56 | 0x656874,   /* the */
      4ULL << 56 | 0x74616874, /* that */
      2ULL << 56 | 0x666f,     /* of */
  };
  uint32_t at = (uint32_t)first8 * 0x8F27BAC9u >> 29;
  return (uint32_t)(n <= 8 && stops[at] == (first8 | (uint64_t)n << 56)) << (8 + at);
}

/* hash_bytes of a word. */
static inline uint64_t hash_word(const uint8_t *p, int64_t n, const uint8_t *end) {
  return n <= 8 ? hash_close(hash_step(hash_start(n), load_first(p, n, end))) : hash_within(p, n, end);
}

/* The highest bit of each of eight bytes that is from `from` to `to`, if all are ASCII. */
static inline uint64_t between(uint64_t v, uint8_t from, uint8_t to) {
  const uint64_t ones = 0x0101010101010101ULL;
  return (v + (uint64_t)(128 - from) * ones) & ~(v + (uint64_t)(127 - to) * ones) & 0x80 * ones;
}

/* Whether a word is ASCII and has letters or digits, and what it is then. */
static inline int is_plain(const uint8_t *p, int64_t n, const uint8_t *end, uint32_t *flags) {
  uint64_t first8 = load_first(p, n, end), all = 0, letters = 0, digits = 0;
  for (uint64_t v = first8;; v = load_first(p, n, end)) {
    all |= v;
    letters |= between((v | 0x2020202020202020ULL) & 0x7F7F7F7F7F7F7F7FULL, 'a', 'z');
    digits |= between(v & 0x7F7F7F7F7F7F7F7FULL, '0', '9');
    if (n <= 8) break;
    p += 8;
    n -= 8;
  }
  *flags = WORD_NOT_SYMBOL | (letters ? WORD_ALPHA : 0) | stop_bit(first8, n);
  return !(all & 0x8080808080808080ULL) && (letters | digits);
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

static inline void put_any(struct words *w, int64_t k, const uint8_t *p, int64_t n) {
  const uint8_t *end = p + n;
  uint32_t all = CH_PUNCT, any = 0, last = 0;
  int symbols = 1;
  int32_t chars = 0;
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
                (all ? WORD_PUNCT : 0);
}

/* Write word k; there is room for it. */
static inline void put_word(struct words *w, int64_t k, const uint8_t *text, const uint8_t *p,
                            int64_t n, uint64_t hash) {
  if (n == 1) {
    put_byte(w, k, text, p, hash);
    return;
  }
  w->start[k] = p - text;
  w->bytes[k] = w->chars[k] = (int32_t)n;
  w->hash[k] = hash;
  w->gap[k] = 0;
  if (!is_plain(p, n, w->end, &w->flags[k])) put_any(w, k, p, n);
}

/* Write word k, which is ASCII letters only. */
static inline void put_letters(struct words *w, int64_t k, const uint8_t *text, const uint8_t *p,
                               int64_t n, uint64_t hash) {
  w->start[k] = p - text;
  w->bytes[k] = w->chars[k] = (int32_t)n;
  w->flags[k] = WORD_NOT_SYMBOL | WORD_ALPHA | stop_bit(load_first(p, n, w->end), n);
  w->hash[k] = hash;
  w->gap[k] = 0;
}

/* Append a word. Returns 0 or -1. */
static inline int add_word(struct words *w, const uint8_t *text, const uint8_t *p, int64_t n) {
  if (w->n == w->cap && words_reserve(w, w->n + 1)) return -1;
  put_word(w, w->n++, text, p, n, hash_word(p, n, w->end));
  return 0;
}

#endif
