/* output.h: one job's files on their way to the service `files`: pieces come from the job one at a
 * time, each is written before the job may go on. A file that is not complete when the job ends is
 * thrown away. The service may end at any time and come back (output_lost, output_found): a piece
 * that waits goes on waiting; the file that was under way begins anew, by itself if the piece is
 * its first, else the job is told E_AGAIN and sends it from its beginning.
 *
 *   IDLE --piece at 0--> CREATING --answer--> WRITING --answer--> IDLE (more pieces to come)
 *   IDLE --next piece--> WRITING                     \--the last one--> CLOSING --answer--> IDLE
 *   IDLE, file open --abort--> ABORTING --answer--> IDLE
 *   any --lost--> IDLE; --found--> what was cut off begins anew
 *   IDLE, something torn --found--> CLEANING --answer--> ABORTING --answer--> IDLE
 *
 * A torn file: NAME.part that the job does not want any more and that a service which has ended
 * may have left on the host. Context: threads and event handlers of one program; nothing waits. */
#ifndef FARM_OUTPUT_H
#define FARM_OUTPUT_H

#include <farm/files.h>

#define OUTPUT_NAME_ROOM 4096u /* bulk memory: the name, then the pieces' bytes */

enum output_state {
    OUTPUT_IDLE,
    OUTPUT_CREATING,
    OUTPUT_WRITING,
    OUTPUT_CLOSING,
    OUTPUT_ABORTING,
    OUTPUT_CLEANING,
};

struct output_piece {
    char name[FILES_NAME_BYTES];
    uint64_t bulk_offset, bytes; /* where it lies in the window and in the bulk memory */
    uint64_t offset, total;      /* of the file */
};

struct output {
    struct channel *files;       /* NULL: there is no service now */
    unsigned char *bulk;         /* of the channel */
    const unsigned char *window; /* where the job puts pieces; copied to the bulk memory */
    enum output_state state;
    bool held; /* a piece was taken, and the job waits for its end */
    bool open; /* the service has a handle for us */
    bool made; /* NAME.part may be there */
    uint32_t tag, handle;
    uint64_t done; /* bytes of the open file that are written */
    struct output_piece piece;
    char torn[FILES_NAME_BYTES]; /* "": none */
    /* The piece is kept, or why not; called once a piece, unless the file is aborted before. */
    void (*taken)(void *arg, enum status s);
    void *arg;
};

/* OK: `taken` will be called, or was. E_PROTOCOL: not its turn, or not the next piece. */
NODISCARD enum status output_piece_send(struct output *o, const struct output_piece *piece);

/* What the service says. Anything that was not asked for is ignored. */
void output_answer(struct output *o, const struct urpc_message *m);

/* The service is gone; it may come back. */
void output_lost(struct output *o);

/* It is back, or there for the first time. */
void output_found(struct output *o, struct channel *files, unsigned char *bulk);

/* It will not come back: what waits fails with this status. */
void output_give_up(struct output *o, enum status s);

/* The job is over: nothing waits any more, an incomplete file is thrown away as soon as that can
 * be done. Call it again until output_idle. */
void output_abort(struct output *o);

/* Nothing is under way and nothing left to be done. */
bool output_idle(const struct output *o);

#endif
