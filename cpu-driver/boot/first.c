/* The first program: its ELF file lies in the kernel image (symbols first_elf_begin/end), so it
 * is trusted and every core has its own copy. Read-only segments are mapped in place, writable
 * ones copied to RAM taken from the record's regions. */
#include "boot/first.h"

#include <elf.h>
#include <skerry/first.h>

#include "boot/start.h"
#include "space/space.h"

extern const char first_elf_begin[], first_elf_end[];

static uint64_t to_pa(const void *va)
{
    return (uint64_t)va - arch_zone_offset();
}

uint32_t first_slot(struct kernel *k, capref_t ref)
{
    const struct slot *l1 = &k->db.zone_slots[(k->first_l1_pa - k->record->zone_base) / LINE_BYTES];

    return (uint32_t)((l1->base - k->record->zone_base) / LINE_BYTES) + ref;
}

static void insert_object(struct kernel *k, uint32_t slot, enum cap_type type, uint64_t base,
                          uint64_t bytes)
{
    struct cap_description d = {.type = (uint8_t)type,
                                .rights = RIGHTS_ALL,
                                .base = base,
                                .bytes = bytes,
                                .owner = (uint16_t)k->record->core_id};

    start_insert(k, slot, &d);
}

void first_cspace(struct kernel *k)
{
    uint64_t l1_bytes = CAP_L1_SLOTS_DEFAULT * LINE_BYTES, l2_bytes = CAP_L2_SLOTS * LINE_BYTES;
    uint64_t l1_pa = to_pa(zone_allocate(k, l1_bytes, l1_bytes));
    uint64_t l2_pa = to_pa(zone_allocate(k, l2_bytes, l2_bytes));

    k->first_l1_pa = l1_pa;
    insert_object(k, (uint32_t)((l1_pa - k->record->zone_base) / LINE_BYTES), CAP_CNODE_L2, l2_pa,
                  l2_bytes);
    insert_object(k, first_slot(k, SLOT_CSPACE), CAP_CNODE_L1, l1_pa, l1_bytes);
}

/* Take pages from the end of a RAM region of the record, for good. */
static uint64_t take_pages(struct kernel *k, uint64_t bytes)
{
    struct boot_record *r = k->record;

    for (uint32_t i = 0; i < r->region_count; i++)
        if (r->region[i].kind == REGION_RAM && r->region[i].bytes >= bytes + (1u << 20)) {
            r->region[i].bytes -= bytes;
            return r->region[i].base + r->region[i].bytes;
        }
    start_require(false, "no memory for the first program");
    return 0;
}

/* The tables hang in each other by MAPPINGs, like everybody's: by them an unmap finds out
 * whether a TLB needs to know. */
static uint64_t *make_tables(struct kernel *k)
{
    static const capref_t slots[5] = {0, FIRST_SLOT_TABLE_1, FIRST_SLOT_TABLE_2, FIRST_SLOT_TABLE_3,
                                      SLOT_PAGE_TABLE};
    uint64_t *entries = NULL;

    for (unsigned level = 4; level >= 1; level--) {
        enum cap_type type = (enum cap_type)(CAP_PAGE_TABLE_4 + (4 - level));
        entries = zone_allocate(k, 2 * PAGE_BYTES, 2 * PAGE_BYTES);
        insert_object(k, first_slot(k, slots[level]), type, to_pa(entries), 2 * PAGE_BYTES);
        if (level == 4)
            arch_table_init_root(entries);
        else
            start_require(space_table_map(&k->db, first_slot(k, slots[level + 1]),
                                          first_slot(k, slots[level]),
                                          first_slot(k, FIRST_SLOT_MAPPINGS + level - 1),
                                          FIRST_BASE >> (12 + 9 * level) & 511) == OK,
                          "first page tables");
    }
    return entries;
}

static void map_pages(uint64_t *leaf, uint64_t va, uint64_t pa, uint64_t bytes, unsigned flags)
{
    start_require(va >= FIRST_BASE && va + bytes <= FIRST_TABLE_END, "first program too large");
    for (uint64_t at = 0; at < bytes; at += PAGE_BYTES)
        leaf[(va + at) >> 12 & 511] = arch_entry_page(pa + at, 1, flags, false);
}

