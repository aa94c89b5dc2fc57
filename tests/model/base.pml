/* base.pml: ownership, transfer, release, revoke (PROTOCOL rules 1 to 18), three cores, two regions:
 * A, root RAM that core 0 owns, and R inside it, lent to core 1, which owns it. Any core may come to
 * hold either. Nobody dies here.
 *
 * One process: each step is one message taken, or one thing that a domain does, on one core. What a
 * core does about one message is one step, as in the shipped monitor. Channels keep order.
 *
 * The bounds are macros: TRANSFERS, REVOKES, DELETES, LENDS, REFUSALS, LIES: how many of each there
 * may be. OMIT=n leaves rule n out, and must be caught.
 *
 * What must hold:
 *   - when the owner ends a revoke, nobody but its requester has a copy, and no GRANT is under way;
 *   - what a GRANT brings is of the object that lives now (`incarnation`);
 *   - nobody gains a copy by a request of a core that held none;
 *   - whenever no message is under way, no operation waits, and each set is exactly who holds. */

#ifndef TRANSFERS
#define TRANSFERS 2
#endif
#ifndef REVOKES
#define REVOKES 2
#endif
#ifndef DELETES
#define DELETES 2
#endif
#ifndef LENDS
#define LENDS 1
#endif
#ifndef REFUSALS
#define REFUSALS 1
#endif
#ifndef LIES
#define LIES 0
#endif
#ifndef OMIT
#define OMIT 0
#endif

#define N 3
#define A 0
#define R 1
#define OWNER(r) (r) /* core 0 owns A, core 1 owns R */
#define AT(c, r) ((c) * 2 + (r))
#define BIT(c) (1 << (c))
#define HAS_BIT(set, c) (((set) >> (c)) & 1)
#define CH(from, to) ch[(from) * N + (to)]

/* Fields: r; x, y: by type */
mtype = {
    GRANT,         /* x: incarnation; y: 1 if whoever asked for it may have it (ghost) */
    TAKEN,         /* x: holds */
    ASK,           /* x: target; y: ghost as above */
    RELEASE,
    REVOKE_ASK,    /* x: ghost: the sender holds it */
    REVOKE_OK, REVOKE_NO, REVOKE_GONE,
    REVOKE_COPIES, /* x: operation */
    COPIES_DONE,   /* x: operation */
    REVOKE_OBJECT, OBJECT_DONE,
    LEND, LENT_RELEASE
};
chan ch[N * N] = [8] of { mtype, byte, byte, byte };

/* On each core, of each region. */
bool has[N * 2];    /* copies other than the invoking slot */
bool inv[N * 2];    /* the slot through which its own revoke was asked */
bool marked[N * 2]; /* covered by a revoke that this core runs or asked for */
bool req[N * 2];    /* an own revoke request is unanswered */

/* At the owner, of each region. */
bool exists[2];
byte set[2], open[2]; /* cores: the marker; transfers */
bool rv[2];           /* a revoke is under way ... */
byte rq[2];           /* ... asked for by this core; N: by REVOKE_OBJECT */
byte wait_set[2];     /* cores that have not answered REVOKE_COPIES */
byte op[2];           /* its number */
bool joined[2];       /* REVOKE_OBJECT is to be answered at its end */

/* Core 0, of A. */
bool lent;     /* the lent record of R: core 1 */
bool wait_obj; /* REVOKE_OBJECT(R) is unanswered */

byte incarnation[2];   /* ghost */
byte grants[N * 2];    /* ghost: GRANTs under way to each core */
byte left_transfers = TRANSFERS, left_revokes = REVOKES, left_deletes = DELETES,
     left_lends = LENDS, left_refusals = REFUSALS, left_lies = LIES;

byte c, d, r, x, y, i; /* of the step, zero between steps */

inline send(from, to, type, a1, a2, a3)
{
    assert(nfull(CH(from, to)));
    CH(from, to)!type(a1, a2, a3);
}

