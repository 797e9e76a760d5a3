/* Splits text at whitespace, and each chunk by spaCy's rules: exceptions, affixes, URLs, infixes. */
#include "words.h"

#include <stdlib.h>
#include <string.h>

#include "affixes.h"
#include "block.h"
#include "clones.h"
#include "emit.h"
#include "english.h"
#include "infixes.h"
#include "phrases.h"
#include "unicode.h"
#include "url.h"

/* What bytes a chunk has; ENDS_SO: HAS_OTHER is for its last byte only. It may be left out. */
enum { HAS_LETTER = 1, HAS_DIGIT = 2, HAS_OTHER = 4, HAS_HIGH = 8, ENDS_SO = 16 };
/* Whether an ASCII byte is no infix whatever stands around it. */
static uint8_t never_infix[256];

__attribute__((constructor)) static void unfold(void) {
  for (uint32_t c = 0; c < 128; c++) never_infix[c] = !may_be_infix(c, 0);
}

static int grow(void *array, int64_t cap, size_t size) {
  void *old, *new;
  memcpy(&old, array, sizeof old);
  new = realloc(old, (size_t)cap * size);
  if (!new) return -1;
  memcpy(array, &new, sizeof new);
  return 0;
}

int words_reserve(struct words *w, int64_t cap) {
  if (cap <= w->cap) return 0;
  if (cap < w->cap + w->cap / 2) cap = w->cap + w->cap / 2;
  if (cap < 1024) cap = 1024;
  if (grow(&w->start, cap, sizeof *w->start) || grow(&w->bytes, cap, sizeof *w->bytes) ||
      grow(&w->chars, cap, sizeof *w->chars) || grow(&w->flags, cap, sizeof *w->flags) ||
      grow(&w->hash, cap, sizeof *w->hash) || grow(&w->gap, cap, sizeof *w->gap))
    return -1;
  w->cap = cap;
  return 0;
}

void words_free(struct words *w) {
  free(w->start);
  free(w->bytes);
  free(w->chars);
  free(w->flags);
  free(w->hash);
  free(w->gap);
  memset(w, 0, sizeof *w);
}

/* Suffixes of one chunk, from its end on: their lengths. */
struct suffixes {
  int64_t n, cap;
  int64_t *length, few[32];
};

static int push_suffix(struct suffixes *s, int64_t length) {
  if (s->n == s->cap) {
    int64_t *more = malloc((size_t)s->cap * 2 * sizeof *more);
    if (!more) return -1;
    memcpy(more, s->length, (size_t)s->n * sizeof *more);
    if (s->length != s->few) free(s->length);
    s->length = more;
    s->cap *= 2;
  }
  s->length[s->n++] = length;
  return 0;
}

static INLINE const struct exception *exception_of(const uint8_t *p, const uint8_t *end) {
  int64_t n = end - p;
  return n < 1 || !may_be_exception(p, n) ? 0 : find_exception(p, n, hash_bytes(p, n));
}

static int add_exception(struct words *w, const uint8_t *text, const uint8_t *p,
                         const struct exception *x) {
  for (int k = 0; k < x->tokens; p += x->length[k++])
    if (add_word(w, text, p, x->length[k])) return -1;
  return 0;
}

/* What is left of a chunk when prefixes and suffixes are taken off. */
struct stem {
  const uint8_t *p, *end;
  const struct exception *exception;
};

/* Take prefixes and suffixes off, in spaCy's order; the prefixes are added as words. */
static int split_affixes(struct words *w, const uint8_t *text, struct stem *stem,
                         struct suffixes *suffixes) {
  while (stem->p < stem->end) {
    if ((stem->exception = exception_of(stem->p, stem->end))) return 0;
    int64_t prefix = prefix_length(stem->p, stem->end);
    if (prefix && (stem->exception = exception_of(stem->p + prefix, stem->end))) {
      stem->p += prefix;
      return add_word(w, text, stem->p - prefix, prefix);
    }
    int64_t suffix = suffix_length(stem->p + prefix, stem->end);
    if (suffix && (stem->exception = exception_of(stem->p, stem->end - suffix))) {
      stem->end -= suffix;
      return push_suffix(suffixes, suffix);
    }
    if (!prefix && !suffix) return 0;
    if (prefix && add_word(w, text, stem->p, prefix)) return -1;
    if (suffix && push_suffix(suffixes, suffix)) return -1;
    stem->p += prefix;
    stem->end -= suffix;
  }
  return 0;
}

