/* main.c: the program /skerry/linux: one Linux program in this domain.
 *
 *   linux -j OFFSET       the job of /skerry/jobs (farm/jobs.h) whose block begins there
 *   linux [-C DIRECTORY] [-i INPUT] [-o OUTPUT] PROGRAM [ARGUMENT...]
 *
 * main prepares the process and jumps. From then on the Linux program has the thread; its system
 * calls come in at rt_foreign, on the foreign stack, and its page faults at fault_take, on the
 * entry stack. What ends the job must be able to wait for the worker, so a fault that cannot be
 * served goes on at fault_late, on the foreign stack, which is free then. */
#include "guest.h"
#include <linux/job.h>
#include <linux_context.h>
#include <rt/fault.h>
#include <rt/log.h>
#include <rt/memory.h>
#include <rt/rt.h>
#include <rt/string.h>
#include <rt/syscall.h>

enum { FOREIGN_STACK_BYTES = 64 << 10 };

/* Up to where the runtime's own addresses begin (rt/layout.h). */
static const uint64_t WINDOW = 0x500000000000;

struct linux_host the_job;

static const char *const environment[] = {"PATH=/usr/bin:/bin", "HOME=/job", "LC_ALL=C", NULL};

static ALIGNED(16) unsigned char foreign_stack[FOREIGN_STACK_BYTES];
static struct fault last_fault;

long rt_foreign(long number, long arg[6])
{
    return linux_syscall(the_job.process, number, arg);
}

static unsigned access_of(enum fault_kind kind)
{
    return kind == FAULT_WRITE ? LINUX_WRITE : kind == FAULT_EXECUTE ? LINUX_EXECUTE : LINUX_READ;
}

/* Linux' signal for what is no page fault; 0: a page fault. */
static int signal_of(enum fault_kind kind)
{
    enum { SIGILL = 4, SIGTRAP = 5, SIGBUS = 7, SIGFPE = 8, SIGSEGV = 11 };

    switch (kind) {
    case FAULT_READ:
    case FAULT_WRITE:
    case FAULT_EXECUTE:
        return 0;
    case FAULT_INSTRUCTION:
    case FAULT_VECTOR:
        return SIGILL;
    case FAULT_ARITHMETIC:
        return SIGFPE;
    case FAULT_ALIGNMENT:
        return SIGBUS;
    case FAULT_BREAKPOINT:
        return SIGTRAP;
    case FAULT_NONE:
    case FAULT_OTHER:
        break;
    }
    return SIGSEGV;
}

static NORETURN void fault_late(void)
{
    int signal = signal_of(last_fault.kind);

    if (!signal)
        linux_fault(the_job.process, last_fault.address, access_of(last_fault.kind));
    linux_trap(the_job.process, signal ? signal : 11, last_fault.address);
}

static bool fault_take(void *arg, const struct fault *f)
{
    struct arch_context *c = &rt.page->area[AREA_TRAP];
    uint64_t pc = linux_context_pc(c);

    (void)arg;
    if (pc >= (uint64_t)program_begin && pc < (uint64_t)program_end)
        return false; /* our own mistake, not the program's */
    if (!signal_of(f->kind) && !linux_fault_serve(the_job.process, f->address, access_of(f->kind)))
        return true;
    last_fault = *f;
    linux_context_redirect(c, (uint64_t)fault_late,
                           (uint64_t)(foreign_stack + sizeof foreign_stack));
    return true;
}

/* The program's memory is gone, so the next one can be: this runs on the foreign stack. */
static void command_next(struct linux_host *h)
{
    struct linux_config c = {.environment = environment};
    struct linux_entry entry;
    const char *what = "its command";
    char reason[48];
    enum status s = job_command_take(&c);

    if (s == E_RANGE)
        return;
    if (s == OK)
        s = linux_next(h->process, &c, &entry, &what);
    if (s == OK) {
        job_command_put();
        linux_vector_reset();
        arch_jump_linux(entry.pc, entry.sp);
    }
    rt_snprintf(reason, sizeof reason, "%s: %s", what, status_name(s));
    report_end(h, s == E_NO_MEMORY ? LINUX_END_MEMORY : LINUX_END_FAULT, 0);
    rt_exit(1, reason);
}

