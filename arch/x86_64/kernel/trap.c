/* Exceptions: from user mode they become faults of the dispatcher; from the kernel they are our
 * own bug. Vectors and error codes: Intel SDM volume 3, table 6-1. `code` of a fault: error code |
 * vector << 32. */
#include "x86.h"

const struct arch_context *trap_user(struct arch_context *ctx, uint64_t vector, uint64_t error);
void trap_kernel(uint64_t vector, uint64_t error, uint64_t pc) NORETURN;

#define VECTOR_NMI 2u
#define VECTOR_DOUBLE_FAULT 8u
#define VECTOR_PAGE_FAULT 14u
#define VECTOR_MACHINE_CHECK 18u

#define ERROR_WRITE 0x2u
#define ERROR_FETCH 0x10u

static enum fault_kind page_fault_kind(uint64_t error)
{
    if (error & ERROR_FETCH)
        return FAULT_EXECUTE;
    return error & ERROR_WRITE ? FAULT_WRITE : FAULT_READ;
}

static enum fault_kind fault_kind_of(uint64_t vector, uint64_t error)
{
    switch (vector) {
    case 0:  /* divide */
    case 16: /* x87 */
    case 19: /* SIMD */
        return FAULT_ARITHMETIC;
    case 1: /* single step */
    case 3:
        return FAULT_BREAKPOINT;
    case 6:
    case 13: /* general protection: privileged instructions, mostly */
        return FAULT_INSTRUCTION;
    case 7: /* device not available */
        return FAULT_VECTOR;
    case VECTOR_PAGE_FAULT:
        return page_fault_kind(error);
    case 17:
        return FAULT_ALIGNMENT;
    default:
        return FAULT_OTHER;
    }
}

static const char *vector_name(uint64_t vector)
{
    switch (vector) {
    case VECTOR_NMI:
        return "non-maskable interrupt";
    case 6:
        return "invalid instruction in the kernel";
    case VECTOR_DOUBLE_FAULT:
        return "double fault";
    case 13:
        return "general protection in the kernel";
    case VECTOR_PAGE_FAULT:
        return "page fault in the kernel";
    case VECTOR_MACHINE_CHECK:
        return "machine check";
    default:
        return "exception in the kernel";
    }
}

const struct arch_context *trap_user(struct arch_context *ctx, uint64_t vector, uint64_t error)
{
    uint64_t address = vector == VECTOR_PAGE_FAULT ? cr2_read() : ctx->rip;

    if (vector == VECTOR_NMI || vector == VECTOR_DOUBLE_FAULT || vector == VECTOR_MACHINE_CHECK)
        trap_kernel(vector, error, ctx->rip);
    return kernel_fault(ctx, fault_kind_of(vector, error), address, error | vector << 32);
}

void trap_kernel(uint64_t vector, uint64_t error, uint64_t pc)
{
    kernel_panic(vector_name(vector), pc, vector == VECTOR_PAGE_FAULT ? cr2_read() : 0,
                 error | vector << 32);
}
