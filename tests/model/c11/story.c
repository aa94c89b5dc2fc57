/* The story of a failure: the events in the order in which they ran, and names for addresses. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "graph.h"

enum { NAMES_MAX = 64 };

static struct {
    uintptr_t at;
    size_t bytes;
    const char *name;
} names[NAMES_MAX];
static unsigned name_count;

void c11_name(const void *at, size_t bytes, const char *name)
{
    unsigned i = 0;
    while (i < name_count && names[i].at != (uintptr_t)at)
        i++;
    if (i == NAMES_MAX)
        return;
    names[i].at = (uintptr_t)at;
    names[i].bytes = bytes;
    names[i].name = name;
    name_count += i == name_count;
}

const char *name_of(uintptr_t address, char *room, size_t max)
{
    for (unsigned i = 0; i < name_count; i++)
        if (address - names[i].at < names[i].bytes) {
            snprintf(room, max, "%s+%zu", names[i].name, (size_t)(address - names[i].at));
            return room;
        }
    snprintf(room, max, "%#" PRIxPTR, address);
    return room;
}

const char *c11_verdict_name(enum c11_verdict v)
{
    static const char *const name[] = {"pass", "race", "wrong", "stuck", "bounded"};
    return name[v];
}

static const char *order_name(unsigned order)
{
    static const char *const name[] = {"rlx", "con", "acq", "rel", "acq_rel", "sc"};
    return order < sizeof(name) / sizeof(name[0]) ? name[order] : "?";
}

void graph_print(void)
{
    static const char *const kind[] = {"load", "store", "rmw", "cas", "fence", "ring", "sleep"};
    char room[80];
    for (unsigned i = 0; i < graph.event_count; i++) {
        const struct event *e = &graph.event[i];
        if (e->thread == WRITER_FIRST)
            continue;
        printf("    thread %u.%-3u %-5s", e->thread, e->number, kind[e->kind]);
        if (e->kind <= C11_FENCE)
            printf(" %-7s", order_name(e->order));
        if (e->reads || e->writes)
            printf(" %s", name_of(graph.location[e->location].address, room, sizeof(room)));
        if (e->reads) {
            const struct event *w = &graph.event[e->from];
            printf(" reads %#" PRIx64, e->seen);
            if (w->thread == WRITER_FIRST)
                printf(" (first value)");
            else
                printf(" (of %u.%u)", w->thread, w->number);
        }
        if (e->writes)
            printf(" writes %#" PRIx64, e->value);
        if (e->kind == C11_RING || e->kind == C11_SLEEP)
            printf(" bell %" PRIu64 "%s", e->value & 0xff, e->value >> 8 ? ", for no reason" : "");
        printf("\n");
    }
}
