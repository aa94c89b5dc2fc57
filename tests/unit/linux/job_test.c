/* job_test.c: what the personality does for jobs: files that are given and handed out, programs one
 * after the other, how an end is called, and memory that runs out. */
#include "stage.h"

/* A file of the archive under another name: read in place, copied when it is written to. */
static void test_input(void **state)
{
    (void)state;
    assert_int_equal(linux_input(process, "/etc/none", "x"), E_NOT_FOUND);
    assert_int_equal(linux_input(process, "/etc", "x"), E_TYPE);
    assert_int_equal(linux_input(process, "/etc/deep/up", "in/put"), OK);
    assert_int_equal(linux_input(process, "/etc/big", "big"), OK);
    text("", 0);
    uint64_t before = host.pages;
    assert_string_equal(read_text(open_text("in/put", 0), 100), "archived");
    assert_int_equal(open_text("in/put", LINUX_O_CREAT | LINUX_O_EXCL), -LINUX_EEXIST);
    assert_int_equal(call(N_readlinkat, LINUX_AT_FDCWD, text("big", 0), (long)scratch, 99, 0, 0),
                     -LINUX_EINVAL);
    assert_int_equal(host.pages, before);
    assert_int_equal(names_count(open_text("in", LINUX_O_DIRECTORY)), 1);
    assert_int_equal(write_text(open_text("in/put", LINUX_O_RDWR), "CHAN"), 4);
    assert_string_equal(read_text(open_text("/job/in/put", 0), 100), "CHANived");
    assert_string_equal(read_text(open_text("/etc/file", 0), 100), "archived");
    assert_int_equal(
        call(N_renameat, LINUX_AT_FDCWD, text("big", 0), LINUX_AT_FDCWD, text("moved", 1), 0, 0),
        0);
    assert_int_equal(open_text("big", 0), -LINUX_ENOENT);
    assert_string_equal(read_text(open_text("moved", 0), 2), "QQ");
    assert_int_equal(linux_input(process, "/etc/file", "gone"), OK);
    assert_int_equal(call(N_unlinkat, LINUX_AT_FDCWD, text("gone", 0), 0, 0, 0, 0), 0);
    assert_int_equal(open_text("gone", 0), -LINUX_ENOENT);
    assert_string_equal(read_text(open_text("/etc/file", 0), 100), "archived");
}

/* What a job must leave is handed out by name, wherever it lies. */
static void test_outputs(void **state)
{
    (void)state;
    host.output[0] = 0;
    assert_int_equal(linux_parents(process, "sub/deep/a"), OK);
    write_text(open_text("sub/deep/a", LINUX_O_CREAT | LINUX_O_WRONLY), "1");
    assert_int_equal(linux_input(process, "/etc/file", "given"), OK);
    assert_int_equal(linux_file(process, "sub/deep/a"), OK);
    assert_int_equal(linux_file(process, "given"), OK);
    assert_int_equal(linux_file(process, "sub"), E_TYPE);
    assert_int_equal(linux_file(process, "none"), E_NOT_FOUND);
    assert_string_equal(host.output, "sub/deep/a=1;given=archived;");
}

/* The next program finds the files of the last one, and nothing else of it. Here none can be loaded;
 * by then the last one is gone. */
static void test_next(void **state)
{
    static const char *const arguments[] = {"/etc/file", NULL};
    struct linux_config c = {
        .program = "/etc/file", .arguments = arguments, .environment = arguments + 1};
    struct linux_entry entry;
    const char *what;

    (void)state;
    write_text(open_text("left", LINUX_O_CREAT | LINUX_O_WRONLY), "here");
    assert_int_equal(call(N_chdir, text("/etc", 0), 0, 0, 0, 0, 0), 0);
    long d = open_text("/etc/file", 0);
    uint64_t a = (uint64_t)map(64 * 4096, 3);
    *touch(a, LINUX_WRITE) = 1;
    c.output = "left";
    c.output_append = true;
    assert_int_equal(linux_next(process, &c, &entry, &what), E_FORMAT);
    assert_string_equal(what, "/etc/file");
    unsigned char seen;
    assert_int_not_equal(mincore((void *)a, 4096, &seen), 0);
    scratch = (uint64_t)map(4096, 3);
    assert_int_equal(call(N_read, d, (long)scratch, 1, 0, 0, 0), -LINUX_EBADF);
    assert_int_equal(call(N_getcwd, (long)scratch, 100, 0, 0, 0, 0), 5);
    assert_int_equal(write_text(1, "!"), 1);
    assert_string_equal(read_text(open_text("left", 0), 100), "here!");
    c.output_append = false;
    assert_int_equal(linux_next(process, &c, &entry, &what), E_FORMAT);
    scratch = (uint64_t)map(4096, 3);
    assert_int_equal(write_text(1, "new"), 3);
    assert_string_equal(read_text(open_text("left", 0), 100), "new");
    c.output = NULL;
    c.input = "absent";
    assert_int_equal(linux_next(process, &c, &entry, &what), E_NOT_FOUND);
    assert_string_equal(what, "absent");
}

static void test_reasons(void **state)
{
    static const struct {
        uint64_t address;
        const char *reason;
    } rows[] = {
        {0, "null pointer: signal 11 at 0x000000000000"},
        {65535, "null pointer: signal 11 at 0x00000000ffff"},
        {65536, "bad address: signal 11 at 0x000000010000"},
        {0xffff800000001000, "kernel address: signal 11 at 0xffff800000001000"},
        {(64ull << 30) - 8, "stack overflow: signal 11 at 0x"},
    };
    static unsigned i; /* longjmp comes back here */

    (void)state;
    for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint64_t below = rows[i].address == (64ull << 30) - 8 ? window : 0;
        if (!setjmp(host.end)) {
            linux_fault(process, below + rows[i].address, LINUX_WRITE);
            fail();
        }
        assert_int_equal(strncmp(host.reason, rows[i].reason, strlen(rows[i].reason)), 0);
        assert_true(strlen(host.reason) < 48);
    }
    if (!setjmp(host.end)) {
        linux_trap(process, LINUX_SIGILL, 0x1234);
        fail();
    }
    assert_string_equal(host.reason, "illegal instruction: signal 4 at 0x000000001234");
}

static void test_calls_counted(void **state)
{
    (void)state;
    assert_string_equal(linux_call_name(N_read), "read");
    assert_null(linux_call_name(511));
    assert_null(linux_call_name(UINT32_MAX));
}

/* Scratch files count: what does not fit ends the job, as for any other memory. */
static void test_scratch_out(void **state)
{
    (void)state;
    long d = open_text("big", LINUX_O_CREAT | LINUX_O_WRONLY);
    text("x", 1);
    host.pages_max = host.pages + 20;
    if (!setjmp(host.end)) {
        for (unsigned i = 0; i < 100; i++)
            call(N_pwrite64, d, (long)scratch + 1024, 1, (long)i * 4096, 0, 0);
        fail();
    }
    assert_int_equal(host.how, LINUX_END_MEMORY);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, begin, finish)
    const struct CMUnitTest tests[] = {
        T(test_input),   T(test_outputs),       T(test_next),
        T(test_reasons), T(test_calls_counted), T(test_scratch_out),
    };
    int result = cmocka_run_group_tests(tests, archive_make, NULL);
    free(host.archive);
    return result;
}
