/* Measure a batch of documents: what is wanted, and where it goes. */
#ifndef ETUDE_MEASURE_H
#define ETUDE_MEASURE_H

#include "filters.h"

enum wants {
  WANT_REPETITION = 1,
  WANT_QUALITY = 2,
  WANT_C4 = 4,
  WANT_FINEWEB = 8,
  WANT_AFTER = 16, /* FineWeb's statistics of the text that C4 leaves */
  WANT_REDPAJAMA = 32,
};

/* A document whose number lies outside is measured no further. */
struct limit {
  int32_t group, column; /* group: a bit of wants */
  double least, most;
};

/* measure.py has the same layout. Rows that were not measured stay as they were given. */
struct request {
  int64_t rows;
  const uint8_t *text;
  const int64_t *offsets; /* rows + 1 */
  int64_t wants, short_line;
  struct c4_rules rules;
  double *repetition, *quality, *c4, *fineweb, *after, *redpajama;
  uint8_t *new_text;
  int64_t *new_offsets; /* rows + 1, the first of them 0 */
  const double *most; /* of the repetition; or NULL */
  const struct limit *limits;
  int64_t n_limits;
};

/* Returns 0, or -1 when out of memory. Texts must have fewer than 2^31 bytes each. */
int etude_measure(const struct request *request);

/* A number for each text, by which a later step knows that it was not changed meanwhile. */
void etude_text_keys(
    const uint8_t *text, const int64_t *offsets, int64_t rows, uint64_t *keys);

#endif
