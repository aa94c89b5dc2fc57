/* In place of libtsan: what GCC's -fsanitize=thread calls, handed to the model. Only what is listed
 * here exists: instrumented code that calls anything else does not link. Outside the model's threads
 * (a scenario's `begin`) atomics act on memory at once. */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "c11.h"
#include "instrument.h"

/* Counts of what came in: a scenario that never met an atomic shows that instrumentation was lost. */
struct instrument_counts instrument_counts;

static uint64_t memory_get(uintptr_t at, unsigned size)
{
    uint64_t value = 0;
    memcpy(&value, (const void *)at, size);
    return value;
}

static uint64_t access_make(struct c11_op *op)
{
    if (op->order == memory_order_seq_cst && op->kind != C11_FENCE) {
        fprintf(stderr, "c11: an SC access: the model has SC fences only\n");
        abort();
    }
    instrument_counts.atomics++;
    if (c11_inside()) {
        c11_access(op);
        return op->result;
    }
    if (op->kind == C11_STORE)
        memcpy((void *)op->address, &op->operand, op->size);
    else if (op->kind != C11_LOAD && op->kind != C11_FENCE)
        abort(); /* nobody needs one there */
    return op->kind == C11_LOAD ? memory_get(op->address, op->size) : 0;
}

#define ATOMICS(bits)                                                                              \
    uint##bits##_t __tsan_atomic##bits##_load(const volatile void *a, int order);                  \
    uint##bits##_t __tsan_atomic##bits##_load(const volatile void *a, int order)                   \
    {                                                                                              \
        struct c11_op op = {                                                                       \
            .kind = C11_LOAD, .order = order, .address = (uintptr_t)a, .size = bits / 8};          \
        return (uint##bits##_t)access_make(&op);                                                   \
    }                                                                                              \
    void __tsan_atomic##bits##_store(volatile void *a, uint##bits##_t v, int order);               \
    void __tsan_atomic##bits##_store(volatile void *a, uint##bits##_t v, int order)                \
    {                                                                                              \
        struct c11_op op = {.kind = C11_STORE,                                                     \
                            .order = order,                                                        \
                            .address = (uintptr_t)a,                                               \
                            .size = bits / 8,                                                      \
                            .operand = v};                                                         \
        access_make(&op);                                                                          \
    }                                                                                              \
    RMW(bits, exchange, C11_XCHG)                                                                  \
    RMW(bits, fetch_add, C11_ADD)                                                                  \
    RMW(bits, fetch_sub, C11_SUB)                                                                  \
    RMW(bits, fetch_and, C11_AND)                                                                  \
    RMW(bits, fetch_or, C11_OR)                                                                    \
    RMW(bits, fetch_xor, C11_XOR)                                                                  \
    CAS(bits, strong)                                                                              \
    CAS(bits, weak)

#define RMW(bits, name, what)                                                                      \
    uint##bits##_t __tsan_atomic##bits##_##name(volatile void *a, uint##bits##_t v, int order);    \
    uint##bits##_t __tsan_atomic##bits##_##name(volatile void *a, uint##bits##_t v, int order)     \
    {                                                                                              \
        struct c11_op op = {.kind = C11_RMW,                                                       \
                            .rmw = what,                                                           \
                            .order = order,                                                        \
                            .address = (uintptr_t)a,                                               \
                            .size = bits / 8,                                                      \
                            .operand = v};                                                         \
        return (uint##bits##_t)access_make(&op);                                                   \
    }

#define CAS(bits, strength)                                                                        \
    int __tsan_atomic##bits##_compare_exchange_##strength(                                         \
        volatile void *a, void *expected, uint##bits##_t v, int order, int order_failed);          \
    int __tsan_atomic##bits##_compare_exchange_##strength(                                         \
        volatile void *a, void *expected, uint##bits##_t v, int order, int order_failed)           \
    {                                                                                              \
        struct c11_op op = {.kind = C11_CAS,                                                       \
                            .order = order,                                                        \
                            .order_failed = order_failed,                                          \
                            .address = (uintptr_t)a,                                               \
                            .size = bits / 8,                                                      \
                            .operand = v,                                                          \
                            .expected = memory_get((uintptr_t)expected, bits / 8)};                \
        access_make(&op);                                                                          \
        memcpy(expected, &op.result, bits / 8);                                                    \
        return op.succeeded;                                                                       \
    }

ATOMICS(8)
ATOMICS(16)
ATOMICS(32)
ATOMICS(64)

void __tsan_atomic_thread_fence(int order);
void __tsan_atomic_thread_fence(int order)
{
    struct c11_op op = {.kind = C11_FENCE, .order = order};
    access_make(&op);
}

static void plain(const void *at, size_t bytes, bool write)
{
    instrument_counts.plain++;
    c11_plain((uintptr_t)at, bytes, write);
}

#define PLAIN(bytes)                                                                               \
    void __tsan_read##bytes(void *at);                                                             \
    void __tsan_read##bytes(void *at)                                                              \
    {                                                                                              \
        plain(at, bytes, false);                                                                   \
    }                                                                                              \
    void __tsan_write##bytes(void *at);                                                            \
    void __tsan_write##bytes(void *at)                                                             \
    {                                                                                              \
        plain(at, bytes, true);                                                                    \
    }

#define UNALIGNED(bytes)                                                                           \
    void __tsan_unaligned_read##bytes(void *at);                                                   \
    void __tsan_unaligned_read##bytes(void *at)                                                    \
    {                                                                                              \
        plain(at, bytes, false);                                                                   \
    }                                                                                              \
    void __tsan_unaligned_write##bytes(void *at);                                                  \
    void __tsan_unaligned_write##bytes(void *at)                                                   \
    {                                                                                              \
        plain(at, bytes, true);                                                                    \
    }

PLAIN(1)
PLAIN(2)
PLAIN(4)
PLAIN(8)
PLAIN(16)
UNALIGNED(2)
UNALIGNED(4)
UNALIGNED(8)
UNALIGNED(16)

void __tsan_read_range(void *at, unsigned long bytes);
void __tsan_read_range(void *at, unsigned long bytes)
{
    plain(at, bytes, false);
}

void __tsan_write_range(void *at, unsigned long bytes);
void __tsan_write_range(void *at, unsigned long bytes)
{
    plain(at, bytes, true);
}

void __tsan_init(void);
void __tsan_init(void)
{
}

void __tsan_func_entry(void *from);
void __tsan_func_entry(void *from)
{
    (void)from;
}

void __tsan_func_exit(void *from);
void __tsan_func_exit(void *from)
{
    (void)from;
}
