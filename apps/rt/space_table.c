/* space_table.c: the page tables of an address space: found by bisection, made when they are
 * missing.
 *
 * The array is ordered by va | level; tables of one address so stand from level 1 up to the root.
 * Only the level 1 and 2
 * tables hold runs. The array grows by the heap, and the heap grows by mapping: space_reserve
 * keeps eight places free, and what
 * the heap itself maps (space_map_permanent) never makes the array grow. */
#include "space_table.h"
#include "rt/heap.h"
#include "rt/ram.h"
#include "rt/slots.h"
#include "rt/string.h"
#include "rt/syscall.h"

enum { RESERVE = 8 };

static uint64_t table_key(unsigned level, uint64_t va)
{
    return round_down(va, level_table_bytes(level)) | level;
}

/* Index of the first table whose key is not below `key`. */
static uint32_t lower_bound(const struct space *s, uint64_t key)
{
    uint32_t low = 0, high = s->count;

    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if ((s->table[middle].va | s->table[middle].level) < key)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct space_table *space_table_find(struct space *s, unsigned level, uint64_t va)
{
    uint64_t key = table_key(level, va);
    uint32_t at = s->last;

    /* Whoever asks for a table asks for it again. */
    if (at < s->count && (s->table[at].va | s->table[at].level) == key)
        return &s->table[at];
    at = lower_bound(s, key);
    if (at == s->count || (s->table[at].va | s->table[at].level) != key)
        return NULL;
    s->last = at;
    return &s->table[at];
}

struct space_table *space_table_next(struct space *s, unsigned level, uint64_t va)
{
    for (uint32_t i = lower_bound(s, table_key(level, va)); i < s->count; i++)
        if (s->table[i].level == level)
            return &s->table[i];
    return NULL;
}

void space_init(struct space *s, struct slots *slots, struct ram *ram, struct heap *heap,
                capref_t root)
{
    memset(s, 0, sizeof *s);
    s->slots = slots;
    s->ram = ram;
    s->heap = heap;
    s->records = true;
    s->table = s->first;
    s->capacity = SPACE_TABLES_FIRST;
    s->table[0] = (struct space_table){.cap = root, .level = 4};
    s->count = 1;
}

enum status space_reserve(struct space *s)
{
    if (s->count + RESERVE <= s->capacity || s->growing || !s->heap)
        return OK;
    uint32_t capacity = s->capacity * 2;
    s->growing = true;
    struct space_table *table = heap_alloc(s->heap, capacity * sizeof *table);
    s->growing = false;
    if (!table)
        return s->count + RESERVE / 2 <= s->capacity ? OK : E_NO_MEMORY;
    memcpy(table, s->table, s->count * sizeof *table);
    if (s->table != s->first)
        heap_free(s->heap, s->table);
    s->table = table;
    s->capacity = capacity;
    return OK;
}

enum status space_table_add(struct space *s, unsigned level, uint64_t va, capref_t table)
{
    if (s->count == s->capacity)
        return E_LIMIT;
    uint32_t at = lower_bound(s, table_key(level, va));
    memmove(&s->table[at + 1], &s->table[at], (s->count - at) * sizeof *s->table);
    s->table[at] = (struct space_table){
        .va = round_down(va, level_table_bytes(level)), .cap = table, .level = (uint8_t)level};
    s->count++;
    return OK;
}

enum status space_place_take(struct space *s, uint64_t *place, capref_t *ref)
{
    if (s->child_cspace) {
        *ref = s->next_slot++;
        *place = capref_in(s->child_cspace, *ref);
        return OK;
    }
    enum status status = slot_alloc(s->slots, ref);
    if (status == OK)
        *place = capref_in(0, *ref);
    return status;
}

static void place_return(struct space *s, capref_t ref)
{
    if (!s->child_cspace)
        slot_free(s->slots, ref);
}

static enum status object_make(struct space *s, unsigned level, struct ram_object *out)
{
    enum cap_type type = (enum cap_type)(CAP_PAGE_TABLE_4 + (4 - level));

    if (!s->table_make)
        return ram_alloc_object(s->ram, type, 0, out);
    *out = (struct ram_object){0};
    return s->table_make(s->table_make_arg, type, &out->cap);
}

/* Makes one table below `parent`, which covers va too. */
static enum status table_make_below(struct space *s, capref_t parent, unsigned level, uint64_t va)
{
    struct ram_object object;
    uint64_t place;
    capref_t mapping;

    if (s->count == s->capacity)
        return E_LIMIT;
    enum status status = object_make(s, level, &object);
    if (status != OK)
        return status;
    status = space_place_take(s, &place, &mapping);
    if (status == OK) {
        status = sys_table_map(parent, capref_in(0, object.cap), place, level_index(level + 1, va));
        if (status != OK)
            place_return(s, mapping);
    }
    if (status == OK)
        return space_table_add(s, level, va, object.cap);
    if (object.bytes)
        ram_free(s->ram, &object);
    else
        slot_delete(s->slots, object.cap);
    return status;
}

enum status space_table_make(struct space *s, unsigned level, uint64_t va, struct space_table **out)
{
    struct space_table *t = space_table_find(s, level, va);

    for (unsigned l = 3; !t && l >= level; l--) {
        if (space_table_find(s, l, va))
            continue;
        struct space_table *parent = space_table_find(s, l + 1, va);
        if (!parent)
            return E_ARGUMENT;
        enum status status = table_make_below(s, parent->cap, l, va);
        if (status != OK)
            return status;
    }
    *out = t ? t : space_table_find(s, level, va);
    return OK;
}

enum status space_table_get(struct space *s, uint64_t va, capref_t *out)
{
    struct space_table *t;
    enum status status = space_reserve(s);

    if (status == OK)
        status = space_table_make(s, 1, va, &t);
    if (status == OK)
        *out = t->cap;
    return status;
}

enum status space_enter(struct space *s, const struct space_table *t, const struct space_run *run,
                        capref_t *mapping)
{
    uint64_t place;
    capref_t ref;
    enum status status = space_place_take(s, &place, &ref);

    if (status != OK)
        return status;
    status = sys_frame_map(t->cap, capref_in(0, run->frame), place, run->first, run->count,
                           (uint64_t)run->frame_page * PAGE_BYTES, run->flags);
    if (status != OK)
        place_return(s, ref);
    else
        *mapping = ref;
    return status;
}

void space_forget(struct space *s)
{
    for (uint32_t i = 0; i < s->count; i++)
        if (s->table[i].run)
            heap_free(s->heap, s->table[i].run);
    if (s->table != s->first)
        heap_free(s->heap, s->table);
    s->table = s->first;
    s->capacity = SPACE_TABLES_FIRST;
    s->count = 0;
}
