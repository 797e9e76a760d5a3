#include "minhash.h"

#include "clones.h"

enum { LANES = 8, AT_ONCE = 64 };

/* Lower the least values by those of n shingles. */
static INLINE void lower(const uint64_t *restrict shingles, int64_t n, int64_t n_hashes,
                         const uint64_t *restrict a, const uint64_t *restrict b,
                         uint64_t *restrict least) {
  const uint64_t prime = (1ULL << 61) - 1;
  for (int64_t j = 0; j < n_hashes; j += LANES) {
    uint64_t a8[LANES], b8[LANES], least8[LANES];
    for (int l = 0; l < LANES; l++) {
      a8[l] = a[j + l];
      b8[l] = b[j + l];
      least8[l] = least[j + l];
    }
    for (int64_t i = 0; i < n; i++)
      for (int l = 0; l < LANES; l++) {
        uint64_t v = shingles[i] * a8[l] + b8[l];
        v = (v & prime) + (v >> 61);
        uint64_t less = v - prime;
        v = v < less ? v : less; /* subtracting from less than the prime wraps around */
        least8[l] = least8[l] < v ? least8[l] : v;
      }
    for (int l = 0; l < LANES; l++) least[j + l] = least8[l];
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
  uint64_t shingles[AT_ONCE];
  for (int64_t j = 0; j < p->n; j++) signature[j] = ~0ULL;
  for (int64_t i = 0; i < count; i += AT_ONCE) {
    int64_t n = count - i < AT_ONCE ? count - i : AT_ONCE;
    for (int64_t k = 0; k < n; k++) shingles[k] = shingle_hash(s, i + k, n_grams);
    lower_here(shingles, n, p->n, p->a, p->b, signature);
  }
  return count;
}
