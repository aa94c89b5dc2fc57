/* count.c: a TCG plugin that counts instructions: for each vCPU, split into kernel, runtime (our
 * user code), program (all other user code, that is Linux programs) and the kernel's zeroing of
 * memory, and between marks that the guest makes. See README.md for the marks and for the files it
 * writes when QEMU ends.
 *
 *   qemu-system-ARCH -accel tcg,thread=single -plugin count.so,out=FILE[,zero=BEGIN:END...][,profile=ID]
 *
 * Only one vCPU runs at a time (thread=single), so every instruction adds to one common tally; when
 * another vCPU begins to run, what has come together goes to the one before. An instruction counts
 * when it begins: one that faults counts each time. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "decode.h"
#include "profile.h"
#include "qemu_plugin.h"

#define VCPUS_MAX 1024u
#define MARKS_MAX 4096u
#define KERNEL_HALF (1ull << 63)
#define RUNTIME_BEGIN 0x600000000000ull /* apps/rt/include/rt/layout.h: LAYOUT_BASE .. WIDE_END */
#define RUNTIME_END (RUNTIME_BEGIN + (256ull << 30))

#define ZERO_RANGES_MAX 8u

enum code_class { CLASS_KERNEL, CLASS_RUNTIME, CLASS_PROGRAM, CLASS_ZERO, CLASS_COUNT };

struct counts {
    uint64_t of[CLASS_COUNT];
};

struct window {
    struct window *next; /* open windows of one vCPU */
    unsigned int id, vcpu;
    struct counts own;
    uint64_t all, special[SPECIAL_COUNT];
};

static struct counts tally;
static uint64_t special_tally[SPECIAL_COUNT];
static struct {
    struct counts counts;
    bool in_high_half; /* its own page tables are on: before, low addresses are boot code */
    struct window *open;
} vcpus[VCPUS_MAX];
static uint64_t all;
static unsigned int running;
static struct {
    uint64_t begin, end;
} zero[ZERO_RANGES_MAX]; /* the kernel's code that clears memory */
static unsigned int zero_count;
static bool profiling;
static unsigned int profile_id;
static struct instruction (*decode)(const uint8_t *code, size_t bytes);
static FILE *out;

int qemu_plugin_version __attribute__((visibility("default"))) = 1;

static void tally_flush(void)
{
    for (int c = 0; c < CLASS_COUNT; c++) {
        int as = vcpus[running].in_high_half ? c : CLASS_KERNEL;

        vcpus[running].counts.of[as] += tally.of[c];
        all += tally.of[c];
        tally.of[c] = 0;
    }
}

static void block_begin(unsigned int vcpu, void *data)
{
    bool kernel = data != NULL;

    if (vcpu != running) {
        tally_flush();
        running = vcpu;
    }
    if (kernel && !vcpus[vcpu].in_high_half) {
        tally_flush();
        vcpus[vcpu].in_high_half = true;
    }
}

static void window_begin(unsigned int vcpu, unsigned int id, enum code_class of_mark)
{
    struct window *w = malloc(sizeof(*w));

    if (w == NULL)
        abort();
    /* The mark itself is counted after this. */
    *w = (struct window){.next = vcpus[vcpu].open,
                         .id = id,
                         .vcpu = vcpu,
                         .all = all + 1,
                         .own = vcpus[vcpu].counts};
    w->own.of[of_mark]++;
    memcpy(w->special, special_tally, sizeof(special_tally));
    vcpus[vcpu].open = w;
}

/* The youngest open window of that number on one vCPU, unlinked; or NULL. */
static struct window *window_take(unsigned int vcpu, unsigned int id)
{
    for (struct window **at = &vcpus[vcpu].open; *at != NULL; at = &(*at)->next) {
        struct window *w = *at;

        if (w->id == id) {
            *at = w->next;
            return w;
        }
    }
    return NULL;
}

/* A window that was opened on another vCPU may be closed here: a message's way, one direction. */
static void window_end(unsigned int vcpu, unsigned int id)
{
    struct window *w = window_take(vcpu, id);

    for (unsigned int v = 0; w == NULL && v < VCPUS_MAX; v++)
        w = window_take(v, id);
    if (w == NULL)
        return;
    const struct counts *now = &vcpus[w->vcpu].counts;

    fprintf(out, "window %u %u %u", id, w->vcpu, vcpu);
    for (int c = 0; c < CLASS_COUNT; c++)
        fprintf(out, " %lld", (long long)(now->of[c] - w->own.of[c]));
    fprintf(out, " %llu", (unsigned long long)(all - w->all));
    for (int s = SPECIAL_CONTROL; s < SPECIAL_COUNT; s++)
        fprintf(out, " %llu", (unsigned long long)(special_tally[s] - w->special[s]));
    fprintf(out, "\n");
    free(w);
}

static void counts_print(const struct counts *c)
{
    for (int i = 0; i < CLASS_COUNT; i++)
        fprintf(out, " %llu", (unsigned long long)c->of[i]);
    fprintf(out, " %llu\n", (unsigned long long)all);
}

