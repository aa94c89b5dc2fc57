/* hostile_kinds.c: each kind of apps/hostile and its expected end. Reasons are the farm's words
 * (apps/farm/worker_report.c), which hold the personality's, the runtime's or the kernel's. */
#include "hostile.h"

enum { SHORT_MS = 1000, LONG_MS = 10000, MEMORY_BYTES = 16 << 20 };

/* The columns behind the name. */
#define FAULT(reason, says) JOB_FAULT, reason, says, LONG_MS, 0
#define FINE(says) JOB_OK, NULL, says, LONG_MS, 0
#define ENDLESS(says) JOB_TIME, "wall time limit", says, SHORT_MS, 0
#define LIMITED(reason, bytes) JOB_MEMORY, reason, NULL, LONG_MS, bytes

const struct hostile_kind hostile_kinds[] = {
    {"null-write", FAULT("null pointer: signal 11 at 0x0000", NULL)},
    {"null-read", FAULT("null pointer: signal 11 at 0x0000", NULL)},
    {"kernel-read", FAULT("kernel address: signal 11 at 0xffff", NULL)},
    {"kernel-write", FAULT("kernel address: signal 11 at 0xffff", NULL)},
    {"kernel-jump", FAULT("kernel address: signal 11 at 0xffff", NULL)},
    {"beyond-jump", FAULT(NULL, NULL)},
    {"stack", FAULT("stack overflow: signal 11", NULL)},
    {"alloc", LIMITED("limit: had ", MEMORY_BYTES)},
    {"alloc-core", LIMITED("core full: had ", 0)},
    {"fill", LIMITED("limit: had ", MEMORY_BYTES)},
    {"personality", ENDLESS(NULL)},
    {"self-modify", FINE("right 3 of 3")},
    {"loop", ENDLESS(NULL)},
    {"privileged", FAULT("fault without a handler at 0x", "not refused 0")},
    {"undefined", FAULT("illegal instruction: signal 4", NULL)},
    {"flags", FINE("ways ")},
    {"vector-control", FINE(NULL)},
    {"page-fault", FAULT("fault inside an upcall at 0x", NULL)},
    {"page-loop", ENDLESS(NULL)},
    {"resume-kernel", FAULT(NULL, NULL)},
    {"resume-beyond", FAULT(NULL, NULL)},
    {"resume-flags", FINE("refused 3 of 3")},
    {"resume-range", FINE("refused 998 of 998")},
    {"entry-fault", FAULT(NULL, NULL)},
    {"entry-run", FAULT(NULL, NULL)},
    {"entry-foreign", FAULT(NULL, NULL)},
    {"entry-beyond", FAULT(NULL, NULL)},
    {"stack-kernel", FAULT(NULL, NULL)},
    {"stack-foreign", FAULT(NULL, NULL)},
    {"critical", FAULT(NULL, NULL)},
    {"output", ENDLESS("all work and no play")},
    {"output-forge", FINE("@done jobs=1")},
    {"bells", ENDLESS(NULL)},
    {"flood-garbage", FAULT(NULL, NULL)},
    {"flood-credits", FAULT(NULL, NULL)},
    {"flood-type", FAULT(NULL, NULL)},
    {"flood-log", ENDLESS(NULL)},
    {"flood-files", FAULT(NULL, NULL)},
    {"flood-window", FAULT(NULL, NULL)},
    {"lie", FAULT(NULL, NULL)},
    {"calls-native", FINE("native calls 60000")},
    {"calls-linux", FINE("Linux calls 30000")},
    {"calls-parent", FINE("parent calls 20000")},
    {"delete-all", FAULT(NULL, NULL)},
    {"revoke-all", FAULT(NULL, NULL)},
    {"supervise", FAULT("stopped itself", NULL)},
    {"grow", FINE("refused 13 of 13")},
    {"map-wx", FINE("as it must be 10 of 10")},
    {"spawn", ENDLESS("dispatchers ")},
    {"spawn-domains", ENDLESS("domains ")},
    {"spawn-nowhere", FINE("started ")},
    {"twin", FAULT(NULL, NULL)},
};

const size_t hostile_kind_count = sizeof(hostile_kinds) / sizeof(hostile_kinds[0]);
