/* archive.h: read-only EROFS images: the boot archive, and every file a job may read.
 *
 * Context: any. Nothing is allocated, nothing recurses, nothing is kept but what the caller's
 * structs hold, so any number of archives may be open. Every number read from the image is checked
 * before it is used: a damaged image gives E_FORMAT, never a bad access. E_TYPE: a name was looked
 * up in what is not a directory. E_LIMIT: more than ARCHIVE_LINKS_MAX links on one path, or a path
 * that grows past ARCHIVE_PATH_MAX. All offsets and sizes are bytes from the first byte of the
 * image.
 *
 * Source: Linux Documentation/filesystems/erofs.rst, "On-disk details"; fs/erofs/erofs_fs.h names
 * the same fields. Read: blocks of 512..65536 bytes, compact and extended inodes, layouts
 * FLAT_PLAIN (0) and FLAT_INLINE (2). Compressed, chunked and multi-device images answer
 * E_UNSUPPORTED. Only FLAT_PLAIN files can be mapped in place; make the image with `mkfs.erofs -E
 * noinline_data` so that all of them are. */
#ifndef RT_ARCHIVE_H
#define RT_ARCHIVE_H

#include <skerry/base.h>
#include <skerry/status.h>

enum {
    ARCHIVE_PATH_MAX = 1024, /* bytes of a path with all its links expanded, final NUL included */
    ARCHIVE_LINKS_MAX = 40,
};

/* File types in archive_node.mode, as in Linux' st_mode. */
enum {
    ARCHIVE_TYPE = 0170000,
    ARCHIVE_TYPE_DIRECTORY = 0040000,
    ARCHIVE_TYPE_FILE = 0100000,
    ARCHIVE_TYPE_LINK = 0120000,
};

/* Filled by archive_open; read only from then on. */
struct archive {
    const unsigned char *base;
    uint64_t bytes;
    uint64_t meta; /* offset of inode 0 */
    uint64_t root; /* nid of the root directory */
    uint64_t build_time_s;
    uint32_t build_time_ns;
    uint32_t block_bytes;
};

/* A file, directory or link; a value to copy freely. */
struct archive_node {
    uint64_t nid;
    uint64_t bytes;
    uint64_t data;  /* offset of the whole blocks */
    uint64_t plain; /* bytes that lie at data; the rest lies at tail (FLAT_INLINE) */
    uint64_t tail;
    uint64_t mtime_s;
    uint32_t mtime_ns;
    uint32_t mode; /* type and permissions, as st_mode */
    uint32_t link_count;
    uint32_t uid, gid;
    uint32_t number; /* what stat calls st_ino */
};

struct archive_entry {
    struct archive_node node;
    const char *name; /* in the image, not NUL-terminated */
    size_t name_bytes;
};

/* Checks the superblock and takes the image. The image must stay, unchanged, for as long as `a` is
 * used. */
NODISCARD enum status archive_open(struct archive *a, const void *image, size_t bytes);

/* The inode number nid. */
NODISCARD enum status archive_node_read(const struct archive *a, uint64_t nid,
                                        struct archive_node *out);

/* One name in one directory; `.` and `..` are names too. Links are not followed. */
NODISCARD enum status archive_child(const struct archive *a, const struct archive_node *directory,
                                    const char *name, size_t name_bytes, struct archive_node *out);

/* A path from the root (a leading slash is optional). Links are followed; the last component's only
 * if follow. */
NODISCARD enum status archive_path(const struct archive *a, const char *path, bool follow,
                                   struct archive_node *out);

/* Copies up to bytes from offset; *copied is less only at the end of the file. For links: the
 * target's text. */
NODISCARD enum status archive_read(const struct archive *a, const struct archive_node *node,
                                   uint64_t offset, void *to, size_t bytes, size_t *copied);

/* Where the file's bytes lie in the image, in one piece and on a block boundary, so that they can
 * be mapped in place; behind the last byte the block is filled with zeros. E_UNSUPPORTED for a file
 * with an inlined tail. */
NODISCARD enum status archive_data(const struct archive *a, const struct archive_node *node,
                                   uint64_t *offset);

/* The directory entry at *position (begin with 0), then moves *position on. `.` and `..` are given
 * too. E_NOT_FOUND behind the last one. */
NODISCARD enum status archive_entry_next(const struct archive *a,
                                         const struct archive_node *directory, uint64_t *position,
                                         struct archive_entry *out);

#endif
