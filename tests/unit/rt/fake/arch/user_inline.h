/* Stands in for a processor: system calls go to the model of the kernel in fake_kernel.c. */
#ifndef ARCH_USER_INLINE_H
#define ARCH_USER_INLINE_H

#include <skerry/syscall.h>

struct sysret arch_syscall(uint64_t op, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3,
                           uint64_t a4, uint64_t a5);

#endif
