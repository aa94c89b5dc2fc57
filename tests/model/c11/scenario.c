/* Scenarios: what the threads do with the shipped urpc sources, and what must hold: every message
 * once, whole, in order; no status but those promised; nobody waits for ever; no race on payload or
 * control line. A ring smaller than channel_init allows is made by shrinking masks before the
 * threads start: the sources see only masks. */
#include "scenario.h"

#include <string.h>
#include <urpc/wait.h>

enum { FRAMES = 4, LINES = 8, SERVER = 2 };

static struct frame {
    uint8_t ALIGNED(64) byte[(LINES + 1) * LINE_BYTES];
} frames[FRAMES];

/* One end of a channel and who holds it. Ends 0 and 1 are a pair, and 2 and 3. */
static struct channel ends[FRAMES];
static struct wait_entry rooms[C11_THREADS_MAX][2];
static struct wait_set sets[C11_THREADS_MAX];
static struct urpc_home homes[C11_THREADS_MAX];
static unsigned numbers[C11_THREADS_MAX] = {0, 1, 2, 3};

struct party {
    struct channel *c;
    struct wait_set *set; /* NULL: polls */
    unsigned from, to;    /* whose messages it receives, whose it sends */
    unsigned sends, receives, sent, got;
    unsigned burst;
    bool eager;
};

static enum status home_sleep(void *arg, uint64_t deadline_ticks)
{
    (void)deadline_ticks;
    c11_sleep(*(unsigned *)arg);
    return OK;
}

static void home_ring(void *arg, struct channel *c)
{
    (void)arg;
    c11_ring((unsigned)c->bell);
}

static unsigned holder_of(const struct scenario *s, unsigned end)
{
    if (s->kind != TWO_CLIENTS)
        return end;
    return end % 2 == 1 ? SERVER : end / 2;
}

static void end_init(const struct scenario *s, unsigned end)
{
    unsigned me = holder_of(s, end), peer = holder_of(s, end ^ 1u);
    struct channel *c = &ends[end];
    struct channel_binding b = {.tx = &frames[end],
                                .rx = &frames[end ^ 1u],
                                .bytes = sizeof(frames[0]),
                                .lines = LINES,
                                .epoch = 7,
                                .home = s->asleep != 0 ? &homes[me] : NULL,
                                .bell = peer};
    if (channel_init(c, &b) != OK)
        c11_fail(C11_WRONG, "channel_init refuses");
    if (s->lines == LINES)
        return;
    c->rx.mask = c->tx.mask = s->lines - 1;
    c->rx.shift = c->tx.shift = (uint32_t)__builtin_ctz(s->lines);
}

static void set_init(const struct scenario *s, unsigned thread)
{
    struct wait_set *set = &sets[thread];
    wait_set_init(set, rooms[thread], 2, &homes[thread], s->polls);
    for (unsigned end = 0; end < FRAMES; end++)
        if (holder_of(s, end) == thread && (end < 2 || s->kind == TWO_CLIENTS))
            if (wait_set_add(set, &ends[end], NULL) != OK)
                c11_fail(C11_WRONG, "wait_set_add refuses");
}

static void begin(void *arg)
{
    const struct scenario *s = arg;
    static const char *const name[FRAMES] = {"frame0", "frame1", "frame2", "frame3"};
    memset(frames, 0, sizeof(frames));
    for (unsigned i = 0; i < C11_THREADS_MAX; i++)
        homes[i] = (struct urpc_home){home_sleep, home_ring, &numbers[i]};
    for (unsigned end = 0; end < FRAMES && s->kind != LATE; end++)
        end_init(s, end);
    for (unsigned i = 0; i < C11_THREADS_MAX && s->kind != LATE; i++)
        set_init(s, i);
    for (unsigned i = 0; i < FRAMES; i++)
        c11_name(&frames[i], sizeof(frames[i]), name[i]);
}

/* Message `number` of sender `who`. Lengths differ, so that a line keeps old words. */
static uint64_t word_of(unsigned who, unsigned number, unsigned word)
{
    return 0x10000u * (who + 1) + 0x100u * (number + 1) + word;
}

static size_t words_of(unsigned number)
{
    return 1 + number % 2;
}

static enum status message_send(struct party *p)
{
    uint64_t word[URPC_WORDS];
    size_t count = words_of(p->sent);
    for (unsigned i = 0; i < count; i++)
        word[i] = word_of(p->to, p->sent, i);
    return p->burst != 0 ? channel_send_quiet(p->c, p->sent, word, count)
                         : channel_send(p->c, p->sent, word, count);
}

static void message_check(struct party *p, const struct urpc_message *m)
{
    if (p->got == p->receives)
        c11_fail(C11_WRONG, "a message too many");
    if (m->type != p->got)
        c11_fail(C11_WRONG, "message %u came where %u was due", m->type, p->got);
    for (unsigned i = 0; i < words_of(p->got); i++)
        if (m->word[i] != word_of(p->from, p->got, i))
            c11_fail(C11_WRONG, "word %u of message %u is wrong", i, p->got);
    p->got++;
}

