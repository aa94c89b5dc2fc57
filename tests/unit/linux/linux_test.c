/* linux_test.c: the personality's calls one by one, as a program would make them (stage.h). */
#include "stage.h"

static void test_files(void **state)
{
    (void)state;
    long d = open_text("/link/deep/../file", 0);
    assert_int_equal(d, 3);
    assert_string_equal(read_text(d, 4), "arch");
    assert_string_equal(read_text(d, 100), "ived");
    assert_string_equal(read_text(d, 100), "");
    assert_int_equal(write_text(d, "x"), -LINUX_EBADF);
    assert_int_equal(call(N_lseek, d, -3, 2, 0, 0, 0), 5);
    assert_string_equal(read_text(d, 100), "ved");
    assert_int_equal(call(N_close, d, 0, 0, 0, 0, 0), 0);
    assert_int_equal(call(N_close, d, 0, 0, 0, 0, 0), -LINUX_EBADF);
    assert_int_equal(open_text("/etc/deep/up", LINUX_O_NOFOLLOW), -LINUX_ELOOP);
    assert_int_equal(open_text("/etc/none", 0), -LINUX_ENOENT);
    assert_int_equal(open_text("/etc/none/x", LINUX_O_CREAT | LINUX_O_RDWR), -LINUX_ENOENT);
    assert_int_equal(open_text("/etc/file/x", 0), -LINUX_ENOTDIR);
    assert_int_equal(open_text("/etc", LINUX_O_WRONLY), -LINUX_EISDIR);
    assert_int_equal(call(N_openat, LINUX_AT_FDCWD, 4096, 0, 0, 0, 0), -LINUX_EFAULT);
}

static void test_scratch(void **state)
{
    (void)state;
    long d = open_text("made", LINUX_O_CREAT | LINUX_O_RDWR);
    assert_int_equal(d, 3);
    assert_int_equal(write_text(d, "hello"), 5);
    assert_int_equal(call(N_lseek, d, 10000, 0, 0, 0, 0), 10000);
    assert_int_equal(write_text(d, "!"), 1);
    assert_int_equal(call(N_ftruncate, d, 3, 0, 0, 0, 0), 0);
    assert_int_equal(call(N_ftruncate, d, 6, 0, 0, 0, 0), 0);
    assert_int_equal(call(N_pread64, d, (long)scratch + 2048, 100, 0, 0, 0), 6);
    assert_memory_equal((void *)(scratch + 2048), "hel\0\0\0", 6);
    assert_int_equal(open_text("made", LINUX_O_CREAT | LINUX_O_EXCL), -LINUX_EEXIST);
    /* An unlinked file lives on while it is open, and its memory comes back then. */
    uint64_t before = host.pages;
    assert_int_equal(call(N_unlinkat, LINUX_AT_FDCWD, text("made", 0), 0, 0, 0, 0), 0);
    assert_int_equal(open_text("made", 0), -LINUX_ENOENT);
    assert_int_equal(call(N_lseek, d, 0, 0, 0, 0, 0), 0);
    assert_int_equal(strlen(read_text(d, 3)), 3);
    assert_int_equal(host.pages, before);
    assert_int_equal(call(N_close, d, 0, 0, 0, 0, 0), 0);
    assert_true(host.pages < before);
}

static void test_layers(void **state)
{
    (void)state;
    /* Changing a file of the archive changes a copy; removing it hides it; a new one takes its
     * place. */
    long d = open_text("/etc/file", LINUX_O_RDWR);
    assert_int_equal(write_text(d, "CHAN"), 4);
    assert_string_equal(read_text(open_text("/link/file", 0), 100), "CHANived");
    assert_int_equal(call(N_unlinkat, LINUX_AT_FDCWD, text("/etc/file", 0), 0, 0, 0, 0), 0);
    assert_int_equal(open_text("/etc/file", 0), -LINUX_ENOENT);
    d = open_text("/etc/file", LINUX_O_CREAT | LINUX_O_WRONLY);
    assert_int_equal(write_text(d, "new"), 3);
    assert_int_equal(call(N_renameat, LINUX_AT_FDCWD, text("/etc/file", 0), LINUX_AT_FDCWD,
                          text("out", 1), 0, 0),
                     0);
    assert_int_equal(open_text("/etc/file", 0), -LINUX_ENOENT);
    assert_string_equal(read_text(open_text("/job/out", 0), 100), "new");
    assert_int_equal(call(N_renameat, LINUX_AT_FDCWD, text("/etc/big", 0), LINUX_AT_FDCWD,
                          text("/tmp/b", 1), 0, 0),
                     0);
    assert_int_equal(open_text("/etc/big", 0), -LINUX_ENOENT);
    assert_string_equal(read_text(open_text("/tmp/b", 0), 3), "QQQ");
}

