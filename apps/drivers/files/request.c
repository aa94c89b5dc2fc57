/* request.c: what FILES_CREATE, WRITE, CLOSE and ABORT do. See request.h.
 *
 * Every word comes from a client: handles are looked up in the client's own table, data must lie
 * inside its own bulk memory, names must stay inside the exported folder (ninep refuses `..`).
 * Data goes to the device by physical address and is never looked at here. */
#include "request.h"
#include <rt/log.h>
#include <rt/string.h>

#define SUFFIX ".part"
#define INDEX_BITS 8u
#define FILE_BYTES_MAX INT64_MAX /* what the host's file offsets can say */

static struct ninep *device_use(struct client *c)
{
    device_begin(c->serve->device);
    return &c->serve->device->ninep;
}

static void part_name(char part[PART_NAME_BYTES], const char *name)
{
    rt_snprintf(part, PART_NAME_BYTES, "%s" SUFFIX, name);
}

/* What ninep cannot see once the suffix is there: a name whose last component is empty or stands
 * for a folder, or one that could be another file's unfinished form. */
static bool name_is_fit(const char *name)
{
    const char *slash = strrchr(name, '/'), *last = slash ? slash + 1 : name;
    size_t bytes = strlen(last), suffix = sizeof SUFFIX - 1;

    if (bytes == 0 || strcmp(last, ".") == 0 || strcmp(last, "..") == 0)
        return false;
    return bytes < suffix || strcmp(last + bytes - suffix, SUFFIX) != 0;
}

static bool name_is_open(const struct serve *v, const char *name)
{
    for (const struct client *c = v->clients; c; c = c->next)
        for (uint32_t i = 0; i < CLIENT_FILES_MAX; i++)
            if (c->file[i].handle && strcmp(c->file[i].name, name) == 0)
                return true;
    return false;
}

static struct file *file_find(struct client *c, uint32_t handle)
{
    uint32_t index = handle & ((1u << INDEX_BITS) - 1);

    if (!handle || index >= CLIENT_FILES_MAX || c->file[index].handle != handle)
        return NULL;
    return &c->file[index];
}

static struct file *file_free(struct client *c)
{
    for (uint32_t i = 0; i < CLIENT_FILES_MAX; i++)
        if (!c->file[i].handle)
            return &c->file[i];
    return NULL;
}

/* Every folder above the last component; one that is there already is fine. */
static enum status folders_make(struct ninep *n, const char *name)
{
    char folder[FILES_NAME_BYTES];
    enum status s = OK;

    for (uint32_t i = 0; s == OK && name[i]; i++) {
        folder[i] = name[i];
        if (name[i] != '/')
            continue;
        folder[i] = 0;
        s = ninep_mkdir(n, folder);
        s = s == E_EXISTS ? OK : s;
        folder[i] = '/';
    }
    return s;
}

static void failure_log(const struct client *c, const char *what, const char *name, enum status s)
{
    log_line("%s %s: %s, host's errno %u", what, name, status_name(s),
             ninep_host_error(&c->serve->device->ninep));
}

static enum status part_create(struct client *c, const char *name, uint32_t *handle)
{
    struct ninep *n = device_use(c);
    char part[PART_NAME_BYTES];
    enum status s;

    part_name(part, name);
    s = ninep_create(n, part, handle);
    if (s == E_NOT_FOUND) {
        s = folders_make(n, name);
        if (s == OK)
            s = ninep_create(n, part, handle);
    }
    if (s != OK)
        failure_log(c, "create", name, s);
    return s;
}

static enum status create(struct client *c, const char *name, uint32_t *handle)
{
    struct file *f = file_free(c);
    enum status s;

    if (!f)
        return E_LIMIT;
    if (!name_is_fit(name))
        return E_ARGUMENT;
    if (name_is_open(c->serve, name))
        return E_EXISTS;
    s = part_create(c, name, &f->ninep_handle);
    if (s != OK)
        return s;
    text_set(f->name, sizeof f->name, name);
    c->generation = (c->generation + 1) & ((1u << (32 - INDEX_BITS)) - 1);
    c->generation += c->generation == 0;
    f->handle = c->generation << INDEX_BITS | (uint32_t)(f - c->file);
    c->serve->open_count++;
    *handle = f->handle;
    return OK;
}

static enum status write(struct client *c, const struct msg_files_write *m)
{
    const struct file *f = file_find(c, m->handle);
    uint64_t frame = c->service->peer_bytes;
    uint64_t room = frame > URPC_FRAME_BYTES ? frame - URPC_FRAME_BYTES : 0;
    uint64_t pa = c->service->peer_pa + URPC_FRAME_BYTES + m->bulk_offset;
    enum status s;

