/* A monitor's capability operations alone, on core 2 of 100; its messages go into a box. */
#ifndef UNIT_BOX_H
#define UNIT_BOX_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "ops/ops.h"
#include "proto/monitor_messages.h"

#define CORES 100u
#define CORE 2u
#define BOX 16u

struct box {
    struct ops ops;
    void *memory;
    struct urpc_message sent[BOX];
    uint32_t sent_count, marks, unmarks, copies, finished_count, unshared_count;
    enum status mark_status, accept_status, finished;
    uint64_t token;
    /* hold, clear: what for, how often */
    struct region_key held, cleared;
    uint32_t holds, clears, cleared_owner;
    bool spared, no_credit;
    struct cap_description accepted;
};
extern struct box box;

int start(void **state);
int stop(void **state);
/* A frame of that owner. */
struct cap_description frame(uint32_t i, uint32_t owner);
/* The last message sent: its type, to whom, its op. */
uint32_t sent(uint32_t type, uint32_t to);

#define ARRIVE(NAME, name, ...)                                                                    \
    do {                                                                                           \
        union msg_##name##_words w = {.word = {0}};                                                \
        struct urpc_message m = {.type = MSG_##NAME};                                              \
        w.fields = (struct msg_##name){.to = CORE, __VA_ARGS__};                                   \
        memcpy(m.word, w.word, sizeof(w.word));                                                    \
        ops_message(&box.ops, &m);                                                                 \
    } while (0)

#endif
