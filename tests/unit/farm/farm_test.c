/* farm_test.c: the parts of the farm that need no machine: the lines for the host, and a job's files on their way, against a service played by the test over a real
 * channel. */
#include "line.h"
#include "output.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void lines_are_one_word_a_value(void **state)
{
    char text[FARM_LINE_BYTES];
    struct msg_worker_ended end = {
        .status = JOB_STATUS_FAULT, .wall_us = 12, .cpu_us = 3, .peak_bytes = 4096};
    struct msg_worker_missing missing[WORKER_MISSING_MAX] = {
        {.number = 334, .count = 1, .name = "rseq"}, {.number = 999, .count = 2}};
    struct line_job j = {.name = "balls",
                         .reason = "exit code = 1\n@job end",
                         .core = 3,
                         .node = 1,
                         .try = 2,
                         .again = true,
                         .end = &end,
                         .missing = missing,
                         .missing_count = 2};

    (void)state;
    line_job_end(text, &j);
    assert_string_equal(
        text, "@job end name=balls status=fault reason=exit_code___1_@job_end core=3 node=1 "
              "wall_us=12 cpu_us=3 peak_bytes=4096 try=2 again=1 syscalls_missing=rseq:1,999:2");
    for (unsigned i = 0; i < WORKER_MISSING_MAX; i++) {
        memset(missing[i].name, 'a', sizeof missing[i].name - 1);
        missing[i].count = UINT32_MAX;
    }
    j.missing_count = WORKER_MISSING_MAX;
    line_job_end(text, &j);
    assert_true(strlen(text) < FARM_LINE_BYTES);
    assert_string_equal(text + strlen(text) - 11, ":4294967295");
    line_job_start(text, &j);
    assert_string_equal(text, "@job start name=balls core=3 node=1 try=2");
    assert_string_equal(job_status_word(JOB_STATUS_COUNT), "fault");
}

static void accounts_go_on_as_many_lines_as_needed(void **state)
{
    char text[FARM_LINE_BYTES];
    uint64_t value[ACCOUNT_COUNT], call[] = {0ull << 32 | 7, 500ull << 32 | 1, 1ull << 32 | 2};
    uint32_t next = 0, lines = 0, pairs = 0;

    (void)state;
    for (uint32_t i = 0; i < ACCOUNT_COUNT; i++)
        value[i] = UINT64_MAX - i;
    while (line_account(text, "balls", value, &next)) {
        assert_true(strlen(text) < FARM_LINE_BYTES);
        assert_memory_equal(text, "@job account name=balls ", 24);
        for (const char *c = text + 24; c; c = strchr(c + 1, ' '))
            pairs++;
        lines++;
    }
    assert_true(lines > 1);
    assert_int_equal(pairs, ACCOUNT_COUNT - 1);
    memset(value, 0, sizeof value);
    next = 0;
    assert_true(line_account(text, "a", value, &next));
    assert_memory_equal(text, "@job account name=a cpu_us=0 wall_us=0 ", 39);
    next = 0;
    assert_true(line_calls(text, "a", call, 3, &next));
    assert_int_equal(strncmp(text, "@job calls name=a ", 18), 0);
    assert_non_null(strstr(text, ":7,500:1,"));
    assert_int_equal(strcmp(text + strlen(text) - 2, ":2"), 0);
    assert_false(line_calls(text, "a", call, 3, &next));
    next = 0;
    assert_false(line_calls(text, "a", call, 0, &next));
}

/* The two ends of the channel to `files`; the test answers by hand. */
struct stage {
    struct channel client, service;
    void *memory[2];
    struct output output;
    unsigned char bulk[8192], window[8192];
    unsigned taken;
    enum status status;
};

static void taken(void *arg, enum status s)
{
    struct stage *g = arg;
    g->taken++;
    g->status = s;
}

static void stage_open(struct stage *g)
{
    memset(g, 0, sizeof *g);
    for (unsigned i = 0; i < 2; i++) {
        g->memory[i] = aligned_alloc(URPC_FRAME_BYTES, URPC_FRAME_BYTES);
        memset(g->memory[i], 0, URPC_FRAME_BYTES);
    }
    struct channel_binding b = {.tx = g->memory[0],
                                .rx = g->memory[1],
                                .bytes = URPC_FRAME_BYTES,
                                .protocol = files_protocol()};
    assert_int_equal(channel_init(&g->client, &b), OK);
    b.tx = g->memory[1];
    b.rx = g->memory[0];
    assert_int_equal(channel_init(&g->service, &b), OK);
    for (unsigned i = 0; i < sizeof g->window; i++)
        g->window[i] = (unsigned char)(i * 7);
    g->output = (struct output){.taken = taken, .window = g->window, .arg = g};
    output_found(&g->output, &g->client, g->bulk);
}

