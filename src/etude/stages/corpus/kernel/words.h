/* Words of a UTF-8 text, split as spaCy 3.8 splits English (spacy.blank("en").tokenizer).

   Whitespace tokens are left out, as datatrove leaves them out; `gap` says where one stood. */
#ifndef ETUDE_WORDS_H
#define ETUDE_WORDS_H

#include <stdint.h>

/* Bits of `flags`. */
enum {
  WORD_NOT_SYMBOL = 1,   /* has a character outside datatrove's PUNCTUATION_SET */
  WORD_ALPHA = 2,        /* has an alphabetic character (str.isalpha) */
  WORD_SENTENCE_END = 4, /* is one of the sentencizer's sentence-ending characters */
  WORD_PUNCT = 8,        /* has characters of Unicode category P only */
  WORD_STOP = 0xff00,    /* is be, to, of, the, and, that, have or with: one bit each */
};

struct words {
  int64_t n, cap;
  int64_t *start;  /* byte where the word begins in the text */
  int32_t *bytes;  /* its length in bytes */
  int32_t *chars;  /* its length in code points */
  uint32_t *flags; /* see above */
  uint64_t *hash;  /* of its bytes (hash.h: hash_bytes) */
  uint8_t *gap;    /* 1: whitespace other than exactly one space stands before it */
  uint8_t end_gap; /* the same, for whitespace after the last word */
  const uint8_t *end; /* of the text that was split */
};

/* Split a text; `out` is emptied first and its arrays are kept and grown between calls. A struct
   of zeros is an empty one. Invalid UTF-8 is safe: a byte that cannot be decoded counts as one
   character of no class. Returns 0, or -1 when out of memory. */
int words_split(const uint8_t *text, int64_t n, struct words *out);

/* Make room for at least `cap` words. Returns 0 or -1. */
int words_reserve(struct words *w, int64_t cap);

void words_free(struct words *w);

#endif
