/* The oracle: RC11 by brute force, straight from the definitions. Every way to read from, every
 * modification order, then the axioms on relations held as matrices of bits. Nothing of the checker
 * is used here.
 *
 *   hb = (sb | sw)+      sw = [rel];([F];sb)?;rs;rf;[rlx];(sb;[F])?;[acq]   rs = [W];(rf;rmw)*
 *   coherence: hb;eco? irreflexive   atomicity: rmw & (fr;mo) empty   sb | rf acyclic
 *   SC fences: [F];(hb | hb;eco;hb);[F] acyclic
 * A program races if in some consistent execution two conflicting accesses, one of them plain, are
 * unordered by hb. Plain accesses take part in coherence as relaxed ones. */
#include <stdatomic.h>
#include <string.h>

#include "litmus.h"

enum { N = 32 };
typedef uint32_t row;

struct relation {
    row to[N];
};

static struct {
    const struct lit_program *p;
    struct lit_set *set;
    unsigned count; /* events; the first LIT_LOCATIONS are the first values */
    struct {
        const struct lit_instruction *in; /* NULL: a first value */
        int thread;
        unsigned index;
        bool active, reads, writes;
        uint8_t location, seen, value;
        unsigned from;
    } e[N];
    unsigned mo[LIT_LOCATIONS][N], mo_count[LIT_LOCATIONS];
    struct relation sb, rf, hb, eco;
} o;

static void set_bit(struct relation *r, unsigned a, unsigned b)
{
    r->to[a] |= (row)1 << b;
}

static bool has(const struct relation *r, unsigned a, unsigned b)
{
    return r->to[a] >> b & 1;
}

static void closure(struct relation *r)
{
    for (unsigned k = 0; k < o.count; k++)
        for (unsigned i = 0; i < o.count; i++)
            if (has(r, i, k))
                r->to[i] |= r->to[k];
}

static struct relation compose(const struct relation *a, const struct relation *b)
{
    struct relation c = {{0}};
    for (unsigned i = 0; i < o.count; i++)
        for (unsigned k = 0; k < o.count; k++)
            if (has(a, i, k))
                c.to[i] |= b->to[k];
    return c;
}

static bool acyclic(const struct relation *r)
{
    struct relation c = *r;
    closure(&c);
    for (unsigned i = 0; i < o.count; i++)
        if (has(&c, i, i))
            return false;
    return true;
}

static bool is_fence(unsigned i)
{
    return o.e[i].in != NULL && o.e[i].in->kind == LIT_FENCE && o.e[i].active;
}

static int order_of(unsigned i)
{
    if (o.e[i].in->kind == LIT_CAS && !o.e[i].writes)
        return memory_order_relaxed;
    return o.e[i].in->order;
}

static bool release_like(unsigned i)
{
    return o.e[i].in != NULL && order_of(i) >= memory_order_release;
}

static bool acquire_like(unsigned i)
{
    int order = o.e[i].in == NULL ? 0 : order_of(i);
    return order == memory_order_acquire || order >= memory_order_acq_rel;
}

static bool atomic(unsigned i)
{
    return o.e[i].in != NULL && o.e[i].location < LIT_ATOMIC;
}

/* A release pattern that ends in write w: w itself, or a release fence before it. */
static row release_sources(unsigned w)
{
    row from = 0;
    if (atomic(w) && release_like(w))
        from |= (row)1 << w;
    for (unsigned f = 0; f < o.count && atomic(w); f++)
        if (is_fence(f) && release_like(f) && has(&o.sb, f, w))
            from |= (row)1 << f;
    return from;
}

static row acquire_targets(unsigned r)
{
    row to = 0;
    if (acquire_like(r))
        to |= (row)1 << r;
    for (unsigned f = 0; f < o.count; f++)
        if (is_fence(f) && acquire_like(f) && has(&o.sb, r, f))
            to |= (row)1 << f;
    return to;
}

static void hb_make(void)
{
    o.hb = o.sb;
    for (unsigned r = 0; r < o.count; r++) {
        if (!o.e[r].active || !o.e[r].reads || !atomic(r))
            continue;
        row targets = acquire_targets(r);
        for (unsigned w = o.e[r].from;; w = o.e[w].from) { /* back along the release sequence */
            row sources = release_sources(w);
            for (unsigned s = 0; s < o.count; s++)
                if (sources >> s & 1)
                    o.hb.to[s] |= targets;
            if (!o.e[w].reads)
                break;
        }
    }
    closure(&o.hb);
}

