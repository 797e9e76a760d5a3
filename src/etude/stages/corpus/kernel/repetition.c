/* How much of a document repeats itself: Gopher's statistics (Rae et al. 2021, table A1), in the
   reading of datatrove: characters are code points, the most frequent n-gram is the first of those
   that are equally frequent, and repeated n-grams are compared with nothing between their words
   and do not overlap. */
#include "filters.h"
#include "hash.h"

static int is_over(const double *most, const double *out, int column) {
  return most && out[column] > most[column];
}

static uint64_t mix(uint64_t h) { return (h ^ (h >> 32)) * 0xD6E8FEB86659FD93ULL; }

/* Make room for the words of a document, and 16 bytes more of joined text than they have. */
static int reserve(struct room *room, int64_t words, int64_t bytes) {
  if (bytes + 32 > room->joined_cap) {
    free(room->joined);
    room->joined_cap = 2 * bytes + 32;
    room->joined = malloc((size_t)room->joined_cap);
    if (!room->joined) return room->joined_cap = 0, -1;
  }
  if (words < room->words_cap) return 0;
  size_t cap = (size_t)(words + words / 2 + 64);
  room->words_cap = 0;
  free(room->ends);
  free(room->char_ends);
  free(room->keys);
  free(room->sums);
  free(room->some);
  free(room->slots);
  free(room->repeats);
  room->ends = malloc(cap * sizeof *room->ends);
  room->char_ends = malloc(cap * sizeof *room->char_ends);
  room->keys = malloc(cap * sizeof *room->keys);
  room->sums = malloc(cap * sizeof *room->sums);
  room->some = malloc(cap * sizeof *room->some);
  room->slots = malloc(cap * sizeof *room->slots);
  room->repeats = malloc(cap);
  if (!room->ends || !room->char_ends || !room->keys || !room->sums || !room->some || !room->slots ||
      !room->repeats)
    return -1;
  room->words_cap = (int64_t)cap;
  return 0;
}

void room_free(struct room *room) {
  table_free(&room->table);
  table_free(&room->stop_words);
  twice_free(&room->twice);
  free(room->joined);
  free(room->ends);
  free(room->char_ends);
  free(room->keys);
  free(room->sums);
  free(room->some);
  free(room->slots);
  free(room->repeats);
  memset(room, 0, sizeof *room);
}

static int64_t chars_of(const struct document *doc, int64_t start, int64_t end) {
  return doc->shape.ascii ? end - start : count_chars(doc->text + start, end - start);
}

/* Paragraphs end at two or more \n; the text is taken without the white space around it. */
static int paragraphs(const struct document *doc, struct table *seen, double *out) {
  const struct lines *lines = doc->newlines;
  int64_t from = 0, to = doc->n, n = 0, repeats = 0, repeated_chars = 0;
  strip_space(doc->text, &from, &to);
  if (table_reset(seen, lines->filled)) return -1;
  for (int64_t i = 0; i < lines->n; i++) {
    if (lines->at[i].start == lines->at[i].end || lines->at[i].end <= from) continue;
    int64_t first = i;
    while (i + 1 < lines->n && lines->at[i + 1].start < lines->at[i + 1].end) i++;
    int64_t start = lines->at[first].start, end = lines->at[i].end;
    int whole = first == i && start >= from && end <= to;
    if (start < from) start = from;
    if (end > to) end = to;
    if (start >= end) break;
    uint64_t key = whole ? lines->at[i].hash : hash_bytes(doc->text + start, end - start);
    n++;
    if (table_add(seen, key)) {
      repeats++;
      repeated_chars += chars_of(doc, start, end);
    }
  }
  if (n == 0) n = 1; /* nothing but white space is one empty paragraph */
  out[DUP_PARA_FRAC] = (double)repeats / (double)n;
  out[DUP_PARA_CHAR_FRAC] = (double)repeated_chars / (double)doc->shape.chars;
  return 0;
}

