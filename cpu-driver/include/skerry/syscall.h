/* Operation numbers and the small enumerations that system calls take. The stubs are in
 * arch/user.h. */
#ifndef SKERRY_SYSCALL_H
#define SKERRY_SYSCALL_H

#include <skerry/cap.h>
#include <skerry/status.h>

enum syscall {
#define Y(name, ...) SYS_##name,
#include <skerry/syscall.def>
#undef Y
    SYS_COUNT
};

/* x86: rax = SYSCALL_BASE + operation; smaller numbers are foreign. arm64: svc #1 with the
 * operation in x8; svc #0 is foreign. */
#define SYSCALL_BASE 0x10000u

/* Results of a system call. */
struct sysret {
    uint64_t status; /* enum status */
    uint64_t r1, r2;
};

/* How a frame is mapped. At most the frame's rights; never W and X together. */
enum map_flag {
    MAP_READ = RIGHT_READ,
    MAP_WRITE = RIGHT_WRITE,
    MAP_EXECUTE = RIGHT_EXECUTE,
    MAP_UNCACHED = 8, /* DEVICE_FRAME is always device memory; RAM frames are write-back in this version */
};

enum dispatcher_flag {
    DISPATCHER_VECTOR = 1,  /* saves vector state for it; without, first use is a fault */
    DISPATCHER_FOREIGN = 2, /* foreign system calls jump to its `foreign` entry instead of being faults */
};

/* x86: the line given to IRQ_MAKE for a message-signalled interrupt. */
#define IRQ_LINE_MSI UINT64_MAX

#define BELLS_PER_LINE 15u

#endif
