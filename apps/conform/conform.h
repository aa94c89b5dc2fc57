/* What the files of the conformance suite share: cases and what they expect, the lab in which a
 * case makes its objects, probes of memory, subjects (bare dispatchers).
 *
 * A case is a function CASE(group, name) with a row in cases.def. It runs in a fresh lab, leaves by
 * `return` at the first expectation that is not met, and cleans nothing up: whatever it made was
 * made of the lab's memory, which is revoked behind it. Then as many capabilities must be there as
 * before, or the case has failed.
 *
 *   CASE(revoke, copies_go)
 *   {
 *       capref_t frame = lab_make(CAP_FRAME), copy = lab_slot();
 *       EXPECT(OK, sys_cap_copy(frame, copy));
 *       EXPECT(OK, sys_cap_revoke(frame, 0));
 *       EXPECT_TYPE(CAP_NULL, copy);
 *   }                                                                                            */
#ifndef CONFORM_H
#define CONFORM_H

#include <conform_arch.h>
#include <rt/rt.h>
#include <rt/syscall.h>

/* ---- Cases ---- */

#define CASE(group, name) void case_##group##_##name(void)
#define C(group, name) CASE(group, name);
#include "cases.def"
#undef C

/* Each notes what was expected and what came, and says whether they agree. */
bool expect_status(enum status want, uint64_t got, const char *what);
bool expect_equal(uint64_t want, uint64_t got, const char *what);
bool expect_true(bool is, const char *what);
bool expect_text(const char *want, const char *got, const char *what);
/* The case fails for this reason, if it has not failed before. */
void case_fail(const char *format, ...) PRINTF_LIKE(1, 2);
bool case_failed(void);

#define MET(condition)                                                                             \
    do {                                                                                           \
        if (!(condition) || case_failed())                                                         \
            return;                                                                                \
    } while (0)
#define EXPECT(want, call) MET(expect_status(want, (uint64_t)(call), #call))
#define EQUAL(want, value) MET(expect_equal((uint64_t)(want), (uint64_t)(value), #value))
#define TRUE(condition) MET(expect_true(condition, #condition))
#define TEXT(want, value) MET(expect_text(want, value, #value))
#define EXPECT_TYPE(type, ref) MET(expect_equal(type, lab_type(ref), "type of " #ref))
#define EXPECT_FAULT(kind, probe) MET(expect_equal(kind, probe, #probe))

/* Runs one case by its name, if the filter wants it. Families call it for each of theirs. */
void case_run(const char *name, void (*fn)(const void *arg), const void *arg);

/* The families: cases made from the tables of operations and types. */
void operations_run(void);
void types_run(void);

/* ---- The lab ---- */

/* What the monitor gave this program besides (SLOT_GRANT_FIRST on). */
enum {
    GRANT_MONITOR = SLOT_GRANT_FIRST,
    GRANT_IRQ_CONTROL,
    GRANT_IO_PORTS,
    GRANT_CORE,
    GRANT_DEVICE,
    GRANT_TIME,
};

enum {
    LAB_CNODE = 62,       /* L1 index of the lab's CNode in our CSpace */
    LAB_UNATTACHED = 61,  /* nothing is ever attached there */
    LAB_ROOT_ENTRY = 100, /* of our root: all that the lab maps lies below it */
    LAB_TAG = 0x7a6,
};
#define LAB_VA ((uint64_t)LAB_ROOT_ENTRY << 39)     /* level 1 table: 2 MiB of pages */
#define LAB_PAGES (LAB_VA + 0x100000u)              /* from here on: pages of subjects */
#define LAB_LARGE (LAB_VA + (2u << 20))             /* entries 1.. of the level 2 table */
#define LAB_CAP(n) ((capref_t)LAB_CNODE << 8 | (n)) /* a constant */

struct lab {
    struct ram_object zone, ram;  /* ours for good: what a case's memory is cut of */
    uint64_t zone_used, ram_used; /* bytes that this case took */
    uint32_t slots_used;
    capref_t table_3, table_2, table_1; /* below LAB_ROOT_ENTRY, for good */
    capref_t table_3_own;               /* the level 3 table that holds this program itself */
    uint32_t subjects, irqs;
};
extern struct lab lab;

bool lab_begin(void); /* once */
void lab_reset(void); /* before each case */
void lab_clean(void); /* behind each case */

/* Capabilities of the core that exist now. */
uint64_t lab_cap_count(void);
/* An empty slot of the lab. */
capref_t lab_slot(void);
/* `count` empty slots in a row. */
capref_t lab_slots(uint32_t count);
/* A fresh object in a slot of the lab, ready to be used. lab_can: can this machine make one? */
capref_t lab_make(enum cap_type type);
bool lab_can(enum cap_type type);
/* What lab_make gives is a copy of what the monitor gave: a revoke would take that, too. */
bool lab_shares(enum cap_type type);
/* RAM, or objects of a size, from the zone (kernel objects) or outside (frames). */
capref_t lab_zone(uint64_t bytes);
capref_t lab_ram(uint64_t bytes);
capref_t lab_frame(uint64_t bytes);
/* A copy with these rights. */
capref_t lab_weaker(capref_t ref, uint32_t rights);
/* A frame without a tag, as another core would have granted it: nobody may touch its memory. */
capref_t lab_foreign_frame(uint32_t pages);
/* A level 1 page table, entered at entry `index` (2..511) of the lab's level 2 table. */
capref_t lab_table(uint32_t index, capref_t *mapping);
/* Map at a page of LAB_VA .. LAB_PAGES: its MAPPING. */
capref_t lab_map(capref_t frame, uint32_t page, uint32_t flags);
/* Make the capability be in the state of a revoke that was preempted. */
bool lab_mark(capref_t ref);
/* Fill a CNode of the lab's with copies: for long work. Returns how many. */
uint32_t lab_copies(capref_t ref, uint32_t count);

