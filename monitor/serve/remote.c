/* What an administrator asks of this core, and the way to other cores' monitors (monitor/remote.h).
 * Questions carry all that their answers need to find back (op: child | request << 16), so nothing
 * is kept while one is under way; only who started a domain is, and the command line that is being
 * sent here. */
#include <monitor/remote.h>
#include <rt/log.h>
#include <rt/rt.h>
#include <rt/string.h>
#include <rt/syscall.h>

#include "monitor.h"

#define FOREIGN_ZONE_BYTES (1u << 20)
#define OWN_ZONE_BYTES (512u << 10)
#define OWN_RAM_BYTES (1u << 20)
#define CAP_LOOKS_MAX 256u /* slots looked at for one question */

struct remote {
    struct starter { /* of the child with that index */
        bool used, killed;
        uint16_t core;
        uint32_t op;
    } starter[MONITOR_DOMAINS_MAX];
    uint16_t text_core; /* who sent the text */
    uint32_t text_op;
    uint32_t text_bytes;
    char text[REMOTE_TEXT_BYTES];
};

static struct remote *remote_of(struct monitor *m)
{
    if (!m->remote)
        m->remote = heap_alloc_zeroed(&rt.heap, sizeof(*m->remote));
    return m->remote;
}

static struct child *child_by_tag(struct monitor *m, uint64_t tag)
{
    for (uint32_t i = 0; i < MONITOR_DOMAINS_MAX; i++)
        if (m->child[i].used && m->child[i].domain.tag == tag)
            return &m->child[i];
    return NULL;
}

static bool tag_is_monitor(const struct monitor *m, uint64_t tag)
{
    return tag == (uint64_t)m->core << REMOTE_TAG_SHIFT;
}

static void core_tell(struct monitor *m, struct msg_mon_told *t)
{
    uint64_t ignored = 0;

    t->word[0] = m->cores[m->core].hardware_id;
    t->word[1] = m->node | (uint64_t)m->core_count << 32;
    t->word[2] = 1;
    for (uint32_t i = 0; i < MONITOR_DOMAINS_MAX; i++)
        t->word[2] += m->child[i].used;
    uint64_t slots = 0, regions = 0;
    t->status = (uint32_t)sys_statistics(SLOT_MONITOR, 0, &slots, &regions);
    t->word[3] = (slots & 0xffffffff) | regions << 32;
    if (t->status == OK)
        t->status = (uint32_t)sys_dispatcher_inspect(SLOT_DISPATCHER, 2, &t->word[4], &ignored);
}

static void memory_tell(struct monitor *m, struct msg_mon_told *t)
{
    t->word[0] = m->record->zone_bytes;
    for (uint32_t i = 0; i < RAM_KIND_COUNT; i++) {
        t->word[1 + 2 * i] = rt.ram.pool[i].used_bytes;
        t->word[2 + 2 * i] = rt.ram.pool[i].used_bytes + ram_free_bytes(&rt.ram, (enum ram_kind)i);
    }
}

static void name_put(uint64_t word[3], const char *name)
{
    char text[24];

    text_set(text, sizeof(text), name);
    memset(text + strlen(text), 0, sizeof(text) - strlen(text));
    memcpy(word, text, sizeof(text));
}

/* Index 0 is the monitor itself, index i + 1 the child i. */
static void domain_tell(struct monitor *m, uint64_t index, struct msg_mon_told *t)
{
    uint64_t reason;

    for (; index <= MONITOR_DOMAINS_MAX; index++) {
        const struct child *c = index ? &m->child[index - 1] : NULL;
        if (c && !c->used)
            continue;
        t->next = (uint32_t)index + 1;
        name_put(t->word, c ? c->domain.name : "monitor");
        t->word[3] = c ? c->domain.tag : m->core << REMOTE_TAG_SHIFT;
        t->status = (uint32_t)sys_dispatcher_inspect(c ? c->domain.dispatcher : SLOT_DISPATCHER, 0,
                                                     &t->word[4], &reason);
        return;
    }
    t->status = E_NOT_FOUND;
}

