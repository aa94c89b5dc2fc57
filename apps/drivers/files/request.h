/* One request of one client, checked and carried out. Private. */
#ifndef FILES_REQUEST_H
#define FILES_REQUEST_H

#include "serve.h"

enum request_end {
    REQUEST_DONE,  /* *answer is to be sent */
    REQUEST_ASIDE, /* no room for one more open file now: try again when one was closed */
    REQUEST_LIE,   /* not a message that a client may send */
};

/* c->request. Waits for the device; while it waits the client may die. */
enum request_end request_do(struct client *c, struct msg_files_answer *answer);

/* Remove the files that the client leaves unfinished. */
void request_abandon(struct client *c);

#endif