    if (!f)
        return E_NOT_FOUND;
    if (m->bulk_offset > room || m->bytes > room - m->bulk_offset ||
        m->file_offset > FILE_BYTES_MAX || m->bytes > FILE_BYTES_MAX - m->file_offset)
        return E_RANGE;
    if (m->bytes == 0)
        return OK;
    s = ninep_write(device_use(c), f->ninep_handle, m->file_offset, pa, m->bytes);
    if (s != OK)
        failure_log(c, "write", f->name, s);
    return s;
}

/* The handle ends, and NAME.part becomes NAME, or goes away. */
static enum status file_end(struct client *c, struct file *f, bool keep)
{
    struct ninep *n = device_use(c);
    char part[PART_NAME_BYTES];
    enum status s = ninep_close(n, f->ninep_handle);

    part_name(part, f->name);
    if (s == OK && keep)
        s = ninep_rename(n, part, f->name);
    if (s != OK)
        failure_log(c, "close", f->name, s);
    if (s != OK || !keep) {
        enum status gone = ninep_unlink(n, part);
        s = s == OK ? gone : s;
    }
    f->handle = 0;
    c->serve->open_count--;
    return s;
}

static enum status handle_end(struct client *c, uint32_t handle, bool keep)
{
    struct file *f = file_find(c, handle);

    return f ? file_end(c, f, keep) : E_NOT_FOUND;
}

/* The name, wherever it comes from. It ends with a zero byte, and holds none before. */
static enum status name_take(struct client *c, char name[FILES_NAME_BYTES], uint32_t *tag)
{
    struct msg_files_create m;
    struct msg_files_create_at at;

    memset(name, 0, FILES_NAME_BYTES);
    if (c->request.type == MSG_FILES_CREATE) {
        if (msg_files_create_get(&c->request, &m) != OK)
            return E_PROTOCOL;
        *tag = m.tag;
        memcpy(name, m.name, sizeof m.name);
        return OK;
    }
    if (msg_files_create_at_get(&c->request, &at) != OK)
        return E_PROTOCOL;
    *tag = at.tag;
    if (at.name_bytes >= FILES_NAME_BYTES || at.bulk_offset > UINT64_MAX - URPC_FRAME_BYTES)
        return E_RANGE;
    enum status s = peer_copy(name, c->service, URPC_FRAME_BYTES + at.bulk_offset, at.name_bytes);
    if (s == OK && strlen(name) != at.name_bytes)
        s = E_ARGUMENT;
    return s;
}

static enum request_end create_take(struct client *c, struct msg_files_answer *a)
{
    char name[FILES_NAME_BYTES];
    enum status s = name_take(c, name, &a->tag);

    if (s == E_PROTOCOL)
        return REQUEST_LIE;
    if (s != OK) {
        a->status = (uint32_t)s;
        return REQUEST_DONE;
    }
    if (!c->serve->device) {
        a->status = E_NOT_FOUND;
        return REQUEST_DONE;
    }
    if (c->serve->open_count >= OPEN_FILES_MAX)
        return REQUEST_ASIDE;
    a->status = (uint32_t)create(c, name, &a->handle);
    return REQUEST_DONE;
}

enum request_end request_do(struct client *c, struct msg_files_answer *answer)
{
    struct msg_files_write w;
    struct msg_files_close e;
    struct msg_files_abort b;

    *answer = (struct msg_files_answer){0};
    switch ((enum files_message)c->request.type) {
    case MSG_FILES_CREATE:
    case MSG_FILES_CREATE_AT:
        return create_take(c, answer);
    case MSG_FILES_WRITE:
        if (msg_files_write_get(&c->request, &w) != OK)
            return REQUEST_LIE;
        answer->tag = w.tag;
        answer->status = (uint32_t)write(c, &w);
        return REQUEST_DONE;
    case MSG_FILES_CLOSE:
        if (msg_files_close_get(&c->request, &e) != OK)
            return REQUEST_LIE;
        answer->tag = e.tag;
        answer->status = (uint32_t)handle_end(c, e.handle, true);
        return REQUEST_DONE;
    case MSG_FILES_ABORT:
        if (msg_files_abort_get(&c->request, &b) != OK)
            return REQUEST_LIE;
        answer->tag = b.tag;
        answer->status = (uint32_t)handle_end(c, b.handle, false);
        return REQUEST_DONE;
    case MSG_FILES_ANSWER:
        break;
    }
    return REQUEST_LIE;
}

void request_abandon(struct client *c)
{
    for (uint32_t i = 0; i < CLIENT_FILES_MAX; i++) {
        if (!c->file[i].handle)
            continue;
        enum status s = file_end(c, &c->file[i], false);
        if (s != OK)
            log_line("%s" SUFFIX " is left behind", c->file[i].name);
    }
}
