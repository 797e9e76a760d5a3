/* Feeds bytes to every fuzz_NAME for some seconds: random ones, and pieces of hostile text that are
   joined, cut and damaged. `targets.h` is written by run.py: it lists the functions. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "targets.h"

enum { MOST = 1 << 14 };

static uint64_t state;

static uint64_t draw(uint64_t below) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return (state * 0x9E3779B97F4A7C15ULL >> 16) % below;
}

static const char *const pieces[] = {
    "the ", "of and to ", "cannot ", "don't", "it's ", "a.m.", "10a.m.", "e.g. ", "Mr.", "U.S.",
    ":)", ": )", "):", ":-)", "><(((*>", "(\u256f\u00b0\u25a1\u00b0\uff09\u256f", "\u00b0C.", "\u00b0C. ",
    "\u0ca0_\u0ca0", "http://a.bc/d?e#f", "https://", "user:pass@host.org:8080/", "@", "a@b@c.de",
    "10.0.0.1", "192.168.1.1", "1.2.3.4:80", "223.255.255.254", "www.", ".com", "..", "...", ".",
    ",", ";", "!", "?", "\"", "'", "\u2019s", "'S", "\u2026", "\u2026\u2026", "-", "--", "---",
    "\u2013", "\u2014", "~", "_", "/", "=", "<", ">", "[", "]", "{", "}", "#", "*", "&", "%", "$",
    "US$", "C$5", "5$", "\u20ac", "5km", "7\u043c/\u0441", "1,5", "1.5.2", "3\u066b4", "\u0663",
    "\uff11", "\u00bd", "\u0130", "\u03a3", "a\u03a3", "\u03a3'", "\u00e9", "e\u0301", "\u0301",
    "\u302e", "\u1b44", "\u3000", "\xc2\xa0", "\u2028", "\xc2\x85", "\t", "\n", "\n\n", "\r\n", "  ",
    " ", "\u65e5\u672c\u8a9e", "\u3002", "\uff0c", "\ud55c\uad6d\uc5b4", "\u0627\u0644",
    "\u0939\u093f", "\u200d", "\ufeff", "\ufffd", "\U0001F600", "\U0001D15E", "\U0001D165",
    "\U00020000", "\U0010FFFF", "\xf0\x9f", "\xe2\x80", "\xc3", "\x80", "\xff", "\xed\xa0\x80",
    "\xf4\x90\x80\x80", "\xc0\xaf", "lorem ipsum", "javascript", "{", "terms of use", "[edit]",
    "- item\n", "\u2022 item\n", "A", "z", "0", "99", "word. Word",
};

static size_t make(uint8_t *out) {
  size_t most = (size_t)1 << draw(15), n = 0;
  uint64_t kinds = draw(4);
  while (n + 64 < most && n + 64 < MOST) {
    if (kinds == 0 || (kinds < 3 && draw(8) == 0)) {
      out[n++] = (uint8_t)draw(256);
    } else {
      const char *piece = pieces[draw(sizeof pieces / sizeof *pieces)];
      size_t length = strlen(piece), times = draw(40) ? 1 : 1 + draw(200);
      for (; times && n + length < MOST; times--, n += length) memcpy(out + n, piece, length);
    }
  }
  for (uint64_t k = kinds == 2 && n ? draw(8) : 0; k; k--) out[draw(n)] = (uint8_t)draw(256);
  return n;
}

int main(int count, char **words) {
  if (count != 3) return 2;
  double seconds = atof(words[1]);
  state = strtoull(words[2], 0, 10) * 2 + 0x9E3779B97F4A7C15ULL;
  uint8_t *text = malloc(MOST);
  long rounds = 0;
  struct timespec begin, now;
  clock_gettime(CLOCK_MONOTONIC, &begin);
  do {
    size_t n = make(text);
    /* Each gets bytes of its very size, so that a read beyond their end is seen. */
    for (int k = 0; k < N_TARGETS; k++) {
      uint8_t *copy = malloc(n ? n : 1);
      memcpy(copy, text, n);
      targets[k](copy, n);
      free(copy);
    }
    rounds++;
    clock_gettime(CLOCK_MONOTONIC, &now);
  } while ((double)(now.tv_sec - begin.tv_sec) + 1e-9 * (double)(now.tv_nsec - begin.tv_nsec) <
           seconds);
  free(text);
  printf("%ld rounds of %d targets\n", rounds, N_TARGETS);
  return 0;
}