/* Split at infixes. One that begins the stem stays with what follows it. */
static int split_infixes(struct words *w, const uint8_t *text, const uint8_t *start,
                         const uint8_t *end) {
  const uint8_t *from = start, *p = start;
  for (;;) {
    while (p < end && never_infix[*p]) p++;
    if (p == end) break;
    int width;
    uint32_t c = decode_char(p, end, &width), cls = char_class(c);
    int64_t n = 0;
    if (may_be_infix(c, cls))
      n = cls & CH_INFIX ? width : infix_length(start, p, end, c, width);
    if (!n) {
      p += width;
      continue;
    }
    if (p > start) {
      if (p > from && add_word(w, text, from, p - from)) return -1;
      if (add_word(w, text, p, n)) return -1;
      from = p + n;
    }
    p += n;
  }
  return from < end ? add_word(w, text, from, end - from) : 0;
}

/* A chunk of any characters. */
static int split_chunk(struct words *w, const uint8_t *text, const uint8_t *p, const uint8_t *end) {
  struct suffixes suffixes; /* not all of it is filled in, which takes long */
  struct stem stem = {p, end, 0};
  suffixes.n = 0;
  suffixes.cap = sizeof suffixes.few / sizeof *suffixes.few;
  suffixes.length = suffixes.few;
  int bad = split_affixes(w, text, &stem, &suffixes);
  if (!bad && stem.p < stem.end) {
    if (stem.exception)
      bad = add_exception(w, text, stem.p, stem.exception);
    else if (is_url(stem.p, stem.end))
      bad = add_word(w, text, stem.p, stem.end - stem.p);
    else
      bad = split_infixes(w, text, stem.p, stem.end);
  }
  for (int64_t k = suffixes.n; !bad && k-- > 0; stem.end += suffixes.length[k])
    bad = add_word(w, text, stem.end, suffixes.length[k]);
  if (suffixes.length != suffixes.few) free(suffixes.length);
  return bad;
}

/* Letters and digits: an exception, or one word, with a unit after the last digit apart. */
static int split_plain(struct words *w, const uint8_t *text, const uint8_t *p, const uint8_t *end) {
  const struct exception *x = exception_of(p, end);
  if (x) return add_exception(w, text, p, x);
  int64_t unit = unit_suffix(p, end);
  if (unit) return split_chunk(w, text, p, end);
  return add_word(w, text, p, end - p);
}

/* Whether no rule of affixes or infixes touches a chunk of letters, some of them not ASCII. */
static int is_untouched(const uint8_t *p, const uint8_t *end) {
  uint32_t any = 0;
  int width;
  for (; p < end; p += width) any |= char_class(decode_char(p, end, &width));
  return !(any & (CH_PREFIX | CH_SUFFIX | CH_INFIX | CH_MONEY));
}

/* Letters and one mark after them, the most frequent chunk that is no word. Returns 1 where the
   chunk is something else, -1 when out of memory. */
static int split_marked(struct words *w, const uint8_t *text, const uint8_t *p,
                        const uint8_t *end) {
  const uint8_t *mark = end - 1;
  if (!(char_class(*mark) & CH_SUFFIX || (*mark == '.' && mark[-1] >= 'a'))) return 1;
  if (exception_of(p, end)) return 1;
  int64_t n = mark - p;
  if (w->n + 2 > w->cap && words_reserve(w, w->n + 2)) return -1;
  uint64_t hash = hash_word(p, n, w->end);
  const struct exception *x = may_be_exception(p, n) ? find_exception(p, n, hash) : 0;
  if (x ? add_exception(w, text, p, x) : 0) return -1;
  if (!x) put_letters(w, w->n++, text, p, n, hash);
  return add_word(w, text, mark, 1);
}

