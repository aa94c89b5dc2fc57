/* RC11's axiom on SC fences: psc = [F]; (hb | hb;eco;hb); [F] has no cycle. (SC accesses are not in
 * the model: instrument.c refuses them.) For a fence F the writes and reads behind it are summed up
 * as one position for each location: the eco-successors of any of them are those beyond it. */
#include <string.h>

#include "graph.h"

static bool before(const struct event *a, const struct event *b)
{
    return a != b && a->thread != WRITER_FIRST && b->thread != WRITER_FIRST &&
           b->clock.at[a->thread] >= a->number;
}

enum { NONE = EVENTS_MAX + 1 };

struct reach {
    unsigned write[LOCATIONS_MAX]; /* a write behind the fence has this position: the first one */
    unsigned read[LOCATIONS_MAX];  /* a pure read behind it reads this position: the first one */
};

static void reach_find(const struct event *fence, struct reach *r)
{
    for (unsigned i = 0; i < graph.location_count; i++)
        r->write[i] = r->read[i] = NONE;
    for (unsigned i = 0; i < graph.event_count; i++) {
        const struct event *e = &graph.event[i];
        if ((!e->reads && !e->writes) || !before(fence, e))
            continue;
        unsigned *first = e->writes ? &r->write[e->location] : &r->read[e->location];
        unsigned at = e->writes ? e->position : graph.event[e->from].position;
        if (at < *first)
            *first = at;
    }
}

/* Is b an eco-successor of something behind the fence? An RMW's read is before its own write, so
 * whatever follows by the read follows by the write, or is that write itself. */
static bool follows(const struct reach *r, const struct event *b)
{
    unsigned write = r->write[b->location], read = r->read[b->location];
    if (b->writes && (b->position > write || b->position > read))
        return true;
    if (!b->reads)
        return false;
    unsigned at = graph.event[b->from].position;
    return at >= write || at > read;
}

static bool edge(const struct reach *r, const struct event *f1, const struct event *f2)
{
    if (before(f1, f2))
        return true;
    for (unsigned i = 0; i < graph.event_count; i++) {
        const struct event *e = &graph.event[i];
        if ((e->reads || e->writes) && before(e, f2) && follows(r, e))
            return true;
    }
    return false;
}

bool graph_consistent(void)
{
    static struct reach r;
    uint64_t next[FENCES_MAX];
    unsigned n = graph.fence_count;
    if (n < 2)
        return true;
    for (unsigned i = 0; i < n; i++) {
        const struct event *f1 = &graph.event[graph.fence[i]];
        reach_find(f1, &r);
        next[i] = 0;
        for (unsigned k = 0; k < n; k++)
            if (edge(&r, f1, &graph.event[graph.fence[k]]))
                next[i] |= (uint64_t)1 << k;
    }
    for (unsigned k = 0; k < n; k++)
        for (unsigned i = 0; i < n; i++)
            if (next[i] >> k & 1)
                next[i] |= next[k];
    for (unsigned i = 0; i < n; i++)
        if (next[i] >> i & 1)
            return false;
    return true;
}
