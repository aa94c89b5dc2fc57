/* profile.c: how often each instruction ran inside the windows of one mark. A place is an address
 * and the instruction's first bytes, because programs of ours share addresses: whoever reads the
 * file finds out by the bytes whose code it was. */
#include "profile.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "qemu_plugin.h"

struct place {
    struct place *next; /* of the same hash */
    uint64_t address, bytes;
    uint64_t count, at_begin, inside;
};

enum { BUCKETS = 1 << 16 };

static struct place *bucket[BUCKETS];
static char *path;

void profile_name(const char *counts)
{
    size_t bytes = strlen(counts) + sizeof(".profile");

    path = malloc(bytes);
    if (path != NULL)
        snprintf(path, bytes, "%s.profile", counts);
}

static struct place *place_get(uint64_t address, uint64_t bytes)
{
    struct place **head = &bucket[(address ^ address >> 16 ^ bytes) % BUCKETS];
    struct place *p = *head;

    while (p != NULL && (p->address != address || p->bytes != bytes))
        p = p->next;
    if (p != NULL)
        return p;
    p = calloc(1, sizeof(*p));
    if (p == NULL)
        abort();
    *p = (struct place){.next = *head, .address = address, .bytes = bytes};
    *head = p;
    return p;
}

void profile_block(struct qemu_plugin_tb *tb)
{
    size_t count = qemu_plugin_tb_n_insns(tb);

    for (size_t i = 0; i < count; i++) {
        struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
        size_t size = qemu_plugin_insn_size(insn);
        uint64_t bytes = 0;

        memcpy(&bytes, qemu_plugin_insn_data(insn), size < sizeof(bytes) ? size : sizeof(bytes));
        struct place *p = place_get(qemu_plugin_insn_vaddr(insn), bytes);
        qemu_plugin_register_vcpu_insn_exec_inline(insn, PLUGIN_ADD_U64, &p->count, 1);
    }
}

static void places_visit(void (*visit)(struct place *p, void *context), void *context)
{
    for (size_t i = 0; i < BUCKETS; i++)
        for (struct place *p = bucket[i]; p != NULL; p = p->next)
            visit(p, context);
}

static void begin(struct place *p, void *context)
{
    (void)context;
    p->at_begin = p->count;
}

static void end(struct place *p, void *context)
{
    (void)context;
    p->inside += p->count - p->at_begin;
    p->at_begin = p->count;
}

static void write(struct place *p, void *context)
{
    if (p->inside != 0)
        fprintf(context, "%016" PRIx64 " %016" PRIx64 " %" PRIu64 "\n", p->address, p->bytes,
                p->inside);
}

void profile_begin(void)
{
    places_visit(begin, NULL);
}

void profile_end(void)
{
    places_visit(end, NULL);
}

void profile_write(void)
{
    FILE *out = path != NULL ? fopen(path, "we") : NULL;

    if (out == NULL)
        return;
    fprintf(out, "skerry-profile 1\n");
    places_visit(write, out);
    fclose(out);
}
