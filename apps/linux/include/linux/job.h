/* job.h: what the job's domain (/skerry/linux) and its spawner, the core's worker, say to each
 * other: PARENT_NOTE messages (rt/parent.def) of these kinds, besides the program's output, which
 * comes as log text.
 *
 * The worker spawns /skerry/linux with the flags SPAWN_VECTOR | SPAWN_FOREIGN | SPAWN_ARCHIVE, the
 * arguments
 *     linux -j OFFSET   (of a block in /skerry/jobs: farm/jobs.h)
 *     linux [-C DIRECTORY] [-i INPUT] [-o OUTPUT] PROGRAM [ARGUMENT...]
 * and, if it wants files, a FRAME (read and write) in SLOT_GRANT_FIRST: the bulk frame, shared by
 * turns:
 *
 *   job  -> JOB_FILE     number: bytes in this piece; word 0: where it begins in the file,
 *                        1: bytes of the whole file. Frame: the name, NUL-terminated, in the first
 *                        page; the piece behind it. From now on it is the worker's.
 *   job <-  JOB_TAKEN    number: enum status. The frame is the job's again. E_AGAIN: send this
 *                        file again from its beginning (who keeps files was lost, and is back);
 *                        else not OK: the rest of it is not sent.
 *   ...                  each file in ascending pieces, at least one, also of an empty file
 *   job  -> JOB_MISSING  number: Linux call that is not served here; word 0: times; 1..5: its name
 *   job  -> JOB_CALLS    number: of words that hold JOB_CALLS_WORD, 1..6; each call once
 *   job  -> JOB_USED     number: enum linux_end; word 0: exit code or signal; 1: calls; 2: faults;
 *                        3: peak pages of its own | of the
 *                        archive << 32; 4: which command, from 0; 5: bytes read
 *   job  -> PARENT_EXIT  reason: one line. cause is EXIT_PROGRAM if JOB_USED came.
 *
 * rt_exit's status is the program's exit code, 1 after any other end, 125 if it could not start. */
#ifndef LINUX_JOB_H
#define LINUX_JOB_H

#include <rt/arguments.h>

enum job_note { JOB_FILE = 0x4a01, JOB_TAKEN, JOB_MISSING, JOB_USED, JOB_CALLS };

enum { JOB_NAME_BYTES = 4096, JOB_BULK_BYTES_MIN = 2 * 4096, JOB_SLOT_BULK = SLOT_GRANT_FIRST };

/* A call's number, and how often it was made. */
#define JOB_CALLS_WORD(number, count) ((uint64_t)(number) << 32 | (count))

#endif
