/* Exceptions: what kind of fault a user's exception is (ESR_EL1.EC, Arm ARM D17.2.37), and the end
 * of the line for exceptions of the kernel itself. */
#include "frame.h"

#define ESR_CLASS(esr) ((unsigned)((esr) >> 26) & 0x3f)
#define ESR_STATUS(esr) ((unsigned)(esr)&0x3f)
#define ESR_WRITE (1u << 6)
#define ESR_CACHE_MAINTENANCE (1u << 8)

enum exception_class {
    CLASS_UNKNOWN = 0x00,
    CLASS_VECTOR = 0x07,
    CLASS_INSTRUCTION_ABORT = 0x20,
    CLASS_PC_ALIGNMENT = 0x22,
    CLASS_DATA_ABORT = 0x24,
    CLASS_SP_ALIGNMENT = 0x26,
    CLASS_FLOAT = 0x2c,
    CLASS_BREAKPOINT_FIRST = 0x30,
    CLASS_BREAKPOINT_LAST = 0x3c,
};

/* Translation, access flag and permission faults have status 0x04..0x0f; address size faults
 * 0x00..0x03. */
static enum fault_kind abort_kind(uint64_t esr, enum fault_kind if_page)
{
    unsigned status = ESR_STATUS(esr);

    if (status < 0x10)
        return if_page;
    return status == 0x21 ? FAULT_ALIGNMENT : FAULT_OTHER;
}

static enum fault_kind fault_classify(uint64_t esr)
{
    unsigned class = ESR_CLASS(esr);

    if (class == CLASS_DATA_ABORT) /* cache maintenance reports itself as a write */
        return abort_kind(esr, (esr & ESR_WRITE) && !(esr & ESR_CACHE_MAINTENANCE) ? FAULT_WRITE
                                                                                   : FAULT_READ);
    if (class == CLASS_INSTRUCTION_ABORT)
        return abort_kind(esr, FAULT_EXECUTE);
    if (class == CLASS_VECTOR)
        return FAULT_VECTOR;
    if (class == CLASS_PC_ALIGNMENT || class == CLASS_SP_ALIGNMENT)
        return FAULT_ALIGNMENT;
    if (class == CLASS_FLOAT)
        return FAULT_ARITHMETIC;
    if (class >= CLASS_BREAKPOINT_FIRST && class <= CLASS_BREAKPOINT_LAST)
        return FAULT_BREAKPOINT;
    return FAULT_INSTRUCTION;
}

const struct arch_context *fault_entry(struct arch_context *ctx)
{
    uint64_t esr, far;
    enum fault_kind kind;

    __asm__ volatile("mrs %0, esr_el1\n\tmrs %1, far_el1" : "=r"(esr), "=r"(far));
    kind = fault_classify(esr);
    switch (kind) {
    case FAULT_READ:
    case FAULT_WRITE:
    case FAULT_EXECUTE:
    case FAULT_ALIGNMENT:
    case FAULT_OTHER:
        return kernel_fault(ctx, kind, far, esr);
    case FAULT_NONE:
    case FAULT_INSTRUCTION:
    case FAULT_ARITHMETIC:
    case FAULT_VECTOR:
    case FAULT_BREAKPOINT:
        break;
    }
    return kernel_fault(ctx, kind, ctx->pc, esr);
}

void panic_entry(uint64_t vector)
{
    static const char *const text[4] = {"exception in the kernel", "interrupt in the kernel",
                                        "fast interrupt in the kernel", "system error"};
    static unsigned depth;
    uint64_t esr, far, elr;

    if (depth++ > 1)
        arch_halt();
    __asm__ volatile("mrs %0, esr_el1\n\tmrs %1, far_el1\n\tmrs %2, elr_el1"
                     : "=r"(esr), "=r"(far), "=r"(elr));
    kernel_panic(text[vector & 3], elr, far, esr);
}
