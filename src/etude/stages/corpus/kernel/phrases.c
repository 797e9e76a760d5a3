#include "phrases.h"

#include <stdlib.h>
#include <string.h>

#include "emit.h"
#include "english.h"

/* Whether word k stands right after the one before it. */
static int touches(const struct words *w, int64_t k) {
  return w->start[k] == w->start[k - 1] + w->bytes[k - 1];
}

static int add_joint(struct joints *joints, int64_t at) {
  if (joints->n == joints->cap) {
    int64_t cap = joints->cap ? 2 * joints->cap : 64;
    int64_t *more = realloc(joints->at, (size_t)cap * sizeof *more);
    if (!more) return -1;
    joints->at = more;
    joints->cap = cap;
  }
  joints->at[joints->n++] = at;
  return 0;
}

int phrases_find(const struct words *w, int64_t first, struct joints *joints) {
  for (int64_t i = first; i < w->n - 1; i++) {
    if (!may_begin_phrase(w->hash[i], w->hash[i + 1])) continue;
    int node = phrase_next(0, w->hash[i]);
    for (int64_t k = i + 1; node && k < w->n; k++) {
      if (!(node = phrase_next(node, w->hash[k]))) break;
      if (phrase_ends[node].exception && phrase_ends[node].changes) {
        if (add_joint(joints, i)) return -1;
        break;
      }
    }
  }
  return 0;
}

/* Lengths of the phrases that begin at word i, as bits. Blanks between words are no matter here:
   spaCy looks for phrases in the words alone. */
static uint32_t phrases_at(const struct words *w, int64_t i) {
  uint32_t found = 0;
  int node = phrase_next(0, w->hash[i]);
  for (int64_t k = i + 1; node; k++) {
    if (phrase_ends[node].exception) found |= 1u << (k - i);
    if (k == w->n || w->gap[k]) break;
    node = phrase_next(node, w->hash[k]);
  }
  return found;
}

static int longest(uint32_t lengths) { return lengths ? 31 - __builtin_clz(lengths) : 0; }

/* A run of words in which phrases overlap, [low, high), and what begins at each of them. */
struct cluster {
  int64_t low, high, cap;
  uint32_t *lengths; /* of phrases that begin at low + k */
  uint8_t *seen;
};

static int cluster_room(struct cluster *c, int64_t n) {
  if (n <= c->cap) return 0;
  int64_t cap = 2 * n + 64;
  uint32_t *lengths = realloc(c->lengths, (size_t)cap * sizeof *lengths);
  if (lengths) c->lengths = lengths;
  uint8_t *seen = realloc(c->seen, (size_t)cap);
  if (seen) c->seen = seen;
  if (!lengths || !seen) return -1;
  c->cap = cap;
  return 0;
}

/* Find the cluster around word i that begins at `floor` or later. */
static int cluster_around(struct cluster *c, const struct words *w, int64_t i, int64_t floor) {
  c->low = i;
  for (int64_t k = i - 1; k >= floor && k > c->low - MAX_PHRASE_TOKENS; k--)
    if (k + longest(phrases_at(w, k)) > c->low) c->low = k;
  c->high = c->low + 1;
  for (int64_t k = c->low; k < c->high; k++) {
    if (cluster_room(c, k - c->low + 1)) return -1;
    uint32_t lengths = phrases_at(w, k);
    c->lengths[k - c->low] = lengths;
    if (k + longest(lengths) > c->high) c->high = k + longest(lengths);
  }
  memset(c->seen, 0, (size_t)(c->high - c->low));
  return 0;
}

/* Words to be exchanged for the words of an exception. */
struct joined {
  int64_t at;
  int tokens;
  const struct exception *exception;
};

struct joins {
  int64_t n, cap;
  struct joined *list;
};

static int add_join(struct joins *joins, struct joined join) {
  if (joins->n == joins->cap) {
    int64_t cap = joins->cap ? 2 * joins->cap : 64;
    struct joined *more = realloc(joins->list, (size_t)cap * sizeof *more);
    if (!more) return -1;
    joins->list = more;
    joins->cap = cap;
  }
  joins->list[joins->n++] = join;
  return 0;
}