/* No copy, and none on its way (to the requester one may be: it is marked, and refuses it). */
#define NOTHING(c, r) (!has[AT(c, r)] && !inv[AT(c, r)] && grants[AT(c, r)] == 0)
#define REFUSED 255
#define HOLDS(c, r) (has[AT(c, r)] || inv[AT(c, r)] || req[AT(c, r)])

/* The last copy of a region of another's is gone (rule 5). */
inline release_if_last(cc, rr)
{
    if
    :: cc != OWNER(rr) && !has[AT(cc, rr)] && !inv[AT(cc, rr)] && (OMIT == 5 || !req[AT(cc, rr)]) ->
        send(cc, OWNER(rr), RELEASE, rr, 0, 0)
    :: else
    fi
}

/* Rule 8: nothing is left of the object anywhere. */
inline object_end_if_unused(rr)
{
    if
    :: exists[rr] && !has[AT(OWNER(rr), rr)] && !inv[AT(OWNER(rr), rr)] && !rv[rr] &&
       (OMIT == 8 || (set[rr] == 0 && open[rr] == 0 && (rr == R || !lent))) ->
        exists[rr] = false;
        incarnation[rr]++;
        if
        :: rr == R -> send(1, 0, LENT_RELEASE, R, 0, 0)
        :: else
        fi
    :: else
    fi
}

inline grant(rr, target, entitled)
{
    set[rr] = (OMIT == 2 -> set[rr] : set[rr] | BIT(target));
    open[rr] = open[rr] | BIT(target);
    grants[AT(target, rr)]++;
    send(OWNER(rr), target, GRANT, rr, incarnation[rr], entitled)
}

/* Delete what core cc has of region rr, and of what lies inside; `but` spares the invoking slot. */
inline copies_delete(cc, rr, but)
{
    has[AT(cc, rr)] = false;
    if
    :: !but -> inv[AT(cc, rr)] = false
    :: else
    fi
}

inline inside_delete(cc)
{
    /* A's revoke on its owner's core deletes that core's copies of R, which are another's. */
    if
    :: has[AT(cc, R)] || inv[AT(cc, R)] ->
        has[AT(cc, R)] = false;
        inv[AT(cc, R)] = false;
        release_if_last(cc, R)
    :: else
    fi
}

/* Rule 12, 14: ask all in `who`. */
inline copies_ask(rr, who)
{
    i = 0;
    do
    :: i < N ->
        if
        :: HAS_BIT(who, i) ->
            send(OWNER(rr), i, REVOKE_COPIES, rr, op[rr], 0)
        :: else
        fi;
        i++
    :: else -> break
    od;
    i = 0
}

inline revoke_finish(rr)
{
    if
    :: rv[rr] && wait_set[rr] == 0 && (rr == R || !wait_obj) ->
        /* The promise (DESIGN 2.5), at the owner. */
        i = 0;
        do
        :: i < N ->
            assert((i == rq[rr] && !joined[rr]) || NOTHING(i, rr));
            assert(rr == R || NOTHING(i, R));
            i++
        :: else -> break
        od;
        i = 0;
        rv[rr] = false;
        marked[AT(OWNER(rr), rr)] = false;
        if
        :: joined[rr] ->
            joined[rr] = false;
            exists[rr] = false;
            incarnation[rr]++;
            send(1, 0, OBJECT_DONE, R, 0, 0)
        :: else ->
            incarnation[rr]++;
            if
            :: rq[rr] == OWNER(rr) ->
                has[AT(OWNER(rr), rr)] = inv[AT(OWNER(rr), rr)];
                inv[AT(OWNER(rr), rr)] = false
            :: else -> send(OWNER(rr), rq[rr], REVOKE_OK, rr, 0, 0)
            fi;
            object_end_if_unused(rr)
        fi;
        rq[rr] = 0
    :: else
    fi
}

/* At the owner of rr; q: who asked (N: the owner of the parent). */
inline revoke_start(rr, q)
{
    rv[rr] = true;
    rq[rr] = q;
    op[rr] = (op[rr] + 1) % 4;
    marked[AT(OWNER(rr), rr)] = true;
    if
    :: q == OWNER(rr) -> inv[AT(q, rr)] = true; has[AT(q, rr)] = false
    :: else -> copies_delete(OWNER(rr), rr, false)
    fi;
    if
    :: rr == A -> inside_delete(0)
    :: else
    fi;
    wait_set[rr] = set[rr] & ~BIT(q);
    copies_ask(rr, wait_set[rr]);
    if
    :: rr == A && lent ->
        wait_obj = true;
        send(0, 1, REVOKE_OBJECT, R, 0, 0)
    :: else
    fi;
    revoke_finish(rr)
}