/* mo and rf are complete: reads-before, and their closure. */
static void eco_make(void)
{
    memset(&o.eco, 0, sizeof(o.eco));
    for (unsigned l = 0; l < LIT_LOCATIONS; l++)
        for (unsigned i = 0; i < o.mo_count[l]; i++) {
            unsigned w = o.mo[l][i];
            for (unsigned k = i + 1; k < o.mo_count[l]; k++)
                set_bit(&o.eco, w, o.mo[l][k]);
            for (unsigned r = 0; r < o.count; r++) {
                if (!has(&o.rf, w, r))
                    continue;
                set_bit(&o.eco, w, r);
                for (unsigned k = i + 1; k < o.mo_count[l]; k++)
                    if (o.mo[l][k] != r)
                        set_bit(&o.eco, r, o.mo[l][k]);
            }
        }
    closure(&o.eco);
}

static bool atomicity_holds(void)
{
    for (unsigned l = 0; l < LIT_LOCATIONS; l++)
        for (unsigned i = 0; i < o.mo_count[l]; i++) {
            unsigned w = o.mo[l][i];
            if (o.e[w].reads && (i == 0 || o.mo[l][i - 1] != o.e[w].from))
                return false;
        }
    return true;
}

static bool fences_hold(void)
{
    struct relation hb_eco = compose(&o.hb, &o.eco);
    struct relation psc = compose(&hb_eco, &o.hb);
    for (unsigned i = 0; i < o.count; i++)
        psc.to[i] |= o.hb.to[i];
    for (unsigned i = 0; i < o.count; i++)
        for (unsigned k = 0; k < o.count; k++)
            if (!is_fence(i) || !is_fence(k) || order_of(i) != memory_order_seq_cst ||
                order_of(k) != memory_order_seq_cst)
                psc.to[i] &= ~((row)1 << k);
    return acyclic(&psc);
}

static bool consistent(void)
{
    eco_make();
    struct relation bad = compose(&o.hb, &o.eco);
    for (unsigned i = 0; i < o.count; i++)
        if (has(&o.hb, i, i) || has(&bad, i, i) || has(&o.eco, i, i))
            return false;
    return atomicity_holds() && fences_hold();
}

static bool races(void)
{
    for (unsigned a = LIT_LOCATIONS; a < o.count; a++)
        for (unsigned b = a + 1; b < o.count; b++)
            if (o.e[a].active && o.e[b].active && o.e[a].location == o.e[b].location &&
                o.e[a].location >= LIT_ATOMIC && !is_fence(a) && !is_fence(b) &&
                (o.e[a].writes || o.e[b].writes) && !has(&o.hb, a, b) && !has(&o.hb, b, a))
                return true;
    return false;
}

static void outcome_add(void)
{
    struct lit_outcome out;
    memset(&out, 0, sizeof(out));
    memset(out.read, LIT_UNREAD, sizeof(out.read));
    for (unsigned i = LIT_LOCATIONS; i < o.count; i++)
        if (o.e[i].active && o.e[i].reads)
            out.read[o.e[i].thread][o.e[i].index] = o.e[i].seen;
    for (unsigned l = 0; l < LIT_ATOMIC; l++) {
        for (unsigned i = 1; i < o.mo_count[l]; i++)
            out.order[l][i - 1] =
                (uint8_t)(1 + 16 * o.e[o.mo[l][i]].thread + (int)o.e[o.mo[l][i]].index);
        out.last[l] = o.e[o.mo[l][o.mo_count[l] - 1]].value;
    }
    lit_set_add(o.set, &out);
}

/* All modification orders, location by location, write by write. */
static void mo_choose(unsigned location, row left)
{
    if (left == 0) {
        if (++location < LIT_LOCATIONS) {
            row writes = 0;
            for (unsigned i = LIT_LOCATIONS; i < o.count; i++)
                if (o.e[i].active && o.e[i].writes && o.e[i].location == location)
                    writes |= (row)1 << i;
            o.mo[location][0] = location;
            o.mo_count[location] = 1;
            mo_choose(location, writes);
        } else if (consistent()) {
            o.set->executions++;
            o.set->race |= races();
            outcome_add();
        }
        return;
    }
    for (unsigned i = 0; i < o.count; i++)
        if (left >> i & 1) {
            o.mo[location][o.mo_count[location]++] = i;
            mo_choose(location, left & ~((row)1 << i));
            o.mo_count[location]--;
        }
}

