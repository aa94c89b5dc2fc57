/* The index: an AVL tree, iterative, over the first slot of each distinct key. `level` is the
 * height, `reach` the largest end of a region in a subtree, by which index_last_reaching finds an
 * overlap without walking a region's children. It is an index only: list.c compares each answer
 * with the neighbours in the list before it uses it. */
#include "cap/internal.h"

static unsigned height(const struct cap_db *db, uint32_t n)
{
    return n != 0 ? slot_of(db, n)->level : 0;
}

static uint64_t reach(const struct cap_db *db, uint32_t n)
{
    return n != 0 ? slot_of(db, n)->reach : 0;
}

/* Height and reach of n from its children. */
static void node_update(struct cap_db *db, uint32_t n)
{
    struct slot *s = slot_at(db, n);
    unsigned left = height(db, s->left), right = height(db, s->right);
    uint64_t most = slot_end(s);

    if (reach(db, s->left) > most)
        most = reach(db, s->left);
    if (reach(db, s->right) > most)
        most = reach(db, s->right);
    s->reach = most;
    s->level = (uint8_t)((left > right ? left : right) + 1);
}

static uint32_t rotate_right(struct cap_db *db, uint32_t n)
{
    uint32_t top = slot_of(db, n)->left;

    slot_at(db, n)->left = slot_of(db, top)->right;
    slot_at(db, top)->right = n;
    node_update(db, n);
    node_update(db, top);
    return top;
}

static uint32_t rotate_left(struct cap_db *db, uint32_t n)
{
    uint32_t top = slot_of(db, n)->right;

    slot_at(db, n)->right = slot_of(db, top)->left;
    slot_at(db, top)->left = n;
    node_update(db, n);
    node_update(db, top);
    return top;
}

/* Update n and restore the AVL rule there; returns the top of the subtree. */
static uint32_t node_balance(struct cap_db *db, uint32_t n)
{
    struct slot *s = slot_at(db, n);
    unsigned left = height(db, s->left), right = height(db, s->right);

    if (left > right + 1) {
        const struct slot *l = slot_of(db, s->left);
        if (height(db, l->left) < height(db, l->right))
            s->left = rotate_left(db, s->left);
        return rotate_right(db, n);
    }
    if (right > left + 1) {
        const struct slot *r = slot_of(db, s->right);
        if (height(db, r->right) < height(db, r->left))
            s->right = rotate_right(db, s->right);
        return rotate_left(db, n);
    }
    node_update(db, n);
    return n;
}

/* Where `parent` (0: the root) points to `from`, let it point to `to`. */
static void child_replace(struct cap_db *db, uint32_t parent, uint32_t from, uint32_t to)
{
    if (parent == 0)
        db->root = to;
    else if (slot_of(db, parent)->left == from)
        slot_at(db, parent)->left = to;
    else
        slot_at(db, parent)->right = to;
}

/* Balance from the end of the path upwards. It ends where a subtree comes out as it was, but not
 * before node number `changed` (counted from 1 at the root), whose own region is another one than
 * before. */
static void path_balance(struct cap_db *db, const struct index_path *path, uint32_t depth,
                         uint32_t changed)
{
    for (uint32_t i = depth; i > 0; i--) {
        uint32_t n = path->node[i - 1];
        uint8_t old_level = slot_of(db, n)->level;
        uint64_t old_reach = slot_of(db, n)->reach;
        uint32_t top = node_balance(db, n);

        if (top != n)
            child_replace(db, i > 1 ? path->node[i - 2] : 0, n, top);
        if (i <= changed && slot_of(db, top)->level == old_level &&
            slot_of(db, top)->reach == old_reach)
            return;
    }
}

uint32_t index_find(const struct cap_db *db, const struct cap_key *k, struct index_path *path)
{
    uint32_t n = db->root;

    path->depth = 0;
    path->behind = 0;
    while (n != 0) {
        const struct slot *s = slot_of(db, n);
        int order = key_order(s, k);

        cap_assert(path->depth < INDEX_DEPTH_MAX, "index depth");
        path->node[path->depth++] = n;
        if (order == 0)
            return n;
        if (order > 0)
            path->behind = n;
        n = order > 0 ? s->left : s->right;
    }
    return 0;
}

