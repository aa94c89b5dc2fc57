/* Monitor 0 keeps the names of services: a table, first come, first served. */
#include <rt/log.h>
#include <rt/rt.h>
#include <rt/string.h>

#include "monitor.h"

/* What the output driver registers (farm/files.h). */
#define FILES_NAME "files"

static const struct name *name_find(const struct monitor *m, const char *text)
{
    for (uint32_t i = 0; i < m->name_count; i++)
        if (strcmp(m->names[i].text, text) == 0)
            return &m->names[i];
    return NULL;
}

void names_register(struct monitor *m, const struct msg_mon_register *r)
{
    enum status s = OK;

    if (!m->names)
        return;
    if (name_find(m, r->name))
        s = E_EXISTS;
    else if (m->name_count == MONITOR_NAMES_MAX)
        s = E_LIMIT;
    if (s == OK) {
        struct name *n = &m->names[m->name_count++];
        text_set(n->text, sizeof(n->text), r->name);
        n->core = r->from;
        n->domain = r->domain;
        n->generation = r->generation;
    }
    ROUTE(m, MON_NAMED, mon_named, .to = r->from, .from = (uint16_t)m->core, .op = r->op,
          .status = (uint32_t)s);
}

void names_lookup(struct monitor *m, const struct msg_mon_lookup *l)
{
    const struct name *n = m->names ? name_find(m, l->name) : NULL;
    bool never = m->driver.given_up && strcmp(l->name, FILES_NAME) == 0;

    ROUTE(m, MON_NAMED, mon_named, .to = l->from, .from = (uint16_t)m->core, .op = l->op,
          .status = n       ? OK
                    : never ? E_STOPPED
                            : E_NOT_FOUND,
          .core = n ? n->core : 0, .domain = n ? n->domain : 0,
          .generation = n ? n->generation : 0);
}

/* Comes before whatever a later domain of that core registers: one route, in order. */
void names_unregister(struct monitor *m, const struct msg_mon_unregister *u)
{
    for (uint32_t i = 0; m->names && i < m->name_count;) {
        const struct name *n = &m->names[i];
        if (n->core == u->from && n->domain == u->domain && n->generation == u->generation)
            m->names[i] = m->names[--m->name_count];
        else
            i++;
    }
}
