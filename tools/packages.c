/* packages.c: the Debian packages that jobs name: packages.sh fetches and unpacks them. */
#include "packages.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "files.h"
#include "process.h"
#include "say.h"

/* Whether the file holds the word. */
static bool word_in(const char *path, const char *word)
{
    struct list words = {0};
    char *text = files_text(path);

    for (char *c = text; c != NULL && *c != 0; c++)
        if (*c == '\n')
            *c = ' ';
    if (text != NULL)
        list_add_split(&words, text, ' ');
    bool found = list_has(&words, word);

    list_free(&words);
    free(text);
    return found;
}

bool packages_get(const char *name, char **why)
{
    char *folder = text_format("%s/build/packages", files_root());
    char *stamp = text_format("%s/.stamp", folder), *extra = text_format("%s/.extra", folder);
    char *log = text_format("%s/add.log", folder);
    bool there = word_in(stamp, name) || word_in(extra, name);

    if (!there) {
        struct list argv = {0};

        say_progress("fetching package %s", name);
        files_make_directory(folder);
        remove(log);
        list_add(&argv, "sh");
        list_add(&argv, "%s/tools/packages.sh", files_root());
        list_add(&argv, "%s", folder);
        list_add(&argv, "add");
        list_add(&argv, "%s", name);
        there = process_run(&(struct process_start){
                    .argv = argv.item, .log = log, .in = -1, .out = -1}) == 0;
        say_progress_end();
        list_free(&argv);
    }
    if (!there) {
        char *text = files_text(log);
        const char *line = text != NULL ? strstr(text, "skerry: ") : NULL;

        *why = text_format("%.*s", line != NULL ? (int)strcspn(line + 8, "\n") : 18,
                           line != NULL ? line + 8 : "packages.sh failed");
        free(text);
    }
    free(folder);
    free(stamp);
    free(extra);
    free(log);
    return there;
}

static bool documentation(const char *path)
{
    static const char *const folders[] = {"/usr/share/doc/", "/usr/share/man/", "/usr/share/info/",
                                          "/usr/share/locale/", "/usr/share/lintian/"};

    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
        if (strncmp(path, folders[i], strlen(folders[i])) == 0)
            return true;
    return false;
}

void packages_files(const char *name, const char *arch, struct list *paths)
{
    char *path = text_format("%s/build/packages/lists/%s.%s", files_root(), name,
                             strcmp(arch, "x86_64") == 0 ? "amd64" : "arm64");
    char *text = files_text(path);
    struct list all = {0};

    if (text != NULL)
        list_add_split(&all, text, '\n');
    for (size_t i = 0; i < all.count; i++)
        if (!documentation(all.item[i]))
            list_add(paths, "%s", all.item[i]);
    list_free(&all);
    free(text);
    free(path);
}
