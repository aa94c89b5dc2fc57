/* vanish: a channel's memory goes away while it is read (DESIGN 12.8; monitor/service.h,
 * peer_copy). The other side's frame is made of RAM that is revoked in the middle, as a job's is
 * when it is ended. What is read afterwards is zero, the channel is dead, and this program goes
 * on. */
#include <monitor/service.h>
#include <rt/log.h>
#include <rt/memory.h>
#include <rt/rt.h>
#include <rt/string.h>
#include <rt/syscall.h>

#include "channels.h"

#define PEER_BYTES (4 * PAGE_BYTES)
#define RAM_BYTES (16 * PAGE_BYTES) /* more than the frame: a part of it */
#define FILL 0x5a

static struct service_channel channel;

/* A frame in RAM of its own, filled, then mapped to be read: the other side's. */
static enum status peer_make(struct ram_object *ram)
{
    void *write, *read;
    enum status s = ram_alloc_part(&rt.ram, RAM_GENERAL, RAM_BYTES, ram);

    if (s == OK)
        s = slot_alloc(&rt.slots, &channel.peer_frame);
    if (s == OK)
        s = sys_cap_retype(capref_in(0, ram->cap), 0, CAP_FRAME, PEER_BYTES, 1,
                           capref_in(0, channel.peer_frame));
    if (s == OK)
        s = frame_map(channel.peer_frame, 0, PEER_BYTES, MAP_READ | MAP_WRITE, &write);
    if (s != OK)
        return s;
    memset(write, FILL, PEER_BYTES);
    frame_unmap(write, PEER_BYTES);
    s = frame_map(channel.peer_frame, 0, PEER_BYTES, MAP_READ, &read);
    channel.peer = read;
    channel.peer_bytes = PEER_BYTES;
    return s;
}

static bool all_are(const unsigned char *at, unsigned char value)
{
    for (size_t i = 0; i < PAGE_BYTES; i++)
        if (at[i] != value)
            return false;
    return true;
}

static const char *vanish_try(const struct ram_object *ram)
{
    static unsigned char copy[PAGE_BYTES];
    const volatile unsigned char *peer = channel.peer;

    if (peer_copy(copy, &channel, PAGE_BYTES, PAGE_BYTES) != OK || !all_are(copy, FILL))
        return "what is there cannot be read";
    if (peer_copy(copy, &channel, PEER_BYTES - 1, 2) != E_RANGE)
        return "more than there is can be read";
    if (sys_cap_revoke(capref_in(0, ram->cap), 0) != OK)
        return "the RAM cannot be revoked";
    if (peer_copy(copy, &channel, PAGE_BYTES, PAGE_BYTES) != E_PEER || !all_are(copy, 0))
        return "the loss was not told";
    if (!channel_dead(&channel.channel))
        return "the channel lives";
    if (peer[0] != 0 || peer[PEER_BYTES - 1] != 0)
        return "another page is not zero";
    return NULL;
}

int main(int argc, char **argv)
{
    struct ram_object ram = {0};
    const char *wrong = "the frames cannot be made";

    (void)argc;
    (void)argv;
    if (peer_make(&ram) == OK) {
        channels_add(&channel);
        wrong = vanish_try(&ram);
        channels_remove(&channel);
    }
    log_line("%s", wrong ? wrong : "what vanished was missed by nobody");
    return wrong != NULL;
}
