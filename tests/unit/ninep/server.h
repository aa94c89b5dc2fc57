/* A 9p server in memory behind a virtio transport of its own: it answers when it is kicked.
 * Physical addresses are virtual ones. It knows one directory level deep enough for the tests, and
 * can lie in a chosen answer. */
#ifndef NINEP_SERVER_H
#define NINEP_SERVER_H

#include <drivers/ninep.h>

#define SERVER_NODES_MAX 32u
#define SERVER_FILE_BYTES (64u << 10)

enum lie {
    LIE_NONE,
    LIE_SHORT, /* size and bytes cut by one */
    LIE_SIZE,  /* the size field is not what was written */
    LIE_LONG,  /* bytes behind the end of the contents */
    LIE_TAG,
    LIE_TYPE,
    LIE_ERROR_SHORT, /* an error without its number */
    LIE_EMPTY,       /* nothing at all */
    LIE_COUNT,       /* contents of all ones */
    LIE_RANDOM,      /* noise of random length */
    LIE_ERROR,       /* an honest refusal: errno 28 */
    LIE_NEVER,       /* no answer */
    LIE_END
};

struct server_node {
    char path[256]; /* "" is the root */
    bool used, directory;
    uint32_t bytes;
    uint8_t data[SERVER_FILE_BYTES];
};

struct server {
    struct server_node node[SERVER_NODES_MAX];
    struct server_node *fid[NINEP_HANDLES_MAX];
    struct virtqueue *queue;
    uint16_t seen;
    uint32_t status;
    uint32_t msize, write_max;
    uint32_t requests, lie_at; /* the request (from 0) in whose answer it lies */
    enum lie lie;
    uint32_t interrupts;
};

/* An empty root; the device is ready for ninep_init with `n`. */
void server_start(struct server *s, struct virtio_device *d, struct ninep *n);
struct server_node *server_find(struct server *s, const char *path);
uint32_t server_fids_used(const struct server *s);

#endif
