/* output.c: see output.h. */
#include "output.h"

/* The job is told how it went, and may send the next one. */
static void end_piece(struct output *o, enum status s)
{
    o->state = OUTPUT_IDLE;
    o->taken(o->arg, s);
}

static enum status create_send(struct output *o)
{
    struct msg_files_create m = {.tag = ++o->tag};

    for (unsigned i = 0; i < FILES_NAME_BYTES; i++)
        m.name[i] = o->piece.name[i];
    o->state = OUTPUT_CREATING;
    return msg_files_create_send(o->files, &m);
}

static enum status write_send(struct output *o)
{
    struct msg_files_write m = {.tag = ++o->tag,
                                .handle = o->handle,
                                .bulk_offset = o->piece.bulk_offset,
                                .bytes = o->piece.bytes,
                                .file_offset = o->piece.offset};

    o->state = OUTPUT_WRITING;
    return msg_files_write_send(o->files, &m);
}

static enum status close_send(struct output *o)
{
    struct msg_files_close m = {.tag = ++o->tag, .handle = o->handle};

    o->state = OUTPUT_CLOSING;
    o->open = false;
    return msg_files_close_send(o->files, &m);
}

/* What comes next: the rest of the piece, the end of the file, or the job's turn. */
static void step(struct output *o)
{
    enum status s = OK;

    if (o->done < o->piece.offset + o->piece.bytes) {
        s = write_send(o);
    } else if (o->done == o->piece.total) {
        s = close_send(o);
    } else {
        o->state = OUTPUT_IDLE;
        o->taken(o->arg, OK);
    }
    if (s != OK)
        end_piece(o, s);
}

enum status output_piece_send(struct output *o, const struct output_piece *piece)
{
    enum status s = OK;

    if (o->state != OUTPUT_IDLE || piece->bytes > piece->total ||
        piece->offset > piece->total - piece->bytes || (!piece->bytes && piece->total))
        return E_PROTOCOL;
    if (o->open ? piece->offset != o->done || piece->total != o->piece.total : piece->offset != 0)
        return E_PROTOCOL;
    if (!o->files)
        return E_NOT_FOUND;
    if (channel_dead(o->files))
        return E_PEER;
    o->piece = *piece;
    if (o->open) {
        s = write_send(o);
    } else {
        o->done = 0;
        s = create_send(o);
    }
    if (s != OK)
        o->state = OUTPUT_IDLE;
    return s;
}

void output_answer(struct output *o, const struct urpc_message *m)
{
    struct msg_files_answer a;

    if (o->state == OUTPUT_IDLE || msg_files_answer_get(m, &a) != OK || a.tag != o->tag)
        return;
    enum status s = (enum status)a.status;
    switch (o->state) {
    case OUTPUT_IDLE:
        return;
    case OUTPUT_CREATING:
        if (s != OK) {
            end_piece(o, s);
            return;
        }
        o->handle = a.handle;
        o->open = true;
        step(o);
        return;
    case OUTPUT_WRITING:
        if (s != OK) {
            end_piece(o, s);
            return;
        }
        o->done += o->piece.bytes;
        step(o);
        return;
    case OUTPUT_CLOSING:
        end_piece(o, s);
        return;
    case OUTPUT_ABORTING:
        o->state = OUTPUT_IDLE;
        return;
    }
}

void output_lost(struct output *o)
{
    bool waits = o->state != OUTPUT_IDLE && o->state != OUTPUT_ABORTING;

    o->open = false;
    o->files = NULL;
    o->state = OUTPUT_IDLE;
    if (waits)
        o->taken(o->arg, E_PEER);
}

void output_abort(struct output *o)
{
    struct msg_files_abort m = {.tag = ++o->tag, .handle = o->handle};

    if (o->state != OUTPUT_IDLE || !o->open)
        return;
    o->open = false;
    if (o->files && msg_files_abort_send(o->files, &m) == OK)
        o->state = OUTPUT_ABORTING;
}
