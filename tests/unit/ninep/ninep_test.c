/* The 9p client against an honest server, a refusing one, and one that lies in every answer in
 * every way in turn. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "path.h"
#include "server.h"

static struct server server;
static struct virtio_device device;
static struct ninep ninep;
static uint8_t dma[NINEP_DMA_BYTES] ALIGNED(4096);
static uint8_t picture[40000];

static enum status wait_step(void *arg)
{
    (void)arg;
    return E_TIMEOUT; /* the server answers within the kick, or never */
}

static enum status start(bool sleeps)
{
    struct dma_memory memory = {dma, (uintptr_t)dma, sizeof dma};
    struct ninep_wait wait = {wait_step, NULL, sleeps};
    server_start(&server, &device, &ninep);
    enum status s = ninep_init(&ninep, &device, &memory, &wait);
    return s == OK ? ninep_attach(&ninep) : s;
}

static enum status picture_save(const char *path)
{
    struct ninep_piece pieces[2] = {{(uintptr_t)picture, 30000},
                                    {(uintptr_t)picture + 30000, 10000}};
    return ninep_save(&ninep, path, pieces, 2);
}

static void picture_check(const char *path)
{
    struct server_node *n = server_find(&server, path);
    assert_non_null(n);
    assert_int_equal(n->bytes, sizeof picture);
    assert_memory_equal(n->data, picture, sizeof picture);
}

static void test_save(void **state)
{
    (void)state;
    assert_int_equal(start(false), OK);
    assert_int_equal(ninep.msize, 8192);
    assert_int_equal(picture_save("balls.tga"), OK);
    picture_check("balls.tga");
    assert_int_equal(picture_save("a/b/c.tga"), OK);
    picture_check("a/b/c.tga");
    assert_int_equal(picture_save("a/b/c.tga"), OK); /* again, over the old one */
    assert_null(server_find(&server, "a/b/c.tga.part"));
    server.write_max = 777;
    assert_int_equal(picture_save("a/d.tga"), OK);
    picture_check("a/d.tga");
    assert_int_equal(ninep_save(&ninep, "empty", NULL, 0), OK);
    assert_int_equal(server_find(&server, "empty")->bytes, 0);
    assert_int_equal(server_fids_used(&server), 1);
    assert_int_equal(ninep.handles_used, 1);
    assert_int_equal(server.interrupts, 0);
    assert_int_equal(start(true), OK);
    assert_int_equal(server.interrupts, 2);
}

static void test_files(void **state)
{
    (void)state;
    static uint8_t back[sizeof picture + 100];
    uint32_t h, other;
    uint64_t got;
    assert_int_equal(start(false), OK);
    assert_int_equal(ninep_create(&ninep, "x", &h), OK);
    assert_int_equal(ninep_write(&ninep, h, 100, (uintptr_t)picture, 5000), OK);
    assert_int_equal(ninep_sync(&ninep, h), OK);
    assert_int_equal(ninep_open(&ninep, "x", &other), OK);
    assert_int_not_equal(h, other);
    assert_int_equal(ninep_read(&ninep, other, 0, (uintptr_t)back, sizeof back, &got), OK);
    assert_int_equal(got, 5100);
    assert_memory_equal(back + 100, picture, 5000);
    assert_int_equal(ninep_close(&ninep, h), OK);
    assert_int_equal(ninep_close(&ninep, h), E_ARGUMENT);
    assert_int_equal(ninep_write(&ninep, h, 0, (uintptr_t)picture, 1), E_ARGUMENT);
    assert_int_equal(ninep_close(&ninep, 0), E_ARGUMENT);
    assert_int_equal(ninep_close(&ninep, 64), E_ARGUMENT);
    assert_int_equal(ninep_close(&ninep, other), OK);
    assert_int_equal(ninep_mkdir(&ninep, "d"), OK);
    assert_int_equal(ninep_mkdir(&ninep, "d"), E_EXISTS);
    assert_int_equal(ninep_mkdir(&ninep, "e/f"), E_NOT_FOUND);
    assert_int_equal(ninep_host_error(&ninep), 2);
    assert_int_equal(ninep_rename(&ninep, "x", "d/y"), OK);
    assert_non_null(server_find(&server, "d/y"));
    assert_int_equal(ninep_unlink(&ninep, "x"), E_NOT_FOUND);
    assert_int_equal(ninep_unlink(&ninep, "d/y"), OK);
    assert_int_equal(ninep_open(&ninep, "d/y", &h), E_NOT_FOUND);
    for (uint32_t i = 1; i < NINEP_HANDLES_MAX; i++)
        assert_int_equal(ninep_create(&ninep, "x", &h), OK);
    assert_int_equal(ninep_create(&ninep, "x", &h), E_LIMIT);
}