static void stage_close(struct stage *g)
{
    free(g->memory[0]);
    free(g->memory[1]);
}

/* The service receives what it should, and answers. */
static struct urpc_message serve(struct stage *g, uint32_t type, enum status s)
{
    struct urpc_message m;

    assert_int_equal(channel_receive(&g->service, &m), OK);
    assert_int_equal(m.type, type);
    struct msg_files_answer a = {.tag = (uint32_t)m.word[0], .status = s, .handle = 7};
    assert_int_equal(msg_files_answer_send(&g->service, &a), OK);
    struct urpc_message answer;
    assert_int_equal(channel_receive(&g->client, &answer), OK);
    output_answer(&g->output, &answer);
    return m;
}

static struct output_piece piece(uint64_t offset, uint64_t bytes, uint64_t total)
{
    return (struct output_piece){
        .name = "a.tga", .bulk_offset = 4096, .offset = offset, .bytes = bytes, .total = total};
}

static void a_file_goes_in_pieces(void **state)
{
    struct stage g;
    struct msg_files_write write;
    struct output_piece p = piece(0, 100, 150);

    (void)state;
    stage_open(&g);
    assert_int_equal(output_piece_send(&g.output, &p), OK);
    assert_int_equal(output_piece_send(&g.output, &p), E_PROTOCOL);
    struct urpc_message m = serve(&g, MSG_FILES_CREATE_AT, OK);
    struct msg_files_create_at create;
    assert_int_equal(msg_files_create_at_get(&m, &create), OK);
    assert_int_equal(create.name_bytes, 5);
    assert_memory_equal(g.bulk + create.bulk_offset, "a.tga", 5);
    assert_int_equal(g.taken, 0);
    m = serve(&g, MSG_FILES_WRITE, OK);
    assert_int_equal(msg_files_write_get(&m, &write), OK);
    assert_int_equal(write.handle, 7);
    assert_int_equal(write.bulk_offset, 4096);
    assert_memory_equal(g.bulk + 4096, g.window + 4096, 100);
    assert_int_equal(g.taken, 1);
    p = piece(100, 50, 150);
    assert_int_equal(output_piece_send(&g.output, &p), OK);
    m = serve(&g, MSG_FILES_WRITE, OK);
    assert_int_equal(msg_files_write_get(&m, &write), OK);
    assert_int_equal(write.file_offset, 100);
    assert_int_equal(g.taken, 1);
    serve(&g, MSG_FILES_CLOSE, OK);
    assert_int_equal(g.taken, 2);
    assert_int_equal(g.status, OK);
    p = piece(0, 0, 0);
    assert_int_equal(output_piece_send(&g.output, &p), OK);
    serve(&g, MSG_FILES_CREATE_AT, OK);
    serve(&g, MSG_FILES_CLOSE, OK);
    assert_int_equal(g.taken, 3);
    stage_close(&g);
}

static void wrong_pieces_are_refused(void **state)
{
    static const uint64_t bad[][3] = {
        {1, 5, 10}, {0, 11, 10}, {UINT64_MAX, 2, 10}, {0, 0, 10}, {5, UINT64_MAX, UINT64_MAX}};
    struct stage g;

    (void)state;
    stage_open(&g);
    for (unsigned i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct output_piece p = piece(bad[i][0], bad[i][1], bad[i][2]);
        assert_int_equal(output_piece_send(&g.output, &p), E_PROTOCOL);
    }
    struct output_piece p = piece(0, 4, 10);
    assert_int_equal(output_piece_send(&g.output, &p), OK);
    serve(&g, MSG_FILES_CREATE_AT, OK);
    serve(&g, MSG_FILES_WRITE, OK);
    p = piece(0, 4, 10);
    assert_int_equal(output_piece_send(&g.output, &p), E_PROTOCOL);
    p = piece(4, 4, 11);
    assert_int_equal(output_piece_send(&g.output, &p), E_PROTOCOL);
    output_abort(&g.output);
    serve(&g, MSG_FILES_ABORT, OK);
    assert_int_equal(g.output.state, OUTPUT_IDLE);
    output_abort(&g.output);
    assert_int_equal(g.output.state, OUTPUT_IDLE);
    stage_close(&g);
}