/* What lies there; CAP_NULL: nothing. */
struct cap_description lab_describe(uint64_t place);
enum cap_type lab_type(uint64_t place);
uint64_t lab_now(void);
uint64_t lab_after_ms(uint64_t ms);
/* Empty the mark of a wake-up that came while we ran. */
void lab_drain(void);

static inline void *lab_at(uint32_t page)
{
    return (void *)(LAB_VA + (uint64_t)page * PAGE_BYTES);
}

/* ---- Probes: one access each, by this thread; FAULT_NONE, or what fault it was ---- */

extern struct probe_seen {
    enum fault_kind kind;
    uint64_t address, code;
} probe_seen;

bool probes_begin(void);
enum fault_kind try_load(uint64_t va);
enum fault_kind try_store(uint64_t va);
enum fault_kind try_jump(uint64_t va);
enum fault_kind try_call(uint64_t (*probe)(void));

/* arch/<name>/conform/probe.S */
uint64_t probe_load(uint64_t va);
uint64_t probe_store(uint64_t va, uint64_t value);
uint64_t probe_jump(uint64_t va);
uint64_t probe_illegal(void);
uint64_t probe_breakpoint(void);
uint64_t probe_divide(void);
uint64_t probe_align(void);
uint64_t probe_vector(void);
uint64_t probe_privileged(uint64_t n);
void probe_recover(void);
void probe_system(const uint64_t in[], uint64_t out[]);
void probe_foreign(const uint64_t in[], uint64_t out[]);
void probe_spin(const uint64_t in[], uint64_t out[], volatile uint64_t *stop);
void probe_entry(void);
void probe_entered(const uint64_t word[]) NORETURN;
void probe_vector_fill(uint64_t pattern);
uint64_t probe_vector_differs(uint64_t pattern);
void probe_critical(volatile uint64_t *stop);
uint64_t probe_critical_load(uint64_t va);
extern const char probe_critical_end[], probe_critical_load_end[], probe_code_end[];
void probe_code(void);

/* ---- Subjects: dispatchers in our own address space and CSpace, one C function each ---- */

enum {
    SUBJECTS_MAX = 12,
    PRIORITY_LOW = 10,
    PRIORITY_MIDDLE = 20,
    PRIORITY_HIGH = 30, /* still below our own: we only look when we want to */
};

struct subject {
    uint32_t index;
    capref_t dispatcher, sched, endpoint;
    struct dispatcher_page *page; /* mapped here, at the address that it knows it by */
    void (*body)(struct subject *s);
    /* A fault: true = go on at area TRAP (which it may change). NULL: note it and stop. */
    bool (*fault)(struct subject *s);
    /* A call: the words are the caller's, then the answer's. */
    uint64_t (*call)(struct subject *s, uint64_t badge, uint64_t word[4]);
    struct subject *other; /* the case's own */
    volatile uint64_t value[6];
    volatile uint64_t steps, runs, faults, fault_kind, fault_address, fault_pc;
    volatile bool done; /* the body came to its end */
    volatile bool stop; /* the case asks it to end */
};
extern struct subject subjects[SUBJECTS_MAX];

/* Made, configured, its page mapped, supervised by us; not started. NULL: the case has failed. */
struct subject *subject_make(uint32_t priority, void (*body)(struct subject *s));
struct subject *subject_make_flags(uint32_t priority, uint32_t flags,
                                   void (*body)(struct subject *s));
bool subject_start(struct subject *s);
/* Waits until it has stopped; false: it did not within the time that everything has. */
bool subject_join(struct subject *s);
/* The same for both. */
bool subject_run(struct subject *s);
/* Waits until it is in this state. */
bool subject_await(struct subject *s, enum dispatcher_state state);
enum dispatcher_state subject_state(const struct subject *s);
enum stop_reason subject_reason(const struct subject *s);
/* Inside of it: enabled from here on; ends. */
void subject_enable(struct subject *s);
void subject_disable(struct subject *s);
void subject_end(struct subject *s) NORETURN;
/* A server of same-core calls, at rest: endpoint is there, with this badge. */
struct subject *subject_server(uint32_t priority,
                               uint64_t (*call)(struct subject *s, uint64_t badge,
                                                uint64_t word[4]),
                               uint64_t badge);
/* Sleeps: lets those below us run. */
void sleep_ms(uint64_t ms);
/* The order in which things happened: one letter each. */
void trace_add(char c);
const char *trace(void);

/* What probe_entry found; the subject that it entered has ended. */
extern uint64_t entered[PROBE_WORDS];
/* Every register but those in `lost` is 0 or holds what `in` had there. */
bool registers_clean(const uint64_t in[], const uint64_t out[], uint32_t lost);
void registers_fill(uint64_t in[], uint64_t pattern);

#endif
