/* files.c: the host's file system as the commands need it: directories, shared copies, checksums.
 */
#include "files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <nettle/sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "say.h"

const char *files_root(void)
{
    static char root[PATH_MAX];
    const char *given = getenv("SKERRY_ROOT");
    ssize_t n;

    if (root[0] != 0)
        return root;
    if (given != NULL && given[0] == '/') {
        snprintf(root, sizeof(root), "%s", given);
        return root;
    }
    n = readlink("/proc/self/exe", root, sizeof(root) - 1);
    if (n <= 0)
        say_fail("cannot find the source tree: set SKERRY_ROOT");
    root[n] = 0;
    for (;;) {
        char *slash = strrchr(root, '/');

        if (slash == NULL || slash == root)
            say_fail("cannot find the source tree: set SKERRY_ROOT");
        *slash = 0;
        char *presets = text_format("%s/CMakePresets.json", root);
        bool found = files_exist(presets);

        free(presets);
        if (found)
            break;
    }
    return root;
}

bool files_exist(const char *path)
{
    return access(path, F_OK) == 0;
}

bool files_plain(const char *path)
{
    struct stat st;

    return lstat(path, &st) == 0 && S_ISREG(st.st_mode);
}

bool files_folder(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

bool files_regular(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

char *files_text(const char *path)
{
    enum { TEXT_BYTES = 16 << 20 };
    FILE *f = fopen(path, "re");
    char *text = malloc(TEXT_BYTES + 2);

    if (text == NULL)
        say_fail("out of memory on the host");
    size_t bytes = f != NULL ? fread(text, 1, TEXT_BYTES + 1, f) : 0;
    bool good = f != NULL && ferror(f) == 0 && bytes <= TEXT_BYTES;

    text[bytes] = 0;
    if (f != NULL)
        fclose(f);
    if (good && strlen(text) == bytes)
        return text;
    free(text);
    return NULL;
}

uint64_t files_size(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 ? (uint64_t)st.st_size : 0;
}

void files_make_directory(const char *path)
{
    char part[PATH_MAX];
    size_t n = strlen(path);

    if (n == 0 || n >= sizeof(part))
        say_fail("bad path: %s", path);
    memcpy(part, path, n + 1);
    for (size_t i = 1; i <= n; i++) {
        if (part[i] != '/' && part[i] != 0)
            continue;
        part[i] = 0;
        if (mkdir(part, 0777) != 0 && errno != EEXIST)
            say_fail("cannot make directory %s: %s", part, strerror(errno));
        if (i < n)
            part[i] = '/';
    }
    struct stat st;

    if (stat(path, &st) != 0 || !S_ISDIR(st.st_mode))
        say_fail("%s is not a directory", path);
}

void files_make_parent(const char *path)
{
    const char *slash = strrchr(path, '/');

    if (slash == NULL || slash == path)
        return;
    char *parent = text_format("%.*s", (int)(slash - path), path);

    files_make_directory(parent);
    free(parent);
}

void files_copy(const char *from, const char *to)
{
    static char buffer[1 << 16];
    int in = open(from, O_RDONLY | O_CLOEXEC);
    struct stat st;

    if (in < 0 || fstat(in, &st) != 0)
        say_fail("cannot read %s: %s", from, strerror(errno));
    int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, st.st_mode & 0777);

    for (;;) {
        ssize_t n = read(in, buffer, sizeof(buffer));

        if (n == 0)
            break;
        if (n < 0 || out < 0 || write(out, buffer, (size_t)n) != n)
            say_fail("cannot copy %s to %s: %s", from, to, strerror(errno));
    }
    close(in);
    close(out);
}

void files_share(const char *from, const char *to)
{
    char target[PATH_MAX];
    ssize_t n = readlink(from, target, sizeof(target) - 1);

    files_make_parent(to);
    unlink(to);
    if (n > 0) {
        target[n] = 0;
        files_link(target, to);
        return;
    }
    if (link(from, to) != 0)
        files_copy(from, to);
}

void files_link(const char *target, const char *path)
{
    files_make_parent(path);
    unlink(path);
    if (symlink(target, path) != 0)
        say_fail("cannot make link %s: %s", path, strerror(errno));
}

void files_write(const char *path, const struct text *t)
{
    FILE *f = fopen(path, "we");

    if (f == NULL)
        say_fail("cannot write %s: %s", path, strerror(errno));
    if (fwrite(t->data, 1, t->length, f) != t->length || fclose(f) != 0)
        say_fail("cannot write %s: %s", path, strerror(errno));
}

void files_replace(const char *path, const struct text *t)
{
    char *part = text_format("%s.part", path);

    files_write(part, t);
    if (rename(part, path) != 0)
        say_fail("cannot write %s: %s", path, strerror(errno));
    free(part);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *walk)
{
    (void)st;
    (void)type;
    (void)walk;
    remove(path);
    return 0;
}

void files_remove_tree(const char *path)
{
    nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

uint64_t files_room(const char *path)
{
    struct statvfs v;

    if (statvfs(path, &v) != 0)
        say_fail("cannot look at %s: %s", path, strerror(errno));
    return (uint64_t)v.f_bavail * v.f_frsize;
}

bool files_sha256(const char *path, char hex[65])
{
    static unsigned char buffer[1 << 16];
    unsigned char digest[SHA256_DIGEST_SIZE];
    struct sha256_ctx sha;
    FILE *f = fopen(path, "re");
    size_t n;

    if (f == NULL)
        return false;
    sha256_init(&sha);
    while ((n = fread(buffer, 1, sizeof(buffer), f)) > 0)
        sha256_update(&sha, n, buffer);
    bool good = ferror(f) == 0;

    fclose(f);
    sha256_digest(&sha, sizeof(digest), digest);
    for (size_t i = 0; i < sizeof(digest); i++)
        snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    return good;
}

bool files_equal(const char *a, const char *b)
{
    char first[65], second[65];

    return files_size(a) == files_size(b) && files_sha256(a, first) && files_sha256(b, second) &&
           strcmp(first, second) == 0;
}

void files_list(const char *directory, const char *suffixes, struct list *names)
{
    DIR *d = opendir(directory);
    struct list ends = {0};

    if (d == NULL)
        say_fail("cannot read %s: %s", directory, strerror(errno));
    if (suffixes != NULL)
        list_add_split(&ends, suffixes, ',');
    for (struct dirent *e = readdir(d); e != NULL; e = readdir(d)) {
        size_t n = strlen(e->d_name);

        if (suffixes == NULL && strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            list_add(names, "%s", e->d_name);
        for (size_t i = 0; i < ends.count; i++) {
            size_t m = strlen(ends.item[i]);

            if (n >= m && strcmp(e->d_name + n - m, ends.item[i]) == 0)
                list_add(names, "%s", e->d_name);
        }
    }
    closedir(d);
    list_free(&ends);
    list_sort(names);
}
