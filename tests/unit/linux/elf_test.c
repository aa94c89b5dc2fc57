/* elf_test.c: the ELF reader on the test's own program file, on small made-up ones, and on damaged
 * copies of the first, for which the promises of rt/elf.h must still hold. */
// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on
#include <elf.h>
#include <rt/elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned char *self;
static size_t self_bytes;

static int setup(void **state)
{
    FILE *f = fopen("/proc/self/exe", "r");
    (void)state;
    if (!f)
        return -1;
    fseek(f, 0, SEEK_END);
    self_bytes = (size_t)ftell(f);
    rewind(f);
    self = malloc(self_bytes);
    size_t got = fread(self, 1, self_bytes, f);
    fclose(f);
    return got == self_bytes ? 0 : -1;
}

static unsigned machine(void)
{
    return ((const Elf64_Ehdr *)self)->e_machine;
}

static void promises_check(const struct elf_image *e, size_t bytes)
{
    uint64_t end = 0;

    assert_true(e->segment_count >= 1 && e->segment_count <= ELF_SEGMENTS_MAX);
    for (unsigned i = 0; i < e->segment_count; i++) {
        const struct elf_segment *s = &e->segment[i];
        assert_true(s->offset <= bytes && s->file_bytes <= bytes - s->offset);
        assert_true(s->file_bytes <= s->memory_bytes);
        assert_true(s->address + s->memory_bytes > s->address);
        assert_true(s->address % 4096 == s->offset % 4096);
        assert_true(i == 0 || s->address / 4096 * 4096 >= end);
        end = (s->address + s->memory_bytes + 4095) / 4096 * 4096;
        assert_true(s->address >= e->low && end <= e->high);
    }
    assert_true(e->entry >= e->low && e->entry < e->high);
}

static void test_self(void **state)
{
    struct elf_image e;
    (void)state;

    assert_int_equal(elf_read(self, self_bytes, machine(), &e), OK);
    promises_check(&e, self_bytes);
    assert_true(e.movable && e.interpreter_bytes && e.header_address == sizeof(Elf64_Ehdr));
    assert_false(e.stack_execute);
    assert_memory_equal(self + e.interpreter_offset, "/lib", 4);
    assert_int_equal(elf_read(self, self_bytes, machine() ^ 1, &e), E_TYPE);
    assert_int_equal(elf_read(self, 63, machine(), &e), E_FORMAT);
    assert_int_equal(elf_read(self, 100, machine(), &e), E_FORMAT);
}

struct small {
    Elf64_Ehdr h;
    Elf64_Phdr p[2];
};

static struct small small_make(void)
{
    struct small s = {
        .h = {.e_ident = {0x7f, 'E', 'L', 'F', 2, 1, 1},
              .e_type = ET_EXEC,
              .e_machine = EM_X86_64,
              .e_entry = 0x400000,
              .e_phoff = sizeof(Elf64_Ehdr),
              .e_phentsize = sizeof(Elf64_Phdr),
              .e_phnum = 2},
        .p = {{.p_type = PT_LOAD,
               .p_flags = PF_R | PF_X,
               .p_vaddr = 0x400000,
               .p_filesz = 100,
               .p_memsz = 100},
              {.p_type = PT_LOAD, .p_flags = PF_R | PF_W, .p_vaddr = 0x401000, .p_memsz = 0x5000}},
    };
    return s;
}

static enum status small_read(const struct small *s)
{
    struct elf_image e;
    return elf_read(s, sizeof *s, ELF_MACHINE_X86_64, &e);
}

static void test_refused(void **state)
{
    struct small s = small_make();
    (void)state;

    assert_int_equal(small_read(&s), OK);
    s.h.e_type = ET_REL;
    assert_int_equal(small_read(&s), E_UNSUPPORTED);
    s = small_make();
    s.p[1].p_vaddr = 0x400000; /* overlaps */
    assert_int_equal(small_read(&s), E_FORMAT);
    s = small_make();
    s.p[0].p_memsz = 99; /* less memory than file */
    assert_int_equal(small_read(&s), E_FORMAT);
    s = small_make();
    s.p[1].p_memsz = ~0ull - 4096; /* wraps */
    assert_int_equal(small_read(&s), E_FORMAT);
    s = small_make();
    s.p[0].p_offset = 8; /* address and offset disagree */
    assert_int_equal(small_read(&s), E_FORMAT);
    s = small_make();
    s.h.e_entry = 1;
    assert_int_equal(small_read(&s), E_FORMAT);
    s = small_make();
    s.h.e_phoff = ~0ull - 8;
    assert_int_equal(small_read(&s), E_FORMAT);
}

static void test_damage(void **state)
{
    size_t bytes = self_bytes;
    unsigned char *copy = malloc(bytes);
    struct elf_image e;
    unsigned taken = 0;
    (void)state;

    srand(2);
    memcpy(copy, self, bytes);
    for (unsigned round = 0; round < 20000; round++) {
        size_t where[4];
        for (unsigned k = 0; k < 4; k++) {
            where[k] = (size_t)rand() % (64 + 56 * 13);
            copy[where[k]] = (unsigned char)(rand() % 3 ? rand() : 255);
        }
        if (elf_read(copy, bytes, machine(), &e) == OK) {
            promises_check(&e, bytes);
            taken++;
        }
        for (unsigned k = 0; k < 4; k++)
            copy[where[k]] = self[where[k]];
    }
    free(copy);
    assert_true(taken > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_self),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_damage),
    };
    int result = cmocka_run_group_tests(tests, setup, NULL);
    free(self);
    return result;
}
