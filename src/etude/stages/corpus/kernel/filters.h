/* Statistics by which published filters judge a document. Verdicts are not given here: they are
   thresholds over these numbers. Each function fills one row of columns, in the order of its enum;
   measure.py has the same names in the same order. */
#ifndef ETUDE_FILTERS_H
#define ETUDE_FILTERS_H

#include "lines.h"
#include "words.h"

enum repetition {
  DUP_PARA_FRAC,
  DUP_PARA_CHAR_FRAC,
  DUP_LINE_FRAC,
  DUP_LINE_CHAR_FRAC,
  TOP_2_GRAM_CHAR_FRAC, /* then 3 and 4 */
  DUP_5_GRAM_CHAR_FRAC = TOP_2_GRAM_CHAR_FRAC + 3, /* then 6 to 10 */
  N_REPETITION = DUP_5_GRAM_CHAR_FRAC + 6,
};

enum quality {
  N_WORDS,
  N_NON_SYMBOL_WORDS,
  MEAN_WORD_LENGTH,
  HASH_RATIO,
  ELLIPSIS_RATIO,
  BULLET_LINES_FRAC,
  ELLIPSIS_LINES_FRAC,
  ALPHA_WORDS_FRAC,
  N_STOP_WORDS,
  N_QUALITY,
};

enum fineweb {
  N_LINES, /* that are not blank */
  LINE_PUNCT_FRAC,
  SHORT_LINE_FRAC,
  CHAR_DUP_FRAC,
  LIST_RATIO,
  N_FINEWEB,
};

enum c4 {
  C4_VERDICT, /* enum c4_verdict */
  C4_LINES,
  C4_KEPT_LINES,
  C4_LONG_WORD, /* lines dropped, by reason */
  C4_NO_PUNCTUATION,
  C4_FEW_WORDS,
  C4_JAVASCRIPT,
  C4_POLICY,
  C4_SENTENCES,
  C4_WORDS, /* of the text that is left */
  N_C4,
};

enum c4_verdict { C4_KEPT, C4_LOREM_IPSUM, C4_CURLY_BRACKET, C4_FEW_SENTENCES };

enum redpajama {
  RPS_WORD_COUNT,
  RPS_MEAN_WORD_LENGTH,
  RPS_SYMBOL_TO_WORD_RATIO,
  RPS_FRAC_UNIQUE_WORDS,
  RPS_UNIGRAM_ENTROPY,
  RPS_FRAC_ALL_CAPS_WORDS,
  RPS_FRAC_NO_ALPH_WORDS,
  RPS_STOP_WORD_FRACTION,
  RPS_NUM_SENTENCES,
  RPS_LOREM_IPSUM,
  RPS_CURLY_BRACKET,
  RPS_UPPERCASE_FRACTION,
  RPS_NUMERICAL_FRACTION,
  RPS_FRAC_LINES_TERMINAL_PUNCTUATION,
  RPS_FRAC_LINES_END_WITH_ELLIPSIS,
  RPS_FRAC_LINES_BULLET,
  RPS_JAVASCRIPT_LINES,
  N_REDPAJAMA,
};

/* One document, cut up as far as the wanted statistics need it. */
struct document {
  const uint8_t *text;
  int64_t n;
  struct shape shape;
  const struct words *words;
  const struct lines *newlines; /* split at \n, with repeats */
  const struct lines *lines;    /* split as str.splitlines does */
};

enum { N_POWERS = 256 };

/* Room that is kept from document to document; zeros are a valid start. */
struct room {
  struct table table;
  struct twice twice;
  struct table stop_words;
  uint8_t *joined; /* the words without anything between them */
  int64_t joined_cap;
  int64_t *ends, *char_ends; /* of each word: bytes and code points up to its start; one more */
  uint64_t *keys;
  uint64_t *sums; /* hash of the joined text up to each word */
  uint64_t powers[N_POWERS], inverses[9];
  int32_t *some, *slots;
  uint8_t *repeats;
  int64_t words_cap;
};

void room_free(struct room *room);

/* These return 0, or -1 when out of memory. A document with a number over `most`, which may be NULL,
   is measured no further, column by column: what follows is left as it was. */
int repetition(const struct document *doc, struct room *room, const double *most, double *out);
int redpajama(const struct document *doc, struct room *room, double *out);

void quality(const struct document *doc, double *out);

/* A line of at most `short_line` characters is short. `n_words` is of the whole text. */
void fineweb(const struct document *doc, int64_t n_words, int64_t short_line, double *out);

struct c4_rules {
  int32_t remove_citations, need_punctuation, no_lorem_ipsum, no_javascript, no_curly_bracket;
  int32_t no_policy;
  int64_t min_sentences, min_words, longest_word; /* -1: no such rule */
};

/* `text` must have room for as many bytes as the document has; *length is what was written. */
int c4(const struct document *doc, const struct c4_rules *rules, struct words *again,
       uint8_t *text, int64_t *length, double *out);

/* Where the first phrase of these kinds (MAY_…) begins, whatever its case; or NULL. */
const uint8_t *find_phrase(const uint8_t *p, const uint8_t *end, int which);

/* Sentences as spaCy's sentencizer counts them; `end_gap` as in struct words. */
int64_t count_sentences(const struct words *words, int64_t first, int64_t last, int end_gap);

/* Occurrences of "..." that do not overlap, and of the character for it. */
int64_t count_ellipses(const uint8_t *text, int64_t n);

/* Lines that begin with a bullet or end with an ellipsis, white space apart. */
void count_line_ends(const struct document *doc, int64_t *bullets, int64_t *ellipses);

#endif