static void account_tell(struct monitor *m, uint64_t tag, struct msg_mon_told *t)
{
    const struct child *c = child_by_tag(m, tag);
    struct domain_account a = {0};
    enum status s = E_NOT_FOUND;

    if (c) {
        s = domain_inspect(&c->domain, &a);
    } else if (tag_is_monitor(m, tag)) {
        s = sys_dispatcher_inspect(SLOT_DISPATCHER, 0, &a.state, &a.stop_reason);
        if (s == OK)
            s = sys_dispatcher_inspect(SLOT_DISPATCHER, 2, &a.cpu_ticks, &a.syscalls);
        a.zone_peak_bytes = rt.ram.pool[RAM_ZONE].peak_bytes;
        a.ram_peak_bytes = rt.ram.pool[RAM_GENERAL].peak_bytes;
    }
    t->status = (uint32_t)s;
    t->word[0] = a.state | a.stop_reason << 32;
    t->word[1] = a.cpu_ticks;
    t->word[2] = a.syscalls;
    t->word[3] = a.zone_peak_bytes;
    t->word[4] = a.ram_peak_bytes;
}

static void cap_tell(struct monitor *m, uint64_t tag, uint64_t from, struct msg_mon_told *t)
{
    const struct child *c = child_by_tag(m, tag);
    uint32_t limit = SLOTS_L2_MAX * CAP_L2_SLOTS;
    struct cap_description d;

    if (!c && !tag_is_monitor(m, tag)) {
        t->status = E_NOT_FOUND;
        return;
    }
    for (uint32_t i = 0; i < CAP_LOOKS_MAX && from < limit; i++, from++) {
        uint64_t place = capref_in(c ? c->domain.cspace : 0, (capref_t)from);
        enum status s = sys_cap_identify(place, &d);
        if (s == E_NO_SLOT) { /* no such CNode: neither is there one behind it */
            t->next = 0;
            return;
        }
        if (s != OK || d.type == CAP_NULL)
            continue;
        t->word[0] = d.base;
        t->word[1] = d.bytes;
        t->word[2] = d.aux;
        t->word[3] =
            d.type | (uint64_t)d.rights << 8 | (uint64_t)d.owner << 16 | (uint64_t)d.tag << 32;
        t->word[4] = from++;
        break;
    }
    t->next = from < limit ? (uint32_t)from : 0;
}

/* The words of the text, in place. 0: too many. */
static uint32_t text_split(struct remote *r, const char *word[REMOTE_WORDS_MAX + 1])
{
    uint32_t count = 0;

    r->text[r->text_bytes] = 0;
    for (char *at = r->text; at; count++) {
        char *end = strchr(at, REMOTE_SEPARATOR);
        if (end)
            *end++ = 0;
        if (count == REMOTE_WORDS_MAX)
            return 0;
        word[count] = at;
        at = end;
    }
    word[count] = NULL;
    return count;
}

static enum status run_spawn(struct monitor *m, const struct msg_mon_ask *ask, struct child **out)
{
    const char *word[REMOTE_WORDS_MAX + 1];
    uint32_t count = text_split(m->remote, word);
    bool foreign = ask->a & RUN_FOREIGN;
    const char *program = foreign && count > 4 ? word[4] : word[0], *slash;
    struct spawn_request r = {.image = word[0],
                              .argc = (int)count - 1,
                              .argv = word + 1,
                              .zone_bytes = foreign ? FOREIGN_ZONE_BYTES : OWN_ZONE_BYTES,
                              .ram_bytes = ask->b ? ask->b : OWN_RAM_BYTES,
                              .priority = 20,
                              .flags = SPAWN_ARCHIVE};

    if (count < 2)
        return count ? E_ARGUMENT : E_LIMIT;
    slash = strrchr(program, '/');
    r.name = slash ? slash + 1 : program;
    if (foreign)
        r.flags |= SPAWN_VECTOR | SPAWN_FOREIGN;
    for (unsigned i = 0; i < 2; i++)
        r.seed[i] = m->record->seed[2 + i] ^ (m->next_generation++ * 0x9e3779b97f4a7c15ull);
    return child_spawn(m, &r, out);
}

static void run_tell(struct monitor *m, const struct msg_mon_ask *ask, struct msg_mon_told *t)
{
    struct remote *r = remote_of(m);
    struct child *c;
    enum status s;

    if (!r || r->text_core != ask->from || r->text_op != (ask->op & 0xffff) || !r->text_bytes) {
        t->status = E_PROTOCOL;
        return;
    }
    s = run_spawn(m, ask, &c);
    r->text_bytes = 0;
    t->status = (uint32_t)s;
    if (s != OK)
        return;
    r->starter[child_index(m, c)] =
        (struct starter){.used = true, .core = ask->from, .op = ask->op};
    t->word[0] = c->domain.tag;
}

