/* io.c: bytes in and out of open files: read, write, their vector and positioned forms, lseek,
 * ioctl. */
#include "personality.h"

enum { VECTOR_MAX = 1024 };

static const uint64_t TRANSFER_MAX = 1ull << 30;

/* Reads into user memory that is ready. */
static long bytes_read(struct linux_process *p, struct open_file *f, uint64_t offset, void *to,
                       uint64_t bytes)
{
    size_t copied = 0;

    if (f->kind == PLACE_ARCHIVE) {
        if ((f->archive.mode & LINUX_S_IFMT) == LINUX_S_IFDIR)
            return -LINUX_EISDIR;
        return archive_read(&p->archive, &f->archive, offset, to, bytes, &copied) == OK
                   ? (long)copied
                   : -LINUX_EIO;
    }
    if (f->kind == PLACE_NODE) {
        const struct node *n = &p->node[f->node];
        if (n->kind == NODE_DIRECTORY)
            return -LINUX_EISDIR;
        if (offset >= n->bytes)
            return 0;
        if (bytes > n->bytes - offset)
            bytes = n->bytes - offset;
        memcpy(to, node_data(p, f->node) + offset, bytes);
        return (long)bytes;
    }
    switch ((enum special_kind)f->special) {
    case SPECIAL_ZERO:
        memset(to, 0, bytes);
        return (long)bytes;
    case SPECIAL_RANDOM:
        linux_host_random(p->host, to, bytes);
        return (long)bytes;
    case SPECIAL_DIRECTORY:
        return -LINUX_EISDIR;
    case SPECIAL_NONE:
    case SPECIAL_NULL:
    case SPECIAL_LOG:
    case SPECIAL_PROGRAM:
        break;
    }
    return 0;
}

static long file_read(struct linux_process *p, struct open_file *f, uint64_t offset, void *to,
                      uint64_t bytes)
{
    long result = bytes_read(p, f, offset, to, bytes);

    if (result > 0 && f->kind != PLACE_SPECIAL)
        p->usage.bytes_read += (uint64_t)result;
    return result;
}

/* Writes from user memory that is ready. */
long file_write(struct linux_process *p, struct open_file *f, uint64_t offset, const void *from,
                uint64_t bytes)
{
    if (f->kind == PLACE_NODE)
        return node_write(p, f->node, offset, from, bytes);
    if (f->kind == PLACE_SPECIAL && f->special == SPECIAL_LOG)
        linux_host_log(p->host, f->stream, from, bytes);
    return f->kind == PLACE_SPECIAL ? (long)bytes : -LINUX_EBADF;
}

static struct open_file *file_for(struct linux_process *p, long descriptor, bool write)
{
    struct open_file *f = descriptor_file(p, descriptor);
    unsigned access = f ? f->flags & LINUX_O_ACCESS : 0;

    if (!f || f->flags & LINUX_O_PATH || (write ? access == 0 : access == LINUX_O_WRONLY))
        return NULL;
    return f;
}

/* One piece, at the file's own position (at = null) or at *at. */
static long transfer(struct linux_process *p, struct open_file *f, uint64_t address, uint64_t bytes,
                     uint64_t *at, bool write)
{
    uint64_t *position = at ? at : &f->offset;

    if (bytes > TRANSFER_MAX)
        bytes = TRANSFER_MAX;
    long result = user_ready(p, address, bytes, write ? LINUX_READ : LINUX_WRITE);
    if (result || !bytes)
        return result;
    if (write && f->flags & LINUX_O_APPEND && f->kind == PLACE_NODE)
        *position = p->node[f->node].bytes;
    if (write)
        result = file_write(p, f, *position, (const void *)address, bytes);
    else
        result = file_read(p, f, *position, (void *)address, bytes);
    if (result > 0)
        *position += (uint64_t)result;
    return result;
}