static void test_directories(void **state)
{
    (void)state;
    assert_int_equal(call(N_mkdirat, LINUX_AT_FDCWD, text("sub", 0), 0755, 0, 0, 0), 0);
    assert_int_equal(call(N_mkdirat, LINUX_AT_FDCWD, text("sub", 0), 0755, 0, 0, 0), -LINUX_EEXIST);
    assert_int_equal(
        call(N_symlinkat, text("sub/../sub", 0), LINUX_AT_FDCWD, text("s", 1), 0, 0, 0), 0);
    assert_int_equal(call(N_symlinkat, text("me", 0), LINUX_AT_FDCWD, text("me", 1), 0, 0, 0), 0);
    assert_int_equal(open_text("me", 0), -LINUX_ELOOP);
    assert_int_equal(call(N_chdir, text("s", 0), 0, 0, 0, 0, 0), 0);
    assert_int_equal(call(N_getcwd, (long)scratch, 100, 0, 0, 0, 0), 9);
    assert_string_equal((char *)scratch, "/job/sub");
    assert_true(open_text("file", LINUX_O_CREAT | LINUX_O_WRONLY) >= 0);
    assert_int_equal(
        call(N_unlinkat, LINUX_AT_FDCWD, text("/job/sub", 0), LINUX_AT_REMOVEDIR, 0, 0, 0),
        -LINUX_ENOTEMPTY);
    assert_int_equal(call(N_renameat, LINUX_AT_FDCWD, text("/job/sub", 0), LINUX_AT_FDCWD,
                          text("/job/sub/x", 1), 0, 0),
                     -LINUX_EINVAL);
    assert_int_equal(call(N_renameat, LINUX_AT_FDCWD, text("/job/sub", 0), LINUX_AT_FDCWD,
                          text("/job/t", 1), 0, 0),
                     0);
    assert_true(open_text("/job/t/file", 0) >= 0);
    /* Listing: ".", "..", big, deep, file of the archive and one of ours. */
    assert_true(open_text("/etc/own", LINUX_O_CREAT | LINUX_O_WRONLY) >= 0);
    long d = open_text("/etc", LINUX_O_DIRECTORY), names = 0, bytes;
    while ((bytes = call(N_getdents64, d, (long)scratch, 64, 0, 0, 0)) > 0)
        for (long at = 0; at < bytes; names++)
            at += *(const uint16_t *)(scratch + (uint64_t)at + 16);
    assert_int_equal(bytes, 0);
    assert_int_equal(names, 6);
}

static void test_memory(void **state)
{
    (void)state;
    text("", 0);
    uint64_t a = (uint64_t)map(16 * 4096, 3), before = host.pages;
    *touch(a + 5 * 4096, LINUX_WRITE) = 1;
    assert_true(host.pages > before);
    assert_int_equal(call(N_munmap, (long)a + 4096, 4096, 0, 0, 0, 0), 0);
    assert_int_equal(*touch(a + 5 * 4096, LINUX_READ), 1);
    assert_int_equal(call(N_mprotect, (long)a, 3 * 4096, 1, 0, 0, 0), -LINUX_ENOMEM);
    assert_int_equal(call(N_mprotect, (long)a + 5 * 4096, 4096, 1, 0, 0, 0), 0);
    assert_int_equal(call(N_read, 0, (long)a + 5 * 4096, 10, 0, 0, 0), -LINUX_EFAULT);
    if (!setjmp(host.end)) {
        linux_fault(process, a + 5 * 4096, LINUX_WRITE);
        fail();
    }
    assert_int_equal(host.how, LINUX_END_FAULT);
    assert_int_equal(host.code, LINUX_SIGSEGV);
    assert_int_equal(call(N_munmap, (long)a, 16 * 4096, 0, 0, 0, 0), 0);
    assert_int_equal(host.pages, before);
    /* A reservation costs nothing. */
    uint64_t big = (uint64_t)map(1l << 40, 0);
    assert_int_equal(host.pages, before);
    assert_int_equal(call(N_munmap, (long)big, 1l << 40, 0, 0, 0, 0), 0);
}

