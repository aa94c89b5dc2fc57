/* report.c: the commands that look: cores, mem, domains, caps. Each question goes to the monitor of
 * the core that knows; a core that is not up is left out and counted. */
#include <rt/string.h>
#include <skerry/dispatcher.h>

#include "shell.h"

enum { KIB = 1024, NAME_WORDS = 3 };

static enum status ask(struct shell *s, uint32_t core, enum remote_ask what, uint64_t a, uint64_t b,
                       struct told *out)
{
    return s->machine->ask(s->machine->arg, core, what, a, b, out);
}

static uint64_t milliseconds(const struct shell *s, uint64_t ticks)
{
    uint64_t hz = s->tick_hz ? s->tick_hz : 1;

    return ticks / hz * 1000 + ticks % hz * 1000 / hz;
}

static void time_show(struct shell *s, uint64_t ticks)
{
    uint64_t ms = milliseconds(s, ticks);

    shell_print(s, " %7lu.%03lu s", (unsigned long)(ms / 1000), (unsigned long)(ms % 1000));
}

static void silent_show(struct shell *s, uint32_t silent)
{
    if (silent > 0)
        shell_print(s, "%u cores do not answer\n", silent);
}

void command_cores(struct shell *s, const struct words *w)
{
    uint32_t silent = 0;
    struct told t;

    (void)w;
    shell_print(s, "core  node  hardware id  domains  caps in use  monitor time\n");
    for (uint32_t c = 0; c < s->core_count; c++) {
        if (ask(s, c, ASK_CORE, 0, 0, &t) != OK) {
            silent++;
            continue;
        }
        shell_print(s, "%4u  %4u  %11lx  %7lu  %11u", c, (uint32_t)t.word[1],
                    (unsigned long)t.word[0], (unsigned long)t.word[2], (uint32_t)t.word[3]);
        time_show(s, t.word[4]);
        shell_print(s, "\n");
    }
    silent_show(s, silent);
}

static void mem_row(struct shell *s, const char *name, const uint64_t word[5])
{
    shell_print(s, "%5s  %12lu  %9lu of %9lu  %9lu of %9lu\n", name, (unsigned long)(word[0] / KIB),
                (unsigned long)(word[1] / KIB), (unsigned long)(word[2] / KIB),
                (unsigned long)(word[3] / KIB), (unsigned long)(word[4] / KIB));
}

void command_mem(struct shell *s, const struct words *w)
{
    uint64_t sum[5] = {0};
    uint32_t silent = 0;
    struct told t;
    char name[8];

    (void)w;
    shell_print(s, " core  driver's zone      zone RAM in use          RAM in use   (KiB)\n");
    for (uint32_t c = 0; c < s->core_count; c++) {
        if (ask(s, c, ASK_MEMORY, 0, 0, &t) != OK) {
            silent++;
            continue;
        }
        rt_snprintf(name, sizeof name, "%u", c);
        mem_row(s, name, t.word);
        for (uint32_t i = 0; i < 5; i++)
            sum[i] += t.word[i];
    }
    mem_row(s, "all", sum);
    silent_show(s, silent);
}

static const char *state_name(uint64_t state)
{
    switch ((enum dispatcher_state)state) {
    case STATE_STOPPED:
        return "stopped";
    case STATE_RUNNABLE:
        return "runs";
    case STATE_WAITING:
        return "waits";
    case STATE_CALLING:
        return "calls";
    }
    return "?";
}

static void domain_row(struct shell *s, const struct told *d)
{
    char name[NAME_WORDS * 8 + 1], id[16];
    uint32_t tag = (uint32_t)d->word[3];
    struct told t;

    memcpy(name, d->word, NAME_WORDS * 8);
    name[NAME_WORDS * 8] = 0;
    rt_snprintf(id, sizeof id, "%u.%u", tag >> REMOTE_TAG_SHIFT,
                tag & ((1u << REMOTE_TAG_SHIFT) - 1));
    if (ask(s, tag >> REMOTE_TAG_SHIFT, ASK_ACCOUNT, tag, 0, &t) != OK)
        return; /* it has just ended */
    shell_print(s, "%-8s  %-24s  %-7s", id, name, state_name(t.word[0] & 0xffffffff));
    time_show(s, t.word[1]);
    shell_print(s, "  %9lu  %9lu\n", (unsigned long)t.word[2],
                (unsigned long)((t.word[3] + t.word[4]) / KIB));
}

static bool domains_of(struct shell *s, uint32_t core)
{
    struct told t = {0};
    enum status status;

    while ((status = ask(s, core, ASK_DOMAIN, t.next, 0, &t)) == OK)
        domain_row(s, &t);
    return status == E_NOT_FOUND;
}

void command_domains(struct shell *s, const struct words *w)
{
    uint32_t silent = 0;
    uint64_t core = 0;
    bool one = w->count > 1;

    if (one && (!number_read(w->word[1], CORE_COUNT_MAX, &core) || core >= s->core_count)) {
        shell_print(s, "domains: cores are 0 to %u\n", s->core_count - 1);
        return;
    }
    shell_print(s, "%-8s  %-24s  %-7s  %11s  %9s  %9s\n", "domain", "name", "state", "cpu time",
                "calls", "peak KiB");
    for (uint32_t c = (uint32_t)core; c < (one ? core + 1 : s->core_count); c++)
        silent += !domains_of(s, c);
    silent_show(s, silent);
}

static const char *type_name(uint64_t type)
{
    static const char *const names[] = {
#define T(name, space, bytes, text) #name,
#include <skerry/cap_type.def>
#undef T
    };
    return type < CAP_TYPE_COUNT ? names[type] : "?";
}

static void cap_row(struct shell *s, const struct told *t)
{
    char rights[6] = "rwxgv";
    uint64_t kind = t->word[3];

    for (uint32_t i = 0; i < 5; i++)
        if (!(kind >> 8 >> i & 1))
            rights[i] = '-';
    shell_print(s, "%6x  %-13s %s  %12lx %12lx %8lx  %5u  %8x\n", (uint32_t)t->word[4],
                type_name(kind & 0xff), rights, (unsigned long)t->word[0],
                (unsigned long)t->word[1], (unsigned long)t->word[2],
                (uint32_t)(kind >> 16 & 0xffff), (uint32_t)(kind >> 32));
}

void command_caps(struct shell *s, const struct words *w)
{
    struct told t = {.next = 1};
    uint32_t tag, count = 0;

    if (w->count < 2 || !domain_read(w->word[1], &tag)) {
        shell_print(s, "caps: name a domain as `domains` does, such as 0.1\n");
        return;
    }
    shell_print(s, "%6s  %-13s %s  %12s %12s %8s  %5s  %8s\n", "capref", "type", "right", "base",
                "bytes", "aux", "owner", "tag");
    do {
        enum status status = ask(s, tag >> REMOTE_TAG_SHIFT, ASK_CAP, tag, t.next, &t);
        if (!shell_domain_ok(s, w->word[1], status))
            return;
        if (t.word[4]) {
            cap_row(s, &t);
            count++;
        }
    } while (t.next);
    shell_print(s, "%u capabilities\n", count);
}
