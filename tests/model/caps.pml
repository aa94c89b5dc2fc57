/* caps.pml: the capability protocol (PROTOCOL), three cores; rules 1 to 18,
 * and 37 to 43 (DEATHS: cores 1 and 2 may die; core 0, the owner of root RAM, may not).
 * Regions A, root RAM that core 0 owns; R inside it, lent by core 0 to 1 or 2; C inside R, lent by
 * R's owner to any core. Any core may come to hold any of them. When R is free it may be lent
 * again, to another core: a younger object at the same place.
 *
 * One process: each step is one message taken, or one thing that a domain does, on one core, as in
 * the shipped monitor. Channels keep order. The bounds are macros: TRANSFERS, REVOKES, DELETES,
 * LENDS, REFUSALS, LIES; LEVELS 3 has C. OMIT=n leaves rule n out, and must be caught.
 *
 * What must hold:
 *   - when an owner ends a revoke, nobody but its requester has a copy of the region, nobody at all
 *     of what lies inside, and no GRANT of it is under way;
 *   - when it has returned to its requester, the invoking slot alone is left;
 *   - what a GRANT brings is of the object that lives now; a late answer deletes no younger copy;
 *   - memory is lent only while nothing of its last use is left anywhere;
 *   - nobody gains or revokes by a request of a core that held nothing;
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
#ifndef LEVELS
#define LEVELS 2
#endif
#ifndef DEATHS
#define DEATHS 0
#endif
#ifndef OMIT
#define OMIT 0
#endif
#ifndef OMIT_TOO
#define OMIT_TOO 0
#endif
#define OMITS(n) (OMIT == n || OMIT_TOO == n)

#define N 3
#define A 0
#define R 1
#define C 2
#define REGIONS (LEVELS + 1) /* the last one is never used: the child of the innermost */
#define AT(c, r) ((c) * REGIONS + (r))
#define BIT(c) (1 << (c))
#define HAS_BIT(set, c) (((set) >> (c)) & 1)
#define CH(from, to) ch[(from) * N + (to)]
#define CHILD(r) ((r) + 1)
#define REFUSED 255

/* Fields: region; x, y: by type */
mtype = {
    GRANT,         /* x: epoch; y: 1 if whoever asked for it may have it (ghost) */
    TAKEN,         /* x: holds */
    ASK,           /* x: target; y: ghost as above */
    RELEASE,
    REVOKE_ASK,    /* x: ghost: the sender holds it */
    REVOKE_OK,     /* x: epoch (ghost) */
    REVOKE_NO, REVOKE_GONE,
    REVOKE_COPIES, /* x: operation */
    COPIES_DONE,   /* x: operation */
    REVOKE_OBJECT, OBJECT_DONE,
    LEND, LENT_RELEASE,
    SWEEP, /* x: set of the dead */
    SWEPT  /* x: the same set; y: regions of the answerer's that are adopted */
};
chan ch[N * N] = [8] of { mtype, byte, byte, byte };

/* On each core, of each region. */
bool has[N * REGIONS];    /* copies other than the invoking slot */
bool inv[N * REGIONS];    /* the slot through which its own revoke was asked */
bool marked[N * REGIONS]; /* covered by a revoke that this core runs or asked for */
bool req[N * REGIONS];    /* an own revoke request is unanswered */
byte own[N * REGIONS];    /* who owns what is held here; 0 if nothing is */

/* At an owner, of each region. */
bool exists[N * REGIONS];
byte set[N * REGIONS], open[N * REGIONS]; /* cores: the marker; transfers */
bool rv[N * REGIONS];                     /* a revoke is under way ... */
byte rq[N * REGIONS];                     /* ... asked for by this core; N: by REVOKE_OBJECT */
byte wait[N * REGIONS];                   /* cores that have not answered REVOKE_COPIES */
byte op[N * REGIONS];                     /* its number */
bool joined[N * REGIONS];                 /* REVOKE_OBJECT is to be answered at its end */
byte granter[N * REGIONS];                /* who keeps the object's lent record */

/* At the owner of a region's parent. */
byte lent[N * REGIONS];     /* cores: the record */
byte wait_obj[N * REGIONS]; /* cores that have not answered REVOKE_OBJECT */

byte sweep[N * REGIONS];    /* cores that have not answered SWEEP of a region lent to a dead core */
bool sweeping[N * REGIONS];

