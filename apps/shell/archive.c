/* archive.c: what the shell looks up in the boot archive: whether a program is there, and what Tab
 * offers: commands, then behind `run` our programs, or the files of a path. */
#include <rt/rt.h>
#include <rt/string.h>

#include "guest.h"

enum { CANDIDATE_BYTES = 256 };

/* A walk over one folder goes on where the last call left it. */
static struct {
    char folder[CANDIDATE_BYTES];
    uint32_t index; /* the next one */
    uint64_t position;
    char text[CANDIDATE_BYTES];
} walk;

bool archive_file_is(void *arg, const char *path)
{
    const struct archive *a;
    struct archive_node node;

    (void)arg;
    return rt_archive(&a) == OK && archive_path(a, path, true, &node) == OK &&
           (node.mode & ARCHIVE_TYPE) == ARCHIVE_TYPE_FILE;
}

static void text_join(const char *shown, const struct archive_entry *e, bool is_folder)
{
    size_t n = strlen(shown), room = sizeof walk.text - 2 - n;
    size_t bytes = e->name_bytes < room ? e->name_bytes : room;

    memcpy(walk.text, shown, n);
    memcpy(walk.text + n, e->name, bytes);
    walk.text[n + bytes] = is_folder ? '/' : 0;
    walk.text[n + bytes + 1] = 0;
}

/* The next name in the folder, behind `shown` (what the person has typed of its path). */
static const char *folder_next(const char *shown)
{
    const struct archive *a;
    struct archive_node folder;
    struct archive_entry e;

    if (rt_archive(&a) != OK || archive_path(a, walk.folder, true, &folder) != OK)
        return NULL;
    while (archive_entry_next(a, &folder, &walk.position, &e) == OK) {
        bool is_folder = (e.node.mode & ARCHIVE_TYPE) == ARCHIVE_TYPE_DIRECTORY;
        if (e.name[0] == '.' || (is_folder && !shown[0]))
            continue;
        text_join(shown, &e, is_folder);
        return walk.text;
    }
    return NULL;
}

static const char *folder_candidate(const char *folder, const char *shown, uint32_t index)
{
    const char *text = NULL;

    if (index != walk.index || strcmp(folder, walk.folder) != 0) {
        text_set(walk.folder, sizeof walk.folder, folder);
        walk.index = 0;
        walk.position = 0;
    }
    while (walk.index <= index) {
        text = folder_next(shown);
        if (!text)
            return NULL;
        walk.index++;
    }
    return text;
}

/* The first word of the command in which `at` lies. */
static const char *command_begin(const char *line, uint32_t at)
{
    while (at > 0 && line[at - 1] != ';')
        at--;
    while (line[at] == ' ')
        at++;
    return line + at;
}

const char *archive_candidate(void *arg, const char *line, uint32_t word_at, uint32_t index)
{
    const char *begin = command_begin(line, word_at), *word = line + word_at;
    char shown[CANDIDATE_BYTES];

    (void)arg;
    if (begin >= word)
        return index < command_count ? commands[index].name : NULL;
    if (strncmp(begin, "run ", 4) != 0)
        return NULL;
    if (word[0] != '/')
        return folder_candidate("/skerry/", "", index);
    if (!text_set(shown, sizeof shown - 2, word))
        return NULL;
    char *slash = strrchr(shown, '/');
    slash[1] = 0;
    return folder_candidate(shown, shown, index);
}
