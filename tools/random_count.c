/* random_count.c: what random system calls must have reached: each legal pair of operation and type
 * of the capability invoked, and each status; and what one unprivileged domain cannot reach, with
 * the reason. */
#include <stdio.h>

#include "random_check.h"

enum { OFTEN = 100, CALLS_FOR_OFTEN = 1000000 };

static const char *const operation_names[SYS_COUNT] = {
#define Y(name, ...) #name,
#include <skerry/syscall.def>
#undef Y
};
static const char *const type_names[CAP_TYPE_COUNT] = {
#define T(name, space, bytes, text) #name,
#include <skerry/cap_type.def>
#undef T
};

/* Pairs that such a domain can succeed with; RETYPE: the type made. */
static const struct {
    uint16_t operation;
    uint8_t low, high;
    uint8_t not_this; /* 0: all of them */
} legal[] = {
    {SYS_NULL, 0, 0, 0},
    {SYS_CAP_COPY, CAP_RAM, CAP_ENDPOINT, CAP_DEVICE_FRAME},
    {SYS_CAP_MINT, CAP_RAM, CAP_ENDPOINT, CAP_DEVICE_FRAME},
    {SYS_CAP_MOVE, CAP_RAM, CAP_MAPPING, CAP_DEVICE_FRAME},
    {SYS_CAP_DELETE, CAP_RAM, CAP_MAPPING, CAP_DEVICE_FRAME},
    {SYS_CAP_REVOKE, CAP_RAM, CAP_ENDPOINT, CAP_DEVICE_FRAME},
    {SYS_CAP_RETYPE, CAP_RAM, CAP_SCHED_CONTEXT, CAP_DEVICE_FRAME},
    {SYS_CAP_IDENTIFY, CAP_RAM, CAP_MAPPING, CAP_DEVICE_FRAME},
    {SYS_CNODE_ATTACH, CAP_CNODE_L1, CAP_CNODE_L1, 0},
    {SYS_CNODE_DETACH, CAP_CNODE_L1, CAP_CNODE_L1, 0},
    {SYS_TABLE_MAP, CAP_PAGE_TABLE_4, CAP_PAGE_TABLE_2, 0},
    {SYS_FRAME_MAP, CAP_PAGE_TABLE_2, CAP_PAGE_TABLE_1, 0},
    {SYS_MAPPING_PROTECT, CAP_MAPPING, CAP_MAPPING, 0},
    {SYS_DISPATCHER_CONFIGURE, CAP_DISPATCHER, CAP_DISPATCHER, 0},
    {SYS_DISPATCHER_MAP, CAP_DISPATCHER, CAP_DISPATCHER, 0},
    {SYS_DISPATCHER_ENTRY, CAP_DISPATCHER, CAP_DISPATCHER, 0},
    {SYS_DISPATCHER_START, CAP_DISPATCHER, CAP_DISPATCHER, 0},
    {SYS_DISPATCHER_STOP, CAP_DISPATCHER, CAP_DISPATCHER, 0},
    {SYS_DISPATCHER_INSPECT, CAP_DISPATCHER, CAP_DISPATCHER, 0},
    {SYS_DISPATCHER_SUPERVISE, CAP_DISPATCHER, CAP_DISPATCHER, 0},
    {SYS_WAIT, 0, 0, 0},
    {SYS_YIELD, 0, 0, 0},
    {SYS_ENDPOINT_MAKE, CAP_DISPATCHER, CAP_DISPATCHER, 0},
    {SYS_CALL, CAP_ENDPOINT, CAP_ENDPOINT, 0},
    {SYS_SCHED_CONFIGURE, CAP_SCHED_CONTEXT, CAP_SCHED_CONTEXT, 0},
    {SYS_DOORBELL_RING, CAP_ENDPOINT, CAP_ENDPOINT, 0},
    {SYS_BELL_LOCAL, CAP_DISPATCHER, CAP_DISPATCHER, 0},
};

static const struct {
    const char *what, *why;
} beyond[] = {
    {"RESUME", "restores a context and does not come back; only its refusal is drawn"},
    {"REPLY_WAIT", "made by the servers, once for each CALL that succeeds"},
    {"IRQ_*, PORT_*, MONITOR_*, CORE_START, LOG_WRITE, MACHINE_EXIT, STATISTICS",
     "need capabilities that only a monitor or a driver gets; their refusals are drawn"},
    {"DEVICE_FRAME, MARKER, IRQ_CONTROL, IRQ, IO_PORTS, IO_SPACE, DOORBELL, CORE, MONITOR",
     "are never in such a domain's arena"},
    {"E_NOT_OWNER", "all that it has is its own core's"},
    {"E_MARKED", "needs a second caller in the middle of a revoke"},
    {"E_EXISTS, E_NO_MARKER", "answers to monitors and drivers"},
    {"E_NOT_MAPPED, E_NO_MEMORY, E_NOT_FOUND, E_FORMAT, E_PROTOCOL, E_FULL, E_EMPTY, E_IO",
     "no system call of such a domain gives them: they are user code's"},
};

static const uint8_t statuses[] = {
    OK,        E_NO_CAP,  E_TYPE,   E_RIGHTS, E_SLOT_USED, E_NO_SLOT, E_ARGUMENT,    E_ALIGN,
    E_RANGE,   E_RETYPED, E_TAGGED, E_MAPPED, E_BUSY,      E_TIMEOUT, E_UNSUPPORTED, E_SYSCALL,
    E_STOPPED, E_PEER,    E_LIMIT,
};

static unsigned int pairs_print(const struct random_count *c, uint64_t least, unsigned int *pairs)
{
    unsigned int seldom = 0;

    for (size_t i = 0; i < sizeof(legal) / sizeof(legal[0]); i++)
        for (uint8_t t = legal[i].low; t <= legal[i].high; t++) {
            uint64_t times = c->ok[legal[i].operation][t];

            if (t == legal[i].not_this && t != 0)
                continue;
            (*pairs)++;
            if (times >= least)
                continue;
            seldom++;
            printf("SELDOM %s of %s: %llu times OK\n", operation_names[legal[i].operation],
                   type_names[t], (unsigned long long)times);
        }
    return seldom;
}

unsigned int random_count_print(const struct random_count *c, uint64_t again)
{
    uint64_t least = c->calls >= CALLS_FOR_OFTEN ? OFTEN : 1;
    unsigned int pairs = 0, seldom = pairs_print(c, least, &pairs);

    for (size_t i = 0; i < sizeof(statuses); i++)
        if (c->status[statuses[i]] == 0) {
            printf("SELDOM %s: never\n", status_name(statuses[i]));
            seldom++;
        }
    for (unsigned int s = 0; s < STATUS_COUNT; s++)
        if (c->status[s] != 0)
            printf("  %-14s %llu\n", status_name(s), (unsigned long long)c->status[s]);
    printf("  %-14s %llu, each made again\n", status_name(E_AGAIN), (unsigned long long)again);
    for (size_t i = 0; i < sizeof(beyond) / sizeof(beyond[0]); i++)
        printf("not reached: %s: %s\n", beyond[i].what, beyond[i].why);
    /* Each capability that the call names is there and has the type that is needed. */
    uint64_t right = c->calls - c->status[E_NO_CAP] - c->status[E_TYPE] - c->status[E_NO_SLOT] -
                     c->status[E_SYSCALL];
    printf("%u pairs of operation and type, %u things less than %llu times; %llu of %llu calls "
           "with capabilities of the right type\n",
           pairs, seldom, (unsigned long long)least, (unsigned long long)right,
           (unsigned long long)c->calls);
    return seldom + (2 * right < c->calls);
}
