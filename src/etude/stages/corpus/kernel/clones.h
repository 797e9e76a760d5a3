/* One function compiled for several kinds of processor; the loader takes what fits. */
#ifndef ETUDE_CLONES_H
#define ETUDE_CLONES_H

#if defined(__x86_64__) && defined(__linux__) && !defined(NO_CLONES)
#define CLONES __attribute__((target_clones("default", "avx2", "arch=x86-64-v4")))
#else
#define CLONES
#endif

#endif
