/* Every invariant of the mapping database, written down as code that a test can run: the list in
 * both directions, its order, the index over the first of each run, heights, reaches and counters.
 * Not called by the kernel. */
#include "cap/internal.h"

/* Behind an indexed slot that is alone with its key, and the only one inside its region. */
static bool is_tail_right(const struct cap_db *db, uint32_t n)
{
    const struct slot *s = slot_of(db, n), *frame = slot_of(db, s->prev);
    const struct slot *next = slot_of(db, s->next);

    return s->type == CAP_MAPPING && s->prev != 0 && frame->level != 0 &&
           frame->level != LEVEL_TAIL && frame->space == s->space && frame->base <= s->base &&
           slot_end(frame) >= slot_end(s) &&
           (s->next == 0 || next->space != s->space || next->base >= slot_end(frame));
}

/* The list: links, order, no rubbish. Returns NULL or what is wrong; *keys: distinct keys seen. */
static const char *list_check(const struct cap_db *db, uint64_t *keys)
{
    uint32_t before = 0;
    uint64_t count = 0;

    for (uint32_t n = db->first; n != 0; n = slot_of(db, n)->next) {
        const struct slot *s = slot_of(db, n);
        struct cap_key k = slot_key(s);
        int order = before != 0 ? key_order(slot_of(db, before), &k) : -1;

        if (n >= db->slot_limit || ++count > db->cap_count)
            return "list: longer than its count";
        if (s->prev != before)
            return "list: prev";
        if (order > 0)
            return "list: order";
        if (s->type == CAP_NULL || s->type >= CAP_TYPE_COUNT || s->bytes == 0 ||
            s->base > UINT64_MAX - s->bytes)
            return "list: empty slot";
        if ((order < 0) != (s->level != 0))
            return "index: not exactly the first of each key";
        if (s->level == LEVEL_TAIL && !is_tail_right(db, n))
            return "list: a tail that cannot be one";
        *keys += order < 0 && s->level != LEVEL_TAIL;
        before = n;
    }
    if (count != db->cap_count || db->last != before)
        return "list: count or last";
    return NULL;
}

static const char *node_check(const struct cap_db *db, uint32_t n)
{
    const struct slot *s = slot_of(db, n);
    struct cap_key k = slot_key(s);
    unsigned left = s->left != 0 ? slot_of(db, s->left)->level : 0;
    unsigned right = s->right != 0 ? slot_of(db, s->right)->level : 0;
    uint64_t most = slot_end(s);

    if (s->left != 0 && slot_of(db, s->left)->reach > most)
        most = slot_of(db, s->left)->reach;
    if (s->right != 0 && slot_of(db, s->right)->reach > most)
        most = slot_of(db, s->right)->reach;
    if (most != s->reach)
        return "index: reach";
    if (s->level != (left > right ? left : right) + 1 || left > right + 1 || right > left + 1)
        return "index: height";
    if (s->left != 0 && key_order(slot_of(db, s->left), &k) >= 0)
        return "index: left child";
    if (s->right != 0 && key_order(slot_of(db, s->right), &k) <= 0)
        return "index: right child";
    return NULL;
}

const char *cap_db_check(const struct cap_db *db)
{
    uint64_t keys = 0;
    uint32_t stack[INDEX_DEPTH_MAX], depth = 0, before = 0;
    const char *wrong = list_check(db, &keys);

    /* In order through the tree: exactly the indexed slots, as the list has them. */
    for (uint32_t n = db->root; wrong == NULL && (n != 0 || depth != 0);) {
        if (n != 0) {
            if (depth == INDEX_DEPTH_MAX)
                return "index: depth";
            stack[depth++] = n;
            n = slot_of(db, n)->left;
            continue;
        }
        n = stack[--depth];
        wrong = node_check(db, n);
        struct cap_key k = slot_key(slot_of(db, n));
        if (before != 0 && key_order(slot_of(db, before), &k) >= 0)
            return "index: order";
        before = n;
        if (keys-- == 0)
            return "index: more nodes than keys";
        n = slot_of(db, n)->right;
    }
    if (wrong == NULL && keys != 0)
        return "index: keys missing";
    return wrong;
}