byte dead;             /* cores */
byte known[N];         /* which of them each core has learned of */
byte asked[N * REGIONS]; /* who was asked to revoke, while `req` */
byte left_deaths = DEATHS;

byte epoch[REGIONS];       /* ghost: changes at each revoke and with each object */
byte grants[N * REGIONS];  /* ghost: GRANTs under way to each core */
byte left_transfers = TRANSFERS, left_revokes = REVOKES, left_deletes = DELETES,
     left_lends = LENDS, left_refusals = REFUSALS, left_lies = LIES;

/* Of the step, zero between steps: the core that acts is d, a message's sender is c. */
mtype m;
byte c, d, r, x, y, i, j, k, q, t;

#define ANY(c, r) (has[AT(c, r)] || inv[AT(c, r)])
#define NOTHING(c, r) (!ANY(c, r) && grants[AT(c, r)] == 0)
#define HOLDS(c, r) (ANY(c, r) || req[AT(c, r)])

inline send(to, type, rr, a1, a2)
{
    if
    :: HAS_BIT(dead, to) -> grants[AT(to, rr)] = 0 /* nobody reads it */
    :: else ->
        assert(nfull(CH(d, to)));
        CH(d, to)!type(rr, a1, a2)
    fi
}

/* The last copy of another's region is gone from d (rule 5). */
inline release_if_last(rr)
{
    if
    :: !exists[AT(d, rr)] && own[AT(d, rr)] != d && !ANY(d, rr) && (OMITS(5) || !req[AT(d, rr)]) ->
        send(own[AT(d, rr)], RELEASE, rr, 0, 0);
        own[AT(d, rr)] = 0
    :: else
    fi
}

inline grant(rr, target, entitled)
{
    set[AT(d, rr)] = (OMITS(2) -> set[AT(d, rr)] : set[AT(d, rr)] | BIT(target));
    open[AT(d, rr)] = open[AT(d, rr)] | BIT(target);
    grants[AT(target, rr)]++;
    send(target, GRANT, rr, epoch[rr], entitled)
}

/* Delete what d has inside region rr, too: what others own, with RELEASE; its own objects there
 * are ended by REVOKE_OBJECT. */
inline inside_delete(rr)
{
    j = rr + 1;
    do
    :: j < LEVELS ->
        if
        :: ANY(d, j) && !exists[AT(d, j)] ->
            has[AT(d, j)] = false;
            inv[AT(d, j)] = false;
            release_if_last(j)
        :: else
        fi;
        j++
    :: else -> break
    od;
    j = 0
}

/* REVOKE_OBJECT to the owners of all that is lent below rr and was not asked yet. */
inline objects_ask(rr)
{
    j = (OMITS(12) -> LEVELS : rr + 1);
    do
    :: j < LEVELS ->
        i = 0;
        do
        :: i < N ->
            if
            :: HAS_BIT(lent[AT(d, j)] & ~wait_obj[AT(d, j)], i) ->
                wait_obj[AT(d, j)] = wait_obj[AT(d, j)] | BIT(i);
                send(i, REVOKE_OBJECT, j, 0, 0)
            :: else
            fi;
            i++
        :: else -> break
        od;
        j++
    :: else -> break
    od;
    i = 0;
    j = 0
}

/* At d, the owner of rr. who: that asked; N: the keeper of its lent record (rules 12, 14). */
inline revoke_start(rr, who)
{
    rv[AT(d, rr)] = true;
    rq[AT(d, rr)] = who;
    op[AT(d, rr)] = (op[AT(d, rr)] + 1) % 4;
    marked[AT(d, rr)] = true;
    has[AT(d, rr)] = false;
    inv[AT(d, rr)] = (who == d);
    inside_delete(rr);
    wait[AT(d, rr)] = set[AT(d, rr)] & ~BIT(who);
    i = 0;
    do
    :: i < N ->
        if
        :: HAS_BIT(wait[AT(d, rr)], i) -> send(i, REVOKE_COPIES, rr, op[AT(d, rr)], 0)
        :: else
        fi;
        i++
    :: else -> break
    od;
    i = 0;
    objects_ask(rr)
}