/* Lines end at one or more \n, so that only before the first and after the last can be nothing. */
static void lines(const struct document *doc, double *out) {
  int leading = doc->text[0] == '\n', trailing = doc->text[doc->n - 1] == '\n';
  int64_t n = leading + trailing, repeats = leading && trailing, repeated_chars = 0;
  for (int64_t i = 0; i < doc->newlines->n; i++) {
    const struct line *line = &doc->newlines->at[i];
    if (line->start == line->end) continue;
    n++;
    if (doc->newlines->repeat[i]) {
      repeats++;
      repeated_chars += chars_of(doc, line->start, line->end);
    }
  }
  out[DUP_LINE_FRAC] = (double)repeats / (double)n;
  out[DUP_LINE_CHAR_FRAC] = (double)repeated_chars / (double)doc->shape.chars;
}

/* Put the words together, and where each ends, in bytes and in characters. */
static void join(const struct document *doc, struct room *room) {
  const struct words *words = doc->words;
  int64_t at = 0, chars = 0;
  for (int64_t i = 0; i < words->n; i++) {
    const uint8_t *word = doc->text + words->start[i];
    int64_t bytes = words->bytes[i];
    room->ends[i] = at;
    room->char_ends[i] = chars;
    /* 16 bytes at once are quicker than as many as there are, where the text goes on. */
    if (bytes <= 16 && words->start[i] + 16 <= doc->n)
      memcpy(room->joined + at, word, 16);
    else
      memcpy(room->joined + at, word, (size_t)bytes);
    at += bytes;
    chars += words->chars[i];
  }
  room->ends[words->n] = at;
  room->char_ends[words->n] = chars;
  memset(room->joined + at, 0, 16);
}

/* The most frequent n-gram for n = 2, 3, 4. A longer n-gram can only repeat where the two shorter
   ones in it do, so that after the first round few places are left. */
static int top_grams(const struct document *doc, struct room *room, const double *most,
                     double *out) {
  const uint64_t *hash = doc->words->hash;
  uint64_t *keys = room->keys;
  int32_t *some = room->some, *slots = room->slots;
  int64_t n_words = doc->words->n, n_some = 0;
  for (int n = 2; n <= 4; n++) out[TOP_2_GRAM_CHAR_FRAC + n - 2] = 0;
  if (n_words < 2) return 0;
  if (twice_reset(&room->twice, n_words)) return -1;
  const struct twice twice = room->twice; /* copies of tables and pointers stay in registers */
  for (int64_t i = 0; i + 1 < n_words; i++) keys[i] = mix(hash[i] * 3 + hash[i + 1]);
  for (int64_t i = 0; i + 1 < n_words; i++) twice_add(&twice, keys[i]);
  for (int64_t i = 0; i + 1 < n_words; i++) {
    some[n_some] = (int32_t)i;
    n_some += twice_maybe(&twice, keys[i]);
  }
  uint8_t *repeats = room->repeats;
  memset(repeats, 1, (size_t)n_words);
  /* No branches in here but those that nearly always go one way: whether a place repeats another
     cannot be foreseen. */
  for (int n = 2; n <= 4 && n <= n_words; n++) {
    uint64_t best = 0; /* count, then ~first place */
    int64_t left = 0;
    if (table_reset(&room->table, n_some)) return -1;
    const struct table table = room->table;
    for (int64_t k = 0; k < n_some; k++) {
      struct slot *slot = table_at(&table, keys[some[k]]);
      slot->first = slot->count++ ? slot->first : some[k];
      slots[k] = (int32_t)(slot - table.slots);
    }
    for (int64_t k = 0; k < n_some; k++) {
      const struct slot *slot = &table.slots[slots[k]];
      uint64_t value = (uint64_t)slot->count << 32 | ~(uint32_t)slot->first;
      best = value > best ? value : best;
      repeats[some[k]] = (uint8_t)(n - (slot->count < 2));
    }
    int64_t count = (int64_t)(best >> 32), first = (int64_t)~(uint32_t)best;
    if (count < 2) count = 1, first = 0;
    int64_t chars = room->char_ends[first + n] - room->char_ends[first] + n - 1;
    out[TOP_2_GRAM_CHAR_FRAC + n - 2] = (double)(chars * count) / (double)doc->shape.chars;
    if (is_over(most, out, TOP_2_GRAM_CHAR_FRAC + n - 2)) return 0;
    while (n_some && some[n_some - 1] + n >= n_words) n_some--;
    for (int64_t k = 0; k < n_some; k++) {
      int32_t i = some[k];
      keys[i] = mix(keys[i] + hash[i + n]);
      some[left] = i;
      left += (repeats[i] == n) & (repeats[i + 1] == n);
    }
    n_some = left;
  }
  return 0;
}

