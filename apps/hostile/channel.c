/* channel.c: kinds that use what leads out of the domain: standard output, bells, the channel to
 * the worker, the window for files. The ring of this end lies at LAYOUT_PARENT_TX, one control line
 * and then messages (urpc/channel.h); the worker's, which we can only read, at LAYOUT_PARENT_RX. */
#include "hostile.h"
#include <linux/job.h>
#include <rt/parent.h>

enum {
    WINDOW_VA_STEP = PAGE_BYTES,
    BELL_SLOTS = 256,
    LINES = 32, /* of a ring in LAYOUT_PARENT_BYTES: the largest power of two that fits */
    NOTES = 3000
};

static struct urpc_line *ring(void)
{
    return (struct urpc_line *)(LAYOUT_PARENT_TX + LINE_BYTES);
}

static void output(void)
{
    for (;;)
        say("all work and no play makes a dull render farm\n");
}

/* Output that would like to be the farm's, and to move the terminal. */
static void output_forge(void)
{
    say("\n@job end name=nobody status=ok reason= core=0 node=0\n@done jobs=1 leaked_objects=0\n");
    say("\r@panic core=0 nothing\n\033[2J\033]0;title\007@quiet point=here\n");
    for (unsigned i = 0; i < 64; i++)
        say("no end of line");
}

/* Every bell that it has, and every number that could be one. */
static void bells(void)
{
    capref_t own = slot_take();

    native(SYS_BELL_LOCAL, SLOT_DISPATCHER, own, 0, 0, 0, 0);
    for (;;) {
        for (capref_t slot = 0; slot < BELL_SLOTS; slot++)
            native(SYS_DOORBELL_RING, slot, 0, 0, 0, 0, 0);
        for (unsigned i = 0; i < BELL_SLOTS; i++) {
            native(SYS_DOORBELL_RING, SLOT_MONITOR_CHANNEL + 2, 0, 0, 0, 0, 0);
            native(SYS_DOORBELL_RING, own, 0, 0, 0, 0, 0);
        }
    }
}

static void worker_wake(void)
{
    native(SYS_DOORBELL_RING, SLOT_MONITOR_CHANNEL + 2, 0, 0, 0, 0, 0);
}

/* Anything at all, all over the ring and its control line. */
static void flood_garbage(void)
{
    volatile uint64_t *word = (volatile uint64_t *)LAYOUT_PARENT_TX;

    for (;;) {
        for (unsigned i = 0; i < LAYOUT_PARENT_BYTES / 8; i++)
            word[i] = random_next();
        worker_wake();
    }
}

/* The lap that the reader waits for at the next line: found by looking at our own ring. */
static uint64_t lap_next(unsigned *line)
{
    uint64_t first = ring()[0].head >> HEAD_LAP_SHIFT;

    for (*line = 0; *line < LINES && ring()[*line].head >> HEAD_LAP_SHIFT == first; ++*line)
        ;
    if (*line < LINES)
        return first;
    *line = 0;
    return first + 1;
}

static void line_put(unsigned line, uint64_t head, const uint64_t word[URPC_WORDS])
{
    for (unsigned i = 0; i < URPC_WORDS; i++)
        ring()[line].word[i] = word[i];
    ring()[line].head = head;
}

/* Well-made messages, each with an acknowledgement that is a lie, without regard for credits. */
static void flood(uint16_t type, const uint64_t word[URPC_WORDS], uint16_t ack_step)
{
    unsigned line;
    uint64_t lap = lap_next(&line);
    uint16_t ack = 0;

    for (unsigned i = 0;; i++) {
        line_put(line, head_make(type, 0, ack) | lap << HEAD_LAP_SHIFT, word);
        ack = (uint16_t)(ack + ack_step);
        if (++line == LINES) {
            line = 0;
            lap++;
        }
        if (i % 8 == 0)
            worker_wake();
    }
}

static void flood_credits(void)
{
    const uint64_t word[URPC_WORDS] = {0};

    flood(MSG_PARENT_NOTE, word, 0x7fff);
}

static void flood_type(void)
{
    const uint64_t word[URPC_WORDS] = {0};

    flood(0x4242, word, 0);
}

static void flood_log(void)
{
    uint64_t word[URPC_WORDS];

    for (unsigned i = 0; i < URPC_WORDS; i++)
        word[i] = 0x2041204120412041; /* text without an end */
    flood(MSG_PARENT_LOG, word, 0);
}

/* A note, in the manner of the personality: one message, and then wait until it was read. */
static void note(uint32_t kind, uint32_t number, uint64_t word0, uint64_t word1)
{
    static unsigned line;
    static uint64_t lap;
    const uint64_t word[URPC_WORDS] = {kind | (uint64_t)number << 32, word0, word1};

    if (!lap)
        lap = lap_next(&line);
    line_put(line, head_make(MSG_PARENT_NOTE, 0, 0) | lap << HEAD_LAP_SHIFT, word);
    if (++line == LINES) {
        line = 0;
        lap++;
    }
    worker_wake();
    for (unsigned i = 0; i < 16; i++)
        native(SYS_YIELD, 0, 0, 0, 0, 0, 0);
}

/* Files that are none: names without end, sizes that do not fit, pieces out of order. */
static void flood_files(void)
{
    for (unsigned i = 0; i < NOTES; i++)
        note(JOB_FILE, (uint32_t)random_next(), random_next(), random_next());
}

static void flood_window(void)
{
    for (unsigned i = 0; i < NOTES; i++)
        note(JOB_FILE, 4096, 0, UINT64_MAX);
}

/* Says that all went well, and ends without having done it. */
static void lie(void)
{
    note(JOB_USED, 0, 0, 0);
    native(SYS_DISPATCHER_STOP, SLOT_DISPATCHER, 0, 0, 0, 0, 0);
}

const struct kind channel_kinds[] = {
    {"output", output},
    {"output-forge", output_forge},
    {"bells", bells},
    {"flood-garbage", flood_garbage},
    {"flood-credits", flood_credits},
    {"flood-type", flood_type},
    {"flood-log", flood_log},
    {"flood-files", flood_files},
    {"flood-window", flood_window},
    {"lie", lie},
    {NULL, NULL},
};