/* The promise (DESIGN 2.5), when d ends the revoke of rr. */
inline promise_check(rr)
{
    i = 0;
    do
    :: i < N ->
        assert((i == rq[AT(d, rr)] && !joined[AT(d, rr)]) || NOTHING(i, rr));
        assert(rr > A || NOTHING(i, R));
        assert(rr > R || NOTHING(i, C));
        i++
    :: else -> break
    od;
    i = 0
}

inline object_end(rr, message)
{
    exists[AT(d, rr)] = false;
    epoch[rr]++;
    if
    :: rr != A -> send(granter[AT(d, rr)], message, rr, 0, 0)
    :: else
    fi;
    granter[AT(d, rr)] = 0
}

/* Has d anything in this array for a region below r? Below C there is none. */
#define BELOW(array, d, r)                                                                         \
    ((r < R && array[AT(d, R)] != 0) || (r < C && LEVELS > C && array[AT(d, C)] != 0))

/* After each step at d: revokes of which nothing is waited for end, and objects of which nothing
 * is left (rule 8). */
inline settle()
{
    j = LEVELS;
    do
    :: j > 0 ->
        j--;
        if
        :: rv[AT(d, j)] && wait[AT(d, j)] == 0 && !BELOW(wait_obj, d, j) ->
            promise_check(j);
            rv[AT(d, j)] = false;
            marked[AT(d, j)] = false;
            if
            :: joined[AT(d, j)] ->
                joined[AT(d, j)] = false;
                object_end(j, OBJECT_DONE)
            :: else ->
                epoch[j]++;
                if
                :: rq[AT(d, j)] == d ->
                    has[AT(d, j)] = inv[AT(d, j)];
                    inv[AT(d, j)] = false
                :: rq[AT(d, j)] >= N -> skip /* its requester is dead, or the object is adopted */
                :: rq[AT(d, j)] != d && rq[AT(d, j)] < N -> send(rq[AT(d, j)], REVOKE_OK, j, epoch[j], 0)
                fi
            fi;
            rq[AT(d, j)] = 0
        :: else
        fi;
        if
        :: exists[AT(d, j)] && !ANY(d, j) && !rv[AT(d, j)] &&
           (OMITS(8) ||
            (set[AT(d, j)] == 0 && open[AT(d, j)] == 0 && !BELOW(lent, d, j))) ->
            object_end(j, LENT_RELEASE)
        :: else
        fi
    :: else -> break
    od
}

/* Every GRANT is answered at once, taken or refused (for want of a slot, or by a mark). What comes
 * while a mark is on the region is covered by the mark. */
inline take_grant()
{
    grants[AT(d, r)]--;
    if
    :: true ->
        /* Nothing of a dead object is revived; what the requester gets is covered by its revoke. */
        assert(x == epoch[r] || req[AT(d, r)]);
        assert(y);
        has[AT(d, r)] = true;
        own[AT(d, r)] = c;
        x = 0
    :: left_refusals > 0 -> left_refusals--; x = REFUSED
    :: marked[AT(d, r)] || (r > A && marked[AT(d, A)]) || (r > R && marked[AT(d, R)]) ->
        x = REFUSED
    fi;
    if
    :: OMITS(3) && x == REFUSED -> x = 0 /* "refused" taken for "holds nothing" */
    :: OMITS(4) -> x = ANY(d, r)
    :: else -> x = HOLDS(d, r)
    fi;
    send(c, TAKEN, r, x, 0)
}

inline take_taken()
{
    open[AT(d, r)] = open[AT(d, r)] & ~BIT(c);
    if
    :: x -> set[AT(d, r)] = set[AT(d, r)] | BIT(c)
    :: else -> set[AT(d, r)] = set[AT(d, r)] & ~BIT(c)
    fi
}

#define ENTITLED(c, r) (exists[AT(d, r)] && !rv[AT(d, r)] && (OMITS(1) || HAS_BIT(set[AT(d, r)], c)))

/* c asks for a transfer to x. Refusals are not told: nobody waits for them here. */
inline take_ask()
{
    if
    :: ENTITLED(c, r) && x != d && !HAS_BIT(known[d], x) && !HAS_BIT(open[AT(d, r)], x) -> grant(r, x, (y || !NOTHING(c, r)))
    :: else
    fi
}

inline take_release()
{
    if
    :: !OMITS(6) && HAS_BIT(open[AT(d, r)], c) -> skip
    :: else ->
        set[AT(d, r)] = set[AT(d, r)] & ~BIT(c);
        wait[AT(d, r)] = (OMITS(7) -> wait[AT(d, r)] & ~BIT(c) : wait[AT(d, r)])
    fi
}