uint32_t index_first(const struct cap_db *db, const struct cap_key *k)
{
    uint32_t n = db->root, found = 0;

    /*@ loop invariant depth <= INDEX_DEPTH_MAX && cap_link(n) && cap_link(found);
        loop invariant found != 0 ==> !key_before(db->zone_slots + found, k);
        loop assigns depth, n, found;
        loop variant INDEX_DEPTH_MAX - depth; */
    for (unsigned depth = 0; n != 0 && depth < INDEX_DEPTH_MAX; depth++) {
        const struct slot *s = slot_of(db, n);
        int order = key_order(s, k);

        if (order == 0)
            return n;
        if (order > 0)
            found = n;
        n = order > 0 ? s->left : s->right;
    }
    return found;
}

/* The last in the subtree of n that ends behind `point`; there is one. */
static uint32_t last_reaching_below(const struct cap_db *db, uint32_t n, uint64_t point)
{
    for (unsigned depth = 0; depth < INDEX_DEPTH_MAX; depth++) {
        const struct slot *s = slot_of(db, n);

        if (reach(db, s->right) > point)
            n = s->right;
        else if (slot_end(s) > point)
            return n;
        else
            n = s->left;
    }
    cap_assert(false, "index reach");
    return 0;
}

static uint32_t indexed_last_reaching(const struct cap_db *db, const struct cap_key *before,
                                      uint64_t point)
{
    uint32_t n = db->root, found = 0;

    /* Of the nodes before `before` on the way down, the deepest comes last in the order. */
    for (unsigned depth = 0; n != 0 && depth < INDEX_DEPTH_MAX; depth++) {
        const struct slot *s = slot_of(db, n);

        if (key_order(s, before) >= 0) {
            n = s->left;
            continue;
        }
        if (slot_end(s) > point || reach(db, s->left) > point)
            found = n;
        n = s->right;
    }
    if (found == 0 || slot_end(slot_of(db, found)) > point)
        return found;
    return last_reaching_below(db, slot_of(db, found)->left, point);
}

/* A tail that reaches so far has its frame before it, which does, too: so it is behind the answer,
 * or comes before it. */
uint32_t index_last_reaching(const struct cap_db *db, const struct cap_key *before, uint64_t point)
{
    uint32_t n = indexed_last_reaching(db, before, point);
    uint32_t tail = n != 0 ? slot_of(db, n)->next : 0;

    if (is_tail(db, tail) && key_order(slot_of(db, tail), before) < 0 &&
        slot_end(slot_of(db, tail)) > point)
        return tail;
    return n;
}

/* key_order, the common case first. */
static inline int place_order(const struct slot *s, const struct cap_key *k)
{
    if (s->base != k->base && s->space == k->space)
        return s->base < k->base ? -1 : 1;
    return key_order(s, k);
}

bool index_place(const struct cap_db *db, const struct cap_key *k, struct index_path *path,
                 uint32_t *holder)
{
    uint32_t n = db->root, found = 0, behind = 0, depth = 0;

    while (n != 0) {
        const struct slot *s = slot_of(db, n);
        int order = place_order(s, k);

        cap_assert(depth < INDEX_DEPTH_MAX, "index depth");
        path->node[depth++] = n;
        if (order == 0)
            return false;
        if (order > 0) {
            behind = n;
            n = s->left;
            continue;
        }
        /* Where the whole subtree ends before the place, nothing more will be found. */
        if (s->reach > k->base && (slot_end(s) > k->base || reach(db, s->left) > k->base))
            found = n;
        n = s->right;
    }
    path->depth = depth;
    path->behind = behind;
    if (found != 0 && slot_end(slot_of(db, found)) <= k->base)
        found = last_reaching_below(db, slot_of(db, found)->left, k->base);
    *holder = found;
    return true;
}

/* n, a leaf, was hung below the end of the path. Up to where a subtree did not grow: `grown` has
 * height `level` now and had one less. Above that only a reach can change. */