static void failures_come_back(void **state)
{
    struct stage g;
    struct output_piece p = piece(0, 4, 10);
    struct urpc_message stale = {.type = MSG_FILES_ANSWER, .word = {12345}};

    (void)state;
    stage_open(&g);
    assert_int_equal(output_piece_send(&g.output, &p), OK);
    output_answer(&g.output, &stale);
    assert_int_equal(g.output.state, OUTPUT_CREATING);
    serve(&g, MSG_FILES_CREATE_AT, E_IO);
    assert_int_equal(g.status, E_IO);
    assert_int_equal(output_piece_send(&g.output, &p), OK);
    serve(&g, MSG_FILES_CREATE_AT, OK);
    serve(&g, MSG_FILES_WRITE, E_IO);
    assert_int_equal(g.taken, 2);
    output_abort(&g.output);
    serve(&g, MSG_FILES_ABORT, OK);
    assert_int_equal(output_piece_send(&g.output, &p), OK);
    output_lost(&g.output);
    assert_int_equal(g.taken, 2);
    output_give_up(&g.output, E_STOPPED);
    assert_int_equal(g.status, E_STOPPED);
    assert_int_equal(g.taken, 3);
    assert_true(output_idle(&g.output));
    stage_close(&g);
}

/* The service ends after `steps` answers to a file of two pieces, and comes back. */
static void lose_after(unsigned steps, bool second)
{
    static const uint32_t order[] = {MSG_FILES_CREATE_AT, MSG_FILES_WRITE, MSG_FILES_WRITE};
    struct stage g;
    struct output_piece p = piece(0, 100, 150), q = piece(100, 50, 150);

    stage_open(&g);
    assert_int_equal(output_piece_send(&g.output, &p), OK);
    for (unsigned i = 0; i < steps; i++) {
        if (i == 2)
            assert_int_equal(output_piece_send(&g.output, &q), OK);
        serve(&g, order[i], OK);
    }
    if (steps == 2 && second) /* the job sends its next piece while nobody is there */
        assert_int_equal(output_piece_send(&g.output, &q), OK);
    unsigned taken_before = g.taken;
    output_lost(&g.output);
    assert_int_equal(g.taken, taken_before); /* the job waits */
    if (steps == 2 && !second)
        assert_int_equal(output_piece_send(&g.output, &q), OK);
    stage_close(&g);
    struct output kept = g.output;
    stage_open(&g);
    kept.window = g.window;
    kept.arg = &g;
    g.output = kept;
    g.output.files = NULL;
    output_found(&g.output, &g.client, g.bulk);
    if (steps >= 2) { /* its first piece is not in the window any more: from the beginning */
        assert_int_equal(g.status, E_AGAIN);
        assert_int_equal(output_piece_send(&g.output, &p), OK);
    }
    serve(&g, MSG_FILES_CREATE_AT, OK);
    serve(&g, MSG_FILES_WRITE, OK);
    assert_int_equal(g.status, OK);
    assert_int_equal(output_piece_send(&g.output, &q), OK);
    serve(&g, MSG_FILES_WRITE, OK);
    serve(&g, MSG_FILES_CLOSE, OK);
    assert_int_equal(g.status, OK);
    assert_true(output_idle(&g.output));
    stage_close(&g);
}

static void a_lost_service_is_waited_for(void **state)
{
    (void)state;
    for (unsigned steps = 0; steps <= 3; steps++) {
        lose_after(steps, false);
        lose_after(steps, true);
    }
}

/* A job that ends while nobody keeps files leaves no NAME.part behind. */
static void what_is_torn_is_removed(void **state)
{
    struct stage g;
    struct output_piece p = piece(0, 100, 150);

    (void)state;
    stage_open(&g);
    assert_int_equal(output_piece_send(&g.output, &p), OK);
    serve(&g, MSG_FILES_CREATE_AT, OK);
    output_lost(&g.output);
    output_abort(&g.output);
    assert_false(output_idle(&g.output));
    output_abort(&g.output);
    stage_close(&g);
    struct output kept = g.output;
    stage_open(&g);
    kept.arg = &g;
    g.output = kept;
    output_found(&g.output, &g.client, g.bulk);
    output_abort(&g.output);
    serve(&g, MSG_FILES_CREATE_AT, OK);
    assert_memory_equal(g.bulk, "a.tga", 5);
    output_abort(&g.output);
    assert_false(output_idle(&g.output));
    serve(&g, MSG_FILES_ABORT, OK);
    assert_true(output_idle(&g.output));
    assert_int_equal(g.taken, 0);
    stage_close(&g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_one_word_a_value),
        cmocka_unit_test(accounts_go_on_as_many_lines_as_needed),
        cmocka_unit_test(a_file_goes_in_pieces),
        cmocka_unit_test(wrong_pieces_are_refused),
        cmocka_unit_test(failures_come_back),
        cmocka_unit_test(a_lost_service_is_waited_for),
        cmocka_unit_test(what_is_torn_is_removed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
