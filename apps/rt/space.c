/* space.c: mapping, unmapping and changing rights of ranges, run by run. See rt/space.h.
 *
 * An edit (unmap, protect) cuts the runs at the ends of the range, does its work on what lies
 * inside, and at the end maps again
 * whatever a cut left booked but not mapped. Making a run may move the table array (the heap grows
 * by mapping), so
 * pointers to tables are looked up again behind every call that may allocate. */
#include "rt/space.h"
#include "rt/heap.h"
#include "rt/slots.h"
#include "rt/string.h"
#include "rt/syscall.h"
#include "space_table.h"

enum { RUNS_FIRST = 4, RUNS_A_CUT = 2 };

/* Room for `more` runs in the table of va. */
static enum status runs_reserve(struct space *s, unsigned level, uint64_t va, uint32_t more)
{
    struct space_table *t = space_table_find(s, level, va);
    uint32_t capacity = t->run_capacity ? t->run_capacity : RUNS_FIRST;

    if (t->run_count + more <= t->run_capacity)
        return OK;
    while (capacity < t->run_count + more)
        capacity *= 2;
    struct space_run *run = heap_alloc(s->heap, capacity * sizeof *run);
    if (!run)
        return E_NO_MEMORY;
    t = space_table_find(s, level, va);
    if (t->run) {
        memcpy(run, t->run, t->run_count * sizeof *run);
        heap_free(s->heap, t->run);
    }
    t->run = run;
    t->run_capacity = (uint16_t)capacity;
    return OK;
}

static void run_insert(struct space_table *t, uint32_t at, struct space_run run)
{
    if (at < t->run_count)
        memmove(&t->run[at + 1], &t->run[at], (t->run_count - at) * sizeof *t->run);
    t->run[at] = run;
    t->run_count++;
}

static void run_remove(struct space_table *t, uint32_t at)
{
    t->run_count--;
    memmove(&t->run[at], &t->run[at + 1], (t->run_count - at) * sizeof *t->run);
}

