/* gdbstub.c: asks a stopped QEMU for registers and monitor answers. The stub, not QMP, because it
 * alone tells the translation registers of arm64, and it speaks for every vCPU. */
#include "gdbstub.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { ANSWER_LIMIT_MS = 20000, CONNECT_TRIES = 50 };

static bool bytes_send(int fd, const char *data, size_t bytes)
{
    while (bytes > 0) {
        ssize_t n = send(fd, data, bytes, MSG_NOSIGNAL);

        if (n <= 0)
            return false;
        data += n;
        bytes -= (size_t)n;
    }
    return true;
}

static bool packet_send(int fd, const char *body)
{
    unsigned int sum = 0;

    for (const char *c = body; *c != 0; c++)
        sum += (unsigned char)*c;
    char *packet = text_format("$%s#%02x", body, sum & 0xff);
    bool sent = bytes_send(fd, packet, strlen(packet));

    free(packet);
    return sent;
}

static int byte_receive(struct gdbstub *g)
{
    struct pollfd p = {g->fd, POLLIN, 0};

    if (g->taken == g->filled) {
        ssize_t n =
            poll(&p, 1, ANSWER_LIMIT_MS) > 0 ? read(g->fd, g->received, sizeof(g->received)) : -1;

        if (n <= 0)
            return -1;
        g->taken = 0;
        g->filled = (size_t)n;
    }
    return g->received[g->taken++];
}

/* The body of the next packet; escapes (`}` and a byte) are undone. Nothing is acknowledged: QEMU
 * takes the next request for it, and does not read while it prints much. */
static bool body_receive(struct gdbstub *g, struct text *body)
{
    int c;

    text_free(body);
    text_add(body, "%s", "");
    while ((c = byte_receive(g)) != '$')
        if (c < 0)
            return false;
    while ((c = byte_receive(g)) != '#') {
        if (c == '}')
            c = byte_receive(g) ^ 0x20;
        if (c < 0)
            return false;
        text_add(body, "%c", c);
    }
    byte_receive(g);
    return byte_receive(g) >= 0;
}

/* Skips what the stub says unasked: that the machine has stopped (T.., S..). No answer begins so.
 */
static bool packet_receive(struct gdbstub *g, struct text *body)
{
    do {
        if (!body_receive(g, body))
            return false;
    } while (body->data[0] == 'T' || body->data[0] == 'S');
    return true;
}

static bool ask(struct gdbstub *g, const char *body, struct text *answer)
{
    return packet_send(g->fd, body) && packet_receive(g, answer);
}

/* A whole feature file, which comes in pieces: `m` and a part, at last `l` and the rest. */
static bool feature_read(struct gdbstub *g, const char *name, struct text *file)
{
    struct text piece = {0};
    bool more = true;

    while (more) {
        char *request = text_format("qXfer:features:read:%s:%zx,800", name, file->length);
        bool good = ask(g, request, &piece) && (piece.data[0] == 'm' || piece.data[0] == 'l');

        free(request);
        if (!good)
            break;
        more = piece.data[0] == 'm';
        text_add(file, "%s", piece.data + 1);
    }
    text_free(&piece);
    return !more;
}

/* The value of an attribute inside one tag, to be freed, or NULL. */
static char *attribute(const char *tag, const char *end, const char *name)
{
    char *key = text_format(" %s=\"", name);
    const char *at = strstr(tag, key);
    char *value = NULL;

    if (at != NULL && at < end) {
        at += strlen(key);
        value = text_format("%.*s", (int)strcspn(at, "\""), at);
    }
    free(key);
    return value;
}

static void name_set(struct gdbstub *g, size_t number, const char *name)
{
    while (g->name.count <= number && g->name.count < 4096)
        list_add(&g->name, "%s", "");
    if (number < g->name.count) {
        free(g->name.item[number]);
        g->name.item[number] = text_format("%s", name);
    }
}

/* Registers that are commented out have no number. */
static void comments_blank(char *xml)
{
    for (char *at = strstr(xml, "<!--"); at != NULL; at = strstr(at, "<!--")) {
        char *end = strstr(at, "-->");
        size_t bytes = end != NULL ? (size_t)(end - at) : strlen(at);

        memset(at, ' ', bytes);
    }
}

/* Registers are numbered in order, unless a tag says its number. */
static void registers_read(struct gdbstub *g, const char *xml, size_t *next)
{
    for (const char *tag = strstr(xml, "<reg "); tag != NULL; tag = strstr(tag + 1, "<reg ")) {
        const char *end = strchrnul(tag, '>');
        char *name = attribute(tag, end, "name");
        char *number = attribute(tag, end, "regnum");

        if (number != NULL)
            *next = strtoul(number, NULL, 10);
        if (name != NULL)
            name_set(g, *next, name);
        (*next)++;
        free(name);
        free(number);
    }
}

static bool names_read(struct gdbstub *g)
{
    struct text target = {0};
    size_t next = 0;
    bool good = feature_read(g, "target.xml", &target);

    for (const char *tag = good ? strstr(target.data, "<xi:include ") : NULL; tag != NULL;
         tag = strstr(tag + 1, "<xi:include ")) {
        char *file = attribute(tag, strchrnul(tag, '>'), "href");
        struct text xml = {0};

        if (file != NULL && feature_read(g, file, &xml)) {
            comments_blank(xml.data);
            registers_read(g, xml.data, &next);
        }
        text_free(&xml);
        free(file);
    }
    text_free(&target);
    return g->name.count > 0;
}