inline take_revoke_ask()
{
    if
    :: ENTITLED(c, r) ->
        assert(x || !NOTHING(c, r));
        revoke_start(r, c)
    :: else -> send(c, REVOKE_NO, r, 0, 0)
    fi
}

/* An answer to a request of an object that is gone may find a younger one here that d owns: it is
 * none of its business. */
inline take_revoke_ok()
{
    assert(!ANY(d, r) || x == epoch[r]); /* no younger object's */
    assert(r > A || !ANY(d, R));         /* what lay inside is gone by REVOKE_OBJECT already */
    req[AT(d, r)] = false;
    asked[AT(d, r)] = 0;
    marked[AT(d, r)] = false;
    has[AT(d, r)] = (OMITS(11) && has[AT(d, r)]);
    /* The promise, where revoke returns: what is left is the invoking slot. */
    assert(!has[AT(d, r)]);
    i = 0;
    do
    :: i < N ->
        assert(i == d || NOTHING(i, r));
        i++
    :: else -> break
    od;
    i = 0;
    has[AT(d, r)] = inv[AT(d, r)];
    inv[AT(d, r)] = false;
    release_if_last(r)
}

/* Refused, or the object is gone and REVOKE_COPIES follows. */
inline take_revoke_no()
{
    req[AT(d, r)] = false;
    asked[AT(d, r)] = 0;
    if
    :: exists[AT(d, r)] -> skip
    :: else ->
        marked[AT(d, r)] = false;
        has[AT(d, r)] = ANY(d, r);
        inv[AT(d, r)] = false;
        release_if_last(r)
    fi
}

inline take_revoke_copies()
{
    has[AT(d, r)] = false;
    inv[AT(d, r)] = false;
    if
    :: !exists[AT(d, r)] && !req[AT(d, r)] -> own[AT(d, r)] = 0
    :: else
    fi;
    send(c, COPIES_DONE, r, x, 0)
}

inline take_copies_done()
{
    if
    :: rv[AT(d, r)] && (OMITS(18) || (x == op[AT(d, r)] && HAS_BIT(wait[AT(d, r)], c))) ->
        wait[AT(d, r)] = wait[AT(d, r)] & ~BIT(c);
        set[AT(d, r)] = set[AT(d, r)] & ~BIT(c)
    :: else
    fi
}

/* Rules 14, 15. */
inline take_revoke_object()
{
    if
    :: !exists[AT(d, r)] -> send(c, OBJECT_DONE, r, 0, 0)
    :: exists[AT(d, r)] && !rv[AT(d, r)] ->
        joined[AT(d, r)] = true;
        revoke_start(r, N)
    :: exists[AT(d, r)] && rv[AT(d, r)] ->
        joined[AT(d, r)] = true;
        granter[AT(d, r)] = c;
        if
        :: rq[AT(d, r)] == d -> inv[AT(d, r)] = false
        :: rq[AT(d, r)] != d && rq[AT(d, r)] < N ->
            x = rq[AT(d, r)];
            send(x, REVOKE_GONE, r, 0, 0);
            if
            :: !OMITS(15) ->
                wait[AT(d, r)] = wait[AT(d, r)] | BIT(x);
                send(x, REVOKE_COPIES, r, op[AT(d, r)], 0)
            :: else
            fi
        :: else
        fi;
        rq[AT(d, r)] = N
    fi
}

/* Rule 36: it clears its sender alone. Rule 7: it answers no REVOKE_OBJECT. */
inline take_lent_release()
{
    lent[AT(d, r)] = lent[AT(d, r)] & ~BIT(c);
    wait_obj[AT(d, r)] = (OMITS(70) -> wait_obj[AT(d, r)] & ~BIT(c) : wait_obj[AT(d, r)])
}

inline take_object_done()
{
    lent[AT(d, r)] = lent[AT(d, r)] & ~BIT(c);
    wait_obj[AT(d, r)] = wait_obj[AT(d, r)] & ~BIT(c)
}

inline take_lend()
{
    exists[AT(d, r)] = true;
    granter[AT(d, r)] = c;
    own[AT(d, r)] = d;
    has[AT(d, r)] = true;
    marked[AT(d, r)] = false /* of an old request that is not answered yet */
}

