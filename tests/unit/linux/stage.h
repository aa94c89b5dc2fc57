/* stage.h: a process of the personality on the host, as linux_test.c and job_test.c drive it: by
 * numbers and pointers, as a program would. The host below it maps real pages, so an access to a page
 * that is not there is a crash, and counts what is mapped. */
#ifndef LINUX_TEST_STAGE_H
#define LINUX_TEST_STAGE_H

// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on
#include "abi.h"
#include <linux/process.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* Numbers by name, from the same table. */
enum {
#define CALL(name, x86, arm) N_##name = LINUX_NUMBER(x86, arm),
#define CALL_OLD(name, x86)
#include "call.def"
#undef CALL
#undef CALL_OLD
};

struct linux_host {
    uint64_t pages, pages_max;
    jmp_buf end;
    enum linux_end how;
    int code;
    char reason[64];
    char output[256];
    unsigned char *archive;
    size_t archive_bytes;
};

static const uint64_t window = 0x200000000000;
extern struct linux_host host;
extern struct linux_process *process;
extern uint64_t scratch; /* a page of the program's to pass texts and structures in */

long call(long number, long a, long b, long c, long d, long e, long f);
long map(long bytes, long prot);

/* Touches memory as the program would: by a fault where nothing is yet. */
volatile unsigned char *touch(uint64_t address, unsigned access);

/* A text of the program's; `at` tells several apart. */
long text(const char *t, unsigned at);

long open_text(const char *path, long flags);
long write_text(long d, const char *t);
const char *read_text(long d, long bytes);

/* Names in an open directory. */
long names_count(long d);

/* Once for all tests; before each; after each. */
int archive_make(void **state);
int begin(void **state);
int finish(void **state);

#endif
