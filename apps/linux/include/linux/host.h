/* host.h: what the personality needs of the domain it runs in. The guest runtime implements it, and
 * so does the harness that runs programs natively for tests; nothing else connects the two.
 *
 * Context: all are called from linux_start, linux_syscall and linux_fault, on the one Linux
 * thread's behalf, and must not call back. Addresses and sizes are whole pages of 4 KiB. The
 * personality keeps the books: it maps only pages that are not mapped and changes only pages that
 * are, never a page of anything it did not map itself. `host` is what linux_config.host gave. */
#ifndef LINUX_HOST_H
#define LINUX_HOST_H

#include <skerry/base.h>
#include <skerry/status.h>

struct linux_host;

/* Same bits as Linux' PROT_*. 0: the pages keep what is in them, but nobody may touch them. */
enum { LINUX_READ = 1, LINUX_WRITE = 2, LINUX_EXECUTE = 4 };

enum linux_end {
    LINUX_END_EXIT,   /* the program ended itself; code is its exit code */
    LINUX_END_FAULT,  /* a bad access, or a signal the program sent itself; code is the signal */
    LINUX_END_MEMORY, /* the domain's memory ran out */
    LINUX_END_UNSUPPORTED, /* it cannot go on without something that is missing here */
};

/* Fresh zeroed pages. E_NO_MEMORY: the domain has no more; nothing of the range is mapped then. */
NODISCARD enum status linux_host_map(struct linux_host *host, uint64_t address, uint64_t bytes,
                                     unsigned prot);

/* Pages of the archive, in place and shared, never writable. offset: from the archive's first
 * byte. */
NODISCARD enum status linux_host_map_archive(struct linux_host *host, uint64_t address,
                                             uint64_t offset, uint64_t bytes, unsigned prot);

/* Changes what may be done with mapped pages. With LINUX_EXECUTE the instruction cache is made to
 * see what was written. */
NODISCARD enum status linux_host_protect(struct linux_host *host, uint64_t address, uint64_t bytes,
                                         unsigned prot);

/* Takes mapped pages away, of either kind; anonymous memory is free again. */
void linux_host_unmap(struct linux_host *host, uint64_t address, uint64_t bytes);

/* Nanoseconds, monotonic, from any start. */
uint64_t linux_host_clock_ns(struct linux_host *host);

/* Lets others run until linux_host_clock_ns reaches deadline_ns (or a little later). */
void linux_host_sleep(struct linux_host *host, uint64_t deadline_ns);

void linux_host_random(struct linux_host *host, void *to, size_t bytes);

/* What the program writes to its standard output (stream 1) and standard error (2), when they are
 * not redirected. */
void linux_host_log(struct linux_host *host, unsigned stream, const char *text, size_t bytes);

/* x86: the FS base that the program sees when it goes on. Never called on arm64. */
void linux_host_thread_pointer_set(struct linux_host *host, uint64_t value);
uint64_t linux_host_thread_pointer(struct linux_host *host);

/* A file that was asked for by linux_file or linux_files. A name below the first working directory
 * is relative to it; any other begins with a slash. data stays until this returns. */
void linux_host_output(struct linux_host *host, const char *name, const void *data, uint64_t bytes);

/* The program is over. reason: one line for a person. */
NORETURN void linux_host_end(struct linux_host *host, enum linux_end end, int code,
                             const char *reason);

#endif
