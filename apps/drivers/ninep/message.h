/* 9P messages as bytes: a writer into the request page, a reader over a copy of the answer, and the
 * one request in flight. Numbers are little-endian. A writer that is full, and a reader at its end,
 * say so once, at the end. Private. */
#ifndef NINEP_MESSAGE_H
#define NINEP_MESSAGE_H

#include <drivers/ninep.h>

/* Type of a request; its answer is one more. MESSAGE_ERROR is an answer only. */
enum ninep_message {
    MESSAGE_ERROR = 7,
    MESSAGE_OPEN = 12,
    MESSAGE_CREATE = 14,
    MESSAGE_SYNC = 50,
    MESSAGE_MKDIR = 72,
    MESSAGE_RENAME = 74,
    MESSAGE_UNLINK = 76,
    MESSAGE_VERSION = 100,
    MESSAGE_ATTACH = 104,
    MESSAGE_WALK = 110,
    MESSAGE_READ = 116,
    MESSAGE_WRITE = 118,
    MESSAGE_CLUNK = 120,
};

#define MESSAGE_HEADER_BYTES 7u
/* What stands before the data of a write: header, fid, offset, count; before that of a read's
 * answer: header, count (an error is as long). */
#define MESSAGE_WRITE_BYTES 23u
#define MESSAGE_READ_BYTES 11u
#define MESSAGE_QID_BYTES 13u

struct message {
    struct ninep *n;
    enum ninep_message type;
    uint32_t used; /* bytes of the request page */
    bool overflow;
    /* Data that goes out behind the request, or comes in behind the answer's count. */
    struct virtio_buffer out, in;
};

/* The fixed part and the strings of any answer that we look into. */
#define ANSWER_BYTES_MAX 256u

struct answer {
    uint32_t bytes, at;
    bool short_read;
    uint8_t copy[ANSWER_BYTES_MAX];
};

void message_start(struct message *m, struct ninep *n, enum ninep_message type);
void message_add16(struct message *m, uint32_t value);
void message_add32(struct message *m, uint32_t value);
void message_add64(struct message *m, uint64_t value);
void message_add_string(struct message *m, const char *s, uint32_t bytes);

/* Send, wait, check the answer's header. OK: `a` stands behind the header. */
NODISCARD enum status message_send(struct message *m, struct answer *a);

/* Mark the connection as broken for good; gives `s` back. */
NODISCARD enum status connection_break(struct ninep *n, enum status s);

uint32_t answer_take16(struct answer *a);
uint32_t answer_take32(struct answer *a);
void answer_skip(struct answer *a, uint32_t bytes);

/* The answer was as long as what was taken, no shorter and no longer; otherwise E_PROTOCOL and the
 * connection is broken. */
NODISCARD enum status answer_end(struct ninep *n, const struct answer *a);

#endif