static uint64_t first_bytes(const uint8_t *p, int64_t n) {
  uint64_t key = load64(p) * 0x9E3779B97F4A7C15ULL;
  return n == 8 ? mix(key) : mix(mix(key) + load64(p + 8));
}

/* Leave only places where a repeated run of five or more words can begin. Runs are compared as
   joined text, so that their words need not be the same ("1 11" and "11 1"), only their bytes:
   either the first 8 (then 16) are seen twice, or five words have fewer. */
static int places(struct room *room, int64_t n_words, int64_t *n_places) {
  int64_t n = n_words - 4, at_hand = n;
  const int64_t *ends = room->ends;
  const uint8_t *joined = room->joined;
  uint64_t *keys = room->keys;
  int32_t *some = room->some;
  for (int64_t i = 0; i < n; i++) some[i] = (int32_t)i;
  for (int bytes = 8; bytes <= 16; bytes += 8) {
    int64_t left = 0;
    /* Bytes beyond the last word are those of no word: they make no two places equal. */
    if (twice_reset(&room->twice, at_hand)) return -1;
    const struct twice twice = room->twice;
    for (int64_t k = 0; k < at_hand; k++) {
      keys[k] = first_bytes(joined + ends[some[k]], bytes);
      twice_add(&twice, keys[k]);
    }
    for (int64_t k = 0; k < at_hand; k++) {
      int64_t i = some[k];
      int stays = (ends[i + 5] - ends[i] < bytes) | twice_maybe(&twice, keys[k]);
      some[left] = (int32_t)i;
      left += stays;
    }
    at_hand = left;
  }
  *n_places = at_hand;
  return 0;
}

/* The joined text is hashed as a polynomial, so that the hash of any run of words is had from two
   sums: words[i..i+n] = sums[i + n] - sums[i] * BASE^length, modulo 2^64. */
#define BASE 0x9E3779B97F4A7C15ULL

static uint64_t power_of(uint64_t n) {
  uint64_t power = 1;
  for (uint64_t base = BASE; n; n >>= 1, base *= base)
    if (n & 1) power *= base;
  return power;
}

/* Powers of BASE, and of its inverse up to the eighth. */
static void fill_powers(struct room *room) {
  uint64_t inverse = BASE;
  /* Each step doubles the number of right bits. */
  for (int i = 0; i < 6; i++) inverse *= 2 - BASE * inverse;
  room->powers[0] = room->inverses[0] = 1;
  for (int i = 1; i < N_POWERS; i++) room->powers[i] = room->powers[i - 1] * BASE;
  for (int i = 1; i < 9; i++) room->inverses[i] = room->inverses[i - 1] * inverse;
}

/* Sum of 8 digits, the first byte being the highest. */
static inline uint64_t digits(const uint64_t *powers, uint64_t bytes) {
  uint64_t sum = 0;
  for (int i = 0; i < 8; i++) sum += (bytes >> (8 * i) & 0xFF) * powers[7 - i];
  return sum;
}

