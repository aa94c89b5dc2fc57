/* process.h: one Linux program in this address space (DESIGN 12.4).
 *
 * How it is used:
 *   1. linux_create on storage of linux_process_bytes() bytes, zeroed;
 *   2. linux_start loads the program and its interpreter and says where to jump, and on which stack
 *      (arch_jump_linux; x86: rdx = 0);
 *   3. each foreign system call goes to linux_syscall, each page fault to linux_fault;
 *   4. the end of the program is a call of linux_host_end (linux/host.h), which may hand out files
 *      (linux_file, linux_files), and start another program in its place (linux_next).
 *
 * The personality never touches memory of the program that is not there: it brings pages in before
 * it reads or writes through a pointer that the program gave. So it may run where a page fault
 * cannot be served. One thread.
 *
 * Address space, from the window's base (16 TiB, all of it the personality's):
 *   base                program (if it may be moved), then its heap (brk)
 *   base +  64 GiB      stack, then everything mmap places itself
 *   base +   8 TiB      scratch files, 1 GiB of addresses each
 *   base +  12 TiB      which pages are present: 72 bytes for each 2 MiB that was ever touched */
#ifndef LINUX_PROCESS_H
#define LINUX_PROCESS_H

#include <linux/host.h>
#include <rt/archive.h>

struct linux_process;

struct linux_config {
    struct linux_host *host;
    const void *archive; /* the whole boot archive, mapped readable, page aligned */
    uint64_t archive_bytes;
    uint64_t window;                /* base of the 16 TiB window, a multiple of 1 TiB */
    uint64_t memory_bytes;          /* what sysinfo calls total; no limit is kept here */
    uint64_t epoch_ns;              /* time of day when linux_host_clock_ns was 0 */
    uint64_t hwcap, hwcap2;         /* AT_HWCAP, AT_HWCAP2 as Linux gives them on this machine */
    const char *program;            /* path in the archive; links are followed */
    const char *const *arguments;   /* ends with null; the first is argv[0] */
    const char *const *environment; /* ends with null */
    const char *directory;          /* working directory, made if absent; null: /job */
    const char *input; /* path of what standard input reads; null: at its end at once */
    const char
        *output; /* path of the scratch file that standard output goes to; null: linux_host_log */
    bool output_append; /* behind what is in it; else it is emptied first */
};

struct linux_entry {
    uint64_t pc, sp;
};

/* What may go into a report. */
struct linux_usage {
    uint64_t call_count;
    uint64_t fault_count;
    uint64_t page_count_peak;    /* pages of its own, those of the archive not counted */
    uint64_t archive_count_peak; /* pages of the archive, present at once */
    uint64_t bytes_read;         /* from files, by read and its kin; mappings are not counted */
};

size_t linux_process_bytes(void);

/* E_FORMAT: the archive is none. E_LIMIT: a path is too long. E_NOT_FOUND: no such input. */
NODISCARD enum status linux_create(struct linux_process *p, const struct linux_config *config);

/* E_NOT_FOUND: program or interpreter absent. E_FORMAT, E_TYPE: not a program for this machine.
 * E_LIMIT: arguments too long. E_UNSUPPORTED: its file cannot be mapped in place. E_NO_MEMORY.
 * *what: the path concerned, for the message. */
NODISCARD enum status linux_start(struct linux_process *p, struct linux_entry *entry,
                                  const char **what);

/* A name for a file of the archive, as if it had been copied there: relative to the working
 * directory, whose missing directories are made. After linux_create, before linux_start.
 * E_NOT_FOUND: no such file in the archive. E_TYPE: it is no plain file. E_LIMIT: the path is too
 * long, or there are too many files. */
NODISCARD enum status linux_input(struct linux_process *p, const char *path, const char *name);

/* The directories on the way to a name, relative to the working directory. Otherwise the same. */
NODISCARD enum status linux_parents(struct linux_process *p, const char *name);

/* The program's memory and descriptors go, scratch files stay, and the next program is loaded as by
 * linux_start. Of config: program, arguments, environment, input, output, output_append. Inside
 * linux_host_end only, on no memory of the program's. Statuses: as linux_create and linux_start. */
NODISCARD enum status linux_next(struct linux_process *p, const struct linux_config *config,
                                 struct linux_entry *entry, const char **what);

/* Hands out (linux_host_output) the file of that name, relative to the first working directory.
 * E_NOT_FOUND: there is none. E_TYPE: it is no plain file. E_UNSUPPORTED: it is the archive's own
 * and lies there in pieces. */
NODISCARD enum status linux_file(struct linux_process *p, const char *name);

/* Hands out every file that was made or changed, and not removed. */
void linux_files(struct linux_process *p);

/* One system call in the architecture's own numbers; the result, or -errno. */
long linux_syscall(struct linux_process *p, long number, const long argument[6]);

/* A page fault at address: brings the page in, or ends the job. access: one of LINUX_READ, _WRITE,
 * _EXECUTE. */
void linux_fault(struct linux_process *p, uint64_t address, unsigned access);

/* The same where the job cannot be ended: 0, and the page is there; or not 0, and nothing was
 * changed: then linux_fault has to be called from where it may end the job. */
NODISCARD int linux_fault_serve(struct linux_process *p, uint64_t address, unsigned access);

/* Ends the job for another exception of the processor (LINUX_END_FAULT): signal is Linux' number,
 * as 4 or 8. */
NORETURN void linux_trap(struct linux_process *p, int signal, uint64_t address);

void linux_usage_read(const struct linux_process *p, struct linux_usage *out);

/* Every call that was made, with its number and how often. */
void linux_calls(const struct linux_process *p,
                 void (*report)(void *context, unsigned number, unsigned count), void *context);

/* The name of a call by its number on this architecture; null: not known here. */
const char *linux_call_name(unsigned number);

/* Calls that were answered with ENOSYS, by number (name null if it is not even known here). */
void linux_missing(const struct linux_process *p,
                   void (*report)(void *context, unsigned number, const char *name, unsigned count),
                   void *context);

#endif