static void path_grow(struct cap_db *db, const struct index_path *path, uint32_t n)
{
    uint64_t end = slot_end(slot_of(db, n));
    uint32_t i = path->depth, grown = n;
    unsigned level = 1;

    for (; i > 0; i--) {
        struct slot *s = slot_at(db, path->node[i - 1]);

        if (s->level > level)
            break;
        if (height(db, s->left == grown ? s->right : s->left) + 1 != level) {
            uint32_t top = node_balance(db, path->node[i - 1]); /* as high as before */

            child_replace(db, i > 1 ? path->node[i - 2] : 0, path->node[i - 1], top);
            i--;
            break;
        }
        s->level = (uint8_t)++level;
        if (s->reach < end)
            s->reach = end;
        grown = path->node[i - 1];
    }
    for (; i > 0; i--) {
        struct slot *s = slot_at(db, path->node[i - 1]);

        if (s->reach >= end)
            return;
        s->reach = end;
    }
}

void index_insert(struct cap_db *db, struct index_path *path, uint32_t n)
{
    struct slot *s = slot_at(db, n);

    s->left = 0;
    s->right = 0;
    s->level = 1;
    s->reach = slot_end(s);
    db->region_count++;
    if (path->depth == 0) {
        db->root = n;
        return;
    }
    uint32_t parent = path->node[path->depth - 1];
    if (parent == path->behind)
        slot_at(db, parent)->left = n;
    else
        slot_at(db, parent)->right = n;
    path_grow(db, path, n);
}

/* n has two children: the next in the order, which has no left child, takes its place. The path,
 * which ended with n, is extended by what lies above the successor's old place. */
static void successor_lift(struct cap_db *db, struct index_path *path, uint32_t n)
{
    uint32_t place = path->depth - 1;
    uint32_t next = slot_of(db, n)->right, parent = n;

    while (slot_of(db, next)->left != 0) {
        cap_assert(path->depth < INDEX_DEPTH_MAX, "index depth");
        path->node[path->depth++] = next;
        parent = next;
        next = slot_of(db, next)->left;
    }
    child_replace(db, parent, next, slot_of(db, next)->right);
    struct slot *s = slot_at(db, next);
    s->left = slot_of(db, n)->left;
    s->right = slot_of(db, n)->right;
    s->level = slot_of(db, n)->level;
    s->reach = slot_of(db, n)->reach;
    path->node[place] = next;
    child_replace(db, place > 0 ? path->node[place - 1] : 0, n, next);
}

void index_remove(struct cap_db *db, uint32_t n)
{
    struct slot *s = slot_at(db, n);
    struct cap_key k = slot_key(s);
    struct index_path path;

    cap_assert(index_find(db, &k, &path) == n, "index: removed slot not found");
    uint32_t place = path.depth;
    if (s->left != 0 && s->right != 0) {
        successor_lift(db, &path, n);
    } else {
        path.depth--;
        child_replace(db, path.depth > 0 ? path.node[path.depth - 1] : 0, n,
                      s->left != 0 ? s->left : s->right);
    }
    path_balance(db, &path, path.depth, place);
    s->left = 0;
    s->right = 0;
    s->level = 0;
    s->reach = 0;
    db->region_count--;
}

void index_replace(struct cap_db *db, uint32_t from, uint32_t to)
{
    struct slot *s = slot_at(db, from), *t = slot_at(db, to);
    struct cap_key k = slot_key(s);
    uint32_t n = db->root, parent = 0;

    for (unsigned depth = 0; n != from && n != 0 && depth < INDEX_DEPTH_MAX; depth++) {
        parent = n;
        n = key_order(slot_of(db, n), &k) > 0 ? slot_of(db, n)->left : slot_of(db, n)->right;
    }
    cap_assert(n == from, "index: replaced slot not found");
    t->left = s->left;
    t->right = s->right;
    t->level = s->level;
    t->reach = s->reach;
    child_replace(db, parent, from, to);
    s->left = 0;
    s->right = 0;
    s->level = 0;
    s->reach = 0;
}
