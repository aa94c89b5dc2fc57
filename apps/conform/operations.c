/* operations.c: the cases that come from the tables of operations (op.def, bad.def): each call with
 * valid arguments, and with each argument wrong in each way that its kind can be wrong. A call that
 * is refused must not have changed the number of capabilities. */
#include "conform.h"
#include <rt/string.h>

enum kind { KIND_NONE, KIND_CAP, KIND_TO, KIND_NUMBER };

struct operand {
    enum kind kind;
    bool place;    /* may lie in another CSpace */
    bool optional; /* 0 means: none */
    bool any_type;
    bool any_state; /* works on what is being revoked, too */
    enum cap_type type, also;
    uint32_t rights;
    uint64_t value;
};

#define CAP(t, r)                                                                                  \
    {                                                                                              \
        .kind = KIND_CAP, .type = CAP_##t, .rights = (r)                                           \
    }
#define PLACE(t, r)                                                                                \
    {                                                                                              \
        .kind = KIND_CAP, .type = CAP_##t, .rights = (r), .place = true                            \
    }
#define ANY(t, r)                                                                                  \
    {                                                                                              \
        .kind = KIND_CAP, .type = CAP_##t, .rights = (r), .place = true, .any_type = true          \
    }
#define ALWAYS(t, r)                                                                               \
    {                                                                                              \
        .kind = KIND_CAP, .type = CAP_##t, .rights = (r), .place = true, .any_type = true,         \
        .any_state = true                                                                          \
    }
#define KEEP(t, r)                                                                                 \
    {                                                                                              \
        .kind = KIND_CAP, .type = CAP_##t, .rights = (r), .place = true, .optional = true          \
    }
#define OR(t, r, t2)                                                                               \
    {                                                                                              \
        .kind = KIND_CAP, .type = CAP_##t, .rights = (r), .place = true, .also = CAP_##t2          \
    }
#define OR_CAP(t, r, t2)                                                                           \
    {                                                                                              \
        .kind = KIND_CAP, .type = CAP_##t, .rights = (r), .also = CAP_##t2                         \
    }
#define TO                                                                                         \
    {                                                                                              \
        .kind = KIND_TO, .place = true                                                             \
    }
#define N(v)                                                                                       \
    {                                                                                              \
        .kind = KIND_NUMBER, .value = (uint64_t)(v)                                                \
    }

#define NOT_MADE STATUS_COUNT
/* A constant, of which the tables are made. */
#define IRQ_LINE (PROBE_HAS_PORTS ? IRQ_LINE_MSI : 34)
#define PORTS (PROBE_HAS_PORTS ? OK : E_UNSUPPORTED)

struct operation {
    const char *name;
    enum syscall number;
    enum status outcome;
    struct operand operand[6];
};

static const struct operation operations[] = {
#define O(name, outcome, ...) {#name, SYS_##name, outcome, {__VA_ARGS__}},
#include "op.def"
#undef O
};