bool gdbstub_open(struct gdbstub *g, const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct text answer = {0};

    *g = (struct gdbstub){.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    if (g->fd < 0 || strlen(path) >= sizeof(address.sun_path))
        return false;
    strcpy(address.sun_path, path);
    int tries = 0;

    while (connect(g->fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
        if (++tries == CONNECT_TRIES)
            return false;
        usleep(100 * 1000);
    }
    /* The machine stops because we connected, and says so before it answers. */
    bool good = packet_send(g->fd, "qSupported:xmlRegisters=i386");

    while (good && (answer.data == NULL || strstr(answer.data, "PacketSize") == NULL))
        good = packet_receive(g, &answer);
    good = good && names_read(g);

    text_free(&answer);
    return good;
}

static int digit(char c)
{
    const char *digits = "0123456789abcdef", *at = c != 0 ? strchr(digits, c) : NULL;

    return at != NULL ? (int)(at - digits) : -1;
}

/* Bytes in the target's order, little endian on both. */
static bool value_read(const char *hex, uint64_t *value)
{
    size_t n = strlen(hex);

    *value = 0;
    if (n != 8 && n != 16)
        return false;
    for (size_t i = 0; i < n; i += 2) {
        if (digit(hex[i]) < 0 || digit(hex[i + 1]) < 0)
            return false;
        *value |= (uint64_t)(digit(hex[i]) * 16 + digit(hex[i + 1])) << (i * 4);
    }
    return true;
}

static bool cpu_select(struct gdbstub *g, unsigned int cpu)
{
    struct text answer = {0};
    char *select = text_format("Hg%x", cpu + 1);
    bool good = ask(g, select, &answer) && strcmp(answer.data, "OK") == 0;

    text_free(&answer);
    free(select);
    return good;
}

bool gdbstub_register(struct gdbstub *g, unsigned int cpu, const char *name, uint64_t *value)
{
    struct text answer = {0};
    size_t number = 0;
    bool good = false;

    while (number < g->name.count && strcmp(g->name.item[number], name) != 0)
        number++;
    if (number == g->name.count)
        return false;
    char *get = text_format("p%zx", number);

    good = cpu_select(g, cpu) && ask(g, get, &answer) && value_read(answer.data, value);
    text_free(&answer);
    free(get);
    return good;
}

bool gdbstub_monitor(struct gdbstub *g, const char *command, struct text *answer)
{
    struct text packet = {0}, piece = {0};
    bool good;

    text_add(&packet, "qRcmd,");
    for (const char *c = command; *c != 0; c++)
        text_add(&packet, "%02x", (unsigned char)*c);
    good = ask(g, packet.data, &piece);
    text_add(answer, "%s", "");
    while (good && piece.data[0] == 'O' && strcmp(piece.data, "OK") != 0) {
        for (const char *c = piece.data + 1; digit(c[0]) >= 0 && digit(c[1]) >= 0; c += 2)
            text_add(answer, "%c", digit(c[0]) * 16 + digit(c[1]));
        good = packet_receive(g, &piece);
    }
    good = good && strcmp(piece.data, "OK") == 0;
    text_free(&packet);
    text_free(&piece);
    return good;
}

bool gdbstub_register_write(struct gdbstub *g, unsigned int cpu, const char *name, uint64_t value,
                            unsigned int bytes)
{
    struct text packet = {0}, answer = {0};
    size_t number = 0;

    while (number < g->name.count && strcmp(g->name.item[number], name) != 0)
        number++;
    if (number == g->name.count)
        return false;
    text_add(&packet, "P%zx=", number);
    for (unsigned int i = 0; i < bytes; i++)
        text_add(&packet, "%02x", (unsigned int)(value >> (8 * i) & 0xff));
    bool good =
        cpu_select(g, cpu) && ask(g, packet.data, &answer) && strcmp(answer.data, "OK") == 0;

    text_free(&packet);
    text_free(&answer);
    return good;
}

bool gdbstub_memory_write(struct gdbstub *g, unsigned int cpu, uint64_t address, const void *data,
                          size_t bytes)
{
    const unsigned char *byte = data;
    struct text packet = {0}, answer = {0};

    text_add(&packet, "M%llx,%zx:", (unsigned long long)address, bytes);
    for (size_t i = 0; i < bytes; i++)
        text_add(&packet, "%02x", byte[i]);
    bool good =
        cpu_select(g, cpu) && ask(g, packet.data, &answer) && strcmp(answer.data, "OK") == 0;

    text_free(&packet);
    text_free(&answer);
    return good;
}

bool gdbstub_leave(struct gdbstub *g)
{
    struct text answer = {0};
    bool good = ask(g, "D", &answer) && strcmp(answer.data, "OK") == 0;

    text_free(&answer);
    close(g->fd);
    g->fd = -1;
    list_free(&g->name);
    return good;
}

void gdbstub_kill(struct gdbstub *g)
{
    if (g->fd >= 0) {
        packet_send(g->fd, "k");
        close(g->fd);
    }
    g->fd = -1;
    list_free(&g->name);
}
