/* Litmus programs: tiny, written as text, run by the checker and by the oracle, which share nothing
 * but this header and the reader of the text.
 *
 * Threads are separated by |, instructions by blanks:
 *   W<loc><value><order>          store           orders: n relaxed, a acquire, r release,
 *   R<loc><order>                 load                    b acq_rel, s seq_cst (fences only)
 *   A<loc><value><order>          fetch_add
 *   X<loc><value><order>          exchange
 *   C<loc><expected><value><order>  compare and swap; a failure is relaxed
 *   F<order>                      fence
 *   =<value>                      the thread ends here unless its last read gave that value
 * Locations x, y, z are atomic, p, q plain (no order letter there); all begin as 0; values 0..9. */
#ifndef LITMUS_H
#define LITMUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LIT_THREADS = 4, LIT_CODE = 8, LIT_ATOMIC = 3, LIT_LOCATIONS = 5, LIT_WRITES = 8 };
enum { LIT_UNREAD = 0xff };
enum lit_kind { LIT_STORE, LIT_LOAD, LIT_ADD, LIT_XCHG, LIT_CAS, LIT_FENCE, LIT_IF };

struct lit_instruction {
    enum lit_kind kind;
    uint8_t location, value, expected;
    int order; /* memory_order */
};

struct lit_program {
    unsigned thread_count;
    unsigned count[LIT_THREADS];
    struct lit_instruction code[LIT_THREADS][LIT_CODE];
};

/* One execution: what each instruction read, who wrote each atomic location in modification order
 * (1 + 16 * thread + instruction), the last values of the atomic ones. */
struct lit_outcome {
    uint8_t read[LIT_THREADS][LIT_CODE];
    uint8_t order[LIT_ATOMIC][LIT_WRITES];
    uint8_t last[LIT_ATOMIC];
};

struct lit_set {
    struct lit_outcome *item;
    size_t count, room;
    bool race;    /* then the outcomes mean nothing */
    bool bounded; /* then they are not all */
    uint64_t executions;
};

void lit_set_add(struct lit_set *set, const struct lit_outcome *o);
void lit_set_finish(struct lit_set *set); /* sorts, each once */
void lit_set_free(struct lit_set *set);
bool lit_set_equal(const struct lit_set *a, const struct lit_set *b);

/* False: the text is wrong. */
bool lit_read(struct lit_program *p, const char *text);
void lit_print(const struct lit_program *p);

void lit_check(const struct lit_program *p, struct lit_set *set);  /* the checker */
void lit_oracle(const struct lit_program *p, struct lit_set *set); /* brute force */

/* Both return the number of failures, and print them. */
unsigned litmus_run(void);
unsigned random_run(unsigned count, uint64_t seed);

#endif
