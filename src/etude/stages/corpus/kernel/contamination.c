#include "contamination.h"

/* Fill the table; `slots` and `filter` are zeros. The hashes are distinct. */
void etude_grams_fill(const uint64_t *hashes, int64_t n, int64_t mask, int32_t *slots,
                      uint64_t *filter) {
  for (int64_t i = 0; i < n; i++) {
    uint64_t bit = hashes[i] >> 7 & (uint64_t)(8 * mask + 7);
    int64_t slot = (int64_t)(hashes[i] & (uint64_t)mask);
    while (slots[slot]) slot = (slot + 1) & mask;
    slots[slot] = (int32_t)(i + 1);
    filter[bit >> 6] |= 1ULL << (bit & 63);
  }
}

static int32_t find(const struct grams *g, uint64_t hash) {
  uint64_t bit = hash >> 7 & (uint64_t)(8 * g->mask + 7);
  if (!(g->filter[bit >> 6] >> (bit & 63) & 1)) return -1;
  for (int64_t slot = (int64_t)(hash & (uint64_t)g->mask); g->slots[slot];
       slot = (slot + 1) & g->mask)
    if (g->hashes[g->slots[slot] - 1] == hash) return g->slots[slot] - 1;
  return -1;
}

int64_t grams_find(const struct shingler *s, const struct grams *g, int32_t text,
                   struct hits *hits) {
  int64_t found = 0;
  for (int64_t w = 0; w < g->n_widths; w++) {
    int64_t count = shingle_count(s, g->widths[w]);
    for (int64_t i = 0; i < count; i++) {
      int32_t gram = find(g, shingle_hash(s, i, g->widths[w]));
      if (gram < 0) continue;
      if (hits->n < hits->room) {
        hits->text[hits->n] = text;
        hits->gram[hits->n] = gram;
      }
      hits->n++;
      found++;
    }
  }
  return found;
}
