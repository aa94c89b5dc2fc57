/* The EROFS reader: any bytes as a boot archive; then a walk over all that it shows: every entry of
 * every directory (as far as the budget goes), every file's bytes both ways, links, and paths. */
#include "fuzz.h"

#include <rt/archive.h>

enum { NODES_MAX = 200, ENTRIES_MAX = 200, READ_BYTES = 4096 };

static void file_read(const struct archive *a, const struct archive_node *n)
{
    char buffer[READ_BYTES];
    uint64_t at, offsets[] = {0, n->bytes / 2, n->bytes - 1, n->bytes, UINT64_MAX};
    size_t copied;

    for (unsigned i = 0; i < sizeof offsets / sizeof offsets[0]; i++)
        if (archive_read(a, n, offsets[i], buffer, sizeof buffer, &copied) == OK)
            FUZZ_CHECK(copied <= sizeof buffer);
    if (archive_data(a, n, &at) == OK)
        FUZZ_CHECK(at <= a->bytes && n->bytes <= a->bytes - at && at % a->block_bytes == 0);
}

/* Adds what the directory holds to the list of nodes to look at. */
static unsigned directory_read(const struct archive *a, const struct archive_node *d,
                               uint64_t *nids, unsigned count)
{
    struct archive_entry e;
    uint64_t position = 0;

    for (unsigned i = 0; i < ENTRIES_MAX; i++) {
        struct archive_node again;
        if (archive_entry_next(a, d, &position, &e) != OK)
            return count;
        FUZZ_CHECK(e.name >= (const char *)a->base &&
                   e.name_bytes <= a->bytes - (size_t)(e.name - (const char *)a->base));
        if (archive_child(a, d, e.name, e.name_bytes, &again) == OK && count < NODES_MAX)
            nids[count++] = again.nid;
    }
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    static const char *const paths[] = {"/", "a", "/d/link", "d/../d/file", "/d/loop/x", ""};
    unsigned char *image = fuzz_copy(data, bytes);
    uint64_t nids[NODES_MAX];
    unsigned count = 0;
    struct archive a;
    struct archive_node n;

    if (archive_open(&a, image, bytes) == OK) {
        nids[count++] = a.root;
        for (unsigned i = 0; i < count; i++) {
            if (archive_node_read(&a, nids[i], &n) != OK)
                continue;
            if ((n.mode & ARCHIVE_TYPE) == ARCHIVE_TYPE_DIRECTORY)
                count = directory_read(&a, &n, nids, count);
            file_read(&a, &n);
        }
        for (unsigned i = 0; i < sizeof paths / sizeof paths[0]; i++)
            if (archive_path(&a, paths[i], i % 2 == 0, &n) == OK)
                file_read(&a, &n);
    }
    free(image);
    return 0;
}
