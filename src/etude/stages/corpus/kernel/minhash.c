#include "minhash.h"

#include "clones.h"

enum { LANES = 8 };

static const uint64_t PRIME = (1ULL << 61) - 1;

static uint64_t least_of(const uint64_t *shingles, int64_t n, uint64_t a, uint64_t b) {
  uint64_t least = ~0ULL;
  for (int64_t i = 0; i < n; i++) {
    uint64_t v = (shingles[i] * a + b) % PRIME;
    if (v < least) least = v;
  }
  return least;
}

/* Lower the least values by those of n shingles.

   v mod 2^61 - 1 is the sum of v's lowest 61 bits and its highest 3, if that is less than the prime.
   With 1 added to v the lowest 61 bits of the sum are 1 more than the remainder; but where the sum
   is not less they are below 8, and then, very rarely, it is done the slow way. */
static INLINE void lower(const uint64_t *restrict shingles, int64_t n, int64_t n_hashes,
                         const uint64_t *restrict a, const uint64_t *restrict b,
                         uint64_t *restrict least) {
  for (int64_t j = 0; j < n_hashes; j += LANES) {
    uint64_t a8[LANES], b8[LANES], least8[LANES];
    for (int l = 0; l < LANES; l++) {
      a8[l] = a[j + l];
      b8[l] = b[j + l] + 1;
      least8[l] = ~0ULL;
    }
    for (int64_t i = 0; i < n; i++)
      for (int l = 0; l < LANES; l++) {
        uint64_t v = shingles[i] * a8[l] + b8[l];
        v = (v + (v >> 61)) << 3; /* the highest bits have no part in comparing */
        least8[l] = least8[l] < v ? least8[l] : v;
      }
    for (int l = 0; l < LANES; l++) {
      uint64_t found = (least8[l] >> 3) - 1;
      if (found + 1 < 8) found = least_of(shingles, n, a[j + l], b[j + l]);
      if (found < least[j + l]) least[j + l] = found;
    }
  }
}

#define LOWER(name, attributes)                                                                  \
  attributes static void name(const uint64_t *shingles, int64_t n, int64_t n_hashes,             \
                              const uint64_t *a, const uint64_t *b, uint64_t *least) {           \
    lower(shingles, n, n_hashes, a, b, least);                                                   \
  }

LOWER(lower_anywhere, )
#ifdef HAS_KINDS
LOWER(lower_avx2, FOR_AVX2)
LOWER(lower_avx512, FOR_AVX512)
#endif

static void (*lower_here)(const uint64_t *, int64_t, int64_t, const uint64_t *, const uint64_t *,
                          uint64_t *) = lower_anywhere;

#ifdef HAS_KINDS
__attribute__((constructor)) static void choose(void) {
  if (HAS_AVX512)
    lower_here = lower_avx512;
  else if (HAS_AVX2)
    lower_here = lower_avx2;
}
#endif

int64_t minhash_sign(const struct shingler *s, int64_t n_grams, const struct permutations *p,
                     uint64_t *signature) {
  int64_t count = shingle_count(s, n_grams);
  uint64_t shingles[SHINGLES];
  for (int64_t j = 0; j < p->n; j++) signature[j] = ~0ULL;
  for (int64_t i = 0; i < count; i += SHINGLES) {
    int64_t n = count - i < SHINGLES ? count - i : SHINGLES;
    shingle_hashes(s, i, n, n_grams, shingles);
    lower_here(shingles, n, p->n, p->a, p->b, signature);
  }
  return count;
}
