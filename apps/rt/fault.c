/* fault.c: the two upcalls: `run` goes on with the thread that was preempted, `fault` asks the
 * handlers of rt/fault.h.
 *
 * Threads are cooperative, so a preemption has nothing to decide: the enabled area is resumed as
 * it is. */
#include "rt/fault.h"
#include "rt/log.h"
#include "rt/parent.h"
#include "rt/rt.h"
#include "rt/string.h"
#include "rt/syscall.h"
#include "runtime.h"

struct fault_handler {
    uint64_t begin, end;
    bool (*handle)(void *arg, const struct fault *f);
    void *arg;
};

static struct {
    struct fault_handler handler[FAULT_HANDLERS_MAX];
    uint32_t count;
} faults;

const char *fault_kind_name(enum fault_kind kind)
{
    switch (kind) {
    case FAULT_NONE:
        return "no fault";
    case FAULT_READ:
        return "read of an unmapped address";
    case FAULT_WRITE:
        return "write to an unmapped or read-only address";
    case FAULT_EXECUTE:
        return "jump to an address without code";
    case FAULT_INSTRUCTION:
        return "illegal instruction";
    case FAULT_ARITHMETIC:
        return "arithmetic exception";
    case FAULT_ALIGNMENT:
        return "misaligned access";
    case FAULT_VECTOR:
        return "vector unit used without leave";
    case FAULT_BREAKPOINT:
        return "breakpoint";
    case FAULT_OTHER:
        return "exception";
    }
    return "unknown fault";
}

enum status fault_handler_add(uint64_t begin, uint64_t end,
                              bool (*handle)(void *arg, const struct fault *f), void *arg)
{
    if (faults.count == FAULT_HANDLERS_MAX)
        return E_LIMIT;
    faults.handler[faults.count++] = (struct fault_handler){begin, end, handle, arg};
    return OK;
}

static bool is_page_fault(enum fault_kind kind)
{
    return kind == FAULT_READ || kind == FAULT_WRITE || kind == FAULT_EXECUTE;
}

static bool handler_wants(const struct fault_handler *h, const struct fault *f)
{
    if (is_page_fault(f->kind))
        return f->address >= h->begin && f->address < h->end;
    return h->begin == 0 && h->end == UINT64_MAX;
}

static NORETURN void fault_unhandled(const struct fault *f)
{
    char reason[48];

    log_line("%s at 0x%lx (code 0x%lx)", fault_kind_name(f->kind),
             (unsigned long)f->address, (unsigned long)f->code);
    rt_snprintf(reason, sizeof reason, "fault %u at 0x%lx", (unsigned)f->kind,
                (unsigned long)f->address);
    runtime_end(EXIT_FAULT, 1, reason);
}

void rt_upcall_run(struct dispatcher_page *page)
{
    (void)page;
    enum status s = sys_resume(AREA_ENABLED);
    log_line("%s: cannot resume: %s", rt.name, status_name(s));
    runtime_end(EXIT_FAULT, 1, "the preempted thread cannot be resumed");
}

void rt_upcall_fault(struct dispatcher_page *page)
{
    struct fault f = {(enum fault_kind)page->fault_kind, page->fault_address, page->fault_code};

    for (uint32_t i = faults.count; i-- > 0;)
        if (handler_wants(&faults.handler[i], &f) &&
            faults.handler[i].handle(faults.handler[i].arg, &f)) {
            enum status s = sys_resume(AREA_TRAP);
            log_line("%s: cannot resume: %s", rt.name, status_name(s));
            break;
        }
    fault_unhandled(&f);
}

/* Programs without a personality have no foreign calls: -38 is Linux' ENOSYS. The personality has
 * its own rt_foreign. */
__attribute__((weak)) long rt_foreign(long number, long arg[6])
{
    (void)number;
    (void)arg;
    return -38;
}