/* One page alone comes in alone; in a row as many as are there already, to 16, and no more. */
static void test_clusters(void **state)
{
    static const unsigned come[] = {1, 1, 2, 4, 8, 16, 16, 16};
    enum { PAGES = 320, P = 4096 };

    (void)state;
    uint64_t a = (uint64_t)map(PAGES * P, 3), at = (a + 128 * P) & ~(64ull * P - 1), before;
    *touch(a, LINUX_WRITE) = 1; /* the books' own page */
    for (unsigned i = 0; i < 48; i += 2) {
        before = host.pages;
        *touch(at - 2 * P - i * P, LINUX_WRITE) = 1;
        assert_int_equal(host.pages, before + 1);
    }
    for (unsigned i = 0, page = 0; i < sizeof come / sizeof come[0]; page += come[i++]) {
        before = host.pages;
        *touch(at + page * P, LINUX_WRITE) = 1;
        assert_int_equal(host.pages, before + come[i]);
        *touch(at + (page + come[i] - 1) * P, LINUX_READ) = 0;
        assert_int_equal(host.pages, before + come[i]);
    }
    /* Downwards the same, up to what is there. */
    at += 128 * P;
    for (unsigned i = 0, page = 1; i < 4; page += come[i++]) {
        before = host.pages;
        *touch(at - page * P, LINUX_WRITE) = 1;
        assert_int_equal(host.pages, before + come[i]);
    }
    assert_int_equal(call(N_munmap, (long)a, PAGES * P, 0, 0, 0, 0), 0);
}

static void test_remap(void **state)
{
    (void)state;
    uint64_t a = (uint64_t)map(4 * 4096, 3), block = (uint64_t)map(4096, 1);
    assert_int_equal(block, a + 4 * 4096);
    for (unsigned i = 0; i < 4; i++)
        *touch(a + i * 4096, LINUX_WRITE) = (unsigned char)(i + 1);
    assert_int_equal(call(N_mremap, (long)a, 4 * 4096, 9 * 4096, 0, 0, 0), -LINUX_ENOMEM);
    uint64_t b = (uint64_t)call(N_mremap, (long)a, 4 * 4096, 9 * 4096, LINUX_MREMAP_MAYMOVE, 0, 0);
    assert_true(b != a);
    for (unsigned i = 0; i < 4; i++)
        assert_int_equal(*touch(b + i * 4096, LINUX_READ), i + 1);
    assert_int_equal(*touch(b + 8 * 4096, LINUX_READ), 0);
    assert_int_equal(call(N_mremap, (long)b, 9 * 4096, 2 * 4096, 0, 0, 0), (long)b);
    assert_int_equal(call(N_read, 0, (long)b + 2 * 4096, 1, 0, 0, 0), -LINUX_EFAULT);
}

