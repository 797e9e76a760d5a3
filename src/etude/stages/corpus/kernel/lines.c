/* Lines of a text, and what one look at all its bytes tells. */
#include "lines.h"

#include "hash.h"
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

#define BLOCK 128

/* What a stretch of bytes has; the counts stay below 256. */
struct stretch {
  uint8_t newlines, tails, hashes;
  uint8_t high, breaks, dots, bracket, brace;
  uint8_t lorem, javascript, terms, privacy, cookie, kelvin;
};

/* Phrases are looked for by three bytes each that are rare in other text: ipSUm is told by "psu",
   jaVAScript by "vas", "oF Use" by "f u", priVACy by "vac", cooKIEs by "kie". */
static inline __attribute__((always_inline)) void look(const uint8_t *p, int64_t n,
                                                       struct stretch *s) {
  uint8_t newlines = 0, tails = 0, hashes = 0, high = 0, breaks = 0, dots = 0, bracket = 0;
  uint8_t brace = 0, lorem = 0, javascript = 0, terms = 0, privacy = 0, cookie = 0, kelvin = 0;
  for (int64_t i = 0; i < n; i++) {
    uint8_t c = p[i], c1 = p[i + 1], c2 = p[i + 2];
    uint8_t l = c | 32, l1 = c1 | 32, l2 = c2 | 32;
    newlines += c == '\n';
    tails += (c & 0xC0) == 0x80;
    hashes += c == '#';
    high |= c;
    /* \v \f \r, FS GS RS; NEL, LINE SEPARATOR and PARAGRAPH SEPARATOR by their last two bytes. */
    breaks |= (uint8_t)(c - 11) < 3;
    breaks |= (uint8_t)(c - 0x1C) < 3;
    breaks |= (c == 0xC2) & (c1 == 0x85);
    breaks |= (c == 0x80) & ((c1 | 1) == 0xA9);
    dots |= (c == '.') & (c1 == '.') & (c2 == '.');
    bracket |= c == '[';
    brace |= c == '{';
    lorem |= (l == 'p') & (l1 == 's') & (l2 == 'u');
    javascript |= (l == 'v') & (l1 == 'a') & (l2 == 's');
    terms |= (l == 'f') & (l1 == ' ') & (l2 == 'u');
    privacy |= (l == 'v') & (l1 == 'a') & (l2 == 'c');
    cookie |= (l == 'k') & (l1 == 'i') & (l2 == 'e');
    /* KELVIN SIGN, whose small letter is a plain k. */
    kelvin |= (c == 0xE2) & (c1 == 0x84) & (c2 == 0xAA);
  }
  *s = (struct stretch){newlines, tails, hashes, high, breaks, dots, bracket, brace,
                        lorem, javascript, terms, privacy, cookie, kelvin};
}

static inline __attribute__((always_inline)) void take(struct shape *to, const struct stretch *s) {
  to->newlines += s->newlines;
  to->chars -= s->tails;
  to->hashes += s->hashes;
  to->ascii &= s->high < 0x80;
  to->odd_breaks |= s->breaks;
  to->dots |= s->dots;
  to->bracket |= s->bracket;
  to->brace |= s->brace;
  to->phrases |= (s->lorem ? MAY_LOREM : 0) | (s->javascript ? MAY_JAVASCRIPT : 0) |
                 (s->terms ? MAY_TERMS : 0) | (s->privacy ? MAY_PRIVACY : 0) |
                 (s->cookie || s->kelvin ? MAY_COOKIE : 0);
}

CLONES
struct shape shape_of(const uint8_t *text, int64_t n) {
  struct shape shape = {.chars = n, .ascii = 1};
  struct stretch s;
  int64_t i = 0;
  for (; i + BLOCK + 2 <= n; i += BLOCK) {
    look(text + i, BLOCK, &s);
    take(&shape, &s);
  }
  uint8_t rest[BLOCK + 4] = {0};
  memcpy(rest, text + i, (size_t)(n - i));
  look(rest, n - i, &s);
  take(&shape, &s);
  return shape;
}

