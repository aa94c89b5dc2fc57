/* bench_rows.c: the figures of `skerry bench`: how they are kept, shown beside others', written. */
#include "bench_rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "say.h"

/* Rows that a bench has, our goal for each, and what others were measured at by instruction counts
 * in the same emulator: Linux 6.1 and seL4 (same compiler), Barrelfish on two cores. "": nothing
 * that compares. */
static const struct {
    const char *name;
    double goal; /* 0: none */
    const char *linux_x86, *linux_arm, *ancestor, *sel4;
} peers[] = {
    {"null_syscall", 60, "331", "449", "111", ""},
    {"foreign_syscall", 0, "331", "449", "", ""},
    {"call_reply_kernel", 300, "", "", "", "404..406"},
    {"call_reply", 330, "12,558", "13,899", "3,310", "411..417"},
    {"dispatcher_switch", 0, "", "", "", ""},
    {"upcall", 0, "", "", "", ""},
    {"thread_switch", 0, "", "", "", ""},
    {"cap_copy", 0, "", "", "5,200", ""},
    {"cap_retype", 0, "", "", "8,400", ""},
    {"cap_delete", 0, "", "", "6,100", ""},
    {"cap_revoke_1", 0, "", "", "60,000", ""},
    {"cap_revoke_1000", 0, "", "", "", ""},
    {"map_page", 400, "3,129", "2,944", "14,000", ""},
    {"unmap_page", 0, "", "", "25,000", ""},
    {"frame_alloc", 2000, "", "", "146,000", ""},
    {"urpc_send", 0, "", "", "", ""},
    {"urpc_receive", 0, "", "", "", ""},
    {"urpc_round_trip", 600, "15,870", "18,232", "4,387", ""},
    {"doorbell_wake", 0, "", "", "", ""},
    {"core_start", 5000000, "", "", "47,000,000", ""},
    {"job_start_stop", 0, "3,300,000", "3,230,000", "", ""},
    {"job_start_stop_outside", 1000000, "", "", "", ""},
    {"anon_fault", 2000, "3,129", "2,944", "", ""},
    {"anon_fault_lone", 2000, "3,129", "2,944", "", ""},
    {"anon_fault_apart", 0, "3,129", "2,944", "", ""},
    {"anon_fault_worst", 0, "", "", "", ""},
    /* beyond the list */
    {"domain_start_stop", 0, "127,356", "131,008", "8,200,000", ""},
    {"all_up", 0, "", "", "", ""},
    {"boot_wall", 30, "83", "134", "", ""},
    {"idle_share", 3, "11", "", "", ""},
};

enum { PEERS = sizeof(peers) / sizeof(peers[0]), LISTED = 26 };

struct bench_row *bench_rows_add(struct bench_rows *rows, const char *arch, const char *name,
                                 unsigned int cores)
{
    rows->row = realloc(rows->row, (rows->count + 1) * sizeof(rows->row[0]));
    if (rows->row == NULL)
        say_fail("out of memory on the host");
    rows->row[rows->count] =
        (struct bench_row){.name = text_format("%s", name), .arch = arch, .cores = cores};
    return &rows->row[rows->count++];
}

void bench_rows_free(struct bench_rows *rows)
{
    for (size_t i = 0; i < rows->count; i++) {
        free(rows->row[i].name);
        free(rows->row[i].unit);
        free(rows->row[i].how);
    }
    free(rows->row);
    *rows = (struct bench_rows){0};
}

static int peer_of(const char *name)
{
    for (int i = 0; i < PEERS; i++)
        if (strcmp(peers[i].name, name) == 0)
            return i;
    return -1;
}

/* Instructions and the like are whole; seconds and percent are not. */
static void value_text(const struct bench_row *r, char *to, size_t bytes)
{
    if (strcmp(r->unit, "instructions") == 0)
        snprintf(to, bytes, "%.0f", r->value);
    else
        snprintf(to, bytes, "%.2f", r->value);
}

