#ifndef ETUDE_URL_H
#define ETUDE_URL_H

#include <stdint.h>
#include <string.h>

/* Whether spaCy would take all these bytes, which have no whitespace, for one URL. */
int is_url(const uint8_t *p, const uint8_t *end);

#endif
