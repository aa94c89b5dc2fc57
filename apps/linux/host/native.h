/* native.h: how the test harness catches a Linux program that runs natively in its own process:
 * system calls and page faults arrive as signals. One implementation for each architecture, in
 * arch/<name>/linux/native.c.
 *
 * x86-64: Syscall User Dispatch (prctl(2)): a system call instruction below native_window_end
 * raises SIGSYS. arm64: system call instructions are replaced by breakpoints as code is mapped,
 * since qemu-user knows no better way. */
#ifndef LINUX_NATIVE_H
#define LINUX_NATIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Every address below this is the program's; everything of the harness lies above. */
static const uint64_t native_window = 0x200000000000, native_window_end = 0x300000000000;

/* Starts catching. False: this kernel cannot. */
bool native_install(void);

/* Called before pages become executable; they are writable at that time. */
void native_code_prepare(void *code, size_t bytes);

__attribute__((noreturn)) void native_jump(uint64_t pc, uint64_t sp);

/* The thread register that the program sees. */
void native_thread_pointer_set(uint64_t value);
uint64_t native_thread_pointer(void);

/* What Linux itself says of the processor to programs. */
uint64_t native_hwcap(void);
uint64_t native_hwcap2(void);

/* Given by the harness. access: LINUX_READ, _WRITE or _EXECUTE. */
long native_syscall(long number, const long argument[6]);
void native_fault(uint64_t address, unsigned access);
void native_trap(int signal, uint64_t address);

#endif
