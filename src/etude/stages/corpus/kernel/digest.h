/* 128-bit digests of texts, for finding equal ones; no protection against one who makes them. */
#ifndef ETUDE_DIGEST_H
#define ETUDE_DIGEST_H

#include <stdint.h>

#include "simplify.h"

/* Two xxHash64 of n bytes, or of what folding (FOLD_…, 0 for none) makes of them; `room` is used
   for that. Returns 0 or -1. */
int digest_bytes(const uint8_t *p, int64_t n, int folded, struct bytes *room, uint64_t digest[2]);

#endif
