#include "contamination.h"

void gram_roll_start(struct gram_roll *roll, const struct words *w, int64_t width) {
  *roll = (struct gram_roll){w->hash, width, w->n >= width ? w->n - width + 1 : 0, 0, 1};
  if (!roll->left) return;
  for (int64_t k = 0; k < width; k++) roll->sum = roll->sum * GRAM_BASE + w->hash[k];
  for (int64_t k = 1; k < width; k++) roll->top *= GRAM_BASE;
}

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
    struct gram_roll roll;
    gram_roll_start(&roll, &s->words, g->widths[w]);
    while (roll.left > 0) {
      int32_t gram = find(g, gram_roll_next(&roll));
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
