/* A linear model over hashed parts of a text. */
#ifndef ETUDE_LINEAR_H
#define ETUDE_LINEAR_H

#include <stdint.h>

struct linear {
  const uint8_t *fold;  /* 256 bytes: what each byte counts as */
  int64_t bits;         /* 1 to 28: the tables have 2^bits rows */
  int64_t columns;      /* 1 to 64 numbers a row: one for each label, one for two labels */
  int64_t words;        /* 0 to 8: sequences of up to so many words are features */
  int64_t letters_from; /* parts of words of so many characters are features; 0: none */
  int64_t letters_to;   /* at most 16 */
  int64_t max_bytes;    /* only the first so many bytes of a text count; 0: all */
};

/* Sum the rows of each text's features: sums [n, columns], and how many features there were.
   Text i is data[offsets[i]] to data[offsets[i + 1]]. Returns 0. */
int linear_sums(
    const struct linear *model, const int32_t *weights, const uint8_t *data,
    const int64_t *offsets, int64_t n, int64_t *sums, int64_t *counts);

/* What a step of training needs beside the model. */
struct linear_fit {
  float *weights;             /* [2^bits, columns] */
  float *squares;             /* the same: sums of squared gradients */
  float *bias;                /* [columns] */
  float *bias_squares;        /* [columns] */
  const int32_t *labels;      /* [texts] from 0 on */
  const float *label_weights; /* [labels] */
  float rate;
  float l2;
};

/* Go once over the texts `order[0..n)` by AdaGrad on the logistic loss (softmax where there are
   several columns). Returns the mean loss before each step, or -1 when out of memory. */
double linear_pass(
    const struct linear *model, struct linear_fit *fit, const uint8_t *data,
    const int64_t *offsets, const int64_t *order, int64_t n);

#endif