/* Copy to fresh RAM through the window; what lies behind `bytes` in the last pages is zero. */
static void fill_pages(uint64_t pa, const char *from, uint64_t bytes, uint64_t page_bytes)
{
    for (uint64_t at = 0; at < page_bytes; at += PAGE_BYTES) {
        char *to = arch_window_map(pa + at);
        for (uint64_t i = 0; i < PAGE_BYTES; i++)
            to[i] = at + i < bytes ? from[at + i] : 0;
    }
}

static void map_segment(struct kernel *k, uint64_t *leaf, const Elf64_Phdr *p)
{
    uint64_t skew = p->p_vaddr % PAGE_BYTES, bytes = round_up(skew + p->p_memsz, PAGE_BYTES);
    const char *from = first_elf_begin + p->p_offset - skew;
    unsigned flags =
        MAP_READ | (p->p_flags & PF_W ? MAP_WRITE : 0u) | (p->p_flags & PF_X ? MAP_EXECUTE : 0u);
    uint64_t pa;

    if (flags & MAP_WRITE) {
        pa = take_pages(k, bytes);
        fill_pages(pa, from, skew + p->p_filesz, bytes);
    } else {
        pa = k->record->zone_base + (uint64_t)(from - image_begin);
        start_require(pa % PAGE_BYTES == 0, "first program not page aligned");
    }
    map_pages(leaf, p->p_vaddr - skew, pa, bytes, flags);
}

static void map_stack(struct kernel *k, uint64_t *leaf, uint64_t top, uint64_t bytes)
{
    uint64_t pa = take_pages(k, bytes);

    fill_pages(pa, NULL, 0, bytes);
    map_pages(leaf, top - bytes, pa, bytes, MAP_READ | MAP_WRITE);
}

static void make_dispatcher(struct kernel *k, uint64_t *leaf, uint64_t entry)
{
    struct dispatcher *d = zone_allocate(k, 2 * PAGE_BYTES, 2 * PAGE_BYTES);
    struct sched_context *context = zone_allocate(k, sizeof(*context), sizeof(*context));
    static const capref_t slots[] = {SLOT_CSPACE, SLOT_PAGE_TABLE, SLOT_SCHED_CONTEXT};

    insert_object(k, first_slot(k, SLOT_DISPATCHER), CAP_DISPATCHER, to_pa(d), 2 * PAGE_BYTES);
    insert_object(k, first_slot(k, SLOT_SCHED_CONTEXT), CAP_SCHED_CONTEXT, to_pa(context),
                  sizeof(*context));
    context->granted = true;
    context->is_first = true;
    context->share = SHARE_ALL;
    context->priority = PRIORITY_COUNT - 1;
    dispatcher_enlist(k, d);
    for (unsigned i = 0; i < 3; i++)
        start_require(cap_copy(&k->db, first_slot(k, slots[i]),
                               dispatcher_slot(k, d, (enum dispatcher_slot)i)) == OK,
                      "first dispatcher");
    map_pages(leaf, FIRST_SHARED_PAGE, to_pa(dispatcher_page(d)), PAGE_BYTES, MAP_READ | MAP_WRITE);
    d->page_va = FIRST_SHARED_PAGE;
    d->entry[ENTRY_RUN] = entry;
    d->priority = context->priority;
    dispatcher_page(d)->entry_stack = FIRST_ENTRY_STACK_TOP;
    start_require(dispatcher_start(k, d, FIRST_WORD) == OK, "first dispatcher does not start");
}

void first_program(struct kernel *k)
{
    const Elf64_Ehdr *elf = (const Elf64_Ehdr *)first_elf_begin;
    const Elf64_Phdr *p = (const Elf64_Phdr *)(first_elf_begin + elf->e_phoff);
    uint64_t *leaf;

    start_require(elf->e_ident[EI_MAG0] == ELFMAG0 && elf->e_phentsize == sizeof(*p),
                  "first program is not ELF");
    leaf = make_tables(k);
    for (unsigned i = 0; i < elf->e_phnum; i++)
        if (p[i].p_type == PT_LOAD && p[i].p_memsz)
            map_segment(k, leaf, &p[i]);
    map_stack(k, leaf, FIRST_STACK_TOP, FIRST_STACK_BYTES);
    map_stack(k, leaf, FIRST_ENTRY_STACK_TOP, FIRST_ENTRY_STACK_BYTES);
    make_dispatcher(k, leaf, elf->e_entry);
}
