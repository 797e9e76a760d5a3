/* Windows: hashes of every run of `width` tokens of a text.

   A token is what stands between white space (str.isspace); each character from U+3040 to U+9FFF
   (kana, Han, bopomofo and their neighbours, which are written without spaces) is one by itself. */
#ifndef ETUDE_WINDOW_H
#define ETUDE_WINDOW_H

#include <stdint.h>

/* Hash the windows of each text; text i is data[offsets[i]] to data[offsets[i + 1]]. `keys` and
   `checks` are two hashes of each window, independent of each other; both have room for
   (bytes + texts) / 2 + 1 values. counts[i] is the number of tokens of text i, which has
   counts[i] - width + 1 windows, or none. Returns how many windows there are in all, or -1 when
   out of memory. `width` is at least 1. */
int64_t window_hashes(
    const uint8_t *data, const int64_t *offsets, int64_t n, int64_t width, uint64_t *keys,
    uint64_t *checks, int64_t *counts);

/* Find where each token begins, in bytes of `data`; `starts` has room for
   (bytes + texts) / 2 + 1 values. Returns how many tokens there are in all. */
int64_t window_tokens(
    const uint8_t *data, const int64_t *offsets, int64_t n, int64_t *starts, int64_t *counts);

#endif
