/* abi.h: Linux' own numbers and structures that are the same on every architecture we run on; those
 * that differ are in linux_arch.h of arch/<name>/linux. Source: the manual pages of section 2 and
 * linux/include/uapi. */
#ifndef LINUX_ABI_H
#define LINUX_ABI_H

#include <linux_arch.h>
#include <skerry/base.h>

enum linux_errno {
    LINUX_EPERM = 1,
    LINUX_ENOENT = 2,
    LINUX_EIO = 5,
    LINUX_EBADF = 9,
    LINUX_EAGAIN = 11,
    LINUX_ENOMEM = 12,
    LINUX_EACCES = 13,
    LINUX_EFAULT = 14,
    LINUX_EBUSY = 16,
    LINUX_EEXIST = 17,
    LINUX_ENOTDIR = 20,
    LINUX_EISDIR = 21,
    LINUX_EINVAL = 22,
    LINUX_EMFILE = 24,
    LINUX_ENOTTY = 25,
    LINUX_EFBIG = 27,
    LINUX_ENOSPC = 28,
    LINUX_ESPIPE = 29,
    LINUX_EROFS = 30,
    LINUX_ERANGE = 34,
    LINUX_ENAMETOOLONG = 36,
    LINUX_ENOSYS = 38,
    LINUX_ENOTEMPTY = 39,
    LINUX_ELOOP = 40,
    LINUX_ESRCH = 3,
    LINUX_ENODEV = 19,
    LINUX_EOPNOTSUPP = 95,
    LINUX_ETIMEDOUT = 110,
};

enum {
    LINUX_O_ACCESS = 3,
    LINUX_O_WRONLY = 1,
    LINUX_O_RDWR = 2,
    LINUX_O_CREAT = 0100,
    LINUX_O_EXCL = 0200,
    LINUX_O_TRUNC = 01000,
    LINUX_O_APPEND = 02000,
    LINUX_O_NONBLOCK = 04000,
    LINUX_O_CLOEXEC = 02000000,
    LINUX_O_PATH = 010000000,
    LINUX_O_TMPFILE = 020000000, /* without the O_DIRECTORY that goes with it */
};

enum {
    LINUX_AT_FDCWD = -100,
    LINUX_AT_SYMLINK_NOFOLLOW = 0x100,
    LINUX_AT_REMOVEDIR = 0x200,
    LINUX_AT_EMPTY_PATH = 0x1000,
};

enum {
    LINUX_MAP_SHARED = 1,
    LINUX_MAP_PRIVATE = 2,
    LINUX_MAP_TYPE = 15,
    LINUX_MAP_FIXED = 0x10,
    LINUX_MAP_ANONYMOUS = 0x20,
    LINUX_MAP_FIXED_NOREPLACE = 0x100000,
    LINUX_MREMAP_MAYMOVE = 1,
    LINUX_MREMAP_FIXED = 2,
    LINUX_MADV_DONTNEED = 4,
    LINUX_MADV_FREE = 8,
};

enum {
    LINUX_S_IFMT = 0170000,
    LINUX_S_IFCHR = 0020000,
    LINUX_S_IFIFO = 0010000,
    LINUX_S_IFDIR = 0040000,
    LINUX_S_IFREG = 0100000,
    LINUX_S_IFLNK = 0120000,
};

/* Auxiliary vector, System V ABI and linux/auxvec.h. */
enum {
    LINUX_AT_NULL = 0,
    LINUX_AT_PHDR = 3,
    LINUX_AT_PHENT = 4,
    LINUX_AT_PHNUM = 5,
    LINUX_AT_PAGESZ = 6,
    LINUX_AT_BASE = 7,
    LINUX_AT_FLAGS = 8,
    LINUX_AT_ENTRY = 9,
    LINUX_AT_UID = 11,
    LINUX_AT_EUID = 12,
    LINUX_AT_GID = 13,
    LINUX_AT_EGID = 14,
    LINUX_AT_PLATFORM = 15,
    LINUX_AT_HWCAP = 16,
    LINUX_AT_CLKTCK = 17,
    LINUX_AT_SECURE = 23,
    LINUX_AT_RANDOM = 25,
    LINUX_AT_HWCAP2 = 26,
    LINUX_AT_EXECFN = 31,
};

enum {
    LINUX_SIGILL = 4,
    LINUX_SIGABRT = 6,
    LINUX_SIGBUS = 7,
    LINUX_SIGFPE = 8,
    LINUX_SIGKILL = 9,
    LINUX_SIGSEGV = 11
};
enum { LINUX_SIGNAL_COUNT = 65, LINUX_USER = 1000, LINUX_PROCESS_ID = 1 };

struct linux_timespec {
    int64_t s;
    int64_t ns;
};

struct linux_iovec {
    uint64_t base;
    uint64_t bytes;
};

struct linux_utsname {
    char text[6][65]; /* sysname nodename release version machine domainname */
};

struct linux_sigaction {
    uint64_t handler, flags, restorer, mask;
};

struct linux_statx_time {
    int64_t s;
    uint32_t ns;
    int32_t reserved;
};

struct linux_statx {
    uint32_t mask, block_bytes;
    uint64_t attributes;
    uint32_t link_count, uid, gid;
    uint16_t mode, reserved0;
    uint64_t number, bytes, blocks, attributes_mask;
    struct linux_statx_time access, birth, change, modify;
    uint32_t device_kind_major, device_kind_minor, device_major, device_minor;
    uint64_t reserved1[14];
};
_Static_assert(sizeof(struct linux_statx) == 256, "statx(2)");

struct linux_sysinfo {
    int64_t uptime_s;
    uint64_t load[3];
    uint64_t total, free, shared, buffer, swap_total, swap_free;
    uint16_t processes, pad0;
    uint32_t pad1;
    uint64_t high_total, high_free;
    uint32_t unit, pad2;
};
_Static_assert(sizeof(struct linux_sysinfo) == 112, "sysinfo(2)");

#endif
