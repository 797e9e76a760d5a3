/* spaCy's pattern of a URL, which is that of Diego Perini with changes, as a matcher that looks at
   each byte a bounded number of times. */
#include "url.h"

#include "unicode.h"

static int is_digit(const uint8_t *p, const uint8_t *end, int *width) {
  return p < end && char_class(decode_char(p, end, width)) & CH_DECIMAL;
}

/* Up to `max` + 1 digits of any script at p: their number; where they end. */
static int digits(const uint8_t *p, const uint8_t *end, int max, const uint8_t **after) {
  int n = 0, width;
  while (n <= max && is_digit(p, end, &width)) {
    p += width;
    n++;
  }
  *after = p;
  return n;
}

/* [/?#] and anything, or nothing. */
static int is_path(const uint8_t *p, const uint8_t *end) {
  return p == end || *p == '/' || *p == '?' || *p == '#';
}

/* A port, then a path. */
static int is_tail(const uint8_t *p, const uint8_t *end) {
  const uint8_t *after;
  if (is_path(p, end)) return 1;
  if (*p != ':') return 0;
  int n = digits(p + 1, end, 5, &after);
  return n >= 2 && n <= 5 && is_path(after, end);
}

/* One number of an address. `part` 0 is the first, 3 the last. Digits after the first may be of
   any script, as \d is; `d` has the ASCII digit of each place, or 10 for one of another script. */
static int is_octet(const int *d, int n, int part) {
  if (part == 0 || part == 3) {
    if (d[0] < 1 || d[0] > 9) return 0;
    if (n < 3) return 1;
    if (d[0] == 1) return 1;
    if (d[0] != 2) return 0;
    if (part == 0) return d[1] <= 1 || (d[1] == 2 && d[2] <= 3);
    return d[1] <= 4 || (d[1] == 5 && d[2] <= 4);
  }
  if (n < 3) return 1;
  if (d[0] == 1) return 1;
  return d[0] == 2 && (d[1] <= 4 || (d[1] == 5 && d[2] <= 5));
}

struct number {
  int d[3], n;
};

/* Whether the address is one that the pattern leaves out as private. Its last number is as many
   digits as stand there. */
static int is_private(const struct number *part) {
  const int *a = part[0].d, *b = part[1].d;
  int na = part[0].n, nb = part[1].n;
  if (na == 2 && a[0] == 1 && a[1] == 0) return 1;
  if (na != 3 || a[0] != 1) return 0;
  if (a[1] == 2 && a[2] == 7) return 1;
  if (a[1] == 6 && a[2] == 9) return nb == 3 && b[0] == 2 && b[1] == 5 && b[2] == 4;
  if (a[1] == 9 && a[2] == 2) return nb == 3 && b[0] == 1 && b[1] == 6 && b[2] == 8;
  if (a[1] == 7 && a[2] == 2 && nb == 2)
    return (b[0] == 1 && b[1] >= 6 && b[1] <= 9) || b[0] == 2 || (b[0] == 3 && b[1] <= 1);
  return 0;
}

/* An address in numbers, and what may follow it. */
static int is_address(const uint8_t *p, const uint8_t *end) {
  struct number part[4];
  for (int k = 0; k < 4; k++) {
    part[k].n = 0;
    int width;
    while (part[k].n < 3 && is_digit(p, end, &width)) {
      part[k].d[part[k].n++] = width == 1 ? *p - '0' : 10;
      p += width;
      if (k == 3 && is_octet(part[k].d, part[k].n, k) && is_tail(p, end)) {
        return !is_private(part);
      }
    }
    if (k == 3) return 0;
    if (!part[k].n || !is_octet(part[k].d, part[k].n, k)) return 0;
    if (p == end || *p != '.') return 0;
    p++;
  }
  return 0;
}

/* A domain name, and what may follow it. */
static int is_domain(const uint8_t *p, const uint8_t *end) {
  for (int label = 0;; label++) {
    int n = 0, lower = 1, domain = 1, width;
    uint32_t first = 0, last = 0;
    while (p < end) {
      uint32_t cls = char_class(decode_char(p, end, &width));
      int inner = cls & CH_DOMAIN || *p == '-' || *p == '_';
      if (!inner && !(cls & CH_LOWER)) break;
      if (!n) first = cls;
      domain &= inner;
      last = cls;
      lower &= (cls & CH_LOWER) != 0;
      p += width;
      if (++n > 64) return 0;
    }
    if (p == end || *p != '.') return label && lower && n >= 2 && n <= 63 && is_tail(p, end);
    if (!domain || !(first & last & CH_DOMAIN)) return 0;
    p++;
  }
}

static int is_host(const uint8_t *p, const uint8_t *end) {
  return p < end && (is_address(p, end) || is_domain(p, end));
}

/* Where the text after a scheme begins; NULL when there is none. */
static const uint8_t *after_scheme(const uint8_t *p, const uint8_t *end) {
  int n = 0, width;
  for (; p < end && *p != ':'; p += width, n++) {
    uint32_t c = decode_char(p, end, &width);
    if (!(char_class(c) & CH_WORD) && c != '+' && c != '-' && c != '.') return 0;
  }
  return n >= 2 && end - p >= 3 && p[1] == '/' && p[2] == '/' ? p + 3 : 0;
}

int is_url(const uint8_t *p, const uint8_t *end) {
  if (!memchr(p, '.', (size_t)(end - p))) return 0;
  if (is_host(p, end)) return 1;
  const uint8_t *start = after_scheme(p, end);
  if (start && is_host(start, end)) return 1;
  /* Each part between two @ is looked at once, for no host goes on beyond one, and what follows
     a host may hold anything. */
  for (const uint8_t *at = p + 1; at < end && (at = memchr(at, '@', (size_t)(end - at))); at++)
    if (is_host(at + 1, end)) return 1;
  return 0;
}