static long transfer_vector(struct linux_process *p, const long a[6], bool write)
{
    struct open_file *f = file_for(p, a[0], write);
    long done = 0;

    if (!f)
        return -LINUX_EBADF;
    if (a[2] < 0 || a[2] > VECTOR_MAX)
        return -LINUX_EINVAL;
    for (long i = 0; i < a[2]; i++) {
        struct linux_iovec v;
        long result = user_copy_in(p, &v, (uint64_t)a[1] + (uint64_t)i * sizeof v, sizeof v);
        if (!result)
            result = transfer(p, f, v.base, v.bytes, NULL, write);
        if (result < 0)
            return done ? done : result;
        done += result;
        if ((uint64_t)result < v.bytes)
            break;
    }
    return done;
}

static long transfer_at(struct linux_process *p, const long a[6], bool write)
{
    struct open_file *f = file_for(p, a[0], write);
    uint64_t at = (uint64_t)a[3];

    if (!f)
        return -LINUX_EBADF;
    if (a[3] < 0)
        return -LINUX_EINVAL;
    if (f->kind == PLACE_SPECIAL && f->special == SPECIAL_LOG)
        return -LINUX_ESPIPE;
    return transfer(p, f, (uint64_t)a[1], (uint64_t)a[2], &at, write);
}

long call_read(struct linux_process *p, const long a[6])
{
    struct open_file *f = file_for(p, a[0], false);
    return f ? transfer(p, f, (uint64_t)a[1], (uint64_t)a[2], NULL, false) : -LINUX_EBADF;
}

long call_write(struct linux_process *p, const long a[6])
{
    struct open_file *f = file_for(p, a[0], true);
    return f ? transfer(p, f, (uint64_t)a[1], (uint64_t)a[2], NULL, true) : -LINUX_EBADF;
}

long call_readv(struct linux_process *p, const long a[6])
{
    return transfer_vector(p, a, false);
}

long call_writev(struct linux_process *p, const long a[6])
{
    return transfer_vector(p, a, true);
}

long call_pread64(struct linux_process *p, const long a[6])
{
    return transfer_at(p, a, false);
}

long call_pwrite64(struct linux_process *p, const long a[6])
{
    return transfer_at(p, a, true);
}

long call_lseek(struct linux_process *p, const long a[6])
{
    enum { SET, CURRENT, END, DATA, HOLE };
    struct open_file *f = descriptor_file(p, a[0]);
    uint64_t bytes = 0;
    long base = 0;

    if (!f)
        return -LINUX_EBADF;
    if (f->kind == PLACE_SPECIAL && f->special == SPECIAL_LOG)
        return -LINUX_ESPIPE;
    if (f->kind == PLACE_NODE)
        bytes = p->node[f->node].bytes;
    else if (f->kind == PLACE_ARCHIVE)
        bytes = f->archive.bytes;
    switch (a[2]) {
    case SET:
        break;
    case CURRENT:
        base = (long)f->offset;
        break;
    case END:
    case HOLE:
        base = (long)bytes;
        break;
    case DATA:
        break;
    default:
        return -LINUX_EINVAL;
    }
    long to = a[2] == HOLE ? base : 0;
    if (a[2] != HOLE && __builtin_add_overflow(base, a[1], &to))
        return -LINUX_EINVAL;
    if (to < 0)
        return -LINUX_EINVAL;
    f->offset = (uint64_t)to;
    f->entry = 0;
    return to;
}

long call_ioctl(struct linux_process *p, const long a[6])
{
    return descriptor_file(p, a[0]) ? -LINUX_ENOTTY : -LINUX_EBADF;
}

long call_ftruncate(struct linux_process *p, const long a[6])
{
    struct open_file *f = file_for(p, a[0], true);

    if (!f || f->kind != PLACE_NODE)
        return f ? -LINUX_EINVAL : -LINUX_EBADF;
    return a[1] < 0 ? -LINUX_EINVAL : node_resize(p, f->node, (uint64_t)a[1]);
}

/* Nothing is behind the memory that the bytes lie in, so they are as safe as they will be. */
long call_fsync(struct linux_process *p, const long a[6])
{
    return descriptor_file(p, a[0]) ? 0 : -LINUX_EBADF;
}

long call_fdatasync(struct linux_process *p, const long a[6])
{
    return call_fsync(p, a);
}

long call_fadvise64(struct linux_process *p, const long a[6])
{
    return call_fsync(p, a);
}