enum row {
#define O(name, ...) ROW_##name,
#include "op.def"
#undef O
    ROW_COUNT
};
#define Y(name, ...)                                                                               \
    _Static_assert((unsigned)ROW_##name == (unsigned)SYS_##name, "op.def: a row each, in order");
#include <skerry/syscall.def>
#undef Y
_Static_assert((unsigned)ROW_COUNT == (unsigned)SYS_COUNT, "op.def has a row for each system call");

enum wrong {
    WRONG_NOTHING,
    WRONG_NULL,
    WRONG_RANGE,
    WRONG_UNATTACHED,
    WRONG_EMPTY,
    WRONG_TYPE,
    WRONG_RIGHTS,
    WRONG_MARKED,
    WRONG_ROOT_NULL,
    WRONG_ROOT_TYPE,
    WRONG_ROOT_RIGHTS,
    WRONG_USED,
    WRONG_NUMBER,
    WRONG_COUNT
};
static const char *const wrong_names[WRONG_COUNT] = {
    "valid",  "null",      "range",     "unattached",  "empty", "type",  "rights",
    "marked", "root_null", "root_type", "root_rights", "used",  "number"};

struct trial {
    const struct operation *op;
    unsigned argument;
    enum wrong wrong;
    uint32_t right;     /* WRONG_RIGHTS: the one that is missing */
    uint64_t value;     /* WRONG_NUMBER */
    enum status status; /* WRONG_NUMBER: what it gives */
};

static uint64_t argument_make(const struct operand *o)
{
    switch (o->kind) {
    case KIND_CAP:
        return lab_make(o->type);
    case KIND_TO:
        return lab_slot();
    case KIND_NUMBER:
        return o->value;
    case KIND_NONE:
        break;
    }
    return 0;
}

/* May a capability of this type be copied, so that it can lose rights or be in a long revoke? */
static bool is_copyable(enum cap_type type)
{
    return type != CAP_MAPPING && type != CAP_MARKER;
}

/* The capability at `ref`, named from a root that is wrong in this way. */
static uint64_t wrong_root(enum wrong wrong, capref_t ref)
{
    capref_t root = wrong == WRONG_ROOT_NULL   ? LAB_CAP(255)
                    : wrong == WRONG_ROOT_TYPE ? lab_make(CAP_CNODE_L2)
                                               : lab_weaker(SLOT_CSPACE, RIGHTS_ALL - RIGHT_WRITE);
    return capref_in(root, ref);
}

/* What argument `t->argument` becomes, and what the call must say to it. */
static enum status argument_spoil(const struct trial *t, uint64_t *a)
{
    const struct operand *o = &t->op->operand[t->argument];
    uint64_t *at = &a[t->argument];

    switch (t->wrong) {
    case WRONG_NOTHING:
        return t->op->outcome;
    case WRONG_NULL:
        *at = 0;
        return E_NO_SLOT;
    case WRONG_RANGE:
        *at = capref_make(0xffffff, 255);
        return E_NO_SLOT;
    case WRONG_UNATTACHED:
        *at = capref_make(LAB_UNATTACHED, 5);
        return E_NO_SLOT;
    case WRONG_EMPTY:
        *at = lab_slot();
        return E_NO_CAP;
    case WRONG_TYPE:
        return E_TYPE; /* trial_types sets it */
    case WRONG_RIGHTS:
        *at = lab_weaker((capref_t)*at, RIGHTS_ALL & ~t->right);
        return E_RIGHTS;
    case WRONG_MARKED:
        if (!lab_mark((capref_t)*at))
            return OK;
        return o->any_state ? OK : E_MARKED;
    case WRONG_ROOT_NULL:
    case WRONG_ROOT_TYPE:
        *at = wrong_root(t->wrong, (capref_t)*at);
        return E_TYPE;
    case WRONG_ROOT_RIGHTS:
        *at = wrong_root(t->wrong, (capref_t)*at);
        return E_RIGHTS;
    case WRONG_USED:
        *at = lab_make(CAP_FRAME);
        return E_SLOT_USED;
    case WRONG_NUMBER:
        *at = t->value;
        return t->status;
    case WRONG_COUNT:
        break;
    }
    return OK;
}

static void trial_call(const struct trial *t, const uint64_t *a, enum status want)
{
    uint64_t before = lab_cap_count();
    enum status s = sys_do(t->op->number, a[0], a[1], a[2], a[3], a[4], a[5]);

    if (!expect_status(want, s, t->op->name) || s == OK || t->wrong == WRONG_MARKED)
        return;
    expect_equal(before, lab_cap_count(), "capabilities, after a call that was refused");
}

static void arguments_make(const struct trial *t, uint64_t *a)
{
    for (unsigned i = 0; i < 6; i++)
        a[i] = argument_make(&t->op->operand[i]);
}

/* Every type but those that it takes, one after the other. */
static void trial_types(const struct trial *t)
{
    const struct operand *o = &t->op->operand[t->argument];
    uint64_t a[6];

    for (unsigned type = 1; type < CAP_TYPE_COUNT && !case_failed(); type++) {
        if (type == o->type || (o->also && type == o->also) || !lab_can((enum cap_type)type))
            continue;
        lab_clean();
        lab_reset();
        arguments_make(t, a);
        a[t->argument] = lab_make((enum cap_type)type);
        if (case_failed())
            break;
        trial_call(t, a, E_TYPE);
        if (case_failed())
            case_fail("with type %u", type);
    }
}

static void trial_run(const void *arg)
{
    const struct trial *t = arg;
    uint64_t a[6];

    if (t->wrong == WRONG_TYPE) {
        trial_types(t);
        return;
    }
    arguments_make(t, a);
    enum status want = argument_spoil(t, a);
    if (!case_failed())
        trial_call(t, a, want);
}

static const char *right_name(uint32_t right)
{
    switch (right) {
    case RIGHT_READ:
        return "read";
    case RIGHT_WRITE:
        return "write";
    case RIGHT_EXECUTE:
        return "execute";
    case RIGHT_GRANT:
        return "grant";
    default:
        return "revoke";
    }
}

static void trial_one(struct trial *t, enum wrong wrong)
{
    char name[64];

    t->wrong = wrong;
    if (wrong == WRONG_NOTHING)
        rt_snprintf(name, sizeof name, "op.%s.valid", t->op->name);
    else if (wrong == WRONG_RIGHTS)
        rt_snprintf(name, sizeof name, "op.%s.a%u.no_%s", t->op->name, t->argument,
                    right_name(t->right));
    else
        rt_snprintf(name, sizeof name, "op.%s.a%u.%s", t->op->name, t->argument,
                    wrong_names[wrong]);
    case_run(name, trial_run, t);
}

/* All that can be wrong with one argument. */
static void trials_of(const struct operation *op, unsigned argument)
{
    const struct operand *o = &op->operand[argument];
    struct trial t = {.op = op, .argument = argument};

    if (o->kind != KIND_CAP && o->kind != KIND_TO)
        return;
    if (!o->optional)
        trial_one(&t, WRONG_NULL);
    trial_one(&t, WRONG_RANGE);
    trial_one(&t, WRONG_UNATTACHED);
    if (o->place) {
        trial_one(&t, WRONG_ROOT_NULL);
        trial_one(&t, WRONG_ROOT_TYPE);
        trial_one(&t, WRONG_ROOT_RIGHTS);
    }
    if (o->kind == KIND_TO) {
        trial_one(&t, WRONG_USED);
        return;
    }
    trial_one(&t, WRONG_EMPTY);
    if (!o->any_type)
        trial_one(&t, WRONG_TYPE);
    if (!is_copyable(o->type))
        return;
    for (t.right = 1; t.right < RIGHTS_ALL; t.right <<= 1)
        if (o->rights & t.right)
            trial_one(&t, WRONG_RIGHTS);
    if (!lab_shares(o->type))
        trial_one(&t, WRONG_MARKED);
}

static const struct bad {
    const char *name;
    struct trial trial;
} bads[] = {
#define B(op, argument, value, status, what)                                                       \
    {"op." #op "." #what, {&operations[SYS_##op], argument, WRONG_NUMBER, 0, value, status}},
#include "bad.def"
#undef B
};

static void unknown_run(const void *arg)
{
    expect_status(E_SYSCALL, arch_syscall(*(const uint64_t *)arg, 0, 0, 0, 0, 0, 0).status,
                  "an operation that there is not");
}

void operations_run(void)
{
    static const uint64_t first = SYS_COUNT, far = 0xffff, wide = 0x7fffffff;

    for (unsigned i = 0; i < ROW_COUNT; i++) {
        struct trial valid = {.op = &operations[i]};
        if (operations[i].outcome != NOT_MADE)
            trial_one(&valid, WRONG_NOTHING);
        for (unsigned argument = 0; argument < 6; argument++)
            trials_of(&operations[i], argument);
    }
    for (unsigned i = 0; i < sizeof bads / sizeof bads[0]; i++)
        case_run(bads[i].name, trial_run, &bads[i].trial);
    case_run("op.unknown.first", unknown_run, &first);
    case_run("op.unknown.far", unknown_run, &far);
    case_run("op.unknown.wide", unknown_run, &wide);
}
