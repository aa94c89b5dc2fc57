/* main.c: the program `files`, the output driver's domain: keeps its clients' files in the folder
 * that the host exports by virtio-9p. It offers the service `files` (farm/files.def).
 *
 *   files clients=N [crash=N] [ecam=B:N] [window=B:N ...] [slots=B:N] [irqs] [slot=B:I ...]
 *                                                                                  (device.h)
 * crash: for tests: fault at that request.
 *
 * Without a device it serves all the same: every CREATE is answered by E_NOT_FOUND. */
#include "serve.h"
#include <rt/event.h>
#include <rt/log.h>
#include <rt/rt.h>
#include <rt/string.h>

static struct device the_device;
static struct serve the_serve;

static uint32_t argument_number(int argc, char **argv, const char *key)
{
    size_t bytes = strlen(key);
    uint32_t value = 0;

    for (int i = 1; i < argc; i++)
        if (strncmp(argv[i], key, bytes) == 0)
            for (const char *at = argv[i] + bytes; *at >= '0' && *at <= '9'; at++)
                value = value * 10 + (uint32_t)(*at - '0');
    return value;
}

static void device_find(struct serve *v, struct device *d, int argc, char **argv)
{
    enum status s = device_arguments(d, argc, argv);

    if (s == OK)
        s = device_open(d);
    if (s == OK) {
        v->device = d;
        log_line("host folder attached, %u bytes a message, %s", d->ninep.msize,
                 d->interrupt_count ? "by interrupt" : "by polling");
    } else if (s == E_NOT_FOUND) {
        log_line("no 9p device: files cannot be kept");
    } else {
        log_line("the 9p device cannot be used: %s: %s", status_name(s), status_text(s));
    }
}

int main(int argc, char **argv)
{
    struct serve *v = &the_serve;
    enum status s;

    device_find(v, &the_device, argc, argv);
    v->crash_after = argument_number(argc, argv, "crash=");
    uint32_t clients = argument_number(argc, argv, "clients=");
    s = service_register(FILES_SERVICE, clients ? clients : 1, files_protocol(), serve_accepted, v);
    if (s != OK) {
        log_line("the service cannot be registered: %s", status_name(s));
        return 1;
    }
    while (!rt.parent_quit) {
        while (serve_next(v)) {
        }
        if (v->broken) {
            log_line("the connection to the host is broken: to be started anew");
            return 1;
        }
        enum status ignored = event_wait(UINT64_MAX);
        (void)ignored;
    }
    if (v->device)
        device_stop(v->device);
    return 0;
}