/* A GRANT is taken at d. Covered by a mark, or no slot is left: refused. */
inline take_grant()
{
    grants[AT(d, r)]--;
    if
    :: marked[AT(d, r)] || (d == 0 && r == R && marked[AT(0, A)]) -> x = REFUSED
    :: !marked[AT(d, r)] && !(d == 0 && r == R && marked[AT(0, A)]) ->
        assert(x == incarnation[r]); /* nothing of a dead object is revived */
        assert(y);
        has[AT(d, r)] = true
    :: left_refusals > 0 -> left_refusals--; x = REFUSED
    fi;
    if
    :: OMIT == 3 && x == REFUSED -> x = 0 /* "refused" taken for "holds nothing" */
    :: OMIT == 4 -> x = has[AT(d, r)] || inv[AT(d, r)]
    :: else -> x = HOLDS(d, r)
    fi;
    send(d, c, TAKEN, r, x, 0)
}

inline take_taken()
{
    open[r] = open[r] & ~BIT(c);
    if
    :: x -> set[r] = set[r] | BIT(c)
    :: else -> set[r] = set[r] & ~BIT(c)
    fi;
    object_end_if_unused(r)
}

/* c asks for a transfer to x. Refusals are not told: nobody waits for them here. */
inline take_ask()
{
    if
    :: exists[r] && !rv[r] && x != d && !HAS_BIT(open[r], x) && (OMIT == 1 || HAS_BIT(set[r], c)) ->
        grant(r, x, y)
    :: else
    fi
}

inline take_release()
{
    if
    :: OMIT != 6 && HAS_BIT(open[r], c) -> skip
    :: else ->
        set[r] = set[r] & ~BIT(c);
        if
        :: OMIT == 7 ->
            wait_set[r] = wait_set[r] & ~BIT(c);
            revoke_finish(r)
        :: else
        fi;
        object_end_if_unused(r)
    fi
}

inline take_revoke_ask()
{
    if
    :: exists[r] && !rv[r] && (OMIT == 1 || HAS_BIT(set[r], c)) ->
        assert(x);
        revoke_start(r, c)
    :: else -> send(d, c, REVOKE_NO, r, 0, 0)
    fi
}

inline take_revoke_ok()
{
    copies_delete(d, r, true);
    req[AT(d, r)] = false;
    marked[AT(d, r)] = false;
    has[AT(d, r)] = inv[AT(d, r)];
    inv[AT(d, r)] = false;
    release_if_last(d, r)
}

/* Refused, or the object is gone and REVOKE_COPIES follows. */
inline take_revoke_no()
{
    req[AT(d, r)] = false;
    marked[AT(d, r)] = false;
    if
    :: inv[AT(d, r)] -> has[AT(d, r)] = true; inv[AT(d, r)] = false
    :: else
    fi;
    release_if_last(d, r)
}

inline take_revoke_copies()
{
    copies_delete(d, r, false);
    send(d, c, COPIES_DONE, r, x, 0)
}

inline take_copies_done()
{
    if
    :: rv[r] && (OMIT == 18 || (x == op[r] && HAS_BIT(wait_set[r], c))) ->
        wait_set[r] = wait_set[r] & ~BIT(c);
        set[r] = set[r] & ~BIT(c);
        revoke_finish(r)
    :: else
    fi
}

