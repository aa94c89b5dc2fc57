/* Requests and answers of 9P2000.L, one at a time. message_start, message_add..., message_send,
 * answer_take..., answer_end. The answer is copied out of device memory once and then checked: size
 * against what the device wrote, tag, type. */
#include "message.h"

#define TAG_ONLY 0u
#define TAG_NONE 0xffffu
#define HOST_NOT_FOUND 2u /* Linux errno: ENOENT, EEXIST */
#define HOST_EXISTS 17u

static uint32_t tag_of(enum ninep_message type)
{
    return type == MESSAGE_VERSION ? TAG_NONE : TAG_ONLY;
}

static void add(struct message *m, uint64_t value, uint32_t bytes)
{
    if (PAGE_BYTES - m->used < bytes) {
        m->overflow = true;
        return;
    }
    for (uint32_t i = 0; i < bytes; i++)
        m->n->request[m->used++] = (uint8_t)(value >> (8 * i));
}

void message_start(struct message *m, struct ninep *n, enum ninep_message type)
{
    *m = (struct message){.n = n, .type = type};
    add(m, 0, 4);
    add(m, type, 1);
    add(m, tag_of(type), 2);
}

void message_add16(struct message *m, uint32_t value)
{
    add(m, value, 2);
}

void message_add32(struct message *m, uint32_t value)
{
    add(m, value, 4);
}

void message_add64(struct message *m, uint64_t value)
{
    add(m, value, 8);
}

void message_add_string(struct message *m, const char *s, uint32_t bytes)
{
    if (bytes > UINT16_MAX)
        m->overflow = true;
    add(m, bytes, 2);
    for (uint32_t i = 0; i < bytes && !m->overflow; i++)
        add(m, (uint8_t)s[i], 1);
}

static uint64_t take(struct answer *a, uint32_t bytes)
{
    uint64_t value = 0;
    if (a->bytes - a->at < bytes || sizeof a->copy - a->at < bytes) {
        a->short_read = true;
        return 0;
    }
    for (uint32_t i = 0; i < bytes; i++)
        value |= (uint64_t)a->copy[a->at++] << (8 * i);
    return value;
}

uint32_t answer_take16(struct answer *a)
{
    return (uint32_t)take(a, 2);
}

uint32_t answer_take32(struct answer *a)
{
    return (uint32_t)take(a, 4);
}

void answer_skip(struct answer *a, uint32_t bytes)
{
    if (a->bytes - a->at < bytes)
        a->short_read = true;
    else
        a->at += bytes;
}

enum status connection_break(struct ninep *n, enum status s)
{
    n->broken = true;
    return s;
}

enum status answer_end(struct ninep *n, const struct answer *a)
{
    return a->short_read || a->at != a->bytes ? connection_break(n, E_PROTOCOL) : OK;
}

/* Give the device its buffers and wait until it has written `*written` bytes of answer. */
static enum status exchange(struct message *m, uint32_t *written)
{
    struct ninep *n = m->n;
    struct virtio_buffer list[4];
    uint32_t reads = 0, count = 0;
    list[count++] = (struct virtio_buffer){n->request_pa, m->used};
    if (m->out.bytes != 0)
        list[count++] = m->out;
    reads = count;
    list[count++] =
        (struct virtio_buffer){n->answer_pa, m->in.bytes != 0 ? MESSAGE_READ_BYTES : PAGE_BYTES};
    if (m->in.bytes != 0)
        list[count++] = m->in;
    uint16_t head, done;
    enum status s = virtqueue_add(&n->queue, list, reads, count - reads, &head);
    if (s != OK)
        return s;
    virtio_kick(n->device);
    while ((s = virtqueue_take(&n->queue, &done, written)) == E_EMPTY) {
        s = n->wait.wait(n->wait.arg);
        if (s != OK)
            return s;
    }
    return s == OK && done != head ? E_PROTOCOL : s;
}

/* The answer's header: size, type, tag. */
static enum status answer_check(struct message *m, struct answer *a, uint32_t written)
{
    struct ninep *n = m->n;
    *a = (struct answer){.bytes = written};
    uint32_t kept = written < ANSWER_BYTES_MAX ? written : ANSWER_BYTES_MAX;
    if (m->in.bytes != 0 && kept > MESSAGE_READ_BYTES)
        kept = MESSAGE_READ_BYTES;
    for (uint32_t i = 0; i < kept; i++)
        a->copy[i] = n->answer[i];
    uint32_t size = answer_take32(a), type = (uint32_t)take(a, 1), tag = answer_take16(a);
    if (a->short_read || size != written || tag != tag_of(m->type))
        return E_PROTOCOL;
    if (type == (uint32_t)m->type + 1)
        return OK;
    if (type != MESSAGE_ERROR)
        return E_PROTOCOL;
    n->host_error = answer_take32(a);
    if (a->short_read || a->at != a->bytes)
        return E_PROTOCOL;
    if (n->host_error == HOST_NOT_FOUND)
        return E_NOT_FOUND;
    return n->host_error == HOST_EXISTS ? E_EXISTS : E_IO;
}

enum status message_send(struct message *m, struct answer *a)
{
    struct ninep *n = m->n;
    if (n->broken)
        return E_IO;
    if (m->overflow)
        return E_LIMIT;
    uint32_t size = m->used + m->out.bytes;
    for (uint32_t i = 0; i < 4; i++)
        n->request[i] = (uint8_t)(size >> (8 * i));
    uint32_t written = 0;
    enum status s = exchange(m, &written);
    if (s != OK)
        return connection_break(n, s);
    s = answer_check(m, a, written);
    return s == E_PROTOCOL ? connection_break(n, s) : s;
}
