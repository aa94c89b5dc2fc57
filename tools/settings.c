/* settings.c: reads files in libconfig's language strictly, for the jobs file and whatever else has
 * the same language. libconfig: Debian keeps it, it is small, has lists and groups and comments, and
 * remembers each setting's line after parsing, so that a check long after it can still say where. */
#include "settings.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "options.h"
#include "say.h"

static void problem_add(struct settings *s, char *line)
{
    if (list_has(&s->problems, line))
        ;
    else if (s->problems.count == SETTINGS_PROBLEMS)
        s->more++;
    else
        list_add(&s->problems, "%s", line);
    free(line);
}

unsigned int settings_line(const config_setting_t *at)
{
    return config_setting_source_line(at);
}

/* jobs[2].run[0], say; the root has no name. */
static void path_write(const config_setting_t *at, struct text *t)
{
    const config_setting_t *steps[32];
    size_t n = 0;

    for (; at != NULL && !config_setting_is_root(at) && n < 32; at = config_setting_parent(at))
        steps[n++] = at;
    while (n-- > 0) {
        const char *name = config_setting_name(steps[n]);

        if (name != NULL)
            text_add(t, "%s%s", t->length > 0 ? "." : "", name);
        else
            text_add(t, "[%d]", config_setting_index(steps[n]));
    }
}

void settings_problem(struct settings *s, const config_setting_t *at, const char *key,
                      const char *format, ...)
{
    const config_setting_t *place = key != NULL ? settings_find(s, at, key) : at;
    struct text t = {0};
    va_list args;
    char *what;

    va_start(args, format);
    if (vasprintf(&what, format, args) < 0)
        say_fail("out of memory on the host");
    va_end(args);
    path_write(place != NULL ? place : at, &t);
    if (place == NULL)
        text_add(&t, "%s%s", t.length > 0 ? "." : "", key);
    place = place != NULL ? place : at;
    const char *file = config_setting_source_file(place);

    problem_add(s, text_format("%s:%u: %s%s%s", file != NULL ? file : s->path, settings_line(place),
                               t.length > 0 ? t.data : "", t.length > 0 ? ": " : "", what));
    text_free(&t);
    free(what);
}

size_t settings_print(const struct settings *s)
{
    for (size_t i = 0; i < s->problems.count; i++)
        fprintf(stderr, "%s\n", s->problems.item[i]);
    if (s->more > 0)
        fprintf(stderr, "%s: and %u more\n", s->path, s->more);
    return s->problems.count + s->more;
}

const config_setting_t *settings_root(const struct settings *s)
{
    return config_root_setting(&s->tree);
}

static bool format_check(struct settings *s, const char *format)
{
    const config_setting_t *root = settings_root(s);
    const config_setting_t *first = config_setting_get_elem(root, 0);
    const char *there = first != NULL ? config_setting_get_string(first) : NULL;

    if (there != NULL && strcmp(config_setting_name(first), "format") == 0 &&
        strcmp(there, format) == 0)
        return true;
    problem_add(s, text_format("%s:%u: format: must be the first setting; begin with format = "
                               "\"%s\";",
                               s->path, first != NULL ? settings_line(first) : 1, format));
    return false;
}

bool settings_open_text(struct settings *s, const char *path, const char *text, size_t bytes,
                        const char *format)
{
    const char *slash = strrchr(path, '/');
    char *folder = slash != NULL ? text_format("%.*s", (int)(slash - path), path) : NULL;
    char *copy = text_format("%.*s", (int)bytes, text);

    *s = (struct settings){.path = path};
    config_init(&s->tree);
    config_set_include_dir(&s->tree, folder != NULL ? folder : ".");
    bool good = bytes <= SETTINGS_BYTES && strlen(copy) == bytes;

    if (!good)
        problem_add(
            s, text_format("%s:1: not a text file of at most %d MiB", path, SETTINGS_BYTES >> 20));
    else if (config_read_string(&s->tree, copy) != CONFIG_TRUE) {
        const char *file = config_error_file(&s->tree);

        problem_add(s, text_format("%s:%d: %s; look for a missing ; , quote or bracket here or "
                                   "just before",
                                   file != NULL ? file : path, config_error_line(&s->tree),
                                   config_error_text(&s->tree)));
        good = false;
    }
    free(folder);
    free(copy);
    return good && format_check(s, format);
}

bool settings_open(struct settings *s, const char *path, const char *format)
{
    FILE *f = fopen(path, "re");
    char *text = malloc(SETTINGS_BYTES + 2);

    if (text == NULL)
        say_fail("out of memory on the host");
    errno = f != NULL ? 0 : errno;
    size_t bytes = f != NULL ? fread(text, 1, SETTINGS_BYTES + 1, f) : 0;
    bool good = f != NULL && ferror(f) == 0;

    if (!good) {
        *s = (struct settings){.path = path};
        config_init(&s->tree);
        problem_add(s, text_format("%s: cannot read it: %s", path, strerror(errno)));
    } else {
        good = settings_open_text(s, path, text, bytes, format);
    }
    if (f != NULL)
        fclose(f);
    free(text);
    return good;
}

void settings_close(struct settings *s)
{
    config_destroy(&s->tree);
    list_free(&s->problems);
}

const config_setting_t *settings_find(const struct settings *s, const config_setting_t *group,
                                      const char *key)
{
    const config_setting_t *found = config_setting_get_member(group, key);

    if (found == NULL && group == s->owner && s->fallback != NULL)
        found = config_setting_get_member(s->fallback, key);
    return found;
}

enum { WORD_MAX = 32 };

/* Edits from one word to the other (Levenshtein); long words are far from everything. */
static size_t distance(const char *a, const char *b)
{
    size_t n = strlen(a), m = strlen(b), row[WORD_MAX + 1];

    if (n > WORD_MAX || m > WORD_MAX)
        return WORD_MAX;
    for (size_t k = 0; k <= m; k++)
        row[k] = k;
    for (size_t i = 1; i <= n; i++) {
        size_t corner = row[0];

        row[0] = i;
        for (size_t k = 1; k <= m; k++) {
            size_t best = corner + (a[i - 1] != b[k - 1]);

            corner = row[k];
            best = best < row[k] + 1 ? best : row[k] + 1;
            row[k] = best < row[k - 1] + 1 ? best : row[k - 1] + 1;
        }
    }
    return row[m];
}

const char *settings_nearest(const char *word, const char *const *words)
{
    size_t best = strlen(word) / 2 < 3 ? strlen(word) / 2 : 3;
    const char *nearest = NULL;

    for (size_t i = 0; words[i] != NULL; i++) {
        size_t d = distance(word, words[i]);

        if (d <= best && (nearest == NULL || d < best)) {
            best = d;
            nearest = words[i];
        }
    }
    return nearest;
}

void settings_known(struct settings *s, const config_setting_t *group, const char *const *keys)
{
    for (int i = 0; i < config_setting_length(group); i++) {
        const config_setting_t *at = config_setting_get_elem(group, (unsigned int)i);
        const char *name = config_setting_name(at);
        bool known = false;

        for (size_t k = 0; keys[k] != NULL && !known; k++)
            known = strcmp(name, keys[k]) == 0;
        if (known)
            continue;
        const char *nearest = settings_nearest(name, keys);

        if (nearest != NULL)
            settings_problem(s, at, NULL, "unknown key; did you mean %s?", nearest);
        else
            settings_problem(s, at, NULL, "unknown key; remove it (tools/JOBS.md names them)");
    }
}
