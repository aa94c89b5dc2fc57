/* output.h: one job's files on their way to the service `files`: pieces come from the job one at a
 * time, each is written before the job may go on. A file that is not complete when the job ends is
 * thrown away.
 *
 *   IDLE --piece at 0--> CREATING --answer--> WRITING --answer--> IDLE (more pieces to come)
 *   IDLE --next piece--> WRITING                     \--the last one--> CLOSING --answer--> IDLE
 *   IDLE, file open --abort--> ABORTING --answer--> IDLE
 *
 * Context: threads and event handlers of one program; nothing waits. */
#ifndef FARM_OUTPUT_H
#define FARM_OUTPUT_H

#include <farm/files.h>

enum output_state { OUTPUT_IDLE, OUTPUT_CREATING, OUTPUT_WRITING, OUTPUT_CLOSING, OUTPUT_ABORTING };

struct output_piece {
    char name[FILES_NAME_BYTES];
    uint64_t bulk_offset, bytes; /* where it lies in the bulk memory */
    uint64_t offset, total;      /* of the file */
};

struct output {
    struct channel *files; /* NULL: nobody keeps files */
    enum output_state state;
    bool open; /* the service has a handle for us */
    uint32_t tag, handle;
    uint64_t done; /* bytes of the open file that are written */
    struct output_piece piece;
    /* The piece is kept, or why not; called once a piece. */
    void (*taken)(void *arg, enum status s);
    void *arg;
};

/* OK: `taken` will be called. E_PROTOCOL: not its turn, or not the next piece. E_NOT_FOUND,
 * E_FULL, E_PEER: no service. */
NODISCARD enum status output_piece_send(struct output *o, const struct output_piece *piece);

/* What the service says. Anything that was not asked for is ignored. */
void output_answer(struct output *o, const struct urpc_message *m);

/* The service is gone. */
void output_lost(struct output *o);

/* Throws an incomplete file away; only while idle. */
void output_abort(struct output *o);

#endif
