/* Messages declared by rows: the example protocol echo.def from both sides, and what its stubs
 * refuse. */
#include "echo.h"
#include "pair.h"

#include <string.h>

static struct pair pair;

/* How a server looks: receive, switch over the protocol's enum, get, answer. */
static enum status serve_one(struct channel *c)
{
    struct urpc_message m;
    enum status s = channel_receive(c, &m);
    if (s != OK)
        return s;
    switch ((enum echo_message)m.type) {
    case MSG_ECHO_ASK: {
        struct msg_echo_ask ask;
        s = msg_echo_ask_get(&m, &ask);
        if (s != OK)
            return s;
        struct msg_echo_answer answer = {.number = ask.number + strlen(ask.name),
                                         .half = {1, 2, 3, 4}};
        return msg_echo_answer_send(c, &answer);
    }
    case MSG_ECHO_BYE:
        channel_close(c);
        return E_PEER;
    case MSG_ECHO_ANSWER:
        break;
    }
    return E_PROTOCOL;
}

static void conversation(void **state)
{
    (void)state;
    pair_init(&pair, 8, echo_protocol(), NULL, NULL);
    struct msg_echo_ask ask = {.number = 10, .core = 3};
    assert_int_equal(message_text_set(ask.name, sizeof ask.name, "tachyon"), OK);
    assert_int_equal(msg_echo_ask_send(&pair.side[0], &ask), OK);
    assert_int_equal(serve_one(&pair.side[1]), OK);
    struct urpc_message m;
    struct msg_echo_answer answer;
    assert_int_equal(channel_receive(&pair.side[0], &m), OK);
    assert_int_equal(msg_echo_answer_get(&m, &answer), OK);
    assert_int_equal(answer.number, 17);
    assert_int_equal(answer.half[3], 4);
    assert_int_equal(msg_echo_bye_send(&pair.side[0], &(struct msg_echo_bye){.reason = 1}), OK);
    assert_int_equal(serve_one(&pair.side[1]), E_PEER);
    receive_nothing(&pair.side[0], E_PEER);
}

static void wrong_type(void **state)
{
    (void)state;
    struct urpc_message m = {.type = MSG_ECHO_ANSWER};
    struct msg_echo_ask ask;
    assert_int_equal(msg_echo_ask_get(&m, &ask), E_PROTOCOL);
}

static void text_without_end(void **state)
{
    (void)state;
    struct urpc_message m = {.type = MSG_ECHO_ASK};
    struct msg_echo_ask ask;
    memset(m.word, 'x', sizeof m.word);
    assert_int_equal(msg_echo_ask_get(&m, &ask), E_PROTOCOL);
    ((char *)m.word)[55] = 0;
    assert_int_equal(msg_echo_ask_get(&m, &ask), OK);
    assert_int_equal(strlen(ask.name), 39);
    char field[4] = "abc";
    assert_int_equal(message_text_set(field, 4, "1234"), E_RANGE);
    assert_string_equal(field, "abc");
    assert_int_equal(message_text_set(field, 4, "123"), OK);
    assert_string_equal(field, "123");
}

static void tables(void **state)
{
    (void)state;
    const struct urpc_protocol *p = echo_protocol();
    assert_int_equal(p->count, 3);
    assert_string_equal(p->name, "echo");
    assert_string_equal(protocol_message_name(p, MSG_ECHO_BYE), "ECHO_BYE");
    assert_string_equal(protocol_message_name(p, 3), "MSG_?");
    assert_int_equal(p->row[MSG_ECHO_ASK].bytes, 56);
    assert_int_equal(p->row[MSG_ECHO_BYE].bytes, 1);
}

/* Ends built from different rows find out at the first message. */
static void versions(void **state)
{
    (void)state;
    static const struct urpc_row rows[] = {{"ECHO_ASK", 56}, {"ECHO_ANSWER", 16}, {"ECHO_BYE", 1}};
    const struct urpc_protocol older = {"echo", rows, 3};
    assert_int_not_equal(protocol_fingerprint(&older), protocol_fingerprint(echo_protocol()));
    pair_init(&pair, 8, echo_protocol(), NULL, NULL);
    struct channel_binding b = {.tx = pair.memory[1],
                                .rx = pair.memory[0],
                                .bytes = 9 * LINE_BYTES,
                                .epoch = 7,
                                .protocol = &older};
    assert_int_equal(channel_init(&pair.side[1], &b), OK);
    assert_int_equal(msg_echo_bye_send(&pair.side[0], &(struct msg_echo_bye){.reason = 1}), OK);
    receive_nothing(&pair.side[1], E_PROTOCOL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conversation),     cmocka_unit_test(wrong_type),
        cmocka_unit_test(text_without_end), cmocka_unit_test(tables),
        cmocka_unit_test(versions),
    };
    return cmocka_run_group_tests_name("urpc message", tests, NULL, NULL);
}
