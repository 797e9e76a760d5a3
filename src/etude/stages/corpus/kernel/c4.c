/* C4's rules (Raffel et al. 2020, section 2.2), in datatrove's reading: lines are dropped or the
   document is, citations are cut out, and the sentences of what is left are counted. */
#include <string.h>

#include "filters.h"

struct phrase {
  const char *text;
  int kind;
};

static const struct phrase PHRASES[] = {
    {"lorem ipsum", MAY_LOREM},      {"javascript", MAY_JAVASCRIPT},
    {"terms of use", MAY_TERMS},     {"privacy policy", MAY_PRIVACY},
    {"cookie policy", MAY_COOKIE},   {"uses cookies", MAY_COOKIE},
    {"use of cookies", MAY_COOKIE},  {"use cookies", MAY_COOKIE},
};

static const uint8_t *after_letter(const uint8_t *p, const uint8_t *end, uint8_t letter) {
  uint8_t c = p[0];
  if (c >= 'A' && c <= 'Z') c |= 32;
  if (c == letter) return p + 1;
  /* KELVIN SIGN becomes k in lower case. */
  if (letter == 'k' && end - p >= 3 && p[0] == 0xE2 && p[1] == 0x84 && p[2] == 0xAA) return p + 3;
  return NULL;
}

static int begins_with(const uint8_t *p, const uint8_t *end, const char *phrase) {
  for (; *phrase; phrase++) {
    if (p >= end) return 0;
    p = after_letter(p, end, (uint8_t)*phrase);
    if (!p) return 0;
  }
  return 1;
}

/* Kinds of phrases that begin with a letter. */
static const uint8_t FIRST[256] = {
    ['l'] = MAY_LOREM,   ['L'] = MAY_LOREM,   ['j'] = MAY_JAVASCRIPT, ['J'] = MAY_JAVASCRIPT,
    ['t'] = MAY_TERMS,   ['T'] = MAY_TERMS,   ['p'] = MAY_PRIVACY,    ['P'] = MAY_PRIVACY,
    ['c'] = MAY_COOKIE,  ['C'] = MAY_COOKIE,  ['u'] = MAY_COOKIE,     ['U'] = MAY_COOKIE,
};

const uint8_t *find_phrase(const uint8_t *p, const uint8_t *end, int which) {
  const size_t n = sizeof PHRASES / sizeof *PHRASES;
  for (; p < end; p++) {
    if (!(FIRST[*p] & which)) continue;
    for (size_t i = 0; i < n; i++)
      if ((which & PHRASES[i].kind) && begins_with(p, end, PHRASES[i].text)) return p;
  }
  return NULL;
}

/* Bytes of a citation mark at p: [12], [], [edit] or [citation needed]; 0 if there is none. */
static int64_t citation(const uint8_t *p, const uint8_t *end) {
  const uint8_t *q = p + 1;
  int width;
  while (q < end && *q != ']' && (char_class(decode_char(q, end, &width)) & CH_DECIMAL)) q += width;
  if (q < end && *q == ']') return q + 1 - p;
  if (end - p >= 6 && !memcmp(p, "[edit]", 6)) return 6;
  if (end - p >= 17 && !memcmp(p, "[citation needed]", 17)) return 17;
  return 0;
}

/* Copy a line; returns its length without citations. */
static int64_t copy_line(const uint8_t *p, const uint8_t *end, int citations, uint8_t *to) {
  uint8_t *at = to;
  while (citations && p < end) {
    const uint8_t *mark = memchr(p, '[', (size_t)(end - p));
    if (!mark) break;
    int64_t skip = citation(mark, end), keep = mark - p + (skip ? 0 : 1);
    memcpy(at, p, (size_t)keep);
    at += keep;
    p = mark + (skip ? skip : 1);
  }
  memcpy(at, p, (size_t)(end - p));
  return at - to + (end - p);
}

/* Words from `first` on that begin before byte `to`. */
static int64_t words_until(const struct words *words, int64_t first, int64_t to) {
  int64_t i = first;
  while (i < words->n && words->start[i] < to) i++;
  return i;
}

/* What is between white space, counted up to `most`; or its greatest length, if that is wanted. */
static int64_t chunks(const struct words *words, int64_t first, int64_t last, int64_t *longest) {
  int64_t n = 0, end = -1, chars = 0;
  for (int64_t i = first; i < last; i++) {
    if (words->start[i] != end) {
      n++;
      chars = 0;
    }
    chars += words->chars[i];
    if (chars > *longest) *longest = chars;
    end = words->start[i] + words->bytes[i];
  }
  return n;
}

/* Sentences as spaCy's sentencizer sees them; a token of white space begins a new one too. */
int64_t count_sentences(const struct words *words, int64_t first, int64_t last, int end_gap) {
  int64_t n = 1;
  uint32_t ended = 0;
  for (int64_t i = first; i < last; i++) {
    uint32_t flags = words->flags[i];
    if (ended && (words->gap[i] || !(flags & (WORD_PUNCT | WORD_SENTENCE_END)))) {
      n++;
      ended = 0;
    }
    ended |= flags & WORD_SENTENCE_END;
  }
  return n + (ended && end_gap);
}

