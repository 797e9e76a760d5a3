/* One function compiled for several kinds of processor. */
#ifndef ETUDE_CLONES_H
#define ETUDE_CLONES_H

#define INLINE inline __attribute__((always_inline))

/* CLONES before a function: the loader takes the copy that fits. */
#if defined(__x86_64__) && defined(__linux__) && !defined(NO_CLONES)
#define CLONES __attribute__((target_clones("default", "avx2", "arch=x86-64-v4")))
#else
#define CLONES
#endif

/* For functions that are worth writing out, with vectors as wide as there are: a constructor
   takes one of them. */
#if defined(__x86_64__) && !defined(NO_CLONES)
#define HAS_KINDS 1
#define FOR_AVX2 __attribute__((target("avx2")))
#define HAS_AVX2 __builtin_cpu_supports("avx2")
#ifdef __clang__
#define FOR_AVX512 __attribute__((target("avx512f,avx512dq,avx512vl,avx512bw")))
#else
#define FOR_AVX512 \
  __attribute__((target("avx512f,avx512dq,avx512vl,avx512bw,prefer-vector-width=512")))
#endif
#define HAS_AVX512                                                            \
  (__builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") && \
   __builtin_cpu_supports("avx512bw"))
#endif

#endif
