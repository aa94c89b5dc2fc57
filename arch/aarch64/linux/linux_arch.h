/* linux_arch.h, arm64: the parts of Linux' ABI that differ between architectures. Source: asm-
 * generic and arch/arm64/include/uapi/asm. */
#ifndef LINUX_ARCH_H
#define LINUX_ARCH_H

#include <stdint.h>

#define LINUX_MACHINE_NAME "aarch64"
#define LINUX_ELF_MACHINE 183

/* A row of call.def: which of the two numbers counts, and whether rows that only x86 has are
 * there. */
#define LINUX_NUMBER(x86, arm) (arm)
#define LINUX_OLD_CALL(...)

enum { LINUX_O_DIRECTORY = 040000, LINUX_O_NOFOLLOW = 0100000 };

struct linux_stat {
    uint64_t device, number;
    uint32_t mode, link_count, uid, gid;
    uint64_t device_kind, pad0;
    int64_t bytes;
    int32_t block_bytes, pad1;
    int64_t blocks;
    int64_t access_s, access_ns, modify_s, modify_ns, change_s, change_ns;
    uint32_t reserved[2];
};
_Static_assert(sizeof(struct linux_stat) == 128, "struct stat of arm64");

#endif