/* Values and activity of one event, once its thread's earlier events and its source are known. */
static void event_evaluate(unsigned i, bool stopped)
{
    const struct lit_instruction *in = o.e[i].in;
    o.e[i].active = !stopped;
    o.e[i].reads = !stopped && (in->kind == LIT_LOAD || in->kind == LIT_ADD ||
                                in->kind == LIT_XCHG || in->kind == LIT_CAS);
    o.e[i].writes = !stopped && in->kind <= LIT_CAS && in->kind != LIT_LOAD;
    if (o.e[i].reads)
        o.e[i].seen = o.e[o.e[i].from].value;
    if (in->kind == LIT_CAS && o.e[i].seen != in->expected)
        o.e[i].writes = false;
    o.e[i].value = (uint8_t)(in->kind == LIT_ADD ? o.e[i].seen + in->value : in->value);
}

static void thread_evaluate(int t)
{
    bool stopped = false;
    uint8_t last = 0;
    for (unsigned i = LIT_LOCATIONS; i < o.count; i++) {
        if (o.e[i].thread != t)
            continue;
        if (o.e[i].in->kind == LIT_IF) {
            stopped |= last != o.e[i].in->expected;
            o.e[i].active = o.e[i].reads = o.e[i].writes = false;
            continue;
        }
        event_evaluate(i, stopped);
        if (o.e[i].reads)
            last = o.e[i].seen;
    }
}

/* sb | rf is acyclic, so as many passes as there are events settle all values. */
static bool evaluate(void)
{
    for (unsigned pass = 0; pass < o.count; pass++)
        for (unsigned t = 0; t < o.p->thread_count; t++)
            thread_evaluate((int)t);
    memset(&o.rf, 0, sizeof(o.rf));
    for (unsigned i = LIT_LOCATIONS; i < o.count; i++) {
        if (o.e[i].reads && !(o.e[o.e[i].from].active && o.e[o.e[i].from].writes))
            return false;
        if (!o.e[i].reads && o.e[i].from != o.e[i].location)
            return false; /* a read that does not happen has one name only */
        if (o.e[i].reads)
            set_bit(&o.rf, o.e[i].from, i);
    }
    struct relation both = o.sb;
    for (unsigned i = 0; i < o.count; i++)
        both.to[i] |= o.rf.to[i];
    return acyclic(&both);
}

static bool may_read(unsigned i)
{
    return o.e[i].in->kind == LIT_LOAD || o.e[i].in->kind == LIT_ADD ||
           o.e[i].in->kind == LIT_XCHG || o.e[i].in->kind == LIT_CAS;
}

static void rf_choose(unsigned i)
{
    while (i < o.count && !may_read(i))
        i++;
    if (i == o.count) {
        if (!evaluate())
            return;
        hb_make();
        mo_choose((unsigned)-1, 0);
        return;
    }
    for (unsigned w = 0; w < o.count; w++) {
        bool writes =
            o.e[w].in == NULL || (o.e[w].in->kind <= LIT_CAS && o.e[w].in->kind != LIT_LOAD);
        if (w == i || !writes || o.e[w].location != o.e[i].location)
            continue;
        o.e[i].from = w;
        rf_choose(i + 1);
    }
}

void lit_oracle(const struct lit_program *p, struct lit_set *set)
{
    memset(set, 0, sizeof(*set));
    memset(&o, 0, sizeof(o));
    o.p = p;
    o.set = set;
    o.count = LIT_LOCATIONS;
    for (unsigned l = 0; l < LIT_LOCATIONS; l++) {
        o.e[l].thread = -1;
        o.e[l].location = (uint8_t)l;
        o.e[l].active = o.e[l].writes = true;
    }
    for (unsigned t = 0; t < p->thread_count; t++)
        for (unsigned i = 0; i < p->count[t]; i++, o.count++) {
            o.e[o.count].in = &p->code[t][i];
            o.e[o.count].thread = (int)t;
            o.e[o.count].index = i;
            o.e[o.count].location = p->code[t][i].location;
            o.e[o.count].from = p->code[t][i].location;
        }
    for (unsigned a = 0; a < o.count; a++)
        for (unsigned b = LIT_LOCATIONS; b < o.count; b++)
            if (o.e[a].thread < 0 || (o.e[a].thread == o.e[b].thread && a < b))
                set_bit(&o.sb, a, b);
    rf_choose(LIT_LOCATIONS);
    lit_set_finish(set);
}
