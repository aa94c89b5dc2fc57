/* worker.h: the protocol of the service `worker.CORE`: messages of farm/worker.def, and how a job
 * can end. */
#ifndef FARM_WORKER_H
#define FARM_WORKER_H

#define URPC_PROTOCOL worker
#define URPC_ROWS <farm/worker.def>
#include <urpc/message.h>

#define WORKER_SERVICE "worker.%u" /* core_id */
#define WORKER_MISSING_MAX 8u

/* What a job cost. K(NAME, word of the farm's lines) */
#define ACCOUNT_KEYS(K)                                                                            \
    K(CPU, cpu_us)                                                                                 \
    K(WALL, wall_us)                                                                               \
    K(ZONE_PEAK, zone_peak_bytes)                                                                  \
    K(RAM_PEAK, ram_peak_bytes)                                                                    \
    K(MEMORY_LIMIT, memory_limit_bytes)                                                            \
    K(NATIVE_SYSCALLS, native_syscalls)                                                            \
    K(FOREIGN_SYSCALLS, foreign_syscalls)                                                          \
    K(FAULTS, faults)                                                                              \
    K(UPCALLS, upcalls)                                                                            \
    K(MESSAGES_SENT, messages_sent)                                                                \
    K(MESSAGES_RECEIVED, messages_received)                                                        \
    K(DOORBELLS, doorbells)                                                                        \
    K(BYTES_READ, bytes_read)                                                                      \
    K(BYTES_WRITTEN, bytes_written)                                                                \
    K(FILES_OUT, files_out)                                                                        \
    K(PAGES_PRIVATE, pages_private)                                                                \
    K(PAGES_ARCHIVE, pages_archive)

enum account_key {
    ACCOUNT_NONE,
#define K(name, word) ACCOUNT_##name,
    ACCOUNT_KEYS(K)
#undef K
        ACCOUNT_COUNT
};

/* The words of the report. */
enum job_status {
    JOB_STATUS_OK,
    JOB_STATUS_FAULT,       /* bad access, signal, exit code not 0, a file that was not kept */
    JOB_STATUS_MEMORY,      /* its memory ran out */
    JOB_STATUS_TIME,        /* its time ran out */
    JOB_STATUS_UNSUPPORTED, /* it could not go on without something that is missing here */
    JOB_STATUS_KILLED,      /* asked for, or its core was lost */
    JOB_STATUS_COUNT
};

#endif
