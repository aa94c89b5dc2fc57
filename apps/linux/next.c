/* next.c: what a job is besides its first program: files that it is given (linux_input), the
 * programs that follow (linux_next: what execve would do, but for scratch files in place of a file
 * system), and the files that it hands out. */
#include "personality.h"

static const char *home(const struct linux_process *p)
{
    return p->config.directory ? p->config.directory : "/job";
}

/* The absolute path of a name below the working directory. */
static enum status full_path(const struct linux_process *p, const char *name, char to[PATH_BYTES])
{
    size_t bytes = text_length(home(p)), name_bytes = text_length(name);

    if (bytes + 1 + name_bytes >= PATH_BYTES)
        return E_LIMIT;
    memcpy(to, home(p), bytes);
    to[bytes] = '/';
    memcpy(to + bytes + 1, name, name_bytes + 1);
    return OK;
}

enum status linux_parents(struct linux_process *p, const char *name)
{
    char path[PATH_BYTES];
    enum status s = full_path(p, name, path);

    for (size_t i = text_length(home(p)) + 1; s == OK && path[i]; i++) {
        if (path[i] != '/')
            continue;
        path[i] = 0;
        s = directory_make(p, path) ? E_LIMIT : OK;
        path[i] = '/';
    }
    return s;
}

enum status linux_input(struct linux_process *p, const char *path, const char *name)
{
    char full[PATH_BYTES];
    struct archive_node node;
    struct place at;
    enum status s = archive_path(&p->archive, path, true, &node);

    if (s == OK && (node.mode & ARCHIVE_TYPE) != ARCHIVE_TYPE_FILE)
        s = E_TYPE;
    if (s == OK)
        s = linux_parents(p, name);
    if (s == OK)
        s = full_path(p, name, full);
    if (s != OK)
        return s;
    if (path_find(p, "/", full, false, &at) || place_is_directory(p, &at))
        return E_TYPE;
    return node_alias(p, at.path, node.nid) < 0 ? E_LIMIT : OK;
}

/* Descriptors and memory of the program that is over. */
static void program_drop(struct linux_process *p)
{
    for (long d = 0; d < DESCRIPTOR_MAX; d++)
        if (p->descriptor[d].open)
            (void)call_close(p, (const long[6]){d});
    vm_discard(p, 0, UINT64_MAX);
    p->regions.count = 0;
    p->heap_start = p->heap_end = 0;
    p->mask = 022;
    p->signal_mask = 0;
    memset(p->action, 0, sizeof p->action);
    memset(p->alternate_stack, 0, sizeof p->alternate_stack);
}

enum status linux_next(struct linux_process *p, const struct linux_config *config,
                       struct linux_entry *entry, const char **what)
{
    program_drop(p);
    p->config.program = config->program;
    p->config.arguments = config->arguments;
    p->config.environment = config->environment;
    p->config.input = config->input;
    p->config.output = config->output;
    p->config.output_append = config->output_append;
    *what = config->program;
    linux_host_thread_pointer_set(p->host, 0);
    if (!text_copy(p->directory, sizeof p->directory, home(p)) ||
        !text_copy(p->program, sizeof p->program, config->program))
        return E_LIMIT;
    for (unsigned stream = 0; stream < 3; stream++)
        if (stream_open(p, stream) < 0) {
            *what = stream ? config->output : config->input;
            return E_NOT_FOUND;
        }
    return linux_start(p, entry, what);
}

enum status linux_file(struct linux_process *p, const char *name)
{
    struct place at;
    uint64_t data;

    if (path_find(p, home(p), name, true, &at) || at.kind == PLACE_ABSENT)
        return E_NOT_FOUND;
    if (at.kind == PLACE_NODE && p->node[at.node].kind == NODE_FILE) {
        linux_host_output(p->host, name, node_data(p, at.node), p->node[at.node].bytes);
        return OK;
    }
    if (at.kind != PLACE_ARCHIVE || (at.archive.mode & ARCHIVE_TYPE) != ARCHIVE_TYPE_FILE)
        return E_TYPE;
    if (archive_data(&p->archive, &at.archive, &data) != OK)
        return E_UNSUPPORTED;
    linux_host_output(p->host, name, p->archive.base + data, at.archive.bytes);
    return OK;
}

void linux_files(struct linux_process *p)
{
    size_t length = text_length(home(p));

    for (unsigned i = 0; i < NODE_MAX; i++) {
        const struct node *n = &p->node[i];
        if (n->kind != NODE_FILE || n->unlinked)
            continue;
        bool below = text_begins(n->path, home(p)) && n->path[length] == '/';
        linux_host_output(p->host, below ? n->path + length + 1 : n->path, node_data(p, i),
                          n->bytes);
    }
}
