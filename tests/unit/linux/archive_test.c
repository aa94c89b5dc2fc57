/* archive_test.c: the EROFS reader against trees that mkfs.erofs made at test time, then against
 * thousands of damaged and truncated copies, where it must answer something and touch nothing
 * outside (the sanitizers watch). */
// clang-format off
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
// clang-format on
#include <rt/archive.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct image {
    unsigned char *at;
    size_t bytes;
};

static const unsigned sizes[] = {0, 1, 100, 4095, 4096, 4097, 8192, 100001};
static struct image plain, inlined;

static unsigned char pattern(unsigned file, size_t i)
{
    return (unsigned char)(file * 31 + i * 7 + i / 251);
}

static void file_make(const char *path, unsigned file, size_t bytes)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    for (size_t i = 0; i < bytes; i++)
        fputc(pattern(file, i), f);
    fclose(f);
}

static struct image image_make(const char *options, const char *directory)
{
    char command[512];
    struct image m;
    snprintf(command, sizeof command, "mkfs.erofs --quiet -x-1 %s %s.img %s >/dev/null", options,
             directory, directory);
    assert_int_equal(system(command), 0);
    snprintf(command, sizeof command, "%s.img", directory);
    FILE *f = fopen(command, "r");
    assert_non_null(f);
    fseek(f, 0, SEEK_END);
    m.bytes = (size_t)ftell(f);
    rewind(f);
    m.at = malloc(m.bytes);
    assert_int_equal(fread(m.at, 1, m.bytes, f), m.bytes);
    fclose(f);
    return m;
}

static int setup(void **state)
{
    char directory[] = "/tmp/archive-test-XXXXXX", command[256], path[256];
    (void)state;
    if (!mkdtemp(directory))
        return -1;
    snprintf(
        command, sizeof command,
        "mkdir -p %s/t/d/e %s/t/many && cd %s/t && ln -s d link && ln -s /d/e/f5 d/to && ln -s "
        "../../../d/./to d/e/up && ln -s loop2 loop1 && ln -s loop1 loop2",
        directory, directory, directory);
    if (system(command))
        return -1;
    for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        snprintf(path, sizeof path, "%s/t/d/e/f%u", directory, i);
        file_make(path, i, sizes[i]);
    }
    for (unsigned i = 0; i < 700; i++) {
        snprintf(path, sizeof path, "%s/t/many/a-rather-long-name-%u", directory, i);
        file_make(path, i, i % 3);
    }
    snprintf(path, sizeof path, "%s/t", directory);
    plain = image_make("-E noinline_data -T1000", path);
    inlined = image_make("-E force-inode-extended", path);
    snprintf(command, sizeof command, "rm -rf %s", directory);
    return system(command);
}

static void files_check(const struct image *m)
{
    struct archive a;
    struct archive_node n;
    static unsigned char buffer[200000];
    char path[64];
    size_t copied;

    assert_int_equal(archive_open(&a, m->at, m->bytes), OK);
    for (unsigned i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        snprintf(path, sizeof path, "/d/e/f%u", i);
        assert_int_equal(archive_path(&a, path, false, &n), OK);
        assert_int_equal(n.bytes, sizes[i]);
        assert_int_equal(archive_read(&a, &n, 0, buffer, sizeof buffer, &copied), OK);
        assert_int_equal(copied, sizes[i]);
        for (size_t k = 0; k < copied; k++)
            assert_int_equal(buffer[k], pattern(i, k));
        assert_int_equal(archive_read(&a, &n, 4000, buffer, 200, &copied), OK);
        size_t want = sizes[i] < 4000 ? 0 : sizes[i] - 4000 < 200 ? sizes[i] - 4000 : 200;
        assert_int_equal(copied, want);
        for (size_t k = 0; k < copied; k++)
            assert_int_equal(buffer[k], pattern(i, k + 4000));
    }
}

static void test_files(void **state)
{
    (void)state;
    files_check(&plain);
    files_check(&inlined);
}

static void test_data(void **state)
{
    struct archive a;
    struct archive_node n;
    uint64_t at;
    (void)state;

    assert_int_equal(archive_open(&a, plain.at, plain.bytes), OK);
    assert_int_equal(archive_path(&a, "d/e/f7", false, &n), OK);
    assert_int_equal(archive_data(&a, &n, &at), OK);
    assert_int_equal(at % 4096, 0);
    for (size_t k = 0; k < 100001; k++)
        assert_int_equal(plain.at[at + k], pattern(7, k));
    for (size_t k = 100001; k % 4096; k++)
        assert_int_equal(plain.at[at + k], 0);
    assert_int_equal(archive_open(&a, inlined.at, inlined.bytes), OK);
    assert_int_equal(archive_path(&a, "d/e/f2", false, &n), OK);
    assert_int_equal(archive_data(&a, &n, &at), E_UNSUPPORTED);
}

