/* An open hash table of 64-bit keys, and a map of bytes that tells, without a branch, which of many
   keys may have come twice: what does not repeat never gets to the table. */
#ifndef ETUDE_TABLE_H
#define ETUDE_TABLE_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct slot {
  uint64_t key; /* 0: free */
  uint32_t count;
  int32_t first; /* where the key was first seen */
};

struct table {
  struct slot *slots;
  int64_t cap, mask;
};

/* Empty the table and make room for `n` keys. Returns 0, or -1 when out of memory. */
static inline int table_reset(struct table *t, int64_t n) {
  int64_t cap = 16;
  while (cap < 2 * n) cap *= 2;
  if (cap > t->cap) {
    free(t->slots);
    t->slots = malloc((size_t)cap * sizeof *t->slots);
    t->cap = t->slots ? cap : 0;
    if (!t->slots) return -1;
  }
  /* A small document uses the first part of a large table only, so that it stays in the cache. */
  t->mask = cap - 1;
  memset(t->slots, 0, (size_t)cap * sizeof *t->slots);
  return 0;
}

/* The slot of a key, with a count of 0 if it is new. Never more keys than the `n` of table_reset. */
static inline struct slot *table_at(const struct table *t, uint64_t key) {
  key += !key;
  int64_t i = (int64_t)(key & (uint64_t)t->mask);
  while (t->slots[i].key != key && t->slots[i].key) i = (i + 1) & t->mask;
  t->slots[i].key = key;
  return &t->slots[i];
}

/* Add a key; returns whether it had been there. */
static inline int table_add(const struct table *t, uint64_t key) { return table_at(t, key)->count++ > 0; }

static inline int table_has(const struct table *t, uint64_t key) {
  key += !key;
  int64_t i = (int64_t)(key & (uint64_t)t->mask);
  while (t->slots[i].key != key && t->slots[i].key) i = (i + 1) & t->mask;
  return t->slots[i].key == key;
}

static inline void table_free(struct table *t) {
  free(t->slots);
  memset(t, 0, sizeof *t);
}

struct twice {
  uint8_t *seen;
  int64_t cap;
  int shift;
};

static inline int twice_reset(struct twice *t, int64_t n) {
  int bits = 8;
  while (((int64_t)1 << bits) < 4 * n) bits++;
  int64_t size = (int64_t)1 << bits;
  if (size > t->cap) {
    free(t->seen);
    t->seen = malloc((size_t)size);
    t->cap = t->seen ? size : 0;
    if (!t->seen) return -1;
  }
  memset(t->seen, 0, (size_t)size);
  t->shift = 64 - bits;
  return 0;
}

/* Keys must be mixed up to their highest bits. */
static inline void twice_add(const struct twice *t, uint64_t key) {
  uint8_t *seen = &t->seen[key >> t->shift];
  *seen = (uint8_t)(2 * *seen + 1);
}

/* Whether a key may have been added more than once; never false if it was. */
static inline int twice_maybe(const struct twice *t, uint64_t key) {
  return t->seen[key >> t->shift] > 1;
}

static inline void twice_free(struct twice *t) {
  free(t->seen);
  memset(t, 0, sizeof *t);
}

#endif