/* Receives what is there, up to the last message that is due. */
static void messages_receive(struct party *p)
{
    struct urpc_message m;
    enum status s = OK;
    while ((p->got < p->receives || p->sent < p->sends) && (s = channel_receive(p->c, &m)) == OK)
        message_check(p, &m);
    if (s != OK && s != E_EMPTY)
        c11_fail(C11_WRONG, "receiving message %u gives status %d", p->got, (int)s);
}

static void messages_send(struct party *p)
{
    unsigned quiet = 0;
    while (p->sent < p->sends) {
        if (p->eager)
            messages_receive(p);
        enum status s = message_send(p);
        if (s == E_FULL)
            break;
        if (s != OK)
            c11_fail(C11_WRONG, "sending message %u gives status %d", p->sent, (int)s);
        p->sent++;
        quiet++;
        if (p->burst != 0 && quiet % p->burst == 0)
            channel_notify(p->c);
    }
    if (p->burst != 0 && quiet % p->burst != 0)
        channel_notify(p->c);
}

static void wait_for_news(struct party *p)
{
    struct wait_entry ready;
    if (p->set == NULL) {
        c11_await();
        return;
    }
    enum status s = wait_set_wait(p->set, UINT64_MAX, &ready);
    if (s != OK && s != E_EMPTY)
        c11_fail(C11_WRONG, "waiting gives status %d", (int)s);
}

static void party_run(struct party *p)
{
    for (;;) {
        messages_send(p);
        if (p->sent == p->sends && p->got == p->receives)
            return;
        messages_receive(p);
        if (p->sent < p->sends ? channel_can_send(p->c) : p->got == p->receives)
            continue;
        wait_for_news(p);
    }
}

/* One call at a time: the client (thread 0) asks, the server answers. */
static void calls_run(struct party *p, bool client, unsigned count)
{
    for (unsigned i = 1; i <= count; i++) {
        if (client) {
            p->sends = i;
            messages_send(p);
        }
        p->receives = i;
        for (messages_receive(p); p->got < i; messages_receive(p))
            wait_for_news(p);
        if (client)
            continue;
        p->sends = i;
        messages_send(p);
    }
}

static void server_run(const struct scenario *s)
{
    struct party p[2] = {{.c = &ends[1], .from = 0, .receives = s->messages},
                         {.c = &ends[3], .from = 1, .receives = s->messages}};
    struct wait_entry ready;
    while (p[0].got < s->messages || p[1].got < s->messages) {
        enum status status = wait_set_wait(&sets[SERVER], UINT64_MAX, &ready);
        if (status == E_EMPTY)
            continue;
        struct party *from = ready.channel == p[0].c ? &p[0] : &p[1];
        if (status != OK || ready.channel != from->c)
            c11_fail(C11_WRONG, "waiting gives status %d", (int)status);
        messages_receive(from);
        if (from->got == s->messages && wait_set_remove(&sets[SERVER], from->c) != OK)
            c11_fail(C11_WRONG, "wait_set_remove refuses");
    }
}

static void closing_run(const struct scenario *s, struct party *p, bool sender)
{
    if (sender) {
        party_run(p);
        channel_close(p->c);
        return;
    }
    struct urpc_message m;
    enum status status;
    for (;;) {
        while ((status = channel_receive(p->c, &m)) == OK)
            message_check(p, &m);
        if (status != E_EMPTY)
            break;
        wait_for_news(p);
    }
    if (status != E_PEER || p->got != s->messages)
        c11_fail(C11_WRONG, "closed: status %d behind %u messages", (int)status, p->got);
}

static void thread(void *arg, unsigned number)
{
    const struct scenario *s = arg;
    unsigned end = s->kind == TWO_CLIENTS ? 2 * number : number;
    if (s->kind == TWO_CLIENTS && number == SERVER) {
        server_run(s);
        return;
    }
    if (s->kind == LATE) {
        end_init(s, end);
        set_init(s, number);
    }
    bool sends = number == 0 || s->kind == BOTH_WAYS || s->kind == TWO_CLIENTS;
    bool receives = (number == 1 && s->kind != TWO_CLIENTS) || s->kind == BOTH_WAYS;
    struct party p = {.c = &ends[end],
                      .set = s->asleep >> number & 1 ? &sets[number] : NULL,
                      .from = 1 - number % 2,
                      .to = number,
                      .sends = sends ? s->messages : 0,
                      .receives = receives ? s->messages : 0,
                      .burst = s->burst,
                      .eager = s->eager};
    switch (s->kind) {
    case CALLS:
        p.sends = p.receives = 0;
        calls_run(&p, number == 0, s->messages);
        return;
    case CLOSING:
        closing_run(s, &p, number == 0);
        return;
    case ONE_WAY:
    case BOTH_WAYS:
    case TWO_CLIENTS:
    case LATE:
        party_run(&p);
        return;
    }
}

void scenario_explore(const struct scenario *s, bool story, struct c11_result *r)
{
    static struct scenario copy;
    copy = *s;
    struct c11_program program = {.name = s->name,
                                  .thread_count = s->kind == TWO_CLIENTS ? 3 : 2,
                                  .begin = begin,
                                  .thread = thread,
                                  .arg = &copy,
                                  .spurious = s->spurious,
                                  .runs_limit = s->limit};
    c11_explore(&program, story, r);
}