static void test_paths(void **state)
{
    struct archive a;
    struct archive_node n;
    (void)state;

    assert_int_equal(archive_open(&a, plain.at, plain.bytes), OK);
    assert_int_equal(archive_path(&a, "/link/e/up", true, &n), OK);
    assert_int_equal(n.bytes, 4097);
    assert_int_equal(archive_path(&a, "/link/e/up", false, &n), OK);
    assert_int_equal(n.mode & ARCHIVE_TYPE, ARCHIVE_TYPE_LINK);
    assert_int_equal(archive_path(&a, "//d/../d/./e//f3", true, &n), OK);
    assert_int_equal(n.bytes, 4095);
    assert_int_equal(archive_path(&a, "/d/none", true, &n), E_NOT_FOUND);
    assert_int_equal(archive_path(&a, "/d/e/f1/x", true, &n), E_TYPE);
    assert_int_equal(archive_path(&a, "/loop1", true, &n), E_LIMIT);
    char name[64];
    for (unsigned i = 0; i < 700; i++) {
        snprintf(name, sizeof name, "many/a-rather-long-name-%u", i);
        assert_int_equal(archive_path(&a, name, true, &n), OK);
        assert_int_equal(n.bytes, i % 3);
    }
    assert_int_equal(archive_path(&a, "many/a-rather-long-name-9999", true, &n), E_NOT_FOUND);
    assert_int_equal(archive_path(&a, "many/A", true, &n), E_NOT_FOUND);
}

static void test_entries(void **state)
{
    struct archive a;
    struct archive_node n;
    struct archive_entry e;
    uint64_t position = 0;
    unsigned count = 0;
    (void)state;

    assert_int_equal(archive_open(&a, plain.at, plain.bytes), OK);
    assert_int_equal(archive_path(&a, "many", true, &n), OK);
    while (archive_entry_next(&a, &n, &position, &e) == OK)
        count++;
    assert_int_equal(count, 702);
}

/* Uses everything once, whatever the answers are; bounded, since damaged directories can name each
 * other. */
static void image_use(const unsigned char *at, size_t bytes)
{
    static const char *const paths[] = {"/link/e/up", "/d/e/f7", "/many/a-rather-long-name-650",
                                        "/loop1"};
    struct archive a;
    struct archive_node n;
    struct archive_entry e;
    unsigned char buffer[300];
    uint64_t position = 0, data;
    size_t copied;

    if (archive_open(&a, at, bytes) != OK)
        return;
    for (unsigned i = 0; i < 4; i++) {
        if (archive_path(&a, paths[i], true, &n) != OK)
            continue;
        (void)!archive_read(&a, &n, n.bytes / 2, buffer, sizeof buffer, &copied);
        if (archive_data(&a, &n, &data) == OK && n.bytes)
            assert_true(data + n.bytes <= bytes);
    }
    if (archive_path(&a, "/many", true, &n) != OK)
        return;
    for (unsigned i = 0; i < 1000 && archive_entry_next(&a, &n, &position, &e) == OK; i++)
        (void)!archive_read(&a, &e.node, 0, buffer, sizeof buffer, &copied);
}

static void damage(const struct image *m, unsigned rounds)
{
    for (unsigned round = 0; round < rounds; round++) {
        size_t bytes = round % 4 ? m->bytes : (size_t)rand() % m->bytes;
        unsigned char *copy = malloc(bytes ? bytes : 1);
        memcpy(copy, m->at, bytes);
        for (unsigned k = round % 8; k-- > 0 && bytes > 2048;) {
            /* The superblock and what follows it are what is parsed most. */
            size_t where = rand() % 4 ? 1024 + (size_t)rand() % 128 : (size_t)rand() % bytes;
            if (rand() % 3)
                where = (size_t)rand() % (bytes < 65536 ? bytes : 65536);
            copy[where] = (unsigned char)(rand() % 5 ? rand() : 255);
        }
        image_use(copy, bytes);
        free(copy);
    }
}

static void test_damage(void **state)
{
    (void)state;
    srand(1);
    damage(&plain, 3000);
    damage(&inlined, 3000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_files),   cmocka_unit_test(test_data),   cmocka_unit_test(test_paths),
        cmocka_unit_test(test_entries), cmocka_unit_test(test_damage),
    };
    int result = cmocka_run_group_tests(tests, setup, NULL);
    free(plain.at);
    free(inlined.at);
    return result;
}
