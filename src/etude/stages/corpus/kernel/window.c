#include "window.h"

#include <stdlib.h>

#include "unicode.h"

#define KEY_BASE 0x9E3779B97F4A7C15ULL
#define CHECK_BASE 0xC2B2AE3D27D4EB4FULL
#define CHECK_TWIST 0xFF51AFD7ED558CCDULL

static inline uint64_t mix(uint64_t h) {
  const uint64_t k = 0xD6E8FEB86659FD93ULL;
  h = (h ^ (h >> 32)) * k;
  h = (h ^ (h >> 32)) * k;
  return h ^ (h >> 32);
}

enum kind { PART, SPACE, ALONE };

static inline enum kind kind_at(const uint8_t *p, const uint8_t *end, int *width) {
  uint8_t c = *p;
  *width = 1;
  if (c < 0x80) return c == ' ' || (c >= 9 && c <= 13) || (c >= 28 && c <= 31) ? SPACE : PART;
  uint32_t code = decode_char(p, end, width);
  if (code >= 0x3040 && code <= 0x9FFF) return ALONE;
  return char_class(code) & CH_SPACE ? SPACE : PART;
}

/* Move *p behind the next token and return where it begins, or NULL when there is none. */
static inline const uint8_t *next_token(const uint8_t **p, const uint8_t *end) {
  const uint8_t *at = *p;
  int width;
  enum kind kind = SPACE;
  while (at < end && (kind = kind_at(at, end, &width)) == SPACE) at += width;
  if (at >= end) return NULL;
  const uint8_t *start = at;
  at += width;
  while (kind == PART && at < end && kind_at(at, end, &width) == PART) at += width;
  *p = at;
  return start;
}

static inline uint64_t hash_token(const uint8_t *p, const uint8_t *end) {
  uint64_t h = 0xCBF29CE484222325ULL;
  for (; p < end; p++) h = (h ^ *p) * 0x100000001B3ULL;
  return mix(h);
}

static uint64_t power(uint64_t base, int64_t n) {
  uint64_t product = 1;
  for (; n; n >>= 1, base *= base)
    if (n & 1) product *= base;
  return product;
}

int64_t window_hashes(
    const uint8_t *data, const int64_t *offsets, int64_t n, int64_t width, uint64_t *keys,
    uint64_t *checks, int64_t *counts) {
  uint64_t *recent = malloc(2 * (size_t)width * sizeof *recent), *twisted = recent + width;
  if (!recent) return -1;
  const uint64_t key_out = power(KEY_BASE, width), check_out = power(CHECK_BASE, width);
  int64_t n_windows = 0;
  for (int64_t i = 0; i < n; i++) {
    const uint8_t *p = data + offsets[i], *end = data + offsets[i + 1], *start;
    uint64_t key = 0, check = 0;
    int64_t n_tokens = 0, place = 0;
    while ((start = next_token(&p, end))) {
      uint64_t h = hash_token(start, p), t = mix(h ^ CHECK_TWIST);
      key = key * KEY_BASE + h;
      check = check * CHECK_BASE + t;
      if (n_tokens >= width) {
        key -= recent[place] * key_out;
        check -= twisted[place] * check_out;
      }
      recent[place] = h;
      twisted[place] = t;
      if (++place == width) place = 0;
      if (++n_tokens >= width) {
        keys[n_windows] = mix(key);
        checks[n_windows++] = mix(check);
      }
    }
    counts[i] = n_tokens;
  }
  free(recent);
  return n_windows;
}

int64_t window_tokens(
    const uint8_t *data, const int64_t *offsets, int64_t n, int64_t *starts, int64_t *counts) {
  int64_t n_all = 0;
  for (int64_t i = 0; i < n; i++) {
    const uint8_t *p = data + offsets[i], *end = data + offsets[i + 1], *start;
    int64_t before = n_all;
    while ((start = next_token(&p, end))) starts[n_all++] = start - data;
    counts[i] = n_all - before;
  }
  return n_all;
}