static void mark_met(unsigned int vcpu, void *data)
{
    uintptr_t word = (uintptr_t)data;
    unsigned int id = (unsigned int)(word & (MARKS_MAX - 1));
    enum code_class class = (enum code_class)(word >> 16);

    tally_flush();
    switch ((enum mark_kind)(word >> 12 & 15)) {
    case MARK_NONE:
        break;
    case MARK_BEGIN:
        window_begin(vcpu, id, class);
        if (profiling && id == profile_id)
            profile_begin();
        break;
    case MARK_END:
        if (profiling && id == profile_id)
            profile_end();
        window_end(vcpu, id);
        break;
    case MARK_POINT:
        fprintf(out, "point %u %u", id, vcpu);
        counts_print(&vcpus[vcpu].counts);
        break;
    }
}

static enum code_class class_of(uint64_t address)
{
    for (unsigned int i = 0; i < zero_count; i++)
        if (address >= zero[i].begin && address < zero[i].end)
            return CLASS_ZERO;
    if ((address & KERNEL_HALF) != 0)
        return CLASS_KERNEL;
    return address >= RUNTIME_BEGIN && address < RUNTIME_END ? CLASS_RUNTIME : CLASS_PROGRAM;
}

static void instruction_translate(struct qemu_plugin_insn *insn)
{
    enum code_class class = class_of(qemu_plugin_insn_vaddr(insn));
    struct instruction i = decode(qemu_plugin_insn_data(insn), qemu_plugin_insn_size(insn));

    if (i.mark != MARK_NONE)
        qemu_plugin_register_vcpu_insn_exec_cb(
            insn, mark_met, PLUGIN_NO_REGISTERS,
            (void *)((uintptr_t) class << 16 | (uintptr_t)i.mark << 12 | i.id));
    if (i.special != SPECIAL_NONE)
        qemu_plugin_register_vcpu_insn_exec_inline(insn, PLUGIN_ADD_U64, &special_tally[i.special],
                                                   1);
    qemu_plugin_register_vcpu_insn_exec_inline(insn, PLUGIN_ADD_U64, &tally.of[class], 1);
}

static void block_translate(uint64_t id, struct qemu_plugin_tb *tb)
{
    bool kernel = (qemu_plugin_tb_vaddr(tb) & KERNEL_HALF) != 0;
    size_t count = qemu_plugin_tb_n_insns(tb);

    (void)id;
    qemu_plugin_register_vcpu_tb_exec_cb(tb, block_begin, PLUGIN_NO_REGISTERS,
                                         kernel ? &tally : NULL);
    for (size_t i = 0; i < count; i++)
        instruction_translate(qemu_plugin_tb_get_insn(tb, i));
    if (profiling)
        profile_block(tb);
}

static void end(uint64_t id, void *data)
{
    (void)id;
    (void)data;
    tally_flush();
    for (unsigned int v = 0; v < VCPUS_MAX; v++) {
        uint64_t sum = 0;

        for (int c = 0; c < CLASS_COUNT; c++)
            sum += vcpus[v].counts.of[c];
        if (sum == 0)
            continue;
        fprintf(out, "vcpu %u", v);
        counts_print(&vcpus[v].counts);
    }
    fclose(out);
    if (profiling)
        profile_write();
}

/* out=FILE, zero=BEGIN:END (hexadecimal, any number), profile=ID. */
static bool argument_take(const char *text)
{
    unsigned long long begin, end_address;

    if (strncmp(text, "out=", 4) == 0) {
        out = fopen(text + 4, "we");
        profile_name(text + 4);
        return out != NULL;
    }
    if (sscanf(text, "zero=%llx:%llx", &begin, &end_address) == 2 && zero_count < ZERO_RANGES_MAX) {
        zero[zero_count].begin = begin;
        zero[zero_count++].end = end_address;
        return true;
    }
    profiling = sscanf(text, "profile=%u", &profile_id) == 1;
    return profiling;
}

__attribute__((visibility("default"))) int
qemu_plugin_install(uint64_t id, const struct qemu_plugin_info *info, int argc, char **argv)
{
    bool x86 = strcmp(info->target_name, "x86_64") == 0;

    if (!x86 && strcmp(info->target_name, "aarch64") != 0)
        return -1;
    decode = x86 ? decode_x86_64 : decode_aarch64;
    for (int i = 0; i < argc; i++)
        if (!argument_take(argv[i]))
            fprintf(stderr, "count: what is %s?\n", argv[i]);
    if (out == NULL) {
        fprintf(stderr, "count: give out=FILE, a file that can be written\n");
        return -1;
    }
    fprintf(out, "skerry-count 2\n");
    qemu_plugin_register_vcpu_tb_trans_cb(id, block_translate);
    qemu_plugin_register_atexit_cb(id, end, NULL);
    return 0;
}