static void row_print(const struct bench_row *r)
{
    int p = peer_of(r->name);
    char value[32], caps[24] = "", goal[40] = "", special[80] = "";

    value_text(r, value, sizeof(value));
    if (r->caps != 0)
        snprintf(caps, sizeof(caps), "/%llu", (unsigned long long)r->caps);
    if (p >= 0 && peers[p].goal > 0)
        snprintf(goal, sizeof(goal), "%.0f%s", peers[p].goal,
                 r->value > peers[p].goal ? " MISSED" : "");
    if (r->window)
        snprintf(special, sizeof(special), "%llu/%llu/%llu/%llu", (unsigned long long)r->special[0],
                 (unsigned long long)r->special[1], (unsigned long long)r->special[2],
                 (unsigned long long)r->special[3]);
    const char *linux_text = p < 0               ? ""
                             : r->arch[0] == 'x' ? peers[p].linux_x86
                                                 : peers[p].linux_arm;
    char *name = text_format("%s%s", r->name, caps);

    printf("%-22s %-8s %5u %12s %-14s %10s %11s %6s  %s%s%s\n", name, r->arch, r->cores, value,
           goal, linux_text, p < 0 ? "" : peers[p].ancestor, p < 0 ? "" : peers[p].sel4, special,
           strcmp(r->unit, "instructions") == 0 ? "" : " ",
           strcmp(r->unit, "instructions") == 0 ? "" : r->unit);
    free(name);
}

void bench_rows_print(const struct bench_rows *rows)
{
    printf("%-22s %-8s %5s %12s %-14s %10s %11s %6s  %s\n", "row", "arch", "cores", "instructions",
           "goal", "Linux", "Barrelfish", "seL4", "control/TLB/barrier/MSR");
    for (size_t i = 0; i < rows->count; i++)
        row_print(&rows->row[i]);
    printf(
        "Others' figures were measured before, in the same emulator: Linux 6.1, Barrelfish (two "
        "cores), seL4.\n"
        "Linux: getppid; futex round trip of two processes (across two CPUs for urpc_round_trip); "
        "first\n"
        "touch of a page; the same program started and ended; a tiny one for domain_start_stop.\n");
}

unsigned int bench_rows_missing(const struct bench_rows *rows, const char *arch)
{
    unsigned int missing = 0;

    for (int p = 0; p < LISTED; p++) {
        bool found = false;

        for (size_t i = 0; i < rows->count; i++)
            found = found || (strcmp(rows->row[i].name, peers[p].name) == 0 &&
                              strcmp(rows->row[i].arch, arch) == 0);
        if (!found)
            printf("%s%s", missing++ == 0 ? "not measured: " : " ", peers[p].name);
    }
    if (missing > 0)
        printf(" (%s)\n", arch);
    return missing;
}

void bench_rows_json(const struct bench_rows *rows, struct text *t)
{
    text_add(t, "{\"format\":\"skerry-bench 1\",\"rows\":[");
    for (size_t i = 0; i < rows->count; i++) {
        const struct bench_row *r = &rows->row[i];
        char value[32];

        value_text(r, value, sizeof(value));
        text_add(t, "%s{\"name\":", i > 0 ? ",\n" : "\n");
        text_add_json(t, r->name);
        text_add(t, ",\"arch\":\"%s\",\"cores\":%u,\"value\":%s,\"unit\":", r->arch, r->cores,
                 value);
        text_add_json(t, r->unit);
        text_add(t, ",\"how\":");
        text_add_json(t, r->how);
        if (r->caps != 0)
            text_add(t, ",\"caps\":%llu", (unsigned long long)r->caps);
        if (r->window)
            text_add(t,
                     ",\"window\":%u,\"split\":{\"kernel\":%llu,\"runtime\":%llu,\"program\":%llu,"
                     "\"zeroing\":%llu}",
                     r->id, (unsigned long long)r->split[0], (unsigned long long)r->split[1],
                     (unsigned long long)r->split[2], (unsigned long long)r->split[3]);
        if (r->window)
            text_add(t,
                     ",\"special\":{\"control\":%llu,\"tlb\":%llu,\"barrier\":%llu,\"msr\":%llu}",
                     (unsigned long long)r->special[0], (unsigned long long)r->special[1],
                     (unsigned long long)r->special[2], (unsigned long long)r->special[3]);
        text_add(t, "}");
    }
    text_add(t, "]}\n");
}

bool bench_rows_equal(const struct bench_rows *a, const struct bench_rows *b)
{
    bool equal = a->count == b->count;

    for (size_t i = 0; i < a->count && i < b->count; i++) {
        const struct bench_row *x = &a->row[i], *y = &b->row[i];
        bool same = strcmp(x->name, y->name) == 0 && x->caps == y->caps && x->cores == y->cores;

        if (same && x->value >= y->value && x->value <= y->value)
            continue;
        printf("DIFFERENT %s: %.2f, then %s: %.2f\n", x->name, x->value, y->name, y->value);
        equal = false;
    }
    return equal;
}