static void sum_up(int64_t n_words, struct room *room) {
  uint64_t sum = 0;
  const uint64_t *powers = room->powers;
  if (!powers[0]) fill_powers(room);
  room->sums[0] = 0;
  for (int64_t i = 0; i < n_words; i++) {
    int64_t at = room->ends[i], left = room->ends[i + 1] - at;
    for (; left > 8; at += 8, left -= 8)
      sum = sum * powers[8] + digits(powers, load64(room->joined + at));
    /* The bytes beyond the word count as zeros, and their places are taken away again. */
    uint64_t bytes = load64(room->joined + at) & (~0ULL >> (64 - 8 * left));
    sum = sum * powers[left] + digits(powers, bytes) * room->inverses[8 - left];
    room->sums[i + 1] = sum;
  }
}

/* Hash of the joined words i to i + n: by the sums if they were made, else from the text. */
static inline uint64_t run_key(const struct room *room, int64_t i, int64_t n, int summed) {
  if (!summed)
    return hash_bytes(room->joined + room->ends[i], room->ends[i + n] - room->ends[i]);
  uint64_t length = (uint64_t)(room->ends[i + n] - room->ends[i]);
  uint64_t power = length < N_POWERS ? room->powers[length] : power_of(length);
  return mix(room->sums[i + n] - room->sums[i] * power);
}

static int duplicate_grams(const struct document *doc, struct room *room, const double *most,
                           double *out) {
  int64_t n_words = doc->words->n, n_places = 0;
  for (int n = 5; n <= 10; n++) out[DUP_5_GRAM_CHAR_FRAC + n - 5] = 0;
  if (n_words < 5) return 0;
  if (places(room, n_words, &n_places)) return -1;
  /* Sums of the whole text pay where many runs are looked at. */
  int summed = n_places > n_words / 8;
  if (summed) sum_up(doc->words->n, room);
  const int32_t *some = room->some;
  int32_t *slots = room->slots;
  uint64_t *keys = room->keys;
  for (int n = 5; n <= 10 && n_places; n++) {
    int64_t next = 0, chars = 0, n_some = 0;
    while (n_places && some[n_places - 1] + n > n_words) n_places--;
    if (twice_reset(&room->twice, n_places)) return -1;
    const struct twice twice = room->twice;
    for (int64_t k = 0; k < n_places; k++) keys[k] = run_key(room, some[k], n, summed);
    for (int64_t k = 0; k < n_places; k++) twice_add(&twice, keys[k]);
    for (int64_t k = 0; k < n_places; k++) {
      slots[n_some] = (int32_t)k;
      n_some += twice_maybe(&twice, keys[k]);
    }
    if (table_reset(&room->table, n_some)) return -1;
    const struct table table = room->table;
    for (int64_t k = 0; k < n_some; k++) {
      int64_t i = some[slots[k]];
      if (i < next) continue;
      if (!table_add(&table, keys[slots[k]])) continue;
      chars += room->char_ends[i + n] - room->char_ends[i];
      next = i + n;
    }
    out[DUP_5_GRAM_CHAR_FRAC + n - 5] = (double)chars / (double)doc->shape.chars;
    if (is_over(most, out, DUP_5_GRAM_CHAR_FRAC + n - 5)) return 0;
  }
  return 0;
}

int repetition(const struct document *doc, struct room *room, const double *most, double *out) {
  if (reserve(room, doc->words->n + 1, doc->n)) return -1;
  if (paragraphs(doc, &room->table, out)) return -1;
  if (is_over(most, out, DUP_PARA_FRAC) || is_over(most, out, DUP_PARA_CHAR_FRAC)) return 0;
  lines(doc, out);
  if (is_over(most, out, DUP_LINE_FRAC) || is_over(most, out, DUP_LINE_CHAR_FRAC)) return 0;
  join(doc, room);
  if (top_grams(doc, room, most, out)) return -1;
  for (int n = 2; n <= 4; n++)
    if (is_over(most, out, TOP_2_GRAM_CHAR_FRAC + n - 2)) return 0;
  return duplicate_grams(doc, room, most, out);
}
