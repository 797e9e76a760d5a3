#include "simplify.h"

#include <stdlib.h>
#include <string.h>

#include "affixes.h"
#include "block.h"
#include "tables.h"
#include "unicode.h"

int bytes_reserve(struct bytes *b, int64_t cap) {
  if (cap <= b->cap) return 0;
  if (cap < b->cap + b->cap / 2) cap = b->cap + b->cap / 2;
  uint8_t *data = realloc(b->data, (size_t)cap);
  if (!data) return -1;
  b->data = data;
  b->cap = cap;
  return 0;
}

void bytes_free(struct bytes *b) {
  free(b->data);
  memset(b, 0, sizeof *b);
}

static int encode(uint32_t c, uint8_t *out) {
  if (c < 0x80) {
    out[0] = (uint8_t)c;
    return 1;
  }
  if (c < 0x800) {
    out[0] = (uint8_t)(0xC0 | c >> 6);
    out[1] = (uint8_t)(0x80 | (c & 63));
    return 2;
  }
  if (c < 0x10000) {
    out[0] = (uint8_t)(0xE0 | c >> 12);
    out[1] = (uint8_t)(0x80 | (c >> 6 & 63));
    out[2] = (uint8_t)(0x80 | (c & 63));
    return 3;
  }
  out[0] = (uint8_t)(0xF0 | c >> 18);
  out[1] = (uint8_t)(0x80 | (c >> 12 & 63));
  out[2] = (uint8_t)(0x80 | (c >> 6 & 63));
  out[3] = (uint8_t)(0x80 | (c & 63));
  return 4;
}

static int encode_hangul(uint32_t c, uint8_t *out) {
  uint32_t index = c - 0xAC00, tail = index % 28;
  int n = encode(0x1100 + index / 588, out);
  n += encode(0x1161 + index % 588 / 28, out + n);
  return tail ? n + encode(0x11A7 + tail, out + n) : n;
}

/* The string that a code point changes to, by its place in the table. */
static const uint8_t *changed(int64_t i, int *n) {
  int at = i ? change_ends[i - 1] : 0;
  *n = change_ends[i] - at;
  return change_pool + at;
}

static const uint8_t *find_changed(uint32_t c, int *n) {
  int64_t low = 0, high = N_CHANGES;
  while (low < high) {
    int64_t middle = (low + high) / 2;
    if (change_points[middle] < c)
      low = middle + 1;
    else
      high = middle;
  }
  return low < N_CHANGES && change_points[low] == c ? changed(low, n) : 0;
}

/* Whether the capital sigma at p ends a word: after a cased letter and not before one, characters
   that case ignores left aside. */
static int is_final(const uint8_t *text, const uint8_t *p, const uint8_t *end) {
  uint32_t cls = 0;
  int width;
  for (const uint8_t *q = p; q > text; q -= width) {
    cls = char_class(decode_before(text, q, &width));
    if (!(cls & CH_IGNORABLE)) break;
  }
  if (!(cls & CH_CASED) || cls & CH_IGNORABLE) return 0;
  for (const uint8_t *q = p + 2; q < end; q += width) {
    cls = char_class(decode_char(q, end, &width));
    if (!(cls & CH_IGNORABLE)) return !(cls & CH_CASED);
  }
  return 1;
}

static const uint8_t *skip_numbers(const uint8_t *p, const uint8_t *end) {
  int width;
  while (p < end) {
    if (*p < 0x80) {
      if (!is_ascii_digit(*p)) break;
      p++;
    } else {
      if (!(char_class(decode_char(p, end, &width)) & CH_NUMBER)) break;
      p += width;
    }
  }
  return p;
}

/* The end of the number at p: digits, and once more after a decimal separator. */
static const uint8_t *skip_number(const uint8_t *p, const uint8_t *end) {
  int width;
  p = skip_numbers(p, end);
  if (p == end) return p;
  uint32_t c = decode_char(p, end, &width);
  if (c != '.' && c != ',' && c != 0x60C && c != 0x66B && !(c >= 0x2396 && c <= 0x2398)) return p;
  const uint8_t *after = skip_numbers(p + width, end);
  return after > p + width ? after : p;
}

/* Put the characters of a run of combining ones, each of which stays, into canonical order. */
static int reorder(uint8_t *run, int64_t n) {
  uint8_t *sorted = malloc((size_t)n);
  if (!sorted) return -1;
  int64_t out = 0;
  int width;
  /* The table is in order of classes; there are few. */
  for (int k = 0, wanted = 0; k < N_CCC && out < n; k++) {
    if ((int)ccc_pairs[2 * k + 1] == wanted) continue;
    wanted = (int)ccc_pairs[2 * k + 1];
    for (int64_t i = 0; i < n; i += width)
      if (combining_class(decode_char(run + i, run + n, &width)) == wanted) {
        memcpy(sorted + out, run + i, (size_t)width);
        out += width;
      }
  }
  memcpy(run, sorted, (size_t)n);
  free(sorted);
  return 0;
}

