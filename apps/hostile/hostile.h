/* hostile.h: what the files of the program `hostile` share. It is a static Linux program: one job
 * of the farm, in the same address space as the personality that serves it, and it knows what the
 * personality knows: the domain's fixed slots, its shared page, its channel. */
#ifndef HOSTILE_H
#define HOSTILE_H

#include <arch/user.h>
#include <hostile_arch.h>
#include <rt/arguments.h>
#include <rt/layout.h>

/* One way to misbehave. How each must end: tools/hostile_kinds.c. */
struct kind {
    const char *name;
    void (*run)(void);
};

extern const struct kind memory_kinds[], processor_kinds[], page_kinds[], channel_kinds[],
    call_kinds[], cap_kinds[], spawn_kinds[], secret_kinds[];

/* The word behind KIND on the command line, as a number; 0: none. */
extern uint64_t hostile_argument;

/* say.c. Standard output: a line of the job on the console. */
void say(const char *text);
/* `before`, the number, `after`, and the end of the line. */
void say_number(const char *before, uint64_t number, const char *after);
NORETURN void leave(int code);
bool same(const char *a, const char *b);
long linux_call(long number, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3);

/* splitmix64 from a fixed seed: the same numbers in every run. */
uint64_t random_next(void);

/* Fresh memory, readable and writable, or NULL. */
unsigned char *pages_take(uint64_t bytes);

/* Everything of this program that a page fault could be about is touched now; from here on faults
 * come to hostile_fault_entry, and the personality serves none. */
void faults_take(void);
/* No entry for faults at all: the next one stops the dispatcher. */
void faults_drop(void);

/* Native system calls. */
struct sysret native(enum syscall op, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3,
                     uint64_t a4, uint64_t a5);
enum status native_do(enum syscall op, uint64_t a0, uint64_t a1, uint64_t a2, uint64_t a3,
                      uint64_t a4, uint64_t a5);
/* Objects out of the domain's own zone RAM, from its end down, into slots of a CNode of our own.
 * 0: no more room. */
capref_t object_take(enum cap_type type, uint64_t bytes);
/* A frame out of general RAM, likewise. */
capref_t frame_take(uint64_t bytes);
capref_t slot_take(void);

/* arch/<name>/hostile/try.S */
typedef void hostile_code(void);
struct refused {
    const char *name;
    hostile_code *code;
};
extern const struct refused hostile_refused[], hostile_refused_end[];
uint64_t hostile_try(hostile_code *code);
void hostile_fault_entry(void);
void hostile_spin(void);
void hostile_stack_eat(void);

#endif
