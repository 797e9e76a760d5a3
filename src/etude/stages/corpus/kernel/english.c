/* Unfolds the tables of English when the library is loaded. */
#include "english.h"

#include <stdlib.h>

#include "tables.h"

enum { UNIT_SLOTS = 512, PHRASE_SLOTS = 4096, MAX_NODES = 1200 };

struct exception exceptions[EXCEPTION_SLOTS];
uint64_t exception_filter[EXCEPTION_BITS / 64];
uint32_t exception_begins[256], exception_ends[256];
uint8_t unit_end[256];
struct phrase_end phrase_ends[MAX_NODES];
uint64_t phrase_filter[64];

static const struct exception *by_number[N_EXCEPTIONS];
static const uint8_t *units[UNIT_SLOTS];
static struct {
  uint64_t key;
  int node;
} phrase_slots[PHRASE_SLOTS];
static int n_nodes = 1;

static void unfold_exceptions(void) {
  const uint8_t *text = exception_pool, *cut = exception_cuts;
  for (int i = 0; i < N_EXCEPTIONS; i++) {
    struct exception made = {0};
    made.text = text;
    made.tokens = *cut++;
    for (int k = 0; k < made.tokens; k++) {
      made.length[k] = *cut++;
      made.bytes = (uint8_t)(made.bytes + made.length[k]);
    }
    text += made.bytes;
    made.hash = hash_bytes(made.text, made.bytes);
    uint64_t slot = made.hash & (EXCEPTION_SLOTS - 1);
    while (exceptions[slot].bytes) slot = (slot + 1) & (EXCEPTION_SLOTS - 1);
    exceptions[slot] = made;
    by_number[i] = &exceptions[slot];
    exception_begins[made.text[0]] |= 1u << made.bytes;
    exception_ends[made.text[made.bytes - 1]] |= 1u << made.bytes;
    uint32_t bit = (uint32_t)(made.hash >> 20) & (EXCEPTION_BITS - 1);
    exception_filter[bit >> 6] |= 1ULL << (bit & 63);
  }
}

static void unfold_units(void) {
  const uint8_t *p = unit_pool;
  for (int i = 0; i < N_UNITS; i++, p += 1 + p[0]) {
    uint64_t slot = hash_bytes(p + 1, p[0]) & (UNIT_SLOTS - 1);
    while (units[slot]) slot = (slot + 1) & (UNIT_SLOTS - 1);
    units[slot] = p;
    unit_end[p[p[0]]] = 1;
  }
}

int is_unit(const uint8_t *p, int64_t n) {
  if (n < 1 || n > MAX_UNIT) return 0;
  for (uint64_t slot = hash_bytes(p, n) & (UNIT_SLOTS - 1); units[slot];
       slot = (slot + 1) & (UNIT_SLOTS - 1))
    if (units[slot][0] == n && !memcmp(units[slot] + 1, p, (size_t)n)) return 1;
  return 0;
}

static uint64_t phrase_key(int node, uint64_t token_hash) {
  return (token_hash ^ (uint64_t)node * 0x9E3779B97F4A7C15ULL) * 0xD6E8FEB86659FD93ULL | 1;
}

int phrase_next(int node, uint64_t token_hash) {
  uint64_t key = phrase_key(node, token_hash), slot = key >> 40 & (PHRASE_SLOTS - 1);
  for (; phrase_slots[slot].key; slot = (slot + 1) & (PHRASE_SLOTS - 1))
    if (phrase_slots[slot].key == key) return phrase_slots[slot].node;
  return 0;
}

static int phrase_add(int node, uint64_t token_hash) {
  int next = phrase_next(node, token_hash);
  if (next) return next;
  uint64_t key = phrase_key(node, token_hash), slot = key >> 40 & (PHRASE_SLOTS - 1);
  while (phrase_slots[slot].key) slot = (slot + 1) & (PHRASE_SLOTS - 1);
  if (n_nodes == MAX_NODES) abort();
  phrase_slots[slot].key = key;
  return phrase_slots[slot].node = n_nodes++;
}

static void unfold_phrases(void) {
  const uint16_t *p = phrase_data;
  for (int i = 0; i < N_PHRASES; i++, p += 3 + p[2]) {
    const struct exception *exception = by_number[p[0]];
    const uint8_t *text = exception->text;
    int node = 0;
    uint64_t before = 0;
    for (int k = 0; k < p[2]; k++) {
      uint64_t hash = hash_bytes(text, p[3 + k]);
      uint64_t bit = phrase_bit(before, hash);
      if (k == 1) phrase_filter[bit >> 6] |= 1ULL << (bit & 63);
      before = hash;
      node = phrase_add(node, hash);
      text += p[3 + k];
    }
    phrase_ends[node].exception = exception;
    phrase_ends[node].changes = p[1];
  }
}

__attribute__((constructor)) static void unfold(void) {
  unfold_exceptions();
  unfold_units();
  unfold_phrases();
}
