/* report.c: the job's end of linux/job.h: files through the bulk frame, a piece at a time, then
 * what was missing and what was used. Runs on the thread (or the foreign stack, which is the
 * thread's), so it may wait. */
#include "guest.h"
#include <linux/job.h>
#include <rt/event.h>
#include <rt/log.h>
#include <rt/memory.h>
#include <rt/parent.h>
#include <rt/rt.h>
#include <rt/string.h>
#include <rt/syscall.h>

static void note_take(void *arg, const struct urpc_message *m)
{
    struct linux_host *h = arg;
    struct msg_parent_note n;

    if (m->type != MSG_PARENT_NOTE || msg_parent_note_get(m, &n) != OK || n.kind != JOB_TAKEN)
        return;
    h->taken = true;
    h->taken_status = n.number;
}

void report_open(struct linux_host *h)
{
    struct cap_description d;
    void *at;

    if (!rt.has_parent || parent_listen(note_take, h) != OK)
        return;
    if (sys_cap_identify(capref_in(0, JOB_SLOT_BULK), &d) != OK || d.bytes < JOB_BULK_BYTES_MIN)
        return;
    if (frame_map(JOB_SLOT_BULK, 0, d.bytes, MAP_READ | MAP_WRITE, &at) != OK)
        return;
    h->bulk = at;
    h->bulk_bytes = d.bytes;
}

/* Not OK: the worker does not want more, or is gone. E_AGAIN: it wants the file from its beginning. */
static enum status piece_send(struct linux_host *h, uint64_t offset, uint64_t bytes, uint64_t total)
{
    struct msg_parent_note n = {
        .kind = JOB_FILE, .number = (uint32_t)bytes, .word = {offset, total}};

    h->taken = false;
    if (parent_note(&n) != OK)
        return E_PEER;
    while (!h->taken && !rt.parent_quit) {
        enum status ignored = event_wait(UINT64_MAX);
        (void)ignored;
    }
    return h->taken ? (enum status)h->taken_status : E_PEER;
}

void linux_host_output(struct linux_host *h, const char *name, const void *data, uint64_t bytes)
{
    uint64_t done = 0;
    enum status s;

    if (!h->bulk) {
        log_line("linux: nobody takes the file %s, %lu bytes", name, (unsigned long)bytes);
        return;
    }
    do {
        uint64_t part = bytes - done, room = h->bulk_bytes - JOB_NAME_BYTES;
        if (part > room)
            part = room;
        text_set((char *)h->bulk, JOB_NAME_BYTES, name);
        memcpy(h->bulk + JOB_NAME_BYTES, (const unsigned char *)data + done, part);
        s = piece_send(h, done, part, bytes);
        done = s == E_AGAIN ? 0 : done + part;
    } while (s == E_AGAIN || (s == OK && done < bytes));
}

static void missing_send(void *context, unsigned number, const char *name, unsigned count)
{
    struct msg_parent_note n = {.kind = JOB_MISSING, .number = number, .word = {count}};
    char text[40] = {0};

    (void)context;
    text_set(text, sizeof text, name ? name : "?");
    memcpy(&n.word[1], text, sizeof text);
    enum status ignored = parent_note(&n);
    (void)ignored; /* a parent that is gone needs no report */
}

/* Six to a note. */
struct calls_note {
    struct msg_parent_note m;
};

static void calls_flush(struct calls_note *c)
{
    if (c->m.number) {
        enum status ignored = parent_note(&c->m);
        (void)ignored;
    }
    c->m = (struct msg_parent_note){.kind = JOB_CALLS};
}

static void calls_add(void *context, unsigned number, unsigned count)
{
    struct calls_note *c = context;

    c->m.word[c->m.number++] = JOB_CALLS_WORD(number, count);
    if (c->m.number == sizeof c->m.word / sizeof c->m.word[0])
        calls_flush(c);
}

void report_no_memory(void)
{
    struct msg_parent_note n = {.kind = JOB_USED, .number = LINUX_END_MEMORY};
    enum status ignored = parent_note(&n);
    (void)ignored;
}

void report_end(struct linux_host *h, enum linux_end end, int code)
{
    struct linux_usage u;
    struct calls_note calls = {.m = {.kind = JOB_CALLS}};

    linux_calls(h->process, calls_add, &calls);
    calls_flush(&calls);
    linux_missing(h->process, missing_send, NULL);
    linux_usage_read(h->process, &u);
    struct msg_parent_note n = {.kind = JOB_USED,
                                .number = (uint32_t)end,
                                .word = {(uint64_t)code, u.call_count, u.fault_count,
                                         u.page_count_peak | u.archive_count_peak << 32,
                                         job_command(), u.bytes_read}};
    enum status ignored = parent_note(&n);
    (void)ignored;
}
