/* 64 bytes at once: one bit for each, of what kind it is. */
#ifndef ETUDE_BLOCK_H
#define ETUDE_BLOCK_H

#include "hash.h"
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

enum { BLOCK_BYTES = 64 };

/* A byte that has no bit here is a sign or a control character of ASCII. */
struct block {
  uint64_t space, letter, digit, high;
};

typedef uint8_t bytes16 __attribute__((vector_size(16)));

/* One bit for each byte, all of whose bits are the same. */
static inline uint64_t bits_of(bytes16 v) {
#if defined(__SSE2__)
  return (uint32_t)_mm_movemask_epi8((__m128i)v);
#else
  const uint64_t ones = 0x0101010101010101ULL, gather = 0x0102040810204080ULL;
  const uint8_t *p = (const uint8_t *)&v;
  return (load64(p) & ones) * gather >> 56 | (load64(p + 8) & ones) * gather >> 56 << 8;
#endif
}

/* Of 64 bytes. */
static inline struct block block_at(const uint8_t *p) {
  struct block b = {0, 0, 0, 0};
  for (int i = 0; i < BLOCK_BYTES; i += 16) {
    bytes16 v;
    memcpy(&v, p + i, 16);
    bytes16 space = (bytes16)(v == ' ') | (bytes16)((v - 9) < 5) | (bytes16)((v - 28) < 4);
    b.space |= bits_of(space) << i;
    b.letter |= bits_of((bytes16)(((v | 32) - 'a') < 26)) << i;
    b.digit |= bits_of((bytes16)((v - '0') < 10)) << i;
    b.high |= bits_of((bytes16)(v > 127)) << i;
  }
  return b;
}

/* The same of the last bytes of a text, fewer than 64: it goes on with blanks. */
static inline struct block block_before(const uint8_t *p, const uint8_t *end) {
  uint8_t rest[BLOCK_BYTES];
  memset(rest, ' ', sizeof rest);
  memcpy(rest, p, (size_t)(end - p));
  return block_at(rest);
}

/* The block in which a pointer is that moves along a text. */
struct scan {
  const uint8_t *base, *end;
  struct block block;
};

static inline void scan_look(struct scan *s) {
  s->block = s->end - s->base < BLOCK_BYTES ? block_before(s->base, s->end) : block_at(s->base);
}

/* Look at the block at p if p is beyond the last one. Returns 0 where the text ends at p. */
static inline int scan_reach(struct scan *s, const uint8_t *p) {
  if (p - s->base < BLOCK_BYTES) return 1;
  if (p >= s->end) return 0;
  s->base = p;
  scan_look(s);
  return 1;
}

#endif