/* Rules 14, 15. */
inline take_revoke_object()
{
    if
    :: !exists[R] -> send(1, 0, OBJECT_DONE, R, 0, 0)
    :: exists[R] && !rv[R] ->
        joined[R] = true;
        revoke_start(R, N)
    :: exists[R] && rv[R] ->
        joined[R] = true;
        if
        :: rq[R] == 1 -> inv[AT(1, R)] = false; rq[R] = N
        :: rq[R] != 1 && rq[R] != N ->
            x = rq[R];
            send(1, x, REVOKE_GONE, R, 0, 0);
            if
            :: OMIT != 15 ->
                wait_set[R] = wait_set[R] | BIT(x);
                send(1, x, REVOKE_COPIES, R, op[R], 0)
            :: else
            fi;
            rq[R] = N
        :: else
        fi;
        revoke_finish(R)
    fi
}

inline take_lent_release()
{
    lent = false;
    if
    :: OMIT == 70 -> /* the other half of rule 7 */
        wait_obj = false;
        revoke_finish(A)
    :: else
    fi;
    object_end_if_unused(A)
}

inline take_object_done()
{
    lent = false;
    wait_obj = false;
    revoke_finish(A)
}

inline message_take()
{
    if
    :: CH(c, d)?GRANT(r, x, y) -> take_grant()
    :: CH(c, d)?TAKEN(r, x, y) -> take_taken()
    :: CH(c, d)?ASK(r, x, y) -> take_ask()
    :: CH(c, d)?RELEASE(r, x, y) -> take_release()
    :: CH(c, d)?REVOKE_ASK(r, x, y) -> take_revoke_ask()
    :: CH(c, d)?REVOKE_OK(r, x, y) -> take_revoke_ok()
    :: CH(c, d)?REVOKE_NO(r, x, y) -> take_revoke_no()
    :: CH(c, d)?REVOKE_GONE(r, x, y) -> take_revoke_no()
    :: CH(c, d)?REVOKE_COPIES(r, x, y) -> take_revoke_copies()
    :: CH(c, d)?COPIES_DONE(r, x, y) -> take_copies_done()
    :: CH(c, d)?REVOKE_OBJECT(r, x, y) -> take_revoke_object()
    :: CH(c, d)?OBJECT_DONE(r, x, y) -> take_object_done()
    :: CH(c, d)?LEND(r, x, y) ->
        exists[R] = true;
        has[AT(1, R)] = true
    :: CH(c, d)?LENT_RELEASE(r, x, y) -> take_lent_release()
    fi
}

/* What domains on core c do with region r: the condition, then the step. Each is an option of its
 * own in the loop below, so that an atomic step never blocks in its middle. */
#define USABLE(c, r) (has[AT(c, r)] && !marked[AT(c, r)])
#define CAN_GRANT(c, r, d)                                                                         \
    (left_transfers > 0 && USABLE(c, r) && !HAS_BIT(open[r], d) && !(c == 0 && marked[AT(0, A)]))
#define CAN_ASK(c, r) (left_transfers > 0 && USABLE(c, r))
#define CAN_LIE(c, r) (left_lies > 0 && !HOLDS(c, r))
#define CAN_REVOKE(c, r) (left_revokes > 0 && USABLE(c, r) && !req[AT(c, r)] && !inv[AT(c, r)])
#define CAN_DELETE(c, r) (left_deletes > 0 && (has[AT(c, r)] || inv[AT(c, r)]))

inline domain_revoke_ask()
{
    left_revokes--;
    req[AT(c, r)] = true;
    inv[AT(c, r)] = true;
    marked[AT(c, r)] = (OMIT != 10);
    if
    :: has[AT(c, r)] = false /* the invoking slot was the only one */
    :: skip
    fi;
    send(c, OWNER(r), REVOKE_ASK, r, 1, 0)
}

/* All its copies at once, or the invoking slot. */
inline domain_delete()
{
    left_deletes--;
    if
    :: has[AT(c, r)] -> has[AT(c, r)] = false
    :: inv[AT(c, r)] -> inv[AT(c, r)] = false
    fi;
    if
    :: c == OWNER(r) -> object_end_if_unused(r)
    :: else -> release_if_last(c, r)
    fi
}

inline domain_lend()
{
    left_lends--;
    lent = true;
    assert(!exists[R] && NOTHING(0, R) && NOTHING(1, R) && NOTHING(2, R)); /* the region is free */
    send(0, 1, LEND, R, 0, 0)
}

