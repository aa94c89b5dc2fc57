/* worker.h: the protocol of the service `worker.CORE`: messages of farm/worker.def, and how a job
 * can end. */
#ifndef FARM_WORKER_H
#define FARM_WORKER_H

#define URPC_PROTOCOL worker
#define URPC_ROWS <farm/worker.def>
#include <urpc/message.h>

#define WORKER_SERVICE "worker.%u" /* core_id */
#define WORKER_MISSING_MAX 8u

/* The words of the report (`skerry-report 1`). */
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
