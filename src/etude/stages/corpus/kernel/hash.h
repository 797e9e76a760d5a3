/* Hashes of bytes: a quick 64-bit one for tables in memory, and xxHash64, which is stored. */
#ifndef ETUDE_HASH_H
#define ETUDE_HASH_H

#include <stdint.h>
#include <string.h>

static inline uint64_t load64(const uint8_t *p) {
  uint64_t v;
  memcpy(&v, p, 8);
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  v = __builtin_bswap64(v);
#endif
  return v;
}

static inline uint32_t load32(const uint8_t *p) {
  uint32_t v;
  memcpy(&v, p, 4);
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
  v = __builtin_bswap32(v);
#endif
  return v;
}

/* The first n < 8 bytes of p, little-endian, zeros above; reads nothing beyond them. */
static inline uint64_t load_tail(const uint8_t *p, int64_t n) {
  if (n >= 4) return load32(p) | (uint64_t)load32(p + n - 4) << (8 * (n - 4));
  if (n == 0) return 0;
  return p[0] | (uint64_t)p[n >> 1] << (8 * (n >> 1)) | (uint64_t)p[n - 1] << (8 * (n - 1));
}

/* Quick hash of a word or a line, for tables in memory: of eight bytes at a time. */
static const uint64_t HASH_FACTOR = 0xD6E8FEB86659FD93ULL;

static inline uint64_t hash_start(int64_t n) {
  return 0x9E3779B97F4A7C15ULL ^ ((uint64_t)n * 0xFF51AFD7ED558CCDULL);
}

static inline uint64_t hash_step(uint64_t h, uint64_t bytes) {
  h = (h ^ bytes) * HASH_FACTOR;
  return h ^ (h >> 32);
}

static inline uint64_t hash_close(uint64_t h) {
  h *= HASH_FACTOR;
  return h ^ (h >> 29);
}

static inline uint64_t hash_bytes(const uint8_t *p, int64_t n) {
  uint64_t h = hash_start(n);
  int64_t i = 0;
  for (; i + 8 <= n; i += 8) h = hash_step(h, load64(p + i));
  if (i < n) h = hash_step(h, load_tail(p + i, n - i));
  return hash_close(h);
}

/* The first bytes of n > 0, as load_tail has them, but without a branch where the text goes on. */
static inline uint64_t load_first(const uint8_t *p, int64_t n, const uint8_t *end) {
  if (n >= 8) return load64(p);
  return end - p >= 8 ? load64(p) & (~0ULL >> (64 - 8 * n)) : load_tail(p, n);
}

/* The same of bytes in a text that ends at `end`, and quicker. */
static inline uint64_t hash_within(const uint8_t *p, int64_t n, const uint8_t *end) {
  uint64_t h = hash_start(n);
  for (; n >= 8; p += 8, n -= 8) h = hash_step(h, load64(p));
  if (n) h = hash_step(h, load_first(p, n, end));
  return hash_close(h);
}

#define XXH_P1 0x9E3779B185EBCA87ULL
#define XXH_P2 0xC2B2AE3D27D4EB4FULL
#define XXH_P3 0x165667B19E3779F9ULL
#define XXH_P4 0x85EBCA77C2B2AE63ULL
#define XXH_P5 0x27D4EB2F165667C5ULL

static inline uint64_t rotate_left(uint64_t x, int r) { return (x << r) | (x >> (64 - r)); }

static inline uint64_t xxh_round(uint64_t acc, uint64_t v) {
  return rotate_left(acc + v * XXH_P2, 31) * XXH_P1;
}

static inline uint64_t xxh_merge(uint64_t acc, uint64_t v) {
  return (acc ^ xxh_round(0, v)) * XXH_P1 + XXH_P4;
}

/* Of whole stripes of 32 bytes; *p moves behind them. */
static inline uint64_t xxh_stripes(const uint8_t **p, const uint8_t *end, uint64_t seed) {
  uint64_t a = seed + XXH_P1 + XXH_P2, b = seed + XXH_P2, c = seed, d = seed - XXH_P1;
  for (; end - *p >= 32; *p += 32) {
    a = xxh_round(a, load64(*p));
    b = xxh_round(b, load64(*p + 8));
    c = xxh_round(c, load64(*p + 16));
    d = xxh_round(d, load64(*p + 24));
  }
  uint64_t h = rotate_left(a, 1) + rotate_left(b, 7) + rotate_left(c, 12) + rotate_left(d, 18);
  return xxh_merge(xxh_merge(xxh_merge(xxh_merge(h, a), b), c), d);
}

static inline uint64_t xxh_8(uint64_t h, uint64_t v) {
  return rotate_left(h ^ xxh_round(0, v), 27) * XXH_P1 + XXH_P4;
}

static inline uint64_t xxh_4(uint64_t h, uint64_t v) {
  return rotate_left(h ^ v * XXH_P1, 23) * XXH_P2 + XXH_P3;
}

static inline uint64_t xxh_1(uint64_t h, uint64_t v) {
  return rotate_left(h ^ v * XXH_P5, 11) * XXH_P1;
}

static inline uint64_t xxh_close(uint64_t h) {
  h = (h ^ (h >> 33)) * XXH_P2;
  h = (h ^ (h >> 29)) * XXH_P3;
  return h ^ (h >> 32);
}

/* xxHash64 of n bytes. */
static inline uint64_t xxh64(const uint8_t *p, int64_t n, uint64_t seed) {
  const uint8_t *end = p + n;
  uint64_t h = (n >= 32 ? xxh_stripes(&p, end, seed) : seed + XXH_P5) + (uint64_t)n;
  for (; end - p >= 8; p += 8) h = xxh_8(h, load64(p));
  if (end - p >= 4) {
    h = xxh_4(h, load32(p));
    p += 4;
  }
  for (; p < end; p++) h = xxh_1(h, *p);
  return xxh_close(h);
}

#endif