#define QUIET (empty(ch[1]) && empty(ch[2]) && empty(ch[3]) && empty(ch[5]) && empty(ch[6]) && empty(ch[7]))

/* No message is under way: nothing may wait, and every set is exact. */
inline quiet_check()
{
    r = 0;
    do
    :: r < 2 ->
        assert(!rv[r] && open[r] == 0 && wait_set[r] == 0 && !joined[r]);
        i = 0;
        do
        :: i < N ->
            assert(!req[AT(i, r)] && !marked[AT(i, r)] && !inv[AT(i, r)]);
            assert(i == OWNER(r) || HAS_BIT(set[r], i) == has[AT(i, r)]);
            assert(exists[r] || !has[AT(i, r)]);
            i++
        :: else -> break
        od;
        i = 0;
        r++
    :: else -> break
    od;
    r = 0;
    assert(!wait_obj && lent == exists[R]);
    assert(!exists[A] || has[AT(0, A)] || set[A] != 0 || lent);
    assert(!exists[R] || has[AT(1, R)] || set[R] != 0)
}

/* An option of the loop: atomic; what it scribbled on is zero afterwards, to save states. */
#define STEP(condition, what)                                                                      \
    :: atomic { condition -> what; c = 0; d = 0; r = 0; x = 0; y = 0 }
#define TAKE(from, to) STEP(nempty(CH(from, to)), c = from; d = to; message_take())
#define GRANT_TO(cc, rr, dd) STEP(CAN_GRANT(cc, rr, dd), left_transfers--; grant(rr, dd, 1))
#define ASK_FOR(cc, rr, dd)                                                                        \
    STEP(CAN_ASK(cc, rr), left_transfers--; send(cc, OWNER(rr), ASK, rr, dd, 1))
#define LIE_FOR(cc, rr, dd)                                                                        \
    STEP(CAN_LIE(cc, rr), left_lies--; send(cc, OWNER(rr), ASK, rr, dd, 0))
#define LIE_REVOKE(cc, rr)                                                                         \
    STEP(CAN_LIE(cc, rr), left_lies--; send(cc, OWNER(rr), REVOKE_ASK, rr, 0, 0))
#define OWN_REVOKE(rr)                                                                             \
    STEP(CAN_REVOKE(OWNER(rr), rr) && !rv[rr], left_revokes--; revoke_start(rr, OWNER(rr)))
#define ASK_REVOKE(cc, rr) STEP(CAN_REVOKE(cc, rr), c = cc; r = rr; domain_revoke_ask())
#define DELETE(cc, rr) STEP(CAN_DELETE(cc, rr), c = cc; r = rr; domain_delete())

init {
    atomic {
        exists[A] = true;
        has[AT(0, A)] = true;
        exists[R] = true;
        has[AT(1, R)] = true;
        lent = true
    };
    do
    TAKE(0, 1) TAKE(0, 2) TAKE(1, 0) TAKE(1, 2) TAKE(2, 0) TAKE(2, 1)
    GRANT_TO(0, A, 1) GRANT_TO(0, A, 2) GRANT_TO(1, R, 0) GRANT_TO(1, R, 2)
    ASK_FOR(1, A, 2) ASK_FOR(2, A, 1) ASK_FOR(0, R, 2) ASK_FOR(2, R, 0)
    LIE_FOR(1, A, 2) LIE_FOR(2, A, 1) LIE_FOR(0, R, 2) LIE_FOR(2, R, 0)
    LIE_REVOKE(1, A) LIE_REVOKE(2, A) LIE_REVOKE(0, R) LIE_REVOKE(2, R)
    OWN_REVOKE(A) OWN_REVOKE(R)
    ASK_REVOKE(1, A) ASK_REVOKE(2, A) ASK_REVOKE(0, R) ASK_REVOKE(2, R)
    DELETE(0, A) DELETE(1, A) DELETE(2, A) DELETE(0, R) DELETE(1, R) DELETE(2, R)
    STEP(left_lends > 0 && USABLE(0, A) && (OMIT == 9 || !lent), domain_lend())
    :: atomic { QUIET -> quiet_check(); break }
    od
}
