/* What spaCy's English tokenizer knows beside classes of characters: exceptions, phrases, units. */
#ifndef ETUDE_ENGLISH_H
#define ETUDE_ENGLISH_H

#include <stdint.h>

#include "hash.h"

enum { MAX_EXCEPTION = 29, MAX_EXCEPTION_TOKENS = 3, MAX_UNIT = 10, MAX_PHRASE_TOKENS = 11 };

struct exception {
  uint64_t hash;
  const uint8_t *text;
  uint8_t bytes, tokens, length[MAX_EXCEPTION_TOKENS]; /* bytes 0: an empty slot */
};

enum { EXCEPTION_SLOTS = 4096, EXCEPTION_BITS = 1 << 15 };
extern struct exception exceptions[EXCEPTION_SLOTS];
extern uint64_t exception_filter[EXCEPTION_BITS / 64];

/* Lengths of exceptions that begin, or end, with a byte: bit n for n bytes. A quick no. */
extern uint32_t exception_begins[256], exception_ends[256];

static inline int may_be_exception(const uint8_t *p, int64_t n) {
  return n <= MAX_EXCEPTION && (exception_begins[p[0]] & exception_ends[p[n - 1]]) >> n & 1;
}

/* The exception whose text is these bytes, whose hash_bytes is `hash`; NULL where there is none. */
static inline const struct exception *find_exception(const uint8_t *p, int64_t n, uint64_t hash) {
  uint32_t bit = (uint32_t)(hash >> 20) & (EXCEPTION_BITS - 1);
  if (!(exception_filter[bit >> 6] >> (bit & 63) & 1)) return 0;
  for (uint64_t slot = hash & (EXCEPTION_SLOTS - 1); exceptions[slot].bytes;
       slot = (slot + 1) & (EXCEPTION_SLOTS - 1))
    if (exceptions[slot].hash == hash && exceptions[slot].bytes == n &&
        !memcmp(exceptions[slot].text, p, (size_t)n))
      return &exceptions[slot];
  return 0;
}

/* Whether these bytes are a unit of measure. */
int is_unit(const uint8_t *p, int64_t n);

/* Whether some unit ends in this byte: a quick no. */
extern uint8_t unit_end[256];

/* Phrases are the exceptions that affix rules would split, as sequences of the tokens that these
   rules make of them; a trie over hashes of tokens. Node 0 is the root. */
struct phrase_end {
  const struct exception *exception; /* NULL: no phrase ends at this node */
  int changes;                       /* whether its tokens differ from the exception's */
};
extern struct phrase_end phrase_ends[];
extern uint64_t phrase_filter[64];

/* The node after one more token, 0 where no phrase goes on so. */
int phrase_next(int node, uint64_t token_hash);

/* Quick no: whether a phrase of several tokens may begin with these two. */
static inline uint64_t phrase_bit(uint64_t first_hash, uint64_t second_hash) {
  return (first_hash * 3 + second_hash) >> 20 & 4095;
}

static inline int may_begin_phrase(uint64_t first_hash, uint64_t second_hash) {
  uint64_t bit = phrase_bit(first_hash, second_hash);
  return (int)(phrase_filter[bit >> 6] >> (bit & 63) & 1);
}

#endif