/* Forget all that is under way from f to this core. */
inline cut(f)
{
    do
    :: nempty(CH(f, d)) ->
        CH(f, d)?m, q, _, _;
        grants[AT(d, q)] = grants[AT(d, q)] - (m == GRANT)
    :: else -> break
    od;
    q = 0;
    m = 0
}

/* SWEEP of region q by d, with all that it knows to be dead (rules 38, 40); own objects alike (42). */
inline sweep_start()
{
    sweeping[AT(d, q)] = true;
    sweep[AT(d, q)] = 7 & ~(known[d] | BIT(d));
    i = 0;
    do
    :: i < N ->
        if
        :: HAS_BIT(sweep[AT(d, q)], i) -> send(i, SWEEP, q, known[d], 0)
        :: else
        fi;
        i++
    :: else -> break
    od;
    i = 0;
    adopt(d, q);
    lent[AT(d, R)] = (y & BIT(R) -> lent[AT(d, R)] | BIT(d) : lent[AT(d, R)]);
    if
    :: y & BIT(C) -> lent[AT(d, C)] = lent[AT(d, C)] | BIT(d)
    :: else
    fi;
    y = 0
}

/* Rule 41, at d, for sweeper s and all from region `from` on; y: the regions that are adopted. */
inline adopt(s, from)
{
    y = 0;
    j = from;
    do
    :: j < LEVELS ->
        if
        :: exists[AT(d, j)] && j > A ->
            /* Without moves no live core but the sweeper can be the granter of what lies there. */
            assert(HAS_BIT(known[d], granter[AT(d, j)]) || granter[AT(d, j)] == s || OMITS(40));
            /* What is being ended goes on ending, but owes the dead no answer (rule 43). */
            joined[AT(d, j)] = joined[AT(d, j)] && granter[AT(d, j)] == s;
            granter[AT(d, j)] = (OMITS(41) -> granter[AT(d, j)] : s);
            y = (OMITS(42) -> y : y | BIT(j))
        :: else
        fi;
        j++
    :: else -> break
    od;
    j = 0
}

/* d learns of the death of t (rule 37). */
inline learn()
{
    known[d] = known[d] | BIT(t);
    if
    :: !OMITS(39) -> cut(t)
    :: else
    fi;
    k = 0;
    do
    :: k < LEVELS ->
        set[AT(d, k)] = set[AT(d, k)] & ~BIT(t);
        open[AT(d, k)] = open[AT(d, k)] & ~BIT(t);
        wait[AT(d, k)] = wait[AT(d, k)] & ~BIT(t);
        rq[AT(d, k)] = (rv[AT(d, k)] && rq[AT(d, k)] == t -> N + 1 : rq[AT(d, k)]);
        if
        :: !exists[AT(d, k)] && HOLDS(d, k) && own[AT(d, k)] == t && !OMITS(37) ->
            has[AT(d, k)] = false;
            inv[AT(d, k)] = false;
            marked[AT(d, k)] = false;
            own[AT(d, k)] = 0
        :: else
        fi;
        if
        :: req[AT(d, k)] && asked[AT(d, k)] == t ->
            req[AT(d, k)] = false;
            asked[AT(d, k)] = 0
        :: else
        fi;
        k++
    :: else -> break
    od;
    k = 0;
    q = R;
    do
    :: q < LEVELS ->
        if
        :: OMITS(38) && HAS_BIT(lent[AT(d, q)], t) ->
            lent[AT(d, q)] = lent[AT(d, q)] & ~BIT(t);
            wait_obj[AT(d, q)] = wait_obj[AT(d, q)] & ~BIT(t)
        :: !OMITS(38) && (HAS_BIT(lent[AT(d, q)], t) || (sweeping[AT(d, q)] && !OMITS(40))) ->
            sweep_start()
        /* It sent LENT_RELEASE, and died before it answered REVOKE_OBJECT: nothing is left there. */
        :: !OMITS(38) && !HAS_BIT(lent[AT(d, q)], t) && !sweeping[AT(d, q)] ->
            wait_obj[AT(d, q)] = (OMITS(71) -> wait_obj[AT(d, q)] : wait_obj[AT(d, q)] & ~BIT(t))
        :: else
        fi;
        q++
    :: else -> break
    od;
    q = 0
}

