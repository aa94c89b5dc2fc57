/* output.c: see output.h. */
#include "output.h"
#include <rt/string.h>

static void start(struct output *o);

/* The job is told how it went, and may send the next one. */
static void end_piece(struct output *o, enum status s)
{
    o->state = OUTPUT_IDLE;
    if (!o->held)
        return;
    o->held = false;
    o->taken(o->arg, s);
}

/* A channel that died meanwhile is reported soon; until then the piece waits. */
static void sent(struct output *o, enum output_state state, enum status s)
{
    if (s == OK)
        o->state = state;
    else if (channel_dead(o->files))
        o->state = OUTPUT_IDLE;
    else
        end_piece(o, s);
}

static void create_send(struct output *o, enum output_state state, const char *name)
{
    uint32_t bytes = (uint32_t)strnlen(name, FILES_NAME_BYTES - 1);
    struct msg_files_create_at m = {.tag = ++o->tag, .name_bytes = bytes, .bulk_offset = 0};

    memcpy(o->bulk, name, bytes);
    sent(o, state, msg_files_create_at_send(o->files, &m));
}

static void write_send(struct output *o)
{
    struct msg_files_write m = {.tag = ++o->tag,
                                .handle = o->handle,
                                .bulk_offset = o->piece.bulk_offset,
                                .bytes = o->piece.bytes,
                                .file_offset = o->piece.offset};

    memcpy(o->bulk + m.bulk_offset, o->window + m.bulk_offset, m.bytes);
    sent(o, OUTPUT_WRITING, msg_files_write_send(o->files, &m));
}

static void close_send(struct output *o)
{
    struct msg_files_close m = {.tag = ++o->tag, .handle = o->handle};

    o->open = false;
    sent(o, OUTPUT_CLOSING, msg_files_close_send(o->files, &m));
}

static void abort_send(struct output *o)
{
    struct msg_files_abort m = {.tag = ++o->tag, .handle = o->handle};

    sent(o, OUTPUT_ABORTING, msg_files_abort_send(o->files, &m));
}

/* What comes next: the rest of the piece, the end of the file, or the job's turn. */
static void step(struct output *o)
{
    if (!o->held)
        o->state = OUTPUT_IDLE; /* aborted meanwhile */
    else if (o->done < o->piece.offset + o->piece.bytes)
        write_send(o);
    else if (o->done == o->piece.total)
        close_send(o);
    else
        end_piece(o, OK);
}

/* While idle: what waits to be done, if it can be done now. */
static void start(struct output *o)
{
    if (o->state != OUTPUT_IDLE || !o->files || channel_dead(o->files))
        return;
    if (o->torn[0]) {
        create_send(o, OUTPUT_CLEANING, o->torn);
    } else if (o->held && o->open) {
        step(o);
    } else if (o->held && o->piece.offset) {
        end_piece(o, E_AGAIN);
    } else if (o->held) {
        o->done = 0;
        o->made = true;
        create_send(o, OUTPUT_CREATING, o->piece.name);
    }
}

enum status output_piece_send(struct output *o, const struct output_piece *piece)
{
    if (o->held || piece->bytes > piece->total || piece->offset > piece->total - piece->bytes ||
        (!piece->bytes && piece->total))
        return E_PROTOCOL;
    bool follows = o->made && piece->offset != 0;
    if (o->open && (piece->offset != o->done || piece->total != o->piece.total))
        return E_PROTOCOL;
    if (!o->open && piece->offset != 0 && !follows)
        return E_PROTOCOL;
    o->piece = *piece;
    o->held = true;
    start(o);
    return OK;
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
        o->handle = a.handle;
        o->open = o->made = s == OK;
        break;
    case OUTPUT_WRITING:
        o->done += s == OK ? o->piece.bytes : 0;
        break;
    case OUTPUT_CLOSING:
        o->made = false;
        end_piece(o, s);
        return;
    case OUTPUT_CLEANING:
        o->handle = a.handle;
        o->state = OUTPUT_IDLE;
        if (s == OK) {
            abort_send(o);
            return;
        }
        o->torn[0] = 0; /* the host does not let us: no more can be done */
        start(o);
        return;
    case OUTPUT_ABORTING:
        o->state = OUTPUT_IDLE;
        o->torn[0] = 0;
        start(o);
        return;
    }
    if (s != OK)
        end_piece(o, s);
    else
        step(o);
}

void output_lost(struct output *o)
{
    o->open = false;
    o->files = NULL;
    o->bulk = NULL;
    o->state = OUTPUT_IDLE;
}

void output_found(struct output *o, struct channel *files, unsigned char *bulk)
{
    o->files = files;
    o->bulk = bulk;
    start(o);
}

void output_give_up(struct output *o, enum status s)
{
    output_lost(o);
    o->made = false;
    o->torn[0] = 0;
    end_piece(o, s);
}

void output_abort(struct output *o)
{
    bool open = o->open;

    o->held = false;
    if (!o->made)
        start(o);
    if (o->state != OUTPUT_IDLE || !o->made)
        return;
    memcpy(o->torn, o->piece.name, sizeof o->torn);
    o->open = o->made = false;
    if (open && o->files && !channel_dead(o->files))
        abort_send(o);
    else
        start(o);
}

bool output_idle(const struct output *o)
{
    return o->state == OUTPUT_IDLE && !o->held && !o->made && !o->torn[0];
}
