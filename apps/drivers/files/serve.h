/* The service `files` (farm/files.def): clients, their requests, their open files. Private.
 *
 *   channel's handler (any wait)        main thread (serve_next)
 *   message --> client.request, busy --> queue --> device --> answer, busy = false
 *   channel ended --> client.dead ----> queue --> its files are removed, the client is forgotten
 *
 * A handler touches the queue and the client's flags only; the device and the files are the main
 * thread's. A client is in the queue at most once. A CREATE that finds no room for one more open
 * file is put aside until a file is closed.                                                     */
#ifndef FILES_SERVE_H
#define FILES_SERVE_H

#include "device.h"
#include <farm/files.h>
#include <monitor/service.h>

#define CLIENT_FILES_MAX 4u
#define OPEN_FILES_MAX 56u /* of all clients: NINEP_HANDLES_MAX less what one request needs */
#define PART_NAME_BYTES (FILES_NAME_BYTES + sizeof ".part")

struct file {
    char name[FILES_NAME_BYTES];
    uint32_t handle; /* the client's name for it: index | generation; 0: free */
    uint32_t ninep_handle;
};

struct client {
    struct client *next;       /* all of them */
    struct client *queue_next; /* in the queue or among those put aside */
    struct serve *serve;
    struct service_channel *service;
    struct urpc_message request;
    bool busy; /* a request that is not answered yet */
    bool queued, aside, dead;
    uint32_t generation;
    struct file file[CLIENT_FILES_MAX];
};

struct client_queue {
    struct client *first, *last;
};

struct serve {
    struct device *device; /* NULL: there is none */
    struct client *clients;
    struct client_queue queue, aside;
    uint32_t open_count;
    bool broken;          /* the connection to the host is: this instance can do no more */
    bool worked;          /* it has kept a file */
    uint32_t crash_after; /* for tests: requests until it crashes; 0: it does not */
    uint32_t request_count;
};

/* For service_register. arg: struct serve. */
void serve_accepted(void *arg, struct service_channel *c);

/* Do what is next in the queue; waits for the device. False: nothing is. */
bool serve_next(struct serve *v);

#endif
