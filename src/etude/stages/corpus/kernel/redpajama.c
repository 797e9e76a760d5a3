/* Signals in the manner of RedPajama-V2 (Weber et al. 2024). Its names are kept; words are this
   kernel's, normalised by ASCII lower case, and words of nothing but symbols do not count where
   RedPajama strips punctuation first. */
#include <math.h>

#include "filters.h"
#include "hash.h"

#define BLOCK 128

/* Function words of English, at most seven letters each. */
static const char *const STOP_WORDS[] = {
    "a",     "about", "above",  "after", "again",   "against", "all",   "am",     "an",    "and",
    "any",   "are",   "as",     "at",    "be",      "because", "been",  "before", "being", "below",
    "both",  "but",   "by",     "can",   "could",   "did",     "do",    "does",   "doing", "down",
    "during", "each", "few",    "for",   "from",    "further", "had",   "has",    "have",  "having",
    "he",    "her",   "here",   "hers",  "herself", "him",     "himself", "his",  "how",   "i",
    "if",    "in",    "into",   "is",    "it",      "its",     "itself", "just",  "me",    "might",
    "more",  "most",  "must",   "my",    "myself",  "no",      "nor",   "not",    "now",   "of",
    "off",   "on",    "once",   "only",  "or",      "other",   "our",   "ours",   "out",   "over",
    "own",   "same",  "shall",  "she",   "should",  "so",      "some",  "such",   "than",  "that",
    "the",   "their", "theirs", "them",  "then",    "there",   "these", "they",   "this",  "those",
    "through", "to",  "too",    "under", "until",   "up",      "very",  "was",    "we",    "were",
    "what",  "when",  "where",  "which", "while",   "who",     "whom",  "why",    "will",  "with",
    "would", "you",   "your",   "yours",
};

static uint64_t lower8(uint64_t v) {
  const uint64_t ones = 0x0101010101010101ULL, high = 0x80 * ones;
  uint64_t low = v & ~high;
  uint64_t upper = (low + (0x80 - 'A') * ones) & ~(low + (0x80 - 'Z' - 1) * ones) & high & ~v;
  return v | upper >> 2;
}

/* Key of a word of up to 7 bytes in ASCII lower case; the eighth byte has its length. */
static uint64_t short_key(const uint8_t *p, int64_t n) {
  uint64_t word = lower8(load_tail(p, n)) | (uint64_t)n << 56;
  return word * 0x9E3779B97F4A7C15ULL >> 20;
}

static int know_stop_words(struct table *table) {
  const size_t n = sizeof STOP_WORDS / sizeof *STOP_WORDS;
  if (table->slots) return 0;
  if (table_reset(table, 4 * (int64_t)n)) return -1;
  for (size_t i = 0; i < n; i++)
    table_add(table, short_key((const uint8_t *)STOP_WORDS[i], (int64_t)strlen(STOP_WORDS[i])));
  return 0;
}

/* Hash of a word in ASCII lower case. */
static uint64_t lower_hash(const uint8_t *p, int64_t n) {
  uint64_t h = (uint64_t)n;
  for (; n >= 8; p += 8, n -= 8) {
    h = (h ^ lower8(load64(p))) * 0xD6E8FEB86659FD93ULL;
    h ^= h >> 32;
  }
  h = (h ^ lower8(load_tail(p, n))) * 0xD6E8FEB86659FD93ULL;
  return h ^ h >> 29;
}

struct letters {
  int64_t upper, digits, braces;
};

CLONES
static void count_ascii(const uint8_t *text, int64_t n, struct letters *out) {
  for (int64_t i = 0; i < n; i += BLOCK) {
    uint8_t upper = 0, digits = 0, braces = 0;
    int64_t end = n - i < BLOCK ? n : i + BLOCK;
    for (int64_t k = i; k < end; k++) {
      upper = (uint8_t)(upper + ((uint8_t)(text[k] - 'A') < 26));
      digits = (uint8_t)(digits + ((uint8_t)(text[k] - '0') < 10));
      braces = (uint8_t)(braces + ((text[k] == '{') | (text[k] == '}')));
    }
    out->upper += upper;
    out->digits += digits;
    out->braces += braces;
  }
}

/* Letters of scripts without case are of both classes. */
static int is_upper(uint32_t class) { return (class & (CH_UPPER | CH_LOWER)) == CH_UPPER; }

static void count_others(const uint8_t *text, int64_t n, struct letters *out) {
  int width;
  for (int64_t i = 0; i < n; i += width) {
    width = 1;
    if (text[i] < 0x80) continue;
    uint32_t class = char_class(decode_char(text + i, text + n, &width));
    out->upper += is_upper(class);
    out->digits += (class & CH_DECIMAL) != 0;
  }
}

