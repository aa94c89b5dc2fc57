/* messages.c: URPC: what sending and receiving one message costs, on rings of this domain alone. */
#include "bench.h"
#include "bench_messages.h"
#include <rt/memory.h>

struct ends {
    struct channel left, right;
};

static enum status ends_make(struct ends *e)
{
    struct ram_object frame[2];
    void *at[2];
    enum status s = frame_make(URPC_FRAME_BYTES, &frame[0], &at[0]);

    if (s == OK)
        s = frame_make(URPC_FRAME_BYTES, &frame[1], &at[1]);
    if (s != OK)
        return s;
    struct channel_binding b = {
        .tx = at[0], .rx = at[1], .bytes = URPC_FRAME_BYTES, .protocol = bench_protocol()};
    s = channel_init(&e->left, &b);
    b.tx = at[1];
    b.rx = at[0];
    return s == OK ? channel_init(&e->right, &b) : s;
}

static inline enum status receive(struct channel *c, struct msg_bench_ask *ask)
{
    struct urpc_message m;
    enum status s = channel_receive(c, &m);

    return s == OK ? msg_bench_ask_get(&m, ask) : s;
}

void messages_measure(void)
{
    static struct sample received;
    struct ends e;
    struct urpc_message m;
    struct msg_bench_ask ask = {1, 2, 3, 4};
    enum status s = ends_make(&e);

    sample_clear(&sample);
    sample_clear(&received);
    for (uint32_t i = 0; s == OK && i < SAMPLES; i++) {
        SAMPLE(WINDOW_SEND, &sample, s = msg_bench_ask_send(&e.left, &ask));
        if (s != OK)
            break;
        SAMPLE(WINDOW_RECEIVE, &received, s = receive(&e.right, &ask));
        /* Acknowledgements ride back on this. */
        if (s == OK)
            s = msg_bench_ask_send(&e.right, &ask);
        if (s == OK)
            s = channel_receive(&e.left, &m);
    }
    if (!row_ok("urpc_send", s))
        return;
    row_print("urpc_send", WINDOW_SEND, 0, sample_median(&sample));
    row_print("urpc_receive", WINDOW_RECEIVE, 0, sample_median(&received));
}
