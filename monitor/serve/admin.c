/* The administrator's side of monitor/remote.h: its notes go to the core that they name, what comes
 * back goes to it. And the shell, which is one. */
#include <monitor/remote.h>
#include <rt/log.h>
#include <rt/rt.h>
#include <rt/string.h>
#include <rt/syscall.h>

#include "monitor.h"

/* Rows of boot_record.device[] (skerry/boot.h): the UART's I/O base where there are ports, its
 * registers' address elsewhere. */
enum { RECORD_PORT_UART = 0, RECORD_PAGE_UART = 2 };

#define PORT_SCRATCH 7u /* a register of a 16550 whose reading changes nothing */

/* A child that has ended meanwhile gets nothing; one that came after it does not know the
 * request. */
static void note_send(struct monitor *m, uint32_t op, const struct msg_parent_note *note)
{
    uint32_t index = op & 0xffff;

    if (index < MONITOR_DOMAINS_MAX && m->child[index].used)
        child_tell(&m->child[index], note);
}

static void told_refuse(struct monitor *m, uint32_t op, enum status s)
{
    struct msg_parent_note note = {.kind = NOTE_TOLD, .number = op >> 16, .word = {s}};

    note_send(m, op, &note);
}

void admin_note(struct child *c, const struct msg_parent_note *n)
{
    struct monitor *m = c->monitor;
    uint32_t core = (uint32_t)n->word[0], op = child_index(m, c) | n->number << 16;

    if (!c->may_end_machine)
        told_refuse(m, op, E_RIGHTS);
    else if (core >= m->core_count ||
             (core != m->core && (!m->cores[core].up || !link_to(m, core))))
        told_refuse(m, op, E_PEER);
    else
        ROUTE(m, MON_ASK, mon_ask, .to = (uint16_t)core, .from = (uint16_t)m->core, .op = op,
              .what = (uint32_t)(n->word[0] >> 32), .a = n->word[1], .b = n->word[2]);
}

void admin_text(struct child *c, const struct msg_parent_text *t)
{
    struct monitor *m = c->monitor;
    uint32_t core = t->number & 0xffff;
    struct msg_mon_text text = {.to = (uint16_t)core,
                                .from = (uint16_t)m->core,
                                .op = (uint16_t)child_index(m, c),
                                .piece = (uint16_t)(t->number >> 16)};
    union msg_mon_text_words w = {.word = {0}};
    struct urpc_message message = {.type = MSG_MON_TEXT};

    if (!c->may_end_machine || core >= m->core_count ||
        (core != m->core && (!m->cores[core].up || !link_to(m, core))))
        return; /* ASK_RUN, which follows, is refused */
    _Static_assert(sizeof(text.text) >= sizeof(t->text), "a piece fits");
    memcpy(text.text, t->text, sizeof(t->text));
    w.fields = text;
    memcpy(message.word, w.word, sizeof(w.word));
    route_send(m, &message);
}

void admin_told(struct monitor *m, const struct msg_mon_told *t)
{
    struct msg_parent_note note = {
        .kind = NOTE_TOLD, .number = t->op >> 16, .word = {t->status | (uint64_t)t->next << 32}};

    memcpy(&note.word[1], t->word, sizeof(t->word));
    note_send(m, t->op, &note);
}

void admin_ended(struct monitor *m, const struct msg_mon_ended *e)
{
    struct msg_parent_note note = {.kind = NOTE_ENDED,
                                   .number = e->op >> 16,
                                   .word = {e->exit_status | (uint64_t)e->end << 32, e->cpu_ticks}};

    memcpy(&note.word[2], e->reason, sizeof(e->reason));
    note_send(m, e->op, &note);
}

/* A part of the region that holds [base, base + bytes), for a child. */
static enum status part_mint(capref_t from, uint64_t base, uint64_t bytes, capref_t *out)
{
    struct cap_description d;
    enum status s = sys_cap_identify(capref_in(0, from), &d);

    if (s == OK && (base < d.base || bytes > d.bytes || base - d.base > d.bytes - bytes))
        s = E_RANGE;
    if (s == OK)
        s = slot_alloc(&rt.slots, out);
    if (s != OK)
        return s;
    s = sys_cap_mint(capref_in(0, from), capref_in(0, *out), RIGHTS_ALL, 0, base - d.base, bytes);
    if (s != OK)
        slot_free(&rt.slots, *out);
    return s;
}

/* The serial line: the record says where the CPU driver prints; where ports can be read it is
 * behind one of them. */
static enum status line_find(struct monitor *m, char *argument, size_t room, capref_t *out)
{
    uint64_t port = m->record->device[RECORD_PORT_UART], ignored;
    struct cap_description d;

    if (sys_port_read(SLOT_IO_PORTS, (uint32_t)port + PORT_SCRATCH, 1, &ignored) == OK) {
        rt_snprintf(argument, room, "uart=port:%lx", port);
        return part_mint(SLOT_IO_PORTS, port, 8, out);
    }
    uint64_t base = m->record->device[RECORD_PAGE_UART];
    rt_snprintf(argument, room, "uart=pl011:%lx", base);
    for (capref_t ref = SLOT_REGION_FIRST; ref < SLOT_MONITOR_FREE; ref++)
        if (sys_cap_identify(capref_in(0, ref), &d) == OK && d.type == CAP_DEVICE_FRAME &&
            base >= d.base && base - d.base < d.bytes)
            return part_mint(ref, round_down(base, PAGE_BYTES), PAGE_BYTES, out);
    return E_NOT_FOUND;
}

struct child *shell_spawn(struct monitor *m)
{
    char cores[24], uart[32];
    const char *argv[] = {"shell", cores, uart};
    struct spawn_grant line = {.to = SLOT_GRANT_FIRST};
    struct spawn_request r = {.image = "/skerry/shell",
                              .name = "shell",
                              .argc = 3,
                              .argv = argv,
                              .zone_bytes = 384u << 10,
                              .ram_bytes = 2u << 20,
                              .priority = 30,
                              .flags = SPAWN_ARCHIVE,
                              .grant = &line,
                              .grant_count = 1};
    struct child *c;
    enum status s = line_find(m, uart, sizeof(uart), &line.from);

    if (s != OK) {
        log_line("no serial line for the shell: %s", status_text(s));
        return NULL;
    }
    (void)rt_snprintf(cores, sizeof(cores), "cores=%u", m->core_count);
    return child_spawn(m, &r, &c) == OK ? c : NULL;
}
