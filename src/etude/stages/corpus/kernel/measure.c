/* Measure a batch of documents: each is split once for everything that is wanted. */
#include "measure.h"

#include "hash.h"

struct bench {
  struct words words, again;
  struct lines newlines, lines;
  struct room room;
};

static int outside(const struct request *request, int group, const double *row) {
  for (int64_t i = 0; i < request->n_limits; i++) {
    const struct limit *limit = &request->limits[i];
    if (limit->group != group) continue;
    double value = row[limit->column];
    if (value < limit->least || value > limit->most) return 1;
  }
  return 0;
}

/* Cut the text into lines. `view` is for lines as str.splitlines has them where they are those
   between \n, but for a last one that is empty. */
static int cut_lines(struct document *doc, struct bench *bench, int hashes, struct lines *view) {
  struct table *seen = hashes ? &bench->room.table : NULL;
  if (split_newlines(doc->text, doc->n, doc->shape.newlines, &bench->newlines, seen)) return -1;
  doc->newlines = &bench->newlines;
  if (doc->shape.odd_breaks) {
    doc->lines = &bench->lines;
    return split_all_breaks(doc->text, doc->n, &bench->lines);
  }
  *view = bench->newlines;
  view->n -= view->at[view->n - 1].start == doc->n;
  doc->lines = view;
  return 0;
}

static int after_c4(const struct request *request, struct bench *bench, const uint8_t *text,
                    int64_t n, int64_t n_words, double *out) {
  struct document doc = {.text = text, .n = n};
  if (n == 0) {
    out[N_LINES] = 0;
    return 0;
  }
  doc.shape = shape_of(text, n);
  if (split_newlines(text, n, doc.shape.newlines, &bench->newlines, &bench->room.table)) return -1;
  doc.newlines = &bench->newlines;
  fineweb(&doc, n_words, request->short_line, out);
  return 0;
}

/* Measure document i; *n_new is the length of the text that C4 left at `new_text`. */
static int measure(const struct request *r, int64_t i, struct bench *bench, uint8_t *new_text,
                   int64_t *n_new) {
  int64_t wants = r->wants;
  struct document doc = {.text = r->text + r->offsets[i], .n = r->offsets[i + 1] - r->offsets[i]};
  struct lines view;
  if (doc.n == 0) return 0;
  doc.shape = shape_of(doc.text, doc.n);
  if (cut_lines(&doc, bench, (wants & (WANT_REPETITION | WANT_FINEWEB)) != 0, &view)) return -1;
  if (words_split(doc.text, doc.n, &bench->words)) return -1;
  doc.words = &bench->words;
  if (wants & WANT_REPETITION) {
    if (repetition(&doc, &bench->room, r->most, r->repetition + i * N_REPETITION)) return -1;
    if (outside(r, WANT_REPETITION, r->repetition + i * N_REPETITION)) return 0;
  }
  if (wants & WANT_QUALITY) {
    quality(&doc, r->quality + i * N_QUALITY);
    if (outside(r, WANT_QUALITY, r->quality + i * N_QUALITY)) return 0;
  }
  if (wants & WANT_FINEWEB)
    fineweb(&doc, doc.words->n, r->short_line, r->fineweb + i * N_FINEWEB);
  if ((wants & WANT_REDPAJAMA) && redpajama(&doc, &bench->room, r->redpajama + i * N_REDPAJAMA))
    return -1;
  if (!(wants & WANT_C4)) return 0;
  double *row = r->c4 + i * N_C4;
  if (c4(&doc, &r->rules, &bench->again, new_text, n_new, row)) return -1;
  if (!(wants & WANT_AFTER) || row[C4_VERDICT] != C4_KEPT) return 0;
  return after_c4(r, bench, new_text, *n_new, (int64_t)row[C4_WORDS], r->after + i * N_FINEWEB);
}

int etude_measure(const struct request *request) {
  struct bench *bench = calloc(1, sizeof *bench);
  int failed = bench ? 0 : -1;
  int64_t at = 0;
  for (int64_t i = 0; i < request->rows && !failed; i++) {
    int64_t n_new = 0;
    uint8_t *new_text = request->new_text ? request->new_text + at : NULL;
    failed = measure(request, i, bench, new_text, &n_new);
    at += n_new;
    if (request->new_offsets) request->new_offsets[i + 1] = at;
  }
  if (!bench) return -1;
  words_free(&bench->words);
  words_free(&bench->again);
  lines_free(&bench->lines);
  lines_free(&bench->newlines);
  room_free(&bench->room);
  free(bench);
  return failed;
}

void etude_text_keys(const uint8_t *text, const int64_t *offsets, int64_t rows, uint64_t *keys) {
  for (int64_t i = 0; i < rows; i++)
    keys[i] = xxh64(text + offsets[i], offsets[i + 1] - offsets[i], 0);
}
