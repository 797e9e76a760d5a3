/* Unfolds the tables of characters when the library is loaded. */
#include "unicode.h"

#include <stdlib.h>

#include "tables.h"

enum { N_CHANGE_BLOCKS = 256, N_LOWER_BLOCKS = 64 };

uint16_t char_block[0x110000 >> 7];
uint32_t char_classes[N_CLASS_BLOCKS][128];
uint16_t change_block[0x110000 >> 7];
uint16_t change_codes[N_CHANGE_BLOCKS][128];
uint16_t lower_block[0x110000 >> 7];
int32_t lower_distance[N_LOWER_BLOCKS][128];

static void unfold_classes(void) {
  uint32_t *out = char_classes[0];
  for (unsigned i = 0; i < sizeof class_runs / sizeof *class_runs; i += 2)
    for (int k = 0; k < class_runs[i + 1]; k++) *out++ = class_values[class_runs[i]];
  uint16_t *block = char_block;
  for (unsigned i = 0; i < sizeof block_runs / sizeof *block_runs; i += 2)
    for (int k = 0; k < block_runs[i + 1]; k++) *block++ = block_runs[i];
}

static int used; /* blocks of changes so far; block 0 changes nothing */

static void change(uint32_t c, uint32_t code) {
  uint16_t *block = &change_block[c >> 7];
  if (!*block) {
    if (used + 1 >= N_CHANGE_BLOCKS) abort();
    *block = (uint16_t)++used;
  }
  change_codes[*block][c & 127] = (uint16_t)code;
}

static uint32_t all_classes(int block) {
  uint32_t all = 0;
  for (int k = 0; k < 128; k++) all |= char_classes[block][k];
  return all;
}

static void unfold_marks(uint32_t first) {
  for (uint32_t c = first; c < first + 128; c++) {
    uint32_t cls = char_class(c);
    if (cls & CH_MARK)
      change(c, CHANGE_DROP);
    else if (cls & CH_NUMBER)
      change(c, CHANGE_NUMBER);
    else if (cls & CH_REORDERS)
      change(c, CHANGE_ORDER);
  }
}

/* Whether a string of changes has a character that reorders and stays. */
static int string_reorders(const uint8_t *p, const uint8_t *end) {
  int width;
  for (; p < end; p += width)
    if ((char_class(decode_char(p, end, &width)) & (CH_REORDERS | CH_MARK)) == CH_REORDERS) return 1;
  return 0;
}

static void unfold_changes(void) {
  for (uint32_t block = 0; block < (0x110000 >> 7); block++)
    if (all_classes(char_block[block]) & (CH_MARK | CH_NUMBER | CH_REORDERS))
      unfold_marks(block << 7);
  for (int i = 0; i < N_CHANGES; i++) {
    int at = i ? change_ends[i - 1] : 0, n = change_ends[i] - at;
    if (char_class(change_points[i]) & CH_NUMBER)
      continue; /* numbers are found before punctuation */
    else if (n == 1 && change_pool[at] == ' ')
      change(change_points[i], CHANGE_SPACE);
    else if (string_reorders(change_pool + at, change_pool + at + n))
      change(change_points[i], CHANGE_ORDER);
    else
      change(change_points[i], (uint32_t)(CHANGE_STRING + i));
  }
  change(0x20, CHANGE_SPACE);
  change(0x3A3, CHANGE_SIGMA);
  for (uint32_t c = 0xAC00; c <= 0xD7A3; c++) change(c, CHANGE_HANGUL);
}

static void unfold_lower(void) {
  int lower_used = 0;
  for (int i = 0; i < N_LOWER; i++) {
    const int32_t *run = lower_runs + 4 * i;
    for (int32_t c = run[0]; c <= run[1]; c += run[2]) {
      uint16_t *block = &lower_block[c >> 7];
      if (!*block && lower_used + 1 == N_LOWER_BLOCKS) abort();
      if (!*block) *block = (uint16_t)++lower_used;
      lower_distance[*block][c & 127] = run[3];
    }
  }
}

int combining_class(uint32_t c) {
  for (int i = 0; i < N_CCC; i++)
    if (ccc_pairs[2 * i] == c) return (int)ccc_pairs[2 * i + 1];
  return 0;
}

__attribute__((constructor)) void unicode_unfold(void) {
  static int done;
  if (done) return;
  done = 1;
  unfold_classes();
  unfold_changes();
  unfold_lower();
}