/* Sweeps that everyone has answered end: what the dead had is free but for what was adopted, and
 * a revoke that waited for the dead goes on (rule 43). */
inline sweeps_settle()
{
    k = R;
    do
    :: k < LEVELS ->
        if
        :: sweeping[AT(d, k)] && sweep[AT(d, k)] == 0 ->
            sweeping[AT(d, k)] = false;
            lent[AT(d, k)] = lent[AT(d, k)] & ~known[d];
            wait_obj[AT(d, k)] = wait_obj[AT(d, k)] & ~known[d];
            epoch[k]++;
            t = 0;
            do
            :: t < k ->
                if
                :: rv[AT(d, t)] && !OMITS(43) -> objects_ask(t)
                :: else
                fi;
                t++
            :: else -> break
            od;
            t = 0
        :: else
        fi;
        k++
    :: else -> break
    od;
    k = 0
}

inline take_sweep()
{
    t = 1;
    k = 0;
    do
    :: t < N ->
        if
        :: HAS_BIT(x & ~known[d], t) -> learn()
        :: else
        fi;
        t++
    :: else -> break
    od;
    t = 0;
    adopt(c, r);
    send(c, SWEPT, r, known[d], y)
}

inline take_swept()
{
    k = R;
    do
    :: k < LEVELS ->
        lent[AT(d, k)] = ((y >> k) & 1 -> lent[AT(d, k)] | BIT(c) : lent[AT(d, k)]);
        k++
    :: else -> break
    od;
    k = 0;
    /* Rule 40. An answer to an earlier sweep of this region counts if its set is large enough. */
    sweep[AT(d, r)] = ((known[d] & ~x) == 0 || OMITS(40) -> sweep[AT(d, r)] & ~BIT(c)
                                                          : sweep[AT(d, r)])
}

inline domain_dies() /* core d */
{
    printf("@ %d dies\n", d);
    left_deaths--;
    dead = dead | BIT(d);
    c = 0;
    do
    :: c < N -> cut(c); c++
    :: else -> break
    od;
    c = 0;
    k = 0;
    do
    :: k < REGIONS ->
        has[AT(d, k)] = false;
        inv[AT(d, k)] = false;
        marked[AT(d, k)] = false;
        req[AT(d, k)] = false;
        asked[AT(d, k)] = 0;
        own[AT(d, k)] = 0;
        exists[AT(d, k)] = false;
        set[AT(d, k)] = 0;
        open[AT(d, k)] = 0;
        rv[AT(d, k)] = false;
        rq[AT(d, k)] = 0;
        wait[AT(d, k)] = 0;
        op[AT(d, k)] = 0;
        joined[AT(d, k)] = false;
        granter[AT(d, k)] = 0;
        lent[AT(d, k)] = 0;
        wait_obj[AT(d, k)] = 0;
        sweep[AT(d, k)] = 0;
        sweeping[AT(d, k)] = false;
        grants[AT(d, k)] = 0;
        k++
    :: else -> break
    od;
    k = 0;
    known[d] = 0
}

inline message_take()
{
    CH(c, d)?m, r, x, y;
    printf("@ %d takes %e of region %d from %d (%d)\n", d, m, r, c, x);
    if
    :: m == GRANT -> take_grant()
    :: m == TAKEN -> take_taken()
    :: m == ASK -> take_ask()
    :: m == RELEASE -> take_release()
    :: m == REVOKE_ASK -> take_revoke_ask()
    :: m == REVOKE_OK -> take_revoke_ok()
    :: m == REVOKE_NO || m == REVOKE_GONE -> take_revoke_no()
    :: m == REVOKE_COPIES -> take_revoke_copies()
    :: m == COPIES_DONE -> take_copies_done()
    :: m == REVOKE_OBJECT -> take_revoke_object()
    :: m == OBJECT_DONE -> take_object_done()
    :: m == LEND -> take_lend()
    :: m == LENT_RELEASE -> take_lent_release()
    :: m == SWEEP -> take_sweep()
    :: m == SWEPT -> take_swept()
    fi
}

/* What domains do: the condition, then the step. Conditions stand in the first guard of an atomic
 * step, so that none blocks in its middle. */
#define COVERED(c, r)                                                                              \
    (marked[AT(c, r)] || (r > A && marked[AT(c, A)]) || (r > R && marked[AT(c, R)]))
