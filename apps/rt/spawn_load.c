/* spawn_load.c: a program's memory: text and constants mapped from the archive where they lie,
 * everything writable in one private
 * frame, which the spawner maps once to fill it and keeps mapped to read the child's report. */
#include "rt/log.h"
#include "rt/memory.h"
#include "rt/rt.h"
#include "rt/string.h"
#include "rt/syscall.h"
#include "spawn_build.h"

static uint64_t segment_begin(const struct elf_segment *g)
{
    return round_down(g->address, PAGE_BYTES);
}

static uint64_t segment_pages(const struct elf_segment *g)
{
    return round_up(g->address + g->memory_bytes, PAGE_BYTES) - segment_begin(g);
}

/* Read-only segments are mapped from the archive as they are: they must not have anything behind
 * the file's bytes. */
static enum status segment_check(struct build *b, const struct elf_segment *g)
{
    if (g->address < LAYOUT_BASE || g->address + g->memory_bytes > LAYOUT_FIXED_BOTTOM)
        return E_LIMIT;
    if (g->flags & ELF_WRITE)
        b->data_bytes += segment_pages(g);
    else if (g->file_bytes != g->memory_bytes)
        return E_FORMAT;
    return (g->flags & ELF_WRITE) && (g->flags & ELF_EXECUTE) ? E_FORMAT : OK;
}

enum status spawn_image_open(struct build *b)
{
    const struct archive *archive;
    struct archive_node node;
    enum status s = rt_archive(&archive);

    if (s == OK)
        s = archive_path(archive, b->request->image, true, &node);
    if (s == OK)
        s = archive_data(archive, &node, &b->image_offset);
    if (s != OK)
        return s;
    b->image = archive->base + b->image_offset;
    /* The machine is our own. */
    s = elf_read(b->image, node.bytes, RT_ELF_MACHINE, &b->elf);
    if (s == OK && b->elf.movable)
        s = E_TYPE;
    for (uint32_t i = 0; s == OK && i < b->elf.segment_count; i++)
        s = segment_check(b, &b->elf.segment[i]);
    if (s != OK)
        return s;
    b->stack_bytes = b->request->stack_bytes ? round_up(b->request->stack_bytes, PAGE_BYTES)
                                             : LAYOUT_STACK_BYTES;
    if (b->stack_bytes > LAYOUT_STACK_BYTES_MAX)
        return E_LIMIT;
    b->private_bytes =
        LAYOUT_ARGUMENTS_BYTES + b->data_bytes + b->stack_bytes + LAYOUT_ENTRY_STACK_BYTES;
    return OK;
}

static enum status segment_load(struct build *b, const struct elf_segment *g, uint64_t *private_at)
{
    uint64_t begin = segment_begin(g), bytes = segment_pages(g);

    if (!(g->flags & ELF_WRITE)) {
        uint32_t flags = MAP_READ | (g->flags & ELF_EXECUTE ? MAP_EXECUTE : 0u);
        return space_map(&b->space, begin, rt_archive_frame(),
                         round_down(b->image_offset + g->offset, PAGE_BYTES), bytes, flags);
    }
    memcpy(b->private + *private_at + (g->address - begin), b->image + g->offset, g->file_bytes);
    enum status s = space_map(&b->space, begin, b->frame, *private_at, bytes, MAP_READ | MAP_WRITE);
    *private_at += bytes;
    return s;
}

/* argv's strings, one behind the other. */
static enum status text_fill(struct argument_page *a, const struct spawn_request *r)
{
    for (int i = 0; i < r->argc; i++) {
        size_t bytes = strlen(r->argv[i]) + 1;
        if (bytes > ARGUMENT_TEXT_BYTES - a->text_bytes)
            return E_LIMIT;
        memcpy(a->text + a->text_bytes, r->argv[i], bytes);
        a->text_bytes += (uint32_t)bytes;
    }
    a->argc = (uint32_t)r->argc;
    return OK;
}

static enum status arguments_fill(struct build *b, struct argument_page *a)
{
    const struct spawn_request *r = b->request;
    struct cap_description archive = {0};

    a->format = ARGUMENTS_FORMAT;
    text_set(a->name, sizeof a->name, r->name);
    a->core = rt.page->core_id;
    a->node = r->node;
    a->flags = r->flags;
    a->poll = r->poll;
    a->seed[0] = r->seed[0];
    a->seed[1] = r->seed[1];
    a->stack_bytes = b->stack_bytes;
    if (r->flags & SPAWN_ARCHIVE) {
        enum status s = sys_cap_identify(capref_in(0, rt_archive_frame()), &archive);
        if (s != OK)
            return s;
        a->archive_bytes = archive.bytes;
    }
    return text_fill(a, r);
}

enum status spawn_image_load(struct build *b)
{
    capref_t frame;
    uint64_t at = LAYOUT_ARGUMENTS_BYTES;
    void *private;
    enum status s = slot_alloc(&rt.slots, &frame);

    if (s != OK)
        return s;
    b->frame = frame;
    s = part_make(&b->ram, CAP_FRAME, b->private_bytes, capref_in(0, frame));
    if (s == OK)
        s = frame_map(frame, 0, b->private_bytes, MAP_READ | MAP_WRITE, &private);
    if (s != OK)
        return s;
    b->private = private;
    b->domain->arguments = private;
    b->domain->private_bytes = b->private_bytes;
    s = arguments_fill(b, private);
    for (uint32_t i = 0; s == OK && i < b->elf.segment_count; i++)
        s = segment_load(b, &b->elf.segment[i], &at);
    if (s == OK)
        s = space_map(&b->space, LAYOUT_STACK_TOP - b->stack_bytes, frame, at, b->stack_bytes,
                      MAP_READ | MAP_WRITE);
    at += b->stack_bytes;
    if (s == OK)
        s = space_map(&b->space, LAYOUT_ENTRY_STACK_TOP - LAYOUT_ENTRY_STACK_BYTES, frame, at,
                      LAYOUT_ENTRY_STACK_BYTES, MAP_READ | MAP_WRITE);
    if (s == OK)
        s = space_map(&b->space, LAYOUT_ARGUMENTS, frame, 0, LAYOUT_ARGUMENTS_BYTES,
                      MAP_READ | MAP_WRITE);
    if (s == OK)
        s = spawn_mint(frame, capref_in(b->cspace, SLOT_ARGUMENTS),
                       RIGHTS_ALL & ~(uint32_t)RIGHT_REVOKE, 0); /* we keep it mapped */
    return s;
}
