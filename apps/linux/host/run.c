/* run.c: linux-run, the harness: runs one unmodified Linux program of this machine's architecture,
 * natively, with the personality serving its system calls and page faults, out of an archive, as
 * the guest does.
 *
 *   linux-run [-v] [-C DIRECTORY] [-i INPUT] [-o OUTPUT] ARCHIVE DIRECTORY PROGRAM [ARGUMENT...]
 *
 * Files that the program makes go to DIRECTORY. The exit code is the program's; 125: it could not
 * be started, 126: it ended by a fault, 77: this kernel cannot catch system calls (what ctest takes
 * as "skipped"). */
#include "native.h"
#include <fcntl.h>
#include <linux/process.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct linux_host {
    int archive;
    bool verbose;
    const char *directory;
    struct linux_process *process;
};

static struct linux_host the_host;

static void die(const char *what)
{
    fprintf(stderr, "linux-run: %s\n", what);
    exit(125);
}

/* LINUX_READ, _WRITE, _EXECUTE are PROT_READ, _WRITE, _EXEC. */
enum status linux_host_map(struct linux_host *h, uint64_t address, uint64_t bytes, unsigned prot)
{
    const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE | MAP_NORESERVE;
    void *want = (void *)address;
    (void)h;
    return mmap(want, bytes, (int)prot, flags, -1, 0) == want ? OK : E_NO_MEMORY;
}

enum status linux_host_map_archive(struct linux_host *h, uint64_t address, uint64_t offset,
                                   uint64_t bytes, unsigned prot)
{
    void *want = (void *)address;
    bool code = prot & LINUX_EXECUTE;
    int first = code ? PROT_READ | PROT_WRITE : (int)prot;

    if (mmap(want, bytes, first, MAP_PRIVATE | MAP_FIXED_NOREPLACE, h->archive, (off_t)offset) !=
        want)
        return E_NO_MEMORY;
    if (code)
        native_code_prepare(want, bytes);
    return !code || !mprotect(want, bytes, (int)prot) ? OK : E_NO_MEMORY;
}

enum status linux_host_protect(struct linux_host *h, uint64_t address, uint64_t bytes,
                               unsigned prot)
{
    void *at = (void *)address;
    (void)h;
    if (prot & LINUX_EXECUTE) {
        if (mprotect(at, bytes, PROT_READ | PROT_WRITE))
            return E_NO_MEMORY;
        native_code_prepare(at, bytes);
    }
    return mprotect(at, bytes, (int)prot) ? E_NO_MEMORY : OK;
}

void linux_host_unmap(struct linux_host *h, uint64_t address, uint64_t bytes)
{
    (void)h;
    if (munmap((void *)address, bytes))
        die("munmap");
}

static uint64_t clock_read(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

uint64_t linux_host_clock_ns(struct linux_host *h)
{
    (void)h;
    return clock_read(CLOCK_MONOTONIC);
}

void linux_host_sleep(struct linux_host *h, uint64_t deadline_ns)
{
    const struct timespec t = {(time_t)(deadline_ns / 1000000000),
                               (long)(deadline_ns % 1000000000)};
    (void)h;
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
}

void linux_host_random(struct linux_host *h, void *to, size_t bytes)
{
    (void)h;
    for (size_t i = 0; i < bytes; i++)
        ((unsigned char *)to)[i] = (unsigned char)rand();
}

void linux_host_log(struct linux_host *h, unsigned stream, const char *text, size_t bytes)
{
    (void)h;
    if (write((int)stream, text, bytes) < 0)
        die("cannot write the log");
}

void linux_host_thread_pointer_set(struct linux_host *h, uint64_t value)
{
    (void)h;
    native_thread_pointer_set(value);
}

uint64_t linux_host_thread_pointer(struct linux_host *h)
{
    (void)h;
    return native_thread_pointer();
}

/* Names become flat: a slash is a comma in the directory. */
void linux_host_output(struct linux_host *h, const char *name, const void *data, uint64_t bytes)
{
    char path[1024];
    int n = snprintf(path, sizeof path, "%s/%s", h->directory, name);

    for (char *c = path + strlen(h->directory) + 1; *c; c++)
        if (*c == '/')
            *c = ',';
    int f = n < (int)sizeof path ? open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644) : -1;
    if (f < 0)
        die("cannot write to the directory");
    for (uint64_t done = 0; done < bytes;) {
        ssize_t put = write(f, (const char *)data + done, bytes - done);
        if (put <= 0)
            die("cannot write to the directory");
        done += (uint64_t)put;
    }
    close(f);
}