CLONES
int64_t count_chars(const uint8_t *text, int64_t n) {
  int64_t chars = 0;
  for (int64_t i = 0; i < n; i++) chars += (text[i] & 0xC0) != 0x80;
  return chars;
}

static int reserve(struct lines *out, int64_t cap) {
  if (cap <= out->cap) return 0;
  struct line *at = realloc(out->at, (size_t)cap * sizeof *at);
  if (!at) return -1;
  out->at = at;
  out->cap = cap;
  return 0;
}

static inline void add_line(struct lines *out, const uint8_t *text, int64_t start, int64_t end) {
  int64_t from = start, to = end;
  /* Most lines begin and end with a printable ASCII character. */
  if (start < end && !((uint8_t)(text[start] - 33) < 94 && (uint8_t)(text[end - 1] - 33) < 94))
    strip_space(text, &from, &to);
  out->at[out->n++] = (struct line){(int32_t)start, (int32_t)end, (int32_t)from, (int32_t)to, 0};
}

static void find_newlines(const uint8_t *text, int64_t n, struct lines *out) {
  int64_t start = 0, i = 0;
  out->n = 0;
#if defined(__SSE2__)
  const __m128i newline = _mm_set1_epi8('\n');
  for (; i + 64 <= n; i += 64) {
    uint64_t breaks = 0;
    for (int part = 0; part < 4; part++) {
      __m128i bytes = _mm_loadu_si128((const __m128i *)(text + i + 16 * part));
      uint64_t equal = (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, newline));
      breaks |= equal << (16 * part);
    }
    for (; breaks; breaks &= breaks - 1) {
      int64_t end = i + __builtin_ctzll(breaks);
      add_line(out, text, start, end);
      start = end + 1;
    }
  }
#endif
  while (i < n) {
    const uint8_t *p = memchr(text + i, '\n', (size_t)(n - i));
    if (!p) break;
    add_line(out, text, start, p - text);
    i = start = p - text + 1;
  }
  add_line(out, text, start, n);
}

int split_newlines(const uint8_t *text, int64_t n, int64_t newlines, struct lines *out,
                   struct table *seen) {
  if (reserve(out, newlines + 1)) return -1;
  find_newlines(text, n, out);
  if (!seen) return 0;
  if (out->repeat_cap < out->cap) {
    free(out->repeat);
    out->repeat = malloc((size_t)out->cap);
    out->repeat_cap = out->repeat ? out->cap : 0;
    if (!out->repeat) return -1;
  }
  out->filled = 0;
  for (int64_t i = 0; i < out->n; i++) out->filled += out->at[i].start < out->at[i].end;
  if (table_reset(seen, out->filled)) return -1;
  for (int64_t i = 0; i < out->n; i++) {
    struct line *line = &out->at[i];
    out->repeat[i] = 0;
    if (line->start == line->end) continue;
    line->hash = hash_within(text + line->start, line->end - line->start, text + n);
    out->repeat[i] = (uint8_t)table_add(seen, line->hash);
  }
  return 0;
}

int split_all_breaks(const uint8_t *text, int64_t n, struct lines *out) {
  int64_t start = 0, i = 0;
  out->n = 0;
  if (reserve(out, 64)) return -1;
  while (i < n) {
    int width = 1;
    uint8_t c = text[i];
    if (c > 0x1E && c < 0x80) {
      i++;
      continue;
    }
    if (!(char_class(decode_char(text + i, text + n, &width)) & CH_LINE_BREAK)) {
      i += width;
      continue;
    }
    if (c == '\r' && i + 1 < n && text[i + 1] == '\n') width = 2;
    if (out->n + 2 > out->cap && reserve(out, 2 * out->n + 64)) return -1;
    add_line(out, text, start, i);
    i = start = i + width;
  }
  if (start < n) add_line(out, text, start, n);
  return 0;
}

void lines_free(struct lines *lines) {
  free(lines->at);
  free(lines->repeat);
  memset(lines, 0, sizeof *lines);
}
