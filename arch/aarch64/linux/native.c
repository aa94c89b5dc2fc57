/* native.c, arm64: the harness' way to catch a program by breakpoints in place of its system calls
 * (apps/linux/host/native.h); made for qemu-user, which has neither Syscall User Dispatch nor
 * seccomp traps.
 *
 * The program has its own TPIDR_EL0. Signals arrive with it; the handlers put the harness' own back
 * before they call anything of the C library, and the program's before they return. */
#define _GNU_SOURCE
#include "../../../apps/linux/host/native.h"
#include <signal.h>
#include <stdio.h>
#include <sys/auxv.h>
#include <sys/ucontext.h>
#include <unistd.h>

static const uint32_t SVC_0 = 0xd4000001, BRK_SYSCALL = 0xd420b980;

static uint64_t host_tp, program_tp;
static char signal_stack[1 << 18];

static uint64_t tp_read(void)
{
    uint64_t v;
    __asm__ volatile("mrs %0, tpidr_el0" : "=r"(v));
    return v;
}

static void tp_write(uint64_t v)
{
    __asm__ volatile("msr tpidr_el0, %0" ::"r"(v) : "memory");
}

static void trap_catch(int signal, siginfo_t *info, void *context)
{
    mcontext_t *m = &((ucontext_t *)context)->uc_mcontext;
    uint64_t address = (uint64_t)info->si_addr;
    uint64_t saved = tp_read();

    tp_write(host_tp);
    program_tp = saved;
    if (m->pc >= native_window_end) {
        fprintf(stderr, "linux-run: the harness itself faulted, pc %#llx, address %#lx\n", m->pc,
                address);
        _exit(125);
    }
    if (signal == SIGTRAP && *(const uint32_t *)m->pc == BRK_SYSCALL) {
        const long a[6] = {(long)m->regs[0], (long)m->regs[1], (long)m->regs[2],
                           (long)m->regs[3], (long)m->regs[4], (long)m->regs[5]};
        m->regs[0] = (uint64_t)native_syscall((long)m->regs[8], a);
        m->pc += 4;
    } else if (signal == SIGSEGV) {
        /* No reliable access kind under qemu-user: the fetch is told by the pc, else ask for the
         * least. */
        native_fault(address, address == m->pc ? 4 : 1);
    } else {
        native_trap(signal, address);
    }
    tp_write(program_tp);
}

bool native_install(void)
{
    const stack_t stack = {.ss_sp = signal_stack, .ss_size = sizeof signal_stack};
    const int signals[] = {SIGTRAP, SIGSEGV, SIGBUS, SIGILL, SIGFPE};
    struct sigaction s = {.sa_sigaction = trap_catch,
                          .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};

    if (sigaltstack(&stack, NULL))
        return false;
    host_tp = tp_read();
    for (size_t i = 0; i < sizeof signals / sizeof signals[0]; i++)
        if (sigaction(signals[i], &s, NULL))
            return false;
    return true;
}

void native_code_prepare(void *code, size_t bytes)
{
    uint32_t *word = code;

    for (size_t i = 0; i < bytes / sizeof *word; i++)
        if (word[i] == SVC_0)
            word[i] = BRK_SYSCALL;
    __builtin___clear_cache(code, (char *)code + bytes);
}

void native_jump(uint64_t pc, uint64_t sp)
{
    register uint64_t to __asm__("x9") = pc;
    register uint64_t stack __asm__("x10") = sp;

    tp_write(0);
    __asm__ volatile("mov sp, %1\n\t"
                     "mov x0, #0\n\t"
                     "mov x29, #0\n\t"
                     "mov x30, #0\n\t"
                     "br %0" ::"r"(to),
                     "r"(stack)
                     : "x0", "memory");
    __builtin_unreachable();
}

void native_thread_pointer_set(uint64_t value)
{
    program_tp = value;
}

uint64_t native_thread_pointer(void)
{
    return program_tp;
}

uint64_t native_hwcap(void)
{
    return getauxval(AT_HWCAP);
}

uint64_t native_hwcap2(void)
{
    return getauxval(AT_HWCAP2);
}