static void missing_print(void *context, unsigned number, const char *name, unsigned count)
{
    (void)context;
    fprintf(stderr, "linux-run: call %u %s missing, %u times\n", number, name ? name : "", count);
}

void linux_host_end(struct linux_host *h, enum linux_end end, int code, const char *reason)
{
    struct linux_usage u;

    linux_files(h->process);
    linux_usage_read(h->process, &u);
    if (h->verbose || end != LINUX_END_EXIT) {
        linux_missing(h->process, missing_print, NULL);
        fprintf(stderr, "linux-run: %s; %lu calls, %lu faults, peak %lu pages\n", reason,
                u.call_count, u.fault_count, u.page_count_peak);
    }
    _exit(end == LINUX_END_EXIT ? code : 126);
}

long native_syscall(long number, const long argument[6])
{
    long result = linux_syscall(the_host.process, number, argument);
    if (the_host.verbose)
        fprintf(stderr, "%ld(%#lx, %#lx, %#lx, %#lx) = %ld\n", number, argument[0], argument[1],
                argument[2], argument[3], result);
    return result;
}

void native_fault(uint64_t address, unsigned access)
{
    linux_fault(the_host.process, address, access);
}

void native_trap(int signal, uint64_t address)
{
    linux_trap(the_host.process, signal, address);
}

static const void *archive_map(const char *path, uint64_t *bytes)
{
    struct stat s;

    the_host.archive = open(path, O_RDONLY);
    if (the_host.archive < 0 || fstat(the_host.archive, &s))
        die("cannot open the archive");
    *bytes = (uint64_t)s.st_size;
    void *at = mmap(NULL, *bytes, PROT_READ, MAP_PRIVATE, the_host.archive, 0);
    if (at == MAP_FAILED)
        die("cannot map the archive");
    return at;
}

int main(int count, char **argument)
{
    static const char *const environment[] = {"PATH=/usr/bin:/bin", "HOME=/job", NULL};
    struct linux_config c = {
        .host = &the_host, .window = native_window, .environment = environment};
    struct linux_entry entry;
    const char *what;

    for (int o; (o = getopt(count, argument, "+vi:o:C:")) != -1;) {
        if (o == 'v')
            the_host.verbose = true;
        else if (o == 'i')
            c.input = optarg;
        else if (o == 'o')
            c.output = optarg;
        else if (o == 'C')
            c.directory = optarg;
        else
            die("usage: linux-run [-v] [-C DIRECTORY] [-i INPUT] [-o OUTPUT] ARCHIVE DIRECTORY "
                "PROGRAM "
                "[ARGUMENT...]");
    }
    if (count - optind < 3)
        die("usage: linux-run [-v] [-C DIRECTORY] [-i INPUT] [-o OUTPUT] ARCHIVE DIRECTORY PROGRAM "
            "[ARGUMENT...]");
    c.archive = archive_map(argument[optind], &c.archive_bytes);
    the_host.directory = argument[optind + 1];
    c.program = argument[optind + 2];
    c.arguments = (const char *const *)argument + optind + 2;
    c.memory_bytes = 256 << 20;
    c.hwcap = native_hwcap();
    c.hwcap2 = native_hwcap2();
    c.epoch_ns = clock_read(CLOCK_REALTIME) - clock_read(CLOCK_MONOTONIC);
    the_host.process = calloc(1, linux_process_bytes());
    if (!the_host.process || linux_create(the_host.process, &c) != OK)
        die("the archive cannot be read, or a path is wrong");
    enum status s = linux_start(the_host.process, &entry, &what);
    if (s != OK) {
        fprintf(stderr, "linux-run: %s: %s\n", what, status_text(s));
        return 125;
    }
    if (!native_install()) {
        fprintf(stderr, "linux-run: this kernel cannot catch system calls\n");
        return 77;
    }
    native_jump(entry.pc, entry.sp);
}
