/* host.c: linux/host.h over the runtime: pages from its slab, archive pages from the one shared
 * frame, time from the tick counter, random bytes from the launcher's seed. */
#include "guest.h"
#include <linux_context.h>
#include <rt/event.h>
#include <rt/log.h>
#include <rt/memory.h>
#include <rt/rt.h>
#include <rt/syscall.h>

static const uint64_t S = 1000000000;

static uint32_t flags_of(unsigned prot)
{
    return (prot & LINUX_READ ? (uint32_t)MAP_READ : 0) |
           (prot & LINUX_WRITE ? (uint32_t)MAP_WRITE : 0) |
           (prot & LINUX_EXECUTE ? (uint32_t)MAP_EXECUTE : 0);
}

enum status linux_host_map(struct linux_host *h, uint64_t address, uint64_t bytes, unsigned prot)
{
    (void)h;
    return memory_map(address, bytes, flags_of(prot));
}

enum status linux_host_map_archive(struct linux_host *h, uint64_t address, uint64_t offset,
                                   uint64_t bytes, unsigned prot)
{
    (void)h;
    return space_map(&rt.space, address, rt_archive_frame(), offset, bytes, flags_of(prot));
}

enum status linux_host_protect(struct linux_host *h, uint64_t address, uint64_t bytes,
                               unsigned prot)
{
    (void)h;
    if (prot & LINUX_EXECUTE) {
        enum status s = memory_protect(address, bytes, MAP_READ);
        if (s != OK)
            return s;
        linux_code_sync((void *)address, bytes);
    }
    return memory_protect(address, bytes, flags_of(prot));
}

void linux_host_unmap(struct linux_host *h, uint64_t address, uint64_t bytes)
{
    (void)h;
    enum status s = memory_unmap(address, bytes);
    if (s != OK)
        log_line("linux: cannot unmap 0x%lx: %s", address, status_name(s));
}

uint64_t linux_host_clock_ns(struct linux_host *h)
{
    uint64_t ticks = arch_user_ticks(), hz = rt.page->tick_hz;
    (void)h;
    return ticks / hz * S + ticks % hz * S / hz;
}

void linux_host_sleep(struct linux_host *h, uint64_t deadline_ns)
{
    uint64_t hz = rt.page->tick_hz;
    uint64_t deadline = deadline_ns / S * hz + deadline_ns % S * hz / S + 1;
    (void)h;

    while (arch_user_ticks() < deadline) {
        enum status ignored = event_wait(deadline);
        (void)ignored;
    }
}

/* splitmix64: reproducible from the seed; nothing here is secret. */
void linux_host_random(struct linux_host *h, void *to, size_t bytes)
{
    unsigned char *out = to;
    uint64_t z = 0;

    for (size_t i = 0; i < bytes; i++) {
        if (i % 8 == 0) {
            z = h->random += 0x9e3779b97f4a7c15;
            z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
            z = (z ^ z >> 27) * 0x94d049bb133111eb;
            z ^= z >> 31;
        }
        out[i] = (unsigned char)(z >> i % 8 * 8);
    }
}

void linux_host_log(struct linux_host *h, unsigned stream, const char *text, size_t bytes)
{
    (void)h;
    (void)stream;
    log_text(text, bytes);
}

void linux_host_thread_pointer_set(struct linux_host *h, uint64_t value)
{
    (void)h;
    arch_thread_pointer_set(value);
}

uint64_t linux_host_thread_pointer(struct linux_host *h)
{
    (void)h;
    return arch_thread_pointer();
}