static void test_map_file(void **state)
{
    (void)state;
    long d = open_text("/etc/big", 0);
    long a = call(N_mmap, 0, 20000, 1, LINUX_MAP_PRIVATE, d, 0);
    assert_int_equal(*touch((uint64_t)a + 19999, LINUX_READ), 'Q');
    assert_int_equal(*touch((uint64_t)a + 20001, LINUX_READ), 0);
    /* Made writable, it becomes a copy. */
    assert_int_equal(call(N_mprotect, a, 8192, 3, 0, 0, 0), 0);
    *touch((uint64_t)a, LINUX_WRITE) = 'W';
    assert_int_equal(*touch((uint64_t)a + 1, LINUX_READ), 'Q');
    assert_string_equal(read_text(d, 2), "QQ");
    long b = call(N_mmap, 0, 4 * 4096, 3, LINUX_MAP_PRIVATE, d, 4 * 4096);
    assert_int_equal(*touch((uint64_t)b, LINUX_WRITE), 'Q');
    if (!setjmp(host.end)) {
        linux_fault(process, (uint64_t)b + 4096, LINUX_READ);
        fail();
    }
    assert_int_equal(host.code, LINUX_SIGBUS);
    assert_int_equal(call(N_mmap, 0, 4096, 3, LINUX_MAP_SHARED, d, 0), -LINUX_EACCES);
    long w = open_text("w", LINUX_O_CREAT | LINUX_O_RDWR);
    assert_int_equal(write_text(w, "scratch"), 7);
    long c = call(N_mmap, 0, 4096, 1, LINUX_MAP_PRIVATE, w, 0);
    assert_memory_equal(touch((uint64_t)c, LINUX_READ), "scratch\0", 8);
}

static void test_end(void **state)
{
    (void)state;
    assert_int_equal(write_text(1, "hi"), 2);
    assert_string_equal(host.output, "log:hi");
    host.output[0] = 0;
    write_text(open_text("a", LINUX_O_CREAT | LINUX_O_WRONLY), "1");
    write_text(open_text("/tmp/b", LINUX_O_CREAT | LINUX_O_WRONLY), "2");
    assert_int_equal(call(400, 0, 0, 0, 0, 0, 0), -LINUX_ENOSYS);
    if (!setjmp(host.end)) {
        call(N_exit_group, 3, 0, 0, 0, 0, 0);
        fail();
    }
    assert_int_equal(host.how, LINUX_END_EXIT);
    assert_int_equal(host.code, 3);
    assert_string_equal(host.output, "a=1;/tmp/b=2;");
}

static void test_memory_out(void **state)
{
    (void)state;
    uint64_t a = (uint64_t)map(64 << 20, 3);
    host.pages_max = host.pages + 20;
    if (!setjmp(host.end)) {
        for (uint64_t i = 0; i < 100; i++)
            *touch(a + i * 4096, LINUX_WRITE) = 1;
        fail();
    }
    assert_int_equal(host.how, LINUX_END_MEMORY);
}

/* Any number may come as a pointer or a size: nothing may crash, and the personality must not touch
 * what is not there. */
static void test_nonsense(void **state)
{
    static const long odd[] = {
        0,       1,  -1, 3,          4095, 4096, 0x7fffffffffffffff, -4096, 0x200000000000,
        1 << 20, 63, 64, 0x10000000, 0x22, 0x32};
    static const short numbers[] = {
        999,
        -1,
#define CALL(name, x86, arm) LINUX_NUMBER(x86, arm),
#define CALL_OLD(name, x86)
#include "call.def"
#undef CALL
#undef CALL_OLD
    };
    static unsigned round, ends, answers; /* static: longjmp comes back here */
    (void)state;
    srand(4);
    for (round = 0; round < 200000; round++) {
        long a[6], n = numbers[(unsigned)rand() % (sizeof numbers / sizeof numbers[0])];
        for (unsigned i = 0; i < 6; i++)
            a[i] = rand() % 4 ? odd[(unsigned)rand() % (sizeof odd / sizeof odd[0])]
                              : (long)scratch + rand() % 8192 - 2048;
        host.pages_max = host.pages + 1000;
        if (!setjmp(host.end))
            answers += linux_syscall(process, n, a) >= 0;
        else
            ends++;
        host.output[0] = 0;
    }
    assert_int_equal(round, 200000);
    assert_true(ends > 1000 && answers > 10000);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, begin, finish)
    const struct CMUnitTest tests[] = {
        T(test_files),  T(test_scratch),    T(test_layers),   T(test_directories),
        T(test_memory), T(test_clusters),   T(test_remap),    T(test_map_file),
        T(test_end),    T(test_memory_out), T(test_nonsense),
    };
    int result = cmocka_run_group_tests(tests, archive_make, NULL);
    free(host.archive);
    return result;
}
