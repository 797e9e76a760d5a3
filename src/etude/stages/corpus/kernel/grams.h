/* Words for models: any language, one pass, and the keys of sequences of them.

   A word is a run of ASCII letters, digits and underscores and of other characters of more than
   one byte. Marks of ASCII, general punctuation, emoji, and the characters of scripts that are
   written without spaces (Han, kana, Thai, Lao) are words by themselves. Bytes need not be UTF-8:
   nothing is decoded, and nothing is read beyond the end. */
#ifndef ETUDE_GRAMS_H
#define ETUDE_GRAMS_H

#include <stdint.h>

#include "hash.h"

enum { GRAM_GAP, GRAM_LETTER, GRAM_MARK, GRAM_HIGH };

#define GRAM_WORDS 0x9E3779B97F4A7C15ULL  /* begins the key of a sequence of words */
#define GRAM_LETTERS 0xC2B2AE3D27D4EB4FULL /* begins the key of a part of a word */

struct gram_word {
  const uint8_t *start;
  int64_t bytes;
  uint64_t hash;
  int whole; /* 1: a run of letters; 0: a mark or a character by itself */
};

static inline int gram_class(uint8_t c) {
  if (c >= 0x80) return GRAM_HIGH;
  if ((uint8_t)((c | 32) - 'a') < 26 || (uint8_t)(c - '0') < 10 || c == '_') return GRAM_LETTER;
  return c <= 32 || c == 127 ? GRAM_GAP : GRAM_MARK;
}

static inline int gram_tail(uint8_t c) { return (c & 0xC0) == 0x80; }

/* Bytes of the space at p, beyond ASCII's, or 0: U+00A0 and U+3000. */
static inline int gram_space(const uint8_t *p, int64_t left) {
  if (left >= 2 && p[0] == 0xC2 && p[1] == 0xA0) return 2;
  return left >= 3 && p[0] == 0xE3 && p[1] == 0x80 && p[2] == 0x80 ? 3 : 0;
}

/* Bytes of the character at p when it is a word by itself, or 0. */
static inline int gram_alone(const uint8_t *p, int64_t left) {
  uint8_t c = p[0];
  if (c < 0xE0 || left < 3 || !gram_tail(p[1]) || !gram_tail(p[2])) return 0;
  if (c >= 0xE3 && c <= 0xE9) return 3;
  if (c == 0xE2) return p[1] <= 0x81 ? 3 : 0;
  if (c == 0xE0) return p[1] >= 0xB8 && p[1] <= 0xBB ? 3 : 0;
  return c == 0xF0 && p[1] >= 0x9F && left >= 4 && gram_tail(p[3]) ? 4 : 0;
}

static inline uint64_t gram_step(uint64_t h, uint8_t c) { return (h ^ c) * 0x100000001B3ULL; }

static inline uint64_t gram_close(uint64_t h) {
  h ^= h >> 32;
  h *= 0xD6E8FEB86659FD93ULL;
  return h ^ (h >> 32);
}

/* Key of a sequence with one more word before it. */
static inline uint64_t gram_chain(uint64_t key, uint64_t hash) {
  key = ((key << 23 | key >> 41) ^ hash) * 0xFF51AFD7ED558CCDULL;
  return key ^ (key >> 29);
}

#define GRAM_START 0xCBF29CE484222325ULL

/* Read the next word from *at on. `fold` says for each byte what it counts as. Returns 0 at the
   end of the text. */
static inline int gram_next(
    const uint8_t **at, const uint8_t *end, const uint8_t *fold, struct gram_word *word) {
  const uint8_t *p = *at;
  uint64_t h = GRAM_START;
  int n = 0;
  for (; p < end; p += n) {
    int kind = gram_class(*p);
    if (kind == GRAM_GAP) n = 1;
    else if (kind != GRAM_HIGH || !(n = gram_space(p, end - p))) break;
  }
  word->start = p;
  if (p >= end) {
    *at = end;
    return 0;
  }
  n = gram_class(*p) == GRAM_MARK ? 1 : *p >= 0x80 ? gram_alone(p, end - p) : 0;
  word->whole = n == 0;
  if (n) {
    for (int i = 0; i < n; i++) h = gram_step(h, fold[p[i]]);
    p += n;
  } else {
    do {
      h = gram_step(h, fold[*p++]);
      if (p >= end) break;
      n = gram_class(*p);
    } while (n == GRAM_LETTER ||
             (n == GRAM_HIGH && !gram_alone(p, end - p) && !gram_space(p, end - p)));
  }
  word->bytes = p - word->start;
  word->hash = gram_close(h);
  *at = p;
  return 1;
}

#endif
