/* linux_arch.h, x86-64: the parts of Linux' ABI that differ between architectures. Source:
 * arch/x86/include/uapi/asm. */
#ifndef LINUX_ARCH_H
#define LINUX_ARCH_H

#include <stdint.h>

#define LINUX_MACHINE_NAME "x86_64"
#define LINUX_ELF_MACHINE 62

/* A row of call.def: which of the two numbers counts, and whether rows that only x86 has are
 * there. */
#define LINUX_NUMBER(x86, arm) (x86)
#define LINUX_OLD_CALL(...) __VA_ARGS__

enum { LINUX_O_DIRECTORY = 0200000, LINUX_O_NOFOLLOW = 0400000 };

struct linux_stat {
    uint64_t device, number, link_count;
    uint32_t mode, uid, gid, pad0;
    uint64_t device_kind;
    int64_t bytes, block_bytes, blocks;
    int64_t access_s, access_ns, modify_s, modify_ns, change_s, change_ns;
    int64_t reserved[3];
};
_Static_assert(sizeof(struct linux_stat) == 144, "struct stat of x86-64");

#endif