static int add_chunk(struct words *w, const uint8_t *text, const uint8_t *p, const uint8_t *end,
                     int kind) {
  int64_t n = end - p;
  if (n == 1) return add_word(w, text, p, 1); /* an exception of one byte would stay as it is */
  if (w->n == w->cap && words_reserve(w, w->n + 1)) return -1;
  if (kind == HAS_LETTER) {
    uint64_t hash = hash_word(p, n, w->end);
    const struct exception *x = may_be_exception(p, n) ? find_exception(p, n, hash) : 0;
    if (x) return add_exception(w, text, p, x);
    put_letters(w, w->n++, text, p, n, hash);
    return 0;
  }
  if (kind == HAS_DIGIT) return add_word(w, text, p, n);
  if (kind == (HAS_LETTER | HAS_DIGIT)) return split_plain(w, text, p, end);
  if (kind == (HAS_LETTER | HAS_OTHER | ENDS_SO)) {
    int done = split_marked(w, text, p, end);
    if (done <= 0) return done;
  }
  if (!(kind & (HAS_DIGIT | HAS_OTHER)) && is_untouched(p, end)) return split_plain(w, text, p, end);
  return split_chunk(w, text, p, end);
}

/* The end of the whitespace at p. */
static const uint8_t *skip_space(struct scan *s, const uint8_t *p) {
  int width;
  while (scan_reach(s, p)) {
    uint64_t others = ~s->block.space >> (p - s->base);
    if (!others) {
      p = s->base + BLOCK_BYTES;
      continue;
    }
    p += __builtin_ctzll(others);
    if (*p < 0x80 || !(char_class(decode_char(p, s->end, &width)) & CH_SPACE)) return p;
    p += width;
  }
  return s->end;
}

/* The end of the chunk at p, and in *kind what it has. */
static const uint8_t *skip_chunk(struct scan *s, const uint8_t *p, int *kind) {
  int width;
  *kind = 0;
  while (scan_reach(s, p)) {
    const struct block *b = &s->block;
    int64_t at = p - s->base;
    uint64_t stops = (b->space | b->high) >> at, after = (stops & -stops) << at;
    uint64_t passed = (after - 1) & ~0ULL << at, others = passed & ~(b->letter | b->digit);
    if (after && others << 1 == after && !(*kind & HAS_OTHER)) *kind |= ENDS_SO;
    *kind |= (b->letter & passed ? HAS_LETTER : 0) | (b->digit & passed ? HAS_DIGIT : 0) |
             (others ? HAS_OTHER : 0);
    p = stops ? p + __builtin_ctzll(stops) : s->base + BLOCK_BYTES;
    if (!stops) continue;
    if (p >= s->end || *p < 0x80) break;
    if (char_class(decode_char(p, s->end, &width)) & CH_SPACE) break;
    *kind |= HAS_HIGH;
    p += width;
  }
  return p;
}

static int split_text(const uint8_t *text, int64_t n, struct words *w, struct joints *joints) {
  const uint8_t *p = text, *end = text + n;
  struct scan scan = {.base = text, .end = end};
  scan_look(&scan);
  while (p < end) {
    const uint8_t *from = p;
    int kind;
    p = skip_space(&scan, p);
    /* A single blank between words is none of spaCy's tokens; at the text's beginning it is. */
    int gap = from > text ? (p - from != 1) | (*from != ' ') : p > from;
    if (p == end) {
      w->end_gap = (uint8_t)gap;
      break;
    }
    const uint8_t *chunk = p;
    p = skip_chunk(&scan, p, &kind);
    int64_t first = w->n;
    if (add_chunk(w, text, chunk, p, kind)) return -1;
    w->gap[first] = (uint8_t)gap;
    if (w->n - first > 1 && phrases_find(w, first, joints)) return -1;
  }
  return 0;
}

int words_split(const uint8_t *text, int64_t n, struct words *out) {
  struct joints joints = {0};
  out->n = 0;
  out->end_gap = 0;
  out->end = text + n;
  int bad = words_reserve(out, 1024) || split_text(text, n, out, &joints);
  if (!bad && joints.n) bad = phrases_join(text, out, &joints);
  free(joints.at);
  return bad ? -1 : 0;
}