/* Those that the system stands on are not to be had. */
static void kill_tell(struct monitor *m, uint64_t tag, struct msg_mon_told *t)
{
    struct child *c = child_by_tag(m, tag);
    uint32_t i;

    if (!c || c->over) {
        t->status = tag_is_monitor(m, tag) ? E_RIGHTS : E_NOT_FOUND;
        return;
    }
    i = child_index(m, c);
    if (driver_is(m, c)) { /* it comes again */
        driver_end(m);
        return;
    }
    if (!m->remote || !m->remote->starter[i].used) {
        t->status = E_RIGHTS;
        return;
    }
    m->remote->starter[i].killed = true;
    child_end(c);
}

/* Says so to who started it. False: nobody did from afar. */
bool remote_ended(struct monitor *m, const struct child *c)
{
    struct starter *by = m->remote ? &m->remote->starter[child_index(m, c)] : NULL;
    struct domain_account a = {0};
    struct msg_mon_ended e = {
        .from = (uint16_t)m->core, .exit_status = c->domain.exit_status, .end = END_STOPPED};
    union msg_mon_ended_words w = {.word = {0}};
    struct urpc_message message = {.type = MSG_MON_ENDED};

    if (!by || !by->used)
        return false;
    e.to = by->core;
    e.op = by->op;
    if (by->killed)
        e.end = END_KILLED;
    else if (c->domain.state == DOMAIN_EXITED)
        e.end = c->domain.exit_cause == EXIT_FAULT ? END_FAULT : END_EXIT;
    if (domain_inspect(&c->domain, &a) == OK)
        e.cpu_ticks = a.cpu_ticks;
    (void)text_set(e.reason, sizeof(e.reason), by->killed ? "" : c->domain.reason);
    by->used = false;
    w.fields = e;
    memcpy(message.word, w.word, sizeof(w.word));
    route_send(m, &message);
    return true;
}

static void told_send(struct monitor *m, const struct msg_mon_told *told)
{
    union msg_mon_told_words w = {.word = {0}};
    struct urpc_message message = {.type = MSG_MON_TOLD};

    w.fields = *told;
    memcpy(message.word, w.word, sizeof(w.word));
    route_send(m, &message);
}

void remote_ask(struct monitor *m, const struct msg_mon_ask *ask)
{
    struct msg_mon_told t = {.to = ask->from, .from = (uint16_t)m->core, .op = ask->op};

    if (ask->what >= REMOTE_ASK_COUNT)
        t.status = E_ARGUMENT;
    else
        switch ((enum remote_ask)ask->what) {
        case ASK_CORE:
            core_tell(m, &t);
            break;
        case ASK_MEMORY:
            memory_tell(m, &t);
            break;
        case ASK_DOMAIN:
            domain_tell(m, ask->a, &t);
            break;
        case ASK_ACCOUNT:
            account_tell(m, ask->a, &t);
            break;
        case ASK_CAP:
            cap_tell(m, ask->a, ask->b, &t);
            break;
        case ASK_RUN:
            run_tell(m, ask, &t);
            break;
        case ASK_KILL:
            kill_tell(m, ask->a, &t);
            break;
        case REMOTE_ASK_COUNT:
            break;
        }
    told_send(m, &t);
}

void remote_text(struct monitor *m, const struct msg_mon_text *text)
{
    struct remote *r = remote_of(m);
    size_t n = strlen(text->text);

    if (!r)
        return;
    if (text->piece == 0) {
        r->text_core = text->from;
        r->text_op = text->op;
        r->text_bytes = 0;
    }
    /* Cut off or of somebody else: ASK_RUN finds no text and says so. */
    if (r->text_core != text->from || r->text_op != text->op ||
        n >= REMOTE_TEXT_BYTES - r->text_bytes) {
        r->text_core = UINT16_MAX;
        r->text_bytes = 0;
        return;
    }
    memcpy(r->text + r->text_bytes, text->text, n);
    r->text_bytes += (uint32_t)n;
}
