/* Wait sets: see urpc/wait.h for the protocol and how a server uses one.
 *
 * Polling goes round from where it last stopped. A sleep has a number, published in the control
 * line of every channel of the set; a sender rings once for each number it sees. The number is
 * never 0 and differs from the one before. */
#include <arch/user.h>
#include <urpc/wait.h>

void wait_set_init(struct wait_set *set, struct wait_entry *room, size_t capacity,
                   const struct urpc_home *home, uint64_t poll_ticks)
{
    *set = (struct wait_set){
        .entry = room, .capacity = capacity, .home = home, .poll_ticks = poll_ticks};
}

static size_t entry_find(const struct wait_set *set, const struct channel *c)
{
    size_t i = 0;
    while (i < set->count && set->entry[i].channel != c)
        i++;
    return i;
}

enum status wait_set_add(struct wait_set *set, struct channel *c, void *cookie)
{
    if (entry_find(set, c) < set->count)
        return E_EXISTS;
    if (set->count == set->capacity)
        return E_LIMIT;
    set->entry[set->count++] = (struct wait_entry){.channel = c, .cookie = cookie};
    return OK;
}

enum status wait_set_remove(struct wait_set *set, const struct channel *c)
{
    size_t i = entry_find(set, c);
    if (i == set->count)
        return E_NOT_FOUND;
    set->entry[i] = set->entry[--set->count];
    return OK;
}

enum status wait_set_poll(struct wait_set *set, struct wait_entry *ready)
{
    size_t count = set->count;
    size_t at = set->next < count ? set->next : 0;
    for (size_t i = 0; i < count; i++) {
        if (channel_ready(set->entry[at].channel)) {
            *ready = set->entry[at];
            set->next = at + 1;
            return OK;
        }
        if (++at == count)
            at = 0;
    }
    return E_EMPTY;
}

static enum status poll_for_a_while(struct wait_set *set, uint64_t deadline_ticks,
                                    struct wait_entry *ready)
{
    enum status s = wait_set_poll(set, ready);
    if (s == OK || set->poll_ticks == 0)
        return s;
    uint64_t begin = arch_user_ticks();
    uint64_t now = begin;
    while (s == E_EMPTY && now - begin < set->poll_ticks && now < deadline_ticks) {
        arch_pause();
        s = wait_set_poll(set, ready);
        now = arch_user_ticks();
    }
    return s;
}

static void asleep_publish(const struct wait_set *set, uint32_t value)
{
    for (size_t i = 0; i < set->count; i++) {
        struct channel *c = set->entry[i].channel;
        if (!channel_dead(c))
            atomic_store_explicit(&c->own->asleep, value, memory_order_relaxed);
    }
}

enum status wait_set_wait(struct wait_set *set, uint64_t deadline_ticks, struct wait_entry *ready)
{
    enum status s = poll_for_a_while(set, deadline_ticks, ready);
    if (s == OK)
        return OK;
    if (++set->sleep_number == 0)
        set->sleep_number = 1;
    asleep_publish(set, set->sleep_number);
    atomic_thread_fence(memory_order_seq_cst); /* pair B */
    enum status slept = OK;
    s = wait_set_poll(set, ready);
    if (s != OK)
        slept = set->home->sleep(set->home->arg, deadline_ticks);
    asleep_publish(set, 0);
    if (s != OK)
        s = wait_set_poll(set, ready);
    return s == E_EMPTY && slept == E_TIMEOUT ? E_TIMEOUT : s;
}
