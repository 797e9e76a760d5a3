/* Written by tables/embed.py from the files of tables/, which name their sources. */
#ifndef ETUDE_TABLES_H
#define ETUDE_TABLES_H

#include <stdint.h>

enum { N_CLASS_BLOCKS = 257 };
enum { N_CHANGES = 3243, N_CCC = 25, N_LOWER = 183 };
enum { N_EXCEPTIONS = 1343, N_PHRASES = 365, N_UNITS = 103 };
extern const uint32_t class_values[106];
extern const uint16_t class_runs[7104];
extern const uint16_t block_runs[654];
extern const uint32_t change_points[3243];
extern const uint16_t change_ends[3243];
extern const uint8_t change_pool[8320];
extern const uint32_t ccc_pairs[50];
extern const int32_t lower_runs[732];
extern const uint8_t exception_pool[8858];
extern const uint8_t exception_cuts[3997];
extern const uint16_t phrase_data[1908];
extern const uint8_t unit_pool[493];

#endif
