/* native.c, x86-64: the harness' way to catch a program by Syscall User Dispatch
 * (apps/linux/host/native.h).
 *
 * The program has its own FS base. Signals arrive with it; the handlers put the harness' own back
 * before they call anything of the C library, and the program's before they return. Everything
 * between native_window_end and the top of the address space may make system calls: the harness,
 * its libraries, the signal return. */
#define _GNU_SOURCE
#include "../../../apps/linux/host/native.h"
#include <signal.h>
#include <stdio.h>
#include <sys/auxv.h>
#include <sys/prctl.h>
#include <sys/ucontext.h>
#include <unistd.h>

enum { PR_SYSCALL_USER_DISPATCH = 59, PR_DISPATCH_ON = 1, HWCAP2_FSGSBASE_BIT = 2 };

static uint64_t host_fs, program_fs;
static char dispatch_selector = 1; /* block */
static char signal_stack[1 << 18];

static uint64_t fs_read(void)
{
    uint64_t v;
    __asm__ volatile("rdfsbase %0" : "=r"(v));
    return v;
}

static void fs_write(uint64_t v)
{
    __asm__ volatile("wrfsbase %0" ::"r"(v) : "memory");
}

static void syscall_catch(int signal, siginfo_t *info, void *context)
{
    greg_t *r = ((ucontext_t *)context)->uc_mcontext.gregs;
    (void)signal;
    (void)info;
    fs_write(host_fs);
    const long a[6] = {r[REG_RDI], r[REG_RSI], r[REG_RDX], r[REG_R10], r[REG_R8], r[REG_R9]};
    r[REG_RAX] = native_syscall(r[REG_RAX], a);
    fs_write(program_fs);
}

static void fault_catch(int signal, siginfo_t *info, void *context)
{
    greg_t *r = ((ucontext_t *)context)->uc_mcontext.gregs;
    uint64_t pc = (uint64_t)r[REG_RIP], code = (uint64_t)r[REG_ERR],
             address = (uint64_t)info->si_addr;

    fs_write(host_fs);
    if (pc >= native_window_end) {
        fprintf(stderr, "linux-run: the harness itself faulted, pc %#lx, address %#lx\n", pc,
                address);
        _exit(125);
    }
    if (signal == SIGSEGV && r[REG_TRAPNO] == 14)
        native_fault(address, code & 16 ? 4 : code & 2 ? 2 : 1);
    else
        native_trap(signal, address);
    fs_write(program_fs);
}

static bool handler_set(int signal, void (*handler)(int, siginfo_t *, void *))
{
    struct sigaction s = {.sa_sigaction = handler,
                          .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER};
    return !sigaction(signal, &s, NULL);
}

bool native_install(void)
{
    const stack_t stack = {.ss_sp = signal_stack, .ss_size = sizeof signal_stack};

    if (!(getauxval(AT_HWCAP2) & HWCAP2_FSGSBASE_BIT) || sigaltstack(&stack, NULL))
        return false;
    host_fs = fs_read();
    if (!handler_set(SIGSYS, syscall_catch))
        return false;
    const int faults[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP};
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++)
        if (!handler_set(faults[i], fault_catch))
            return false;
    uint64_t above = 0x7ffffffff000 - native_window_end;
    return !prctl(PR_SYSCALL_USER_DISPATCH, PR_DISPATCH_ON, native_window_end, above,
                  &dispatch_selector);
}

void native_code_prepare(void *code, size_t bytes)
{
    (void)code;
    (void)bytes;
}

void native_jump(uint64_t pc, uint64_t sp)
{
    fs_write(program_fs);
    __asm__ volatile("mov %1, %%rsp\n\t"
                     "xor %%edx, %%edx\n\t"
                     "xor %%ebp, %%ebp\n\t"
                     "jmp *%0" ::"r"(pc),
                     "r"(sp)
                     : "rdx", "memory");
    __builtin_unreachable();
}

void native_thread_pointer_set(uint64_t value)
{
    program_fs = value;
}

uint64_t native_thread_pointer(void)
{
    return program_fs;
}

uint64_t native_hwcap(void)
{
    return getauxval(AT_HWCAP);
}

uint64_t native_hwcap2(void)
{
    return getauxval(AT_HWCAP2);
}
