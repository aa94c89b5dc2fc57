/* fuzz.h: what every fuzzer has in common: libFuzzer's entry, and taking values off the input.
 *
 * A fuzzer is one file, fuzz_NAME.c, over the shipped sources, built by Clang with libFuzzer,
 * AddressSanitizer and UndefinedBehaviorSanitizer. It must not keep state from one input to the
 * next. What it checks besides "no crash, no hang" are the promises of the reader's header. */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

/* A broken promise: libFuzzer keeps the input. */
#define FUZZ_CHECK(condition)                                                                      \
    do {                                                                                           \
        if (!(condition))                                                                          \
            abort();                                                                               \
    } while (0)

struct fuzz_input {
    const uint8_t *at;
    size_t left;
};

/* Little endian; bytes that are not there are zero. */
static inline uint64_t fuzz_take(struct fuzz_input *in, unsigned count)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < count && in->left > 0; i++, in->at++, in->left--)
        value |= (uint64_t)*in->at << (8 * i);
    return value;
}

/* An allocation of exactly these bytes, so that reading one more is seen. */
static inline void *fuzz_copy(const void *from, size_t bytes)
{
    void *to = malloc(bytes + (bytes == 0));

    FUZZ_CHECK(to != NULL);
    if (bytes > 0)
        memcpy(to, from, bytes);
    return to;
}

#endif
