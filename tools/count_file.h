#ifndef TOOLS_COUNT_FILE_H
#define TOOLS_COUNT_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What plugin/count.so wrote (plugin/README.md says what each number means). */
struct count_window {
    unsigned int id, vcpu, end_vcpu;
    uint64_t kernel, runtime, program, zero, all; /* zero is in none of the others but all */
    uint64_t special[4];                          /* control, TLB, barrier, MSR */
};

struct count_vcpu {
    unsigned int vcpu;
    uint64_t kernel, runtime, program, zero;
};

struct count_point {
    unsigned int id, vcpu;
    uint64_t kernel, runtime, program, zero, all; /* from power-on */
};

struct count_file {
    struct count_point *point;
    size_t point_count;
    struct count_window *window;
    size_t window_count;
    struct count_vcpu *vcpu;
    size_t vcpu_count;
    uint64_t all; /* instructions of all vCPUs from power-on to the end */
};

/* False when the file is missing, cut short or none of ours. */
bool count_file_read(struct count_file *f, const char *path);
void count_file_free(struct count_file *f);

/* Medians over the windows of one id, each number by itself; how many there were. */
size_t count_file_median(const struct count_file *f, unsigned int id, struct count_window *median);

/* The window of this id with the most instructions, or NULL. */
const struct count_window *count_file_most(const struct count_file *f, unsigned int id);

/* The n-th window of an id that was opened on a vCPU (from 0), or NULL. */
const struct count_window *count_file_window(const struct count_file *f, unsigned int id,
                                             unsigned int vcpu, size_t n);

/* The argument of -plugin that makes QEMU write `path`, to be freed. Ends the program when the
 * plugin is not built. */
char *count_plugin(const char *path, const char *arch);

#endif
