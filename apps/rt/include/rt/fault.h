/* fault.h: who answers page faults and other exceptions of this program.
 *
 * A handler runs on the entry stack, disabled: it must not block, switch threads or fault. True:
 * it is repaired, go on where it
 * happened (the registers are page->area[AREA_TRAP], and may have been changed). False: the next
 * one is asked. When nobody answers, the
 * program's end is reported to the parent as EXIT_FAULT. */
#ifndef RT_FAULT_H
#define RT_FAULT_H

#include <skerry/dispatcher.h>
#include <skerry/status.h>

struct fault {
    enum fault_kind kind;
    uint64_t address; /* page faults */
    uint64_t code;    /* the architecture's own word */
};

#define FAULT_HANDLERS_MAX 8u

/* Asked for page faults in [begin, end), and for every other fault if `begin` is 0 and `end`
 * UINT64_MAX. Later ones are asked first. E_LIMIT. */
NODISCARD enum status fault_handler_add(uint64_t begin, uint64_t end,
                                        bool (*handle)(void *arg, const struct fault *f),
                                        void *arg);

const char *fault_kind_name(enum fault_kind kind);

#endif
