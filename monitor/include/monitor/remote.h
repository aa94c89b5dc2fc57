/* remote.h: what an administrator (a child that may end the machine: the shell) asks of any core's
 * monitor through its own.
 *
 *   shell            monitor of core 0              monitor of that core
 *     |- NOTE_TEXT ------->|- MON_TEXT ------------------>|   pieces of a command line, for ASK_RUN
 *     |- NOTE_ASK -------->|- MON_ASK ------------------->|
 *     |<- NOTE_TOLD -------|<- MON_TOLD ------------------|   exactly one for each question
 *     |<- NOTE_ENDED ------|<- MON_ENDED -----------------|   once for each ASK_RUN that was OK
 *
 * A domain is named by its tag: core << 20 | number, never used twice in one boot; number 0 is the
 * core's monitor itself. E_PEER: that core is not up; E_RIGHTS: the child is no administrator;
 * E_NOT_FOUND: no such domain.                                                                 */
#ifndef MONITOR_REMOTE_H
#define MONITOR_REMOTE_H

#include <skerry/base.h>

/* Kinds of PARENT_NOTE and PARENT_TEXT, apart from those of monitor/service.h. */
enum remote_note {
    NOTE_ASK = 0x180, /* number: request (16 bits). word 0: core | enum remote_ask << 32; 1: a;
                         2: b */
    NOTE_TOLD,        /* number: request. word 0: enum status | next << 32; 1..5: see below */
    NOTE_TEXT,        /* number: core | piece << 16. Piece 0 begins a command line anew. Words are
                         separated by REMOTE_SEPARATOR; the first is the image's path */
    NOTE_ENDED,       /* number: request of the ASK_RUN. word 0: exit status | enum remote_end <<
                         32; 1: cpu time in ticks; 2..5: reason, zero-terminated */
};

enum remote_ask {
    ASK_CORE,    /* 1: hardware id; 2: node | core count << 32; 3: domains; 4: capability slots in
                    use | regions << 32; 5: cpu time of the monitor in ticks */
    ASK_MEMORY,  /* bytes. 1: zone of the CPU driver; 2, 3: zone RAM of the monitor, used and all of
                    it; 4, 5: general RAM likewise */
    ASK_DOMAIN,  /* a: index. The first domain at or behind it. next: index behind it. 1..3: name,
                    zero-terminated; 4: tag; 5: enum dispatcher_state. E_NOT_FOUND: no more */
    ASK_ACCOUNT, /* a: tag. 1: enum dispatcher_state | enum stop_reason << 32; 2: cpu time in ticks;
                    3: system calls; 4: peak zone RAM; 5: peak general RAM, bytes */
    ASK_CAP,     /* a: tag, b: capref. The first capability at or behind it. next: capref to go on
                    from (0: that was all). 1..3: base, bytes, aux; 4: type | rights << 8 |
                    owner << 16 | tag << 32; 5: its capref, 0: none so far, go on */
    ASK_RUN,     /* a: enum remote_run, b: general RAM in bytes (0: little). 1: tag */
    ASK_KILL,    /* a: tag. NOTE_ENDED with END_KILLED comes for what ASK_RUN started */
    REMOTE_ASK_COUNT
};

enum remote_run { RUN_FOREIGN = 1 /* vector unit, foreign system calls: the Linux personality */ };

enum remote_end { END_EXIT, END_FAULT, END_STOPPED, END_KILLED };

#define REMOTE_SEPARATOR '\x1f'
#define REMOTE_TEXT_BYTES 1024u /* of a whole command line */
#define REMOTE_WORDS_MAX 48u
#define REMOTE_TAG_SHIFT 20u

#endif