/* The exception to exchange `tokens` words from i on for; NULL where nothing would change. */
static const struct exception *exchange(const struct words *w, int64_t i, int tokens) {
  int node = phrase_next(0, w->hash[i]);
  for (int64_t k = i + 1; k < i + tokens; k++) {
    if (!touches(w, k)) return 0;
    node = phrase_next(node, w->hash[k]);
  }
  return phrase_ends[node].changes ? phrase_ends[node].exception : 0;
}

static int by_place(const void *a, const void *b) {
  int64_t x = ((const struct joined *)a)->at, y = ((const struct joined *)b)->at;
  return (x > y) - (x < y);
}

/* Of overlapping phrases the longest counts, then the first; one whose ends are both outside all
   that were looked at before. */
static int settle(struct cluster *c, const struct words *w, struct joins *joins) {
  int64_t n = c->high - c->low, before = joins->n;
  for (int tokens = MAX_PHRASE_TOKENS; tokens >= 1; tokens--) {
    for (int64_t k = 0; k + tokens <= n; k++) {
      if (!(c->lengths[k] >> tokens & 1)) continue;
      if (!c->seen[k] && !c->seen[k + tokens - 1]) {
        const struct exception *x = exchange(w, c->low + k, tokens);
        if (x && add_join(joins, (struct joined){c->low + k, tokens, x})) return -1;
      }
      memset(c->seen + k, 1, (size_t)tokens);
    }
  }
  if (joins->n - before > 1)
    qsort(joins->list + before, (size_t)(joins->n - before), sizeof *joins->list, by_place);
  return 0;
}

static void move_words(struct words *w, int64_t to, int64_t from, int64_t n) {
  if (to == from || n <= 0) return;
  memmove(w->start + to, w->start + from, (size_t)n * sizeof *w->start);
  memmove(w->bytes + to, w->bytes + from, (size_t)n * sizeof *w->bytes);
  memmove(w->chars + to, w->chars + from, (size_t)n * sizeof *w->chars);
  memmove(w->flags + to, w->flags + from, (size_t)n * sizeof *w->flags);
  memmove(w->hash + to, w->hash + from, (size_t)n * sizeof *w->hash);
  memmove(w->gap + to, w->gap + from, (size_t)n * sizeof *w->gap);
}

/* Write the exchanged words in place of the old ones. */
static int exchange_all(const uint8_t *text, struct words *w, const struct joins *joins) {
  if (!joins->n) return 0;
  int64_t grows = 0, first = joins->list[0].at, out = first;
  for (int64_t j = 0; j < joins->n; j++)
    if (joins->list[j].exception->tokens > joins->list[j].tokens)
      grows += joins->list[j].exception->tokens - joins->list[j].tokens;
  if (words_reserve(w, w->n + grows)) return -1;
  move_words(w, first + grows, first, w->n - first);
  w->n += grows;
  int64_t in = first + grows;
  for (int64_t j = 0; j < joins->n; j++) {
    const struct joined *join = &joins->list[j];
    int64_t same = join->at + grows - in;
    move_words(w, out, in, same);
    out += same;
    in += same;
    const uint8_t *p = text + w->start[in];
    uint8_t gap = w->gap[in];
    in += join->tokens;
    for (int k = 0; k < join->exception->tokens; k++) {
      int64_t n = join->exception->length[k];
      put_word(w, out, text, p, n, hash_bytes(p, n));
      w->gap[out++] = k ? 0 : gap;
      p += n;
    }
  }
  move_words(w, out, in, w->n - in);
  w->n += out - in;
  return 0;
}

int phrases_join(const uint8_t *text, struct words *w, const struct joints *joints) {
  struct cluster cluster = {0};
  struct joins joins = {0};
  int bad = 0;
  for (int64_t j = 0; j < joints->n && !bad; j++) {
    if (joints->at[j] < cluster.high) continue;
    bad = cluster_around(&cluster, w, joints->at[j], cluster.high) ||
          settle(&cluster, w, &joins);
  }
  if (!bad) bad = exchange_all(text, w, &joins);
  free(cluster.lengths);
  free(cluster.seen);
  free(joins.list);
  return bad ? -1 : 0;
}
