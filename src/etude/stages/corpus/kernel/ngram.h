/* A language model of word n-grams: its words, and how likely it finds a text. */
#ifndef ETUDE_NGRAM_H
#define ETUDE_NGRAM_H

#include <stdint.h>

#define NGRAM_MAX_ORDER 8
#define NGRAM_BEGIN 0x6A09E667F3BCC908ULL /* hash of the word before a text */
#define NGRAM_END 0xBB67AE8584CAA73BULL   /* hash of the word after it */

struct ngram_entry {
  uint64_t key;    /* of the sequence, last word first; 0: empty */
  float log_p;     /* ln of the last word's probability after the others */
  float log_back;  /* ln of what is left to words not seen after this sequence */
};

struct ngram {
  const uint8_t *fold;             /* 256 bytes: what each byte counts as */
  const struct ngram_entry *table; /* linear probing from key >> (64 - bits), without wrapping */
  int64_t size;                    /* entries of the table; at least 2^bits */
  int64_t bits;                    /* 1 to 40 */
  int64_t order;                   /* 1 to NGRAM_MAX_ORDER */
  const float *spelling;           /* [257][257] ln P(byte | byte before); 256 frames a word */
  double log_unknown;              /* ln of the probability of any word outside the table */
};

/* Hashes of the words of each text, one after the other, and where they stand.

   `hashes`, `starts` (byte in data) and `lengths` have room for `room` words, or room is 0 and
   they are only counted; `ends[i]` becomes the number of words up to the end of text i. Returns
   the number of words, which may be more than there was room for. */
int64_t ngram_words(
    const uint8_t *fold, const uint8_t *data, const int64_t *offsets, int64_t n,
    uint64_t *hashes, int64_t *starts, int32_t *lengths, int64_t room, int64_t *ends);

/* Count the pairs of bytes of some words into counts [257][257]. */
void ngram_spell(
    const uint8_t *fold, const uint8_t *data, const int64_t *starts, const int32_t *lengths,
    int64_t n, int64_t *counts);

/* ln of each text's probability, its words (its end is one), and how many the model knows not.
   Returns 0. */
int ngram_score(
    const struct ngram *model, const uint8_t *data, const int64_t *offsets, int64_t n,
    double *log_p, int64_t *words, int64_t *unknown);

#endif