#define USABLE(c, r) (has[AT(c, r)] && !COVERED(c, r))
#define CAN_GRANT(c, r, t)                                                                         \
    (left_transfers > 0 && USABLE(c, r) && !HAS_BIT(known[c], t) && ((exists[AT(c, r)] && !HAS_BIT(open[AT(c, r)], t)) ||                         \
                      (!exists[AT(c, r)] && own[AT(c, r)] != t)))
#define CAN_LIE(c, r, t) (left_lies > 0 && !HOLDS(c, r) && !exists[AT(c, r)])
#define CAN_REVOKE(c, r) (left_revokes > 0 && USABLE(c, r) && !req[AT(c, r)] && !inv[AT(c, r)] && !rv[AT(c, r)])
#define CAN_DELETE(c, r) (left_deletes > 0 && ANY(c, r))
#define CAN_LEND(c, r, t)                                                                          \
    (left_lends > 0 && CHILD(r) < LEVELS && exists[AT(c, r)] && USABLE(c, r) && (OMITS(9) || !BELOW(lent, c, r)) && !HAS_BIT(known[c], t) &&               \
     !(r == A && t == 0) && t != c)

inline domain_transfer() /* r from d to x */
{
    left_transfers--;
    printf("@ a domain on %d transfers %d to %d\n", d, r, x);
    if
    :: exists[AT(d, r)] -> grant(r, x, 1)
    :: else -> send(own[AT(d, r)], ASK, r, x, 1)
    fi
}

/* Core d, which holds nothing, asks the owner all the same. */
inline domain_lie()
{
    left_lies--;
    printf("@ %d lies about %d\n", d, r);
    i = 0;
    do
    :: i < N && !exists[AT(i, r)] -> i++
    :: else -> break
    od;
    if
    :: i == N -> skip
    :: i < N && x != i -> send(i, ASK, r, x, 0)
    :: i < N -> send(i, REVOKE_ASK, r, 0, 0)
    fi;
    i = 0
}

inline domain_revoke()
{
    left_revokes--;
    printf("@ a domain on %d revokes %d\n", d, r);
    if
    :: exists[AT(d, r)] -> revoke_start(r, d)
    :: else ->
        req[AT(d, r)] = true;
        asked[AT(d, r)] = own[AT(d, r)];
        inv[AT(d, r)] = true;
        marked[AT(d, r)] = !OMITS(10);
        if
        :: has[AT(d, r)] = false /* the invoking slot was the only one */
        :: skip
        fi;
        send(own[AT(d, r)], REVOKE_ASK, r, 1, 0)
    fi
}

/* All its copies at once, or the invoking slot. */
inline domain_delete()
{
    left_deletes--;
    printf("@ a domain on %d deletes %d\n", d, r);
    if
    :: has[AT(d, r)] -> has[AT(d, r)] = false
    :: inv[AT(d, r)] -> inv[AT(d, r)] = false
    fi;
    release_if_last(r)
}

inline domain_lend() /* the region inside r, to x */
{
    left_lends--;
    printf("@ a domain on %d lends what is inside %d to %d\n", d, r, x);
    lent[AT(d, CHILD(r))] = lent[AT(d, CHILD(r))] | BIT(x);
    i = 0;
    do
    :: i < N ->
        assert(!exists[AT(i, CHILD(r))] && NOTHING(i, CHILD(r))); /* the region is free */
        i++
    :: else -> break
    od;
    i = 0;
    send(x, LEND, CHILD(r), 0, 0)
}

#define QUIET                                                                                      \
    (empty(ch[0]) && empty(ch[1]) && empty(ch[2]) && empty(ch[3]) && empty(ch[4]) &&               \
     empty(ch[5]) && empty(ch[6]) && empty(ch[7]) && empty(ch[8]))