static int is_all_caps(const uint8_t *p, int64_t n) {
  int upper = 0, width;
  for (int64_t i = 0; i < n; i += width) {
    uint32_t class = char_class(decode_char(p + i, p + n, &width));
    if ((class & (CH_UPPER | CH_LOWER)) == CH_LOWER) return 0;
    upper |= is_upper(class);
  }
  return upper;
}

/* Signals of the words; returns -1 when out of memory. */
static int about_words(const struct document *doc, struct room *room, double *out) {
  const struct words *words = doc->words;
  int64_t n = 0, chars = 0, stop = 0, caps = 0, alpha = 0, unique = 0;
  double sum = 0;
  if (know_stop_words(&room->stop_words) || table_reset(&room->table, words->n)) return -1;
  for (int64_t i = 0; i < words->n; i++) {
    const uint8_t *word = doc->text + words->start[i];
    int64_t bytes = words->bytes[i];
    uint32_t flags = words->flags[i];
    alpha += (flags & WORD_ALPHA) != 0;
    caps += (uint8_t)(*word - 'a') >= 26 && is_all_caps(word, bytes);
    if (!(flags & WORD_NOT_SYMBOL)) continue;
    n++;
    chars += words->chars[i];
    struct slot *slot = table_at(&room->table, lower_hash(word, bytes));
    unique += !slot->count;
    /* The sum of c ln c over the counts, kept up to date as a count grows. */
    double count = slot->count++;
    if (count > 0) sum += (count + 1) * log(count + 1) - count * log(count);
    if (bytes >= 8) continue;
    stop += table_has(&room->stop_words, short_key(word, bytes));
  }
  double all = (double)words->n, counted = (double)n;
  out[RPS_WORD_COUNT] = counted;
  out[RPS_MEAN_WORD_LENGTH] = (double)chars / counted;
  out[RPS_FRAC_UNIQUE_WORDS] = (double)unique / counted;
  out[RPS_UNIGRAM_ENTROPY] = n ? log(counted) - sum / counted : 0;
  out[RPS_FRAC_ALL_CAPS_WORDS] = (double)caps / all;
  out[RPS_FRAC_NO_ALPH_WORDS] = (all - (double)alpha) / all;
  out[RPS_STOP_WORD_FRACTION] = (double)stop / counted;
  out[RPS_NUM_SENTENCES] =
      words->n ? (double)count_sentences(words, 0, words->n, words->end_gap) : 0;
  return 0;
}

static void about_lines(const struct document *doc, double *out) {
  int64_t n = 0, terminal = 0, javascript = 0, bullets, ellipses;
  count_line_ends(doc, &bullets, &ellipses);
  for (int64_t i = 0; i < doc->lines->n; i++) {
    const struct line *line = &doc->lines->at[i];
    if (line->from == line->to) continue;
    uint8_t last = doc->text[line->to - 1];
    n++;
    terminal += last == '.' || last == '!' || last == '?' || last == '"';
    if (doc->shape.phrases & MAY_JAVASCRIPT)
      javascript += !!find_phrase(doc->text + line->from, doc->text + line->to, MAY_JAVASCRIPT);
  }
  out[RPS_FRAC_LINES_TERMINAL_PUNCTUATION] = (double)terminal / (double)n;
  out[RPS_FRAC_LINES_END_WITH_ELLIPSIS] = (double)ellipses / (double)n;
  out[RPS_FRAC_LINES_BULLET] = (double)bullets / (double)n;
  out[RPS_JAVASCRIPT_LINES] = (double)javascript;
}

int redpajama(const struct document *doc, struct room *room, double *out) {
  const uint8_t *end = doc->text + doc->n, *p = doc->text;
  double chars = (double)doc->shape.chars;
  struct letters letters = {0, 0, 0};
  int64_t lorem = 0;
  if (about_words(doc, room, out)) return -1;
  about_lines(doc, out);
  if (doc->shape.phrases & MAY_LOREM)
    for (; (p = find_phrase(p, end, MAY_LOREM)); p++) lorem++;
  count_ascii(doc->text, doc->n, &letters);
  if (!doc->shape.ascii) count_others(doc->text, doc->n, &letters);
  out[RPS_SYMBOL_TO_WORD_RATIO] =
      (double)(doc->shape.hashes + count_ellipses(doc->text, doc->n)) / (double)doc->words->n;
  out[RPS_LOREM_IPSUM] = (double)lorem / chars;
  out[RPS_CURLY_BRACKET] = (double)letters.braces / chars;
  out[RPS_UPPERCASE_FRACTION] = (double)letters.upper / chars;
  out[RPS_NUMERICAL_FRACTION] = (double)letters.digits / chars;
  return 0;
}