void linux_host_end(struct linux_host *h, enum linux_end end, int code, const char *reason)
{
    bool well = end == LINUX_END_EXIT && !code;

    if (job_is() && well) {
        command_next(h);
        job_outputs(h->process);
    } else if (!job_is()) {
        linux_files(h->process);
    }
    report_end(h, end, code);
    rt_exit(end == LINUX_END_EXIT ? code : 1, reason);
}

static NORETURN void refuse(const char *what, enum status s)
{
    char reason[48];

    rt_snprintf(reason, sizeof reason, "%s: %s", what, status_name(s));
    log_line("linux: %s: %s", what, status_text(s));
    if (s == E_NO_MEMORY)
        report_no_memory();
    rt_exit(125, reason);
}

/* Options, then the program and its arguments. */
static void arguments_take(int argc, char **argv, struct linux_config *c)
{
    int i = 1;

    for (; i + 1 < argc && argv[i][0] == '-'; i += 2) {
        if (!strcmp(argv[i], "-i"))
            c->input = argv[i + 1];
        else if (!strcmp(argv[i], "-o"))
            c->output = argv[i + 1];
        else if (!strcmp(argv[i], "-C"))
            c->directory = argv[i + 1];
        else
            refuse(argv[i], E_ARGUMENT);
    }
    if (i >= argc)
        refuse("no program is named", E_ARGUMENT);
    c->program = argv[i];
    c->arguments = (const char *const *)argv + i;
}

static uint64_t number_of(const char *text)
{
    uint64_t value = 0;

    for (; *text >= '0' && *text <= '9'; text++)
        value = value * 10 + (uint64_t)(*text - '0');
    return value;
}

/* What to run: named on the command line, or in the archive. */
static void work_take(int argc, char **argv, const struct archive *archive, struct linux_config *c)
{
    if (argc != 3 || strcmp(argv[1], "-j")) {
        arguments_take(argc, argv, c);
        return;
    }
    enum status s = job_open(archive, number_of(argv[2]));
    if (s == OK)
        s = job_command_take(c);
    if (s != OK)
        refuse("its job", s);
    c->directory = job_directory();
}

/* Inputs are there before the streams are opened, which may be inputs. */
static enum status process_make(const struct linux_config *config, const char **what)
{
    struct linux_config c = *config;

    if (job_is())
        c.input = c.output = NULL;
    enum status s = linux_create(the_job.process, &c);
    if (s == OK && job_is())
        s = job_inputs(the_job.process, what);
    return s;
}

/* Fresh pages are zero: nobody needs to clear them again. */
static enum status process_place(struct linux_process **out)
{
    uint64_t va, bytes = round_up(linux_process_bytes(), PAGE_BYTES);
    enum status s = address_take(bytes, &va);

    if (s == OK)
        s = memory_map(va, bytes, MAP_READ | MAP_WRITE);
    if (s == OK)
        *out = (struct linux_process *)va;
    return s;
}

static uint64_t memory_bytes(void)
{
    const struct argument_page *a = rt.arguments;

    if (!a)
        return 0;
    return a->memory_limit_bytes ? a->memory_limit_bytes : a->ram_bytes;
}

int main(int argc, char **argv)
{
    struct linux_config c = {.host = &the_job, .window = WINDOW, .environment = environment};
    const struct archive *archive;
    struct linux_entry entry;
    const char *what = "boot archive";

    enum status s = rt_archive(&archive);
    if (s != OK)
        refuse(what, s);
    work_take(argc, argv, archive, &c);
    c.archive = archive->base;
    c.archive_bytes = archive->bytes;
    c.memory_bytes = memory_bytes();
    c.epoch_ns = archive->build_time_s * 1000000000u;
    c.hwcap = linux_hwcap();
    c.hwcap2 = linux_hwcap2();
    the_job.random = rt.arguments ? rt.arguments->seed[0] : 1;
    s = process_place(&the_job.process);
    if (s != OK)
        refuse("the personality", s);
    rt.page->foreign_stack = (uint64_t)(foreign_stack + sizeof foreign_stack);
    s = fault_handler_add(0, UINT64_MAX, fault_take, NULL);
    if (s == OK)
        s = process_make(&c, &what);
    if (s == OK) {
        report_open(&the_job);
        s = job_is() && (c.input || c.output) ? linux_next(the_job.process, &c, &entry, &what)
                                              : linux_start(the_job.process, &entry, &what);
    }
    if (s != OK)
        refuse(what, s);
    job_command_put();
    arch_jump_linux(entry.pc, entry.sp);
}