/* Index of the first run that ends behind entry `index`. */
static uint32_t run_find(const struct space_table *t, uint32_t index)
{
    uint32_t low = 0, high = t->run_count;

    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if ((uint32_t)t->run[middle].first + t->run[middle].count <= index)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static enum status run_add(struct space *s, unsigned level, uint64_t va, struct space_run run,
                           bool record)
{
    struct space_table *t;
    enum status status = space_table_make(s, level, va, &t);

    if (status == OK && record)
        status = runs_reserve(s, level, va, 1);
    if (status != OK)
        return status;
    t = space_table_find(s, level, va);
    uint32_t at = record ? run_find(t, run.first) : 0;
    if (record && at < t->run_count && t->run[at].first < run.first + run.count)
        return E_MAPPED;
    if (run.flags) {
        status = space_enter(s, t, &run, &run.mapping);
        if (status != OK)
            return status;
    }
    if (record)
        run_insert(t, at, run);
    return OK;
}

/* May the 2 MiB at va be one page? base: physical, of the frame; 1: it cannot be known. */
static bool is_large(struct space *s, uint64_t va, uint64_t base, uint64_t offset, uint64_t bytes)
{
    return bytes >= LARGE_PAGE_BYTES && (va | (base + offset)) % LARGE_PAGE_BYTES == 0 &&
           !space_table_find(s, 1, va);
}

static uint64_t frame_base(capref_t frame, uint64_t bytes)
{
    struct cap_description d;

    if (bytes < LARGE_PAGE_BYTES || sys_cap_identify(capref_in(0, frame), &d) != OK)
        return 1;
    return d.base;
}

static enum status map(struct space *s, uint64_t va, capref_t frame, uint64_t offset,
                       uint64_t bytes, uint32_t flags, bool record, uint64_t *done)
{
    uint64_t base = frame_base(frame, bytes);

    for (*done = 0; *done < bytes;) {
        uint64_t at = va + *done, left = bytes - *done;
        unsigned level = is_large(s, at, base, offset + *done, left) ? 2 : 1;
        uint64_t unit = level_entry_bytes(level);
        uint64_t count = left / unit, room = 512 - level_index(level, at);
        if (count > room)
            count = room;
        for (uint64_t i = 1; level == 2 && i < count; i++)
            if (space_table_find(s, 1, at + i * unit))
                count = i;
        struct space_run run = {.first = (uint16_t)level_index(level, at),
                                .count = (uint16_t)count,
                                .frame = frame,
                                .frame_page = (uint32_t)((offset + *done) / PAGE_BYTES),
                                .flags = flags};
        enum status status = run_add(s, level, at, run, record);
        if (status != OK)
            return status;
        *done += count * unit;
    }
    return OK;
}

static bool is_range(uint64_t va, uint64_t offset, uint64_t bytes)
{
    return (va | offset | bytes) % PAGE_BYTES == 0 && bytes && va + bytes > va;
}

/* The common case: one page, where the table is and has room. False: the long way. */
static bool page_map(struct space *s, uint64_t va, capref_t frame, uint64_t offset, uint32_t flags,
                     enum status *status)
{
    struct space_table *t = space_table_find(s, 1, va);

    if (!t || t->run_count == t->run_capacity || !flags || !s->records)
        return false;
    uint32_t index = level_index(1, va), at = t->run_count;
    if (at && (uint32_t)t->run[at - 1].first + t->run[at - 1].count > index) {
        at = run_find(t, index);
        if (t->run[at].first <= index)
            return false;
    }
    struct space_run run = {.first = (uint16_t)index,
                            .count = 1,
                            .frame = frame,
                            .frame_page = (uint32_t)(offset / PAGE_BYTES),
                            .flags = flags};
    *status = space_enter(s, t, &run, &run.mapping);
    if (*status == OK)
        run_insert(t, at, run);
    return true;
}

enum status space_map(struct space *s, uint64_t va, capref_t frame, uint64_t offset, uint64_t bytes,
                      uint32_t flags)
{
    uint64_t done;

    if (!is_range(va, offset, bytes))
        return E_ALIGN;
    enum status status;
    if (bytes == PAGE_BYTES && page_map(s, va, frame, offset, flags, &status))
        return status;
    status = space_reserve(s);
    if (status != OK)
        return status;
    status = map(s, va, frame, offset, bytes, flags, s->records, &done);
    if (status != OK && done && s->records) {
        enum status undo = space_unmap(s, va, done, NULL, NULL);
        (void)undo; /* whole runs go: nothing is mapped again, so nothing fails */
    }
    return status;
}

enum status space_map_permanent(struct space *s, uint64_t va, capref_t frame, uint64_t offset,
                                uint64_t bytes, uint32_t flags)
{
    uint64_t done;

    if (!is_range(va, offset, bytes))
        return E_ALIGN;
    return map(s, va, frame, offset, bytes, flags, false, &done);
}

/* Takes the run's mapping away; it stays booked. */
static void run_drop(struct space *s, struct space_run *run)
{
    slot_delete(s->slots, run->mapping);
    run->mapping = 0;
}

/* Cuts run `at` in two, so that the second begins at entry `index`. There is room in the array. */
static void run_cut(struct space *s, struct space_table *t, uint32_t at, uint32_t index)
{
    struct space_run *run = &t->run[at], behind = *run;
    uint32_t pages_an_entry = (uint32_t)(level_entry_bytes(t->level) / PAGE_BYTES);
    uint16_t kept = (uint16_t)(index - run->first);

    run_drop(s, run);
    behind.mapping = 0;
    behind.first = (uint16_t)index;
    behind.count = (uint16_t)(run->count - kept);
    behind.frame_page += kept * pages_an_entry;
    run->count = kept;
    run_insert(t, at + 1, behind);
}

/* What an edit does with the runs inside its range. */
struct edit {
    bool unmap;
    uint32_t flags;
    void (*gone)(void *arg, capref_t frame, uint64_t offset, uint64_t bytes);
    void *arg;
};

static void run_edit(struct space *s, struct space_table *t, uint32_t at, const struct edit *edit)
{
    struct space_run *run = &t->run[at];

    if (!edit->unmap) {
        if (run->mapping && edit->flags && sys_mapping_protect(run->mapping, edit->flags) == OK) {
            run->flags = edit->flags;
            return;
        }
        run_drop(s, run);
        run->flags = edit->flags;
        return;
    }
    struct space_run old = *run;
    run_drop(s, run);
    run_remove(t, at);
    if (edit->gone)
        edit->gone(edit->arg, old.frame, (uint64_t)old.frame_page * PAGE_BYTES,
                   old.count * level_entry_bytes(t->level));
}

/* Entries [first, limit) of the table of va. */
static enum status table_edit(struct space *s, unsigned level, uint64_t va, uint32_t first,
                              uint32_t limit, const struct edit *edit)
{
    enum status status = runs_reserve(s, level, va, RUNS_A_CUT);
    if (status != OK)
        return status;
    struct space_table *t = space_table_find(s, level, va);
    uint32_t at = run_find(t, first);

    if (at < t->run_count && t->run[at].first < first)
        run_cut(s, t, at++, first);
    while (at < t->run_count && t->run[at].first < limit) {
        if ((uint32_t)t->run[at].first + t->run[at].count > limit)
            run_cut(s, t, at, limit);
        uint32_t count = t->run_count;
        run_edit(s, t, at, edit);
        if (t->run_count == count)
            at++;
    }
    for (uint32_t i = 0; i < t->run_count; i++) {
        struct space_run *run = &t->run[i];
        if (run->mapping || !run->flags)
            continue;
        enum status entered = space_enter(s, t, run, &run->mapping);
        if (entered != OK)
            status = entered;
    }
    return status;
}

static bool is_any_booked(const struct space_table *t, uint32_t first, uint32_t limit)
{
    uint32_t run = run_find(t, first);

    return run < t->run_count && t->run[run].first < limit;
}

static bool is_booked(const struct space_table *t, uint32_t index)
{
    return is_any_booked(t, index, index + 1);
}

/* Entries that the range covers in part must be empty here: there are tables below them, or
 * nothing. */
static enum status range_edit(struct space *s, unsigned level, uint64_t va, uint64_t bytes,
                              const struct edit *edit)
{
    uint64_t end = va + bytes, unit = level_entry_bytes(level);
    enum status status = OK;

    for (uint64_t at = va; status == OK && at < end;) {
        struct space_table *t = space_table_next(s, level, at);
        if (!t || t->va >= end)
            break;
        uint64_t from = at > t->va ? at : t->va, table_va = t->va,
                 table_end = table_va + level_table_bytes(level);
        uint64_t to = end < table_end ? end : table_end;
        uint32_t first = (uint32_t)((from - table_va + unit - 1) / unit);
        uint32_t limit = (uint32_t)((to - table_va) / unit);
        if ((from % unit && is_booked(t, first - 1)) || (to % unit && is_booked(t, limit)))
            status = E_ALIGN;
        else if (first < limit && is_any_booked(t, first, limit))
            status = table_edit(s, level, table_va, first, limit, edit);
        at = table_end;
    }
    return status;
}

static enum status space_edit(struct space *s, uint64_t va, uint64_t bytes, const struct edit *edit)
{
    if (!is_range(va, 0, bytes))
        return E_ALIGN;
    enum status status = space_reserve(s);
    if (status == OK)
        status = range_edit(s, 2, va, bytes, edit);
    if (status == OK)
        status = range_edit(s, 1, va, bytes, edit);
    return status;
}

enum status space_unmap(struct space *s, uint64_t va, uint64_t bytes,
                        void (*gone)(void *arg, capref_t frame, uint64_t offset, uint64_t bytes),
                        void *arg)
{
    struct edit edit = {.unmap = true, .gone = gone, .arg = arg};
    return space_edit(s, va, bytes, &edit);
}

enum status space_protect(struct space *s, uint64_t va, uint64_t bytes, uint32_t flags)
{
    struct edit edit = {.flags = flags};
    return space_edit(s, va, bytes, &edit);
}

enum status space_find(struct space *s, uint64_t va, capref_t *frame, uint64_t *offset,
                       uint32_t *flags)
{
    for (unsigned level = 1; level <= 2; level++) {
        struct space_table *t = space_table_find(s, level, va);
        uint32_t index = level_index(level, va), at = t ? run_find(t, index) : 0;
        if (!t || at == t->run_count || t->run[at].first > index)
            continue;
        const struct space_run *run = &t->run[at];
        *frame = run->frame;
        *offset = (uint64_t)run->frame_page * PAGE_BYTES + (va - t->va) -
                  run->first * level_entry_bytes(level);
        *flags = run->flags;
        return OK;
    }
    return E_NOT_MAPPED;
}