/* No message is under way: nothing may wait, and every set is exact. */
inline quiet_check()
{
    r = 0;
    do
    :: r < LEVELS ->
        x = 0; /* objects of this region */
        c = 0;
        do
        :: c < N ->
            assert(!rv[AT(c, r)] && open[AT(c, r)] == 0 && wait[AT(c, r)] == 0);
            assert(!joined[AT(c, r)] && wait_obj[AT(c, r)] == 0);
            assert(!sweeping[AT(c, r)] && (known[c] == dead || HAS_BIT(dead, c)));
            assert(!req[AT(c, r)] && !marked[AT(c, r)] && !inv[AT(c, r)]);
            assert(!has[AT(c, r)] || exists[AT(own[AT(c, r)], r)]);
            x = x + exists[AT(c, r)];
            assert(r == A || !exists[AT(c, r)] || lent[AT(granter[AT(c, r)], r)] == BIT(c));
            assert(exists[AT(c, r)] || set[AT(c, r)] == 0);
            d = 0;
            do
            :: d < N ->
                assert(d == c || !exists[AT(c, r)] || HAS_BIT(set[AT(c, r)], d) == has[AT(d, r)]);
                assert(r == A || !HAS_BIT(lent[AT(c, r)], d) || exists[AT(d, r)]);
                d++
            :: else -> break
            od;
            d = 0;
            assert(!exists[AT(c, r)] || has[AT(c, r)] || set[AT(c, r)] != 0 ||
                   BELOW(lent, c, r));
            c++
        :: else -> break
        od;
        c = 0;
        assert(x <= 1);
        x = 0;
        r++
    :: else -> break
    od;
    r = 0
}

#define CLEAR sweeps_settle(); settle(); m = 0; c = 0; d = 0; r = 0; x = 0; y = 0
#define FROM(from, to) :: nempty(CH(from, to)) -> c = from; d = to
#define BY(can, dd, rr) :: rr < LEVELS && can(dd, rr) -> d = dd; r = rr
#define TO(can, dd, rr, tt) :: rr < LEVELS && can(dd, rr, tt) -> d = dd; r = rr; x = tt
#define EACH_CORE(what, can, rr) what(can, 0, rr) what(can, 1, rr) what(can, 2, rr)
#define EACH(what, can) EACH_CORE(what, can, A) EACH_CORE(what, can, R) EACH_CORE(what, can, C)
#define EACH_PAIR(can, rr)                                                                         \
    TO(can, 0, rr, 1) TO(can, 0, rr, 2) TO(can, 1, rr, 0) TO(can, 1, rr, 2) TO(can, 2, rr, 0)       \
    TO(can, 2, rr, 1)
#define EACH_TARGET(can) EACH_PAIR(can, A) EACH_PAIR(can, R) EACH_PAIR(can, C)
#define LEARN(dd, tt)                                                                              \
    :: HAS_BIT(dead & ~known[dd], tt) && !HAS_BIT(dead, dd) -> d = dd; t = tt
#define KNOWN(c) (HAS_BIT(dead, c) || known[c] == dead)

init {
    atomic {
        exists[AT(0, A)] = true;
        has[AT(0, A)] = true;
        exists[AT(1, R)] = true;
        has[AT(1, R)] = true;
        own[AT(1, R)] = 1;
        lent[AT(0, R)] = BIT(1)
    };
    do
    :: atomic {
        if
        FROM(0, 0) FROM(1, 1) FROM(2, 2) FROM(0, 1) FROM(0, 2) FROM(1, 0) FROM(1, 2) FROM(2, 0) FROM(2, 1)
        fi;
        message_take();
        CLEAR
    }
    :: atomic {
        if
        EACH_TARGET(CAN_GRANT)
        fi;
        domain_transfer();
        CLEAR
    }
    :: atomic {
        if
        EACH_TARGET(CAN_LEND)
        fi;
        domain_lend();
        CLEAR
    }
    :: atomic {
        if
        EACH_TARGET(CAN_LIE)
        fi;
        domain_lie();
        CLEAR
    }
    :: atomic {
        if
        EACH(BY, CAN_REVOKE)
        fi;
        domain_revoke();
        CLEAR
    }
    :: atomic {
        if
        EACH(BY, CAN_DELETE)
        fi;
        domain_delete();
        CLEAR
    }
    :: atomic {
        if
        :: left_deaths > 0 && !HAS_BIT(dead, 1) -> d = 1
        :: left_deaths > 0 && !HAS_BIT(dead, 2) -> d = 2
        fi;
        domain_dies();
        CLEAR
    }
    :: atomic {
        if
        LEARN(0, 1) LEARN(0, 2) LEARN(1, 2) LEARN(2, 1)
        fi;
        printf("@ %d learns that %d is dead\n", d, t);
        learn();
        CLEAR;
        t = 0
    }
    :: atomic { QUIET && KNOWN(0) && KNOWN(1) && KNOWN(2) -> quiet_check(); break }
    od
}