static void test_paths(void **state)
{
    (void)state;
    static const char *const wrong[] = {"",  "/",  "/x",   "x/",   "a//b",
                                        ".", "..", "a/..", "../a", "a/./b"};
    struct path p;
    for (uint32_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_int_equal(path_split(&p, wrong[i]), E_ARGUMENT);
    assert_int_equal(path_split(&p, "...a/.b"), OK);
    assert_int_equal(p.count, 2);
    assert_int_equal(p.name[0].bytes, 4);
    char name[NINEP_PATH_MAX + 2];
    memset(name, 'x', sizeof name);
    name[255] = 0;
    assert_int_equal(path_split(&p, name), OK);
    name[255] = 'x';
    name[256] = 0;
    assert_int_equal(path_split(&p, name), E_LIMIT);
    assert_int_equal(path_split(&p, "1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16"), OK);
    assert_int_equal(path_split(&p, "1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17"), E_LIMIT);
    for (uint32_t i = 0; i < sizeof name; i++)
        name[i] = i % 200 == 199 ? '/' : 'x';
    name[NINEP_PATH_MAX] = 0;
    assert_int_equal(path_split(&p, name), E_LIMIT);
    name[NINEP_PATH_MAX - 3] = 0;
    assert_int_equal(start(false), OK);
    assert_int_equal(picture_save(name), E_LIMIT);
    assert_int_equal(picture_save("../escape"), E_ARGUMENT);
}

/* A host without room: the half-written file goes, the connection stays. */
static void test_refused(void **state)
{
    (void)state;
    struct ninep_piece large = {(uintptr_t)picture, SERVER_FILE_BYTES + 1};
    static uint8_t much[SERVER_FILE_BYTES + 1];
    large.pa = (uintptr_t)much;
    assert_int_equal(start(false), OK);
    assert_int_equal(ninep_save(&ninep, "big", &large, 1), E_IO);
    assert_int_equal(ninep_host_error(&ninep), 28);
    assert_null(server_find(&server, "big"));
    assert_null(server_find(&server, "big.part"));
    assert_int_equal(picture_save("ok"), OK);
    server.requests = 0;
    server.lie = LIE_ERROR;
    for (server.lie_at = 0; server.lie_at < 9; server.lie_at++) {
        server.requests = 0;
        assert_true(picture_save("d/ok") != E_PROTOCOL);
        assert_false(ninep.broken);
        assert_int_equal(ninep.handles_used, 1);
    }
}

static enum status session(void)
{
    static uint8_t back[20000];
    uint32_t h;
    uint64_t got;
    struct dma_memory memory = {dma, (uintptr_t)dma, sizeof dma};
    struct ninep_wait wait = {wait_step, NULL, false};
    enum status s = ninep_init(&ninep, &device, &memory, &wait);
    if (s == OK)
        s = ninep_attach(&ninep);
    if (s == OK)
        s = picture_save("d/balls.tga");
    if (s == OK)
        s = ninep_open(&ninep, "d/balls.tga", &h);
    if (s == OK)
        s = ninep_read(&ninep, h, 0, (uintptr_t)back, sizeof back, &got);
    if (s == OK)
        s = ninep_sync(&ninep, h);
    return s == OK ? ninep_close(&ninep, h) : s;
}

/* Every answer of a whole session, every lie. What must not happen: OK for a lie in form, a crash,
 * a further request. */
static void test_lies(void **state)
{
    (void)state;
    server_start(&server, &device, &ninep);
    assert_int_equal(session(), OK);
    uint32_t requests = server.requests;
    assert_in_range(requests, 20, 60);
    srand(5);
    for (uint32_t lie = LIE_NONE + 1; lie < LIE_END; lie++) {
        for (uint32_t at = 0; at < requests; at++) {
            server_start(&server, &device, &ninep);
            server.lie = (enum lie)lie;
            server.lie_at = at;
            enum status s = session();
            /* E_IO: it was in an answer whose status is dropped; the next request then says so. */
            if (lie == LIE_NEVER)
                assert_true(s == E_TIMEOUT || s == E_IO);
            else if (lie != LIE_ERROR && lie != LIE_COUNT && lie != LIE_RANDOM)
                assert_true(s == E_PROTOCOL || s == E_IO);
            if (s == E_PROTOCOL || s == E_TIMEOUT) {
                uint32_t before = server.requests, h;
                assert_int_equal(ninep_create(&ninep, "after", &h), E_IO);
                assert_true(ninep.broken);
                assert_int_equal(server.requests, before);
            }
        }
    }
}

static void test_memory(void **state)
{
    (void)state;
    struct ninep_wait wait = {wait_step, NULL, false};
    struct dma_memory memory = {dma, (uintptr_t)dma, sizeof dma - 1};
    server_start(&server, &device, &ninep);
    assert_int_equal(ninep_init(&ninep, &device, &memory, &wait), E_NO_MEMORY);
    memory = (struct dma_memory){dma + 64, (uintptr_t)dma + 64, sizeof dma};
    assert_int_equal(ninep_init(&ninep, &device, &memory, &wait), E_ALIGN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_save),    cmocka_unit_test(test_files), cmocka_unit_test(test_paths),
        cmocka_unit_test(test_refused), cmocka_unit_test(test_lies),  cmocka_unit_test(test_memory),
    };
    for (uint32_t i = 0; i < sizeof picture; i++)
        picture[i] = (uint8_t)(i * 31 + (i >> 8));
    return cmocka_run_group_tests(tests, NULL, NULL);
}
