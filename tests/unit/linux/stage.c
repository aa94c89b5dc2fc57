/* stage.c: see stage.h. */
#include "stage.h"

struct linux_host host;
struct linux_process *process;
uint64_t scratch;

enum status linux_host_map(struct linux_host *h, uint64_t address, uint64_t bytes, unsigned prot)
{
    const int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE;
    if (h->pages + bytes / 4096 > h->pages_max)
        return E_NO_MEMORY;
    assert_ptr_equal(mmap((void *)address, bytes, (int)prot, flags, -1, 0), address);
    h->pages += bytes / 4096;
    return OK;
}

enum status linux_host_map_archive(struct linux_host *h, uint64_t address, uint64_t offset,
                                   uint64_t bytes, unsigned prot)
{
    enum status s = linux_host_map(h, address, bytes, 3);
    assert_true(offset + bytes <= h->archive_bytes && !(prot & LINUX_WRITE));
    if (s == OK)
        memcpy((void *)address, h->archive + offset, bytes);
    assert_int_equal(mprotect((void *)address, bytes, (int)prot), 0);
    return s;
}

enum status linux_host_protect(struct linux_host *h, uint64_t address, uint64_t bytes,
                               unsigned prot)
{
    (void)h;
    assert_int_equal(mprotect((void *)address, bytes, (int)prot), 0);
    return OK;
}

void linux_host_unmap(struct linux_host *h, uint64_t address, uint64_t bytes)
{
    assert_int_equal(munmap((void *)address, bytes), 0);
    h->pages -= bytes / 4096;
}

uint64_t linux_host_clock_ns(struct linux_host *h)
{
    (void)h;
    return 5000000000;
}

void linux_host_sleep(struct linux_host *h, uint64_t deadline_ns)
{
    (void)h;
    (void)deadline_ns;
}

void linux_host_random(struct linux_host *h, void *to, size_t bytes)
{
    (void)h;
    if (bytes)
        memset(to, 7, bytes);
}

void linux_host_log(struct linux_host *h, unsigned stream, const char *text, size_t bytes)
{
    (void)stream;
    snprintf(h->output, sizeof h->output, "log:%.*s", (int)bytes, text);
}

void linux_host_thread_pointer_set(struct linux_host *h, uint64_t value)
{
    (void)h;
    (void)value;
}

uint64_t linux_host_thread_pointer(struct linux_host *h)
{
    (void)h;
    return 0;
}

void linux_host_output(struct linux_host *h, const char *name, const void *data, uint64_t bytes)
{
    size_t n = strlen(h->output);
    snprintf(h->output + n, sizeof h->output - n, "%s=%.*s;", name, (int)bytes, (const char *)data);
}

void linux_host_end(struct linux_host *h, enum linux_end end, int code, const char *reason)
{
    linux_files(process);
    snprintf(h->reason, sizeof h->reason, "%s", reason);
    h->how = end;
    h->code = code;
    longjmp(h->end, 1);
}

long call(long number, long a, long b, long c, long d, long e, long f)
{
    const long argument[6] = {a, b, c, d, e, f};
    return linux_syscall(process, number, argument);
}

long map(long bytes, long prot)
{
    return call(N_mmap, 0, bytes, prot, LINUX_MAP_PRIVATE | LINUX_MAP_ANONYMOUS, -1, 0);
}

volatile unsigned char *touch(uint64_t address, unsigned access)
{
    unsigned char seen;
    if (mincore((void *)(address & ~4095ull), 4096, &seen))
        linux_fault(process, address, access);
    return (volatile unsigned char *)address;
}

long text(const char *t, unsigned at)
{
    uint64_t address = scratch + at * 1024;
    touch(address, LINUX_WRITE);
    strcpy((char *)address, t);
    return (long)address;
}

long open_text(const char *path, long flags)
{
    return call(N_openat, LINUX_AT_FDCWD, text(path, 0), flags, 0644, 0, 0);
}

long write_text(long d, const char *t)
{
    return call(N_write, d, text(t, 1), (long)strlen(t), 0, 0, 0);
}

const char *read_text(long d, long bytes)
{
    static char buffer[512];
    long got = call(N_read, d, (long)scratch + 2048, bytes, 0, 0, 0);
    assert_in_range(got, 0, 511);
    memcpy(buffer, (void *)(scratch + 2048), (size_t)got);
    buffer[got] = 0;
    return buffer;
}

int archive_make(void **state)
{
    static const char make[] =
        "cd %s && mkdir -p d/etc/deep && printf archived >d/etc/file && ln -s etc d/link && "
        "ln -s ../file d/etc/deep/up && head -c 20000 /dev/zero | tr '\\0' Q >d/etc/big && "
        "mkfs.erofs --quiet -x-1 -E noinline_data img d >/dev/null";
    char folder[] = "/tmp/linux-test.XXXXXX", command[512], path[64];

    (void)state;
    if (!mkdtemp(folder))
        return -1;
    snprintf(command, sizeof command, make, folder);
    snprintf(path, sizeof path, "%s/img", folder);
    int bad = system(command);
    FILE *f = fopen(path, "r");
    if (bad || !f)
        return -1;
    host.archive = aligned_alloc(4096, 1 << 20);
    host.archive_bytes = fread(host.archive, 1, 1 << 20, f);
    fclose(f);
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

int begin(void **state)
{
    const struct linux_config c = {.host = &host,
                                   .archive = host.archive,
                                   .archive_bytes = host.archive_bytes,
                                   .window = window,
                                   .program = "/etc/file"};
    (void)state;
    host.pages = 0;
    host.pages_max = 4096;
    host.output[0] = 0;
    process = calloc(1, linux_process_bytes());
    if (!process || linux_create(process, &c) != OK)
        return -1;
    scratch = (uint64_t)map(4096, 3);
    return 0;
}

int finish(void **state)
{
    (void)state;
    /* Whatever is left of the window goes at once. */
    munmap((void *)window, 16ull << 40);
    free(process);
    return 0;
}

long names_count(long d)
{
    long names = 0, bytes;

    while ((bytes = call(N_getdents64, d, (long)scratch, 64, 0, 0, 0)) > 0)
        for (long at = 0; at < bytes; names++)
            at += *(const uint16_t *)(scratch + (uint64_t)at + 16);
    assert_int_equal(bytes, 0);
    return names;
}