static int is_sentence(const uint8_t *line, int64_t n) {
  uint8_t last = n ? line[n - 1] : 0;
  if (last == '.') return !(n >= 3 && line[n - 2] == '.' && line[n - 3] == '.');
  return last == '?' || last == '!' || last == '"' || last == '\'';
}

struct cut {
  const struct document *doc;
  const struct c4_rules *rules;
  uint8_t *text;
  double *out;
};

/* Whether the line stays; if not, counts why. A reason to drop the document goes to *verdict. */
static int stays(const struct cut *cut, const uint8_t *line, int64_t n, int64_t n_chunks,
                 enum c4_verdict *verdict) {
  const struct c4_rules *rules = cut->rules;
  const struct shape *shape = &cut->doc->shape;
  const uint8_t *end = line + n;
  int why = 0;
  if (rules->need_punctuation && !is_sentence(line, n)) {
    why = C4_NO_PUNCTUATION;
  } else if (n_chunks < rules->min_words) {
    why = C4_FEW_WORDS;
  } else if (rules->no_lorem_ipsum && (shape->phrases & MAY_LOREM) &&
             find_phrase(line, end, MAY_LOREM)) {
    *verdict = C4_LOREM_IPSUM;
  } else if (rules->no_javascript && (shape->phrases & MAY_JAVASCRIPT) &&
             find_phrase(line, end, MAY_JAVASCRIPT)) {
    why = C4_JAVASCRIPT;
  } else if (rules->no_curly_bracket && shape->brace && memchr(line, '{', (size_t)n)) {
    *verdict = C4_CURLY_BRACKET;
  } else {
    int policy = shape->phrases & (MAY_TERMS | MAY_PRIVACY | MAY_COOKIE);
    if (rules->no_policy && policy && find_phrase(line, end, policy)) why = C4_POLICY;
  }
  if (why) cut->out[why]++;
  return !why && !*verdict;
}

/* Judge line `i` with the words first..last and append it at `at` if it stays; returns the new end,
   or -1 when out of memory. */
static int64_t judge_line(struct cut *cut, int64_t i, int64_t first, int64_t last,
                          struct words *again, int64_t at, enum c4_verdict *verdict) {
  const struct line *line = &cut->doc->lines->at[i];
  const struct words *words = cut->doc->words;
  int64_t bytes = line->to - line->from, longest = 0, n_sentences, n_words;
  int64_t n_chunks = chunks(words, first, last, &longest);
  int64_t start = cut->out[C4_KEPT_LINES] > 0 ? at + 1 : at;
  if (cut->rules->longest_word >= 0 && longest > cut->rules->longest_word) {
    cut->out[C4_LONG_WORD]++;
    return at;
  }
  int cite = cut->rules->remove_citations && cut->doc->shape.bracket;
  const uint8_t *from = cut->doc->text + line->from;
  int64_t n = copy_line(from, from + bytes, cite, cut->text + start);
  if (!stays(cut, cut->text + start, n, n_chunks, verdict)) return at;
  if (n == bytes) {
    n_sentences = count_sentences(words, first, last, 0);
    n_words = last - first;
  } else {
    if (words_split(cut->text + start, n, again)) return -1;
    n_sentences = count_sentences(again, 0, again->n, again->end_gap);
    n_words = again->n;
  }
  if (start > at) cut->text[at] = '\n';
  cut->out[C4_KEPT_LINES]++;
  cut->out[C4_SENTENCES] += (double)n_sentences;
  cut->out[C4_WORDS] += (double)n_words;
  return start + n;
}

int c4(const struct document *doc, const struct c4_rules *rules, struct words *again,
       uint8_t *text, int64_t *length, double *out) {
  struct cut cut = {doc, rules, text, out};
  enum c4_verdict verdict = C4_KEPT;
  int64_t first = 0, at = 0, from = 0;
  for (int i = 0; i < N_C4; i++) out[i] = 0;
  *length = 0;
  for (int64_t i = 0; i < doc->lines->n && !verdict; i++) {
    int64_t last = words_until(doc->words, first, doc->lines->at[i].to);
    at = judge_line(&cut, i, first, last, again, at, &verdict);
    if (at < 0) return -1;
    first = last;
  }
  if (!verdict && rules->min_sentences >= 0 && out[C4_SENTENCES] < (double)rules->min_sentences)
    verdict = C4_FEW_SENTENCES;
  out[C4_LINES] = (double)doc->lines->n;
  out[C4_VERDICT] = verdict;
  if (verdict) return 0;
  strip_space(text, &from, &at);
  memmove(text, text + from, (size_t)(at - from));
  *length = at - from;
  return 0;
}