/* Characters from p on that combine, and those into which one falls apart that ends so. */
static const uint8_t *copy_run(const uint8_t *p, const uint8_t *end, struct bytes *out) {
  int64_t run = out->n;
  int width, size, last = 0, mixed = 0;
  while (p < end) {
    uint32_t c = decode_char(p, end, &width), cls = char_class(c);
    const uint8_t *string = p;
    size = width;
    if (char_change(c) == CHANGE_ORDER && !(cls & CH_REORDERS)) {
      if (out->n > run) break; /* it begins a run of its own */
      string = find_changed(c, &size);
    } else if (!(cls & CH_REORDERS)) {
      break;
    }
    p += width;
    if (cls & CH_MARK) continue;
    if (bytes_reserve(out, out->n + size + (end - p) + 64)) return 0;
    for (const uint8_t *q = string; q < string + size; q += width) {
      int ccc = combining_class(decode_char(q, string + size, &width));
      memcpy(out->data + out->n, q, (size_t)width);
      out->n += width;
      if (!ccc) run = out->n;
      mixed |= ccc && ccc < last;
      last = ccc;
    }
  }
  return mixed && reorder(out->data + run, out->n - run) ? 0 : p;
}

/* One character that is not ASCII, or several; *blank is whether the last one was whitespace.
   Returns what follows; NULL when out of memory. */
static const uint8_t *simplify_high(const uint8_t *text, const uint8_t *p, const uint8_t *end,
                                    struct bytes *out, int *blank) {
  int width, n;
  uint32_t c = decode_char(p, end, &width), code = char_change(c);
  uint8_t hangul[9];
  const uint8_t *string = p;
  if (code == CHANGE_SPACE) {
    if (!*blank) out->data[out->n++] = ' ';
    *blank = 1;
    return p + width;
  }
  *blank = 0;
  n = width;
  switch (code) {
    case CHANGE_NONE:
      break;
    case CHANGE_DROP:
      return p + width;
    case CHANGE_NUMBER:
      out->data[out->n++] = '0';
      return skip_number(p, end);
    case CHANGE_SIGMA:
      string = (const uint8_t *)(is_final(text, p, end) ? "\xCF\x82" : "\xCF\x83");
      break;
    case CHANGE_ORDER:
      return copy_run(p, end, out);
    case CHANGE_HANGUL:
      n = encode_hangul(c, hangul);
      string = hangul;
      break;
    default:
      string = changed(code - CHANGE_STRING, &n);
  }
  if (n > width && bytes_reserve(out, out->n + n + (end - p) + 64)) return 0;
  memcpy(out->data + out->n, string, (size_t)n);
  out->n += n;
  return p + width;
}

/* Letters of ASCII in lower case. Up to 15 bytes more are written. */
static inline void copy_lower(uint8_t *to, const uint8_t *p, int64_t n, const uint8_t *end) {
  bytes16 v;
  int64_t k = 0;
  for (; k < n && end - p - k >= 16; k += 16) {
    memcpy(&v, p + k, 16);
    v |= 32;
    memcpy(to + k, &v, 16);
  }
  for (; k < n; k++) to[k] = p[k] | 32;
}

/* How many of the lowest bits are zeros; `all` where each is. */
static inline int64_t zeros(uint64_t bits, int64_t all) {
  return bits ? __builtin_ctzll(bits) : all;
}

/* There is always room for what is left of the text and more: what grows makes room itself. Of
   ASCII, letters and digits stay, each number as 0, and all else is blank. */
int simplify(const uint8_t *text, int64_t n, struct bytes *out) {
  const uint8_t *p = text, *end = text + n;
  struct scan scan = {.base = text, .end = end};
  int blank = 1;
  out->n = out->from = 0;
  if (bytes_reserve(out, n + 64)) return -1;
  uint8_t *to = out->data;
  scan_look(&scan);
  while (p < end && scan_reach(&scan, p)) {
    const struct block *b = &scan.block;
    int64_t at = p - scan.base, left = end - scan.base < BLOCK_BYTES ? end - scan.base : BLOCK_BYTES;
    int64_t letters = zeros(~b->letter >> at, BLOCK_BYTES - at);
    copy_lower(to, p, letters, end);
    to += letters;
    p += letters;
    at += letters;
    blank &= !letters;
    if (at == left) continue;
    int64_t blanks = zeros((b->letter | b->digit | b->high) >> at, left - at);
    *to = ' ';
    to += blanks && !blank;
    p += blanks;
    blank |= blanks > 0;
    if (at + blanks == left || b->letter >> (at + blanks) & 1) continue;
    if (*p < 0x80) {
      p = skip_number(p, end);
      *to++ = '0';
      blank = 0;
      continue;
    }
    out->n = to - out->data;
    if (!(p = simplify_high(text, p, end, out, &blank))) return -1;
    to = out->data + out->n;
  }
  out->n = to - out->data;
  while (out->n > 0 && out->data[out->n - 1] == ' ') out->n--;
  while (out->from < out->n && out->data[out->from] == ' ') out->from++;
  return 0;
}

int fold(const uint8_t *text, int64_t n, int what, struct bytes *out) {
  const uint8_t *p = text, *end = text + n;
  int blank = 1, width, spaces = what & FOLD_SPACE, cases = what & FOLD_CASE;
  out->n = out->from = 0;
  if (bytes_reserve(out, 2 * n + 64)) return -1;
  for (; p < end; p += width) {
    uint32_t c = decode_char(p, end, &width);
    uint8_t *to = out->data + out->n;
    if (spaces && char_class(c) & CH_SPACE) {
      *to = ' ';
      out->n += !blank;
      blank = 1;
      continue;
    }
    blank = 0;
    uint32_t lower = cases ? char_lower(c) : c;
    if (lower != c)
      out->n += encode(lower, to);
    else
      for (int k = 0; k < width; k++) out->data[out->n++] = p[k];
  }
  if (spaces && blank && out->n) out->n--;
  return 0;
}
