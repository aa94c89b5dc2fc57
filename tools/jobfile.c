/* jobfile.c: reads a jobs file: the machine, and each job with its frames. Commands and files of a
 * job are in jobfile_parts.c, what jobs may not do to each other in jobfile_check.c. */
#include "jobfile.h"

#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "files.h"
#include "packages.h"
#include "say.h"
#include "template.h"

static const char *const top_keys[] = {"format", "machine", "defaults", "jobs", NULL};
static const char *const machine_keys[] = {"arch", "cores", "nodes", "memory", NULL};
static const char *const job_keys[] = {"name",    "packages",  "files",         "input", "output",
                                       "run",     "directory", "memory",        "time",  "cpu_time",
                                       "frames",  "each",      "memory_growth", "tries", "group",
                                       "at_once", NULL};

#define MEMORY_MAX (UINT64_C(64) << 40)

enum { FRAME_MAX = 999999999, TRIES_MAX = 100, GROWTH_MAX = 1000 };

struct frames {
    bool given;
    uint64_t first, step;
    size_t count;
};

char *reading_expand(struct reading *r, const config_setting_t *at, const char *text)
{
    char *wrong = NULL;
    char *value = template_expand(r->vars, text, true, &wrong);

    if (value == NULL && strncmp(wrong, "{frame", 6) == 0)
        settings_problem(r->settings, at, NULL,
                         "%s needs frames = [FIRST, LAST] in this job, and {frame:04} is how a "
                         "width is given",
                         wrong);
    else if (value == NULL)
        settings_problem(r->settings, at, NULL,
                         "%s stands for nothing; known are {arch}, {frame} and the names in each; "
                         "write {{ for a brace",
                         wrong);
    free(wrong);
    return value;
}

char *reading_text(struct reading *r, const config_setting_t *group, const char *key)
{
    const char *text;

    if (!settings_text(r->settings, group, key, &text))
        return NULL;
    return reading_expand(r, settings_find(r->settings, group, key), text);
}

static bool frames_read(struct settings *s, const config_setting_t *group, struct frames *frames)
{
    const config_setting_t *list;
    long long n[3] = {0, 0, 1};

    *frames = (struct frames){.count = 1};
    if (settings_find(s, group, "frames") == NULL)
        return true;
    if (!settings_list(s, group, "frames", &list))
        return false;
    int length = config_setting_length(list);
    bool good = length == 2 || length == 3;

    for (int i = 0; good && i < length; i++) {
        good =
            config_setting_type(config_setting_get_elem(list, (unsigned int)i)) == CONFIG_TYPE_INT;
        n[i] = good ? config_setting_get_int_elem(list, i) : 0;
    }
    if (!good || n[0] < 0 || n[1] < n[0] || n[1] > FRAME_MAX || n[2] < 1) {
        settings_problem(s, group, "frames",
                         "must be [FIRST, LAST] or [FIRST, LAST, STEP], such "
                         "as [1, 24]");
        return false;
    }
    *frames = (struct frames){.given = true,
                              .first = (uint64_t)n[0],
                              .step = (uint64_t)n[2],
                              .count = (size_t)((n[1] - n[0]) / n[2] + 1)};
    if (frames->count <= JOBS_MAX)
        return true;
    settings_problem(s, group, "frames", "are %zu; give at most %d in one file", frames->count,
                     JOBS_MAX);
    return false;
}

/* The i-th value of one list in `each`, as text. */
static bool each_value(const config_setting_t *list, int i, char value[64])
{
    const config_setting_t *at = config_setting_get_elem(list, (unsigned int)i);
    const char *text = config_setting_get_string(at);

    if (config_setting_type(at) == CONFIG_TYPE_INT)
        snprintf(value, 64, "%d", config_setting_get_int(at));
    else if (config_setting_type(at) == CONFIG_TYPE_FLOAT)
        snprintf(value, 64, "%.9g", config_setting_get_float(at));
    else if (text != NULL && strlen(text) < 64)
        snprintf(value, 64, "%s", text);
    else
        return false;
    return true;
}

/* What {KEY} means in this frame. */
static bool each_read(struct settings *s, const config_setting_t *group,
                      const struct frames *frames, size_t index, struct template *vars)
{
    const config_setting_t *each = settings_find(s, group, "each");
    char value[64];

    if (each == NULL)
        return true;
    if (!config_setting_is_group(each) || !frames->given) {
        settings_problem(s, group, "each",
                         "must be { KEY = [ VALUE, ... ]; } in a job with frames, a value a frame");
        return false;
    }
    for (int i = 0; i < config_setting_length(each); i++) {
        const config_setting_t *list = config_setting_get_elem(each, (unsigned int)i);
        const char *key = config_setting_name(list);
        bool listed = config_setting_is_array(list) || config_setting_is_list(list);

        if (!listed || (size_t)config_setting_length(list) != frames->count) {
            settings_problem(s, list, NULL, "has %d values for %zu frames; give one a frame",
                             listed ? config_setting_length(list) : 0, frames->count);
            return false;
        }
        if (strcmp(key, "frame") == 0 || strcmp(key, "arch") == 0 ||
            !each_value(list, (int)index, value)) {
            settings_problem(s, list, NULL,
                             "must hold numbers or short strings, and not be called frame or arch");
            return false;
        }
        template_set(vars, key, value);
    }
    return true;
}

static void name_read(struct reading *r)
{
    char *name = reading_text(r, r->group, "name");

    if (name == NULL && settings_find(r->settings, r->group, "name") == NULL)
        settings_problem(r->settings, r->group, "name", "is missing; each job needs one");
    if (name == NULL)
        return;
    bool good = isalnum((unsigned char)name[0]) && strlen(name) <= JOB_NAME_BYTES;

    for (const char *c = name; *c != 0 && good; c++)
        good = isalnum((unsigned char)*c) || strchr("._-", *c) != NULL;
    if (!good)
        settings_problem(r->settings, r->group, "name",
                         "\"%s\" is no name; use 1 to %d letters, digits, . _ -, a letter or digit "
                         "first",
                         name, JOB_NAME_BYTES);
    free(r->job->name);
    r->job->name = name;
}

static void limits_read(struct reading *r)
{
    struct settings *s = r->settings;
    struct job *j = r->job;
    uint64_t n;

    settings_size(s, r->group, "memory", &j->memory_bytes);
    if (j->memory_bytes > MEMORY_MAX)
        settings_problem(s, r->group, "memory",
                         "is more than any machine has; give at most \"64T\"");
    settings_time(s, r->group, "time", &j->wall_ms);
    settings_time(s, r->group, "cpu_time", &j->cpu_ms);
    if (settings_number(s, r->group, "tries", 1, TRIES_MAX, &n))
        j->tries = (unsigned int)n;
    if (settings_number(s, r->group, "memory_growth", 100, GROWTH_MAX, &n))
        j->grow_percent = (unsigned int)n;
    if (j->grow_percent != 0 && (j->tries < 2 || j->memory_bytes == 0))
        settings_problem(s, r->group, "memory_growth",
                         "needs memory and tries of at least 2; give them, or remove it");
}

static void group_read(struct reading *r, const struct frames *frames)
{
    const config_setting_t *at = settings_find(r->settings, r->group, "group");
    char *name = reading_text(r, r->group, "group");
    uint64_t n;

    if (!settings_number(r->settings, r->group, "at_once", 1, JOBS_MAX, &n)) {
        if (at != NULL)
            settings_problem(r->settings, r->group, "group",
                             "needs at_once: how many of the group "
                             "may run at the same time");
        free(name);
        return;
    }
    if (name == NULL && at == NULL && frames->given)
        name = text_format("line-%u", settings_line(r->group));
    if (name == NULL && at == NULL)
        settings_problem(r->settings, r->group, "at_once",
                         "needs frames or group; one job alone runs once");
    else if (name != NULL && (name[0] == 0 || strlen(name) > JOB_NAME_BYTES))
        settings_problem(r->settings, r->group, "group", "must have 1 to %d bytes", JOB_NAME_BYTES);
    r->job->group = name;
    r->job->group_limit = (unsigned int)n;
}

static void directory_read(struct reading *r)
{
    char *directory = reading_text(r, r->group, "directory");

    if (directory != NULL &&
        (directory[0] != '/' || directory[1] == 0 ||
         !reading_name_good(r, settings_find(r->settings, r->group, "directory"), directory + 1)))
        settings_problem(r->settings, r->group, "directory",
                         "must be absolute in the guest, such as \"/job\"");
    r->job->directory = directory;
}

static void job_read(struct reading *r, const struct frames *frames)
{
    struct jobfile *f = r->file;

    r->job = jobs_add(&f->jobs, "");
    f->line = realloc(f->line, f->jobs.count * sizeof(f->line[0]));
    if (f->line == NULL)
        say_fail("out of memory on the host");
    f->line[f->jobs.count - 1] = settings_line(r->group);
    name_read(r);
    limits_read(r);
    group_read(r, frames);
    directory_read(r);
    files_read(r);
    inputs_read(r);
    outputs_read(r);
    commands_read(r);
}

static void packages_read(struct jobfile *f, struct settings *s, const config_setting_t *group)
{
    struct list names = {0};
    char *why = NULL;

    settings_texts(s, group, "packages", &names);
    for (size_t i = 0; i < names.count; i++) {
        bool plain = names.item[i][0] != 0 &&
                     strspn(names.item[i], "abcdefghijklmnopqrstuvwxyz0123456789+-.") ==
                         strlen(names.item[i]) &&
                     isalnum((unsigned char)names.item[i][0]);

        if (!plain)
            settings_problem(s, group, "packages", "\"%s\" is no name of a Debian package",
                             names.item[i]);
        else if (list_has(&f->cargo.packages, names.item[i]))
            continue;
        else if (f->packages != NULL && !packages_get(names.item[i], &why))
            settings_problem(s, group, "packages",
                             "%s: %s; correct the name, or try where Debian can be reached",
                             names.item[i], why);
        else
            list_add(&f->cargo.packages, "%s", names.item[i]);
        free(why);
        why = NULL;
    }
    list_free(&names);
}

static void group_spread(struct jobfile *f, struct settings *s, const config_setting_t *group,
                         char *folder)
{
    struct frames frames;

    if (!config_setting_is_group(group)) {
        settings_problem(s, group, NULL, "must be a job; write { name = ...; run = ...; }");
        return;
    }
    s->owner = group;
    settings_known(s, group, job_keys);
    packages_read(f, s, group);
    if (!frames_read(s, group, &frames))
        return;
    if (f->jobs.count + frames.count > JOBS_MAX) {
        settings_problem(s, group, NULL, "makes %zu jobs of the file; give at most %d",
                         f->jobs.count + frames.count, JOBS_MAX);
        return;
    }
    for (size_t i = 0; i < frames.count; i++) {
        struct template vars = {0};
        char number[24];
        struct reading r = {
            .file = f, .settings = s, .group = group, .vars = &vars, .folder = folder};

        template_set(&vars, "arch", f->arch);
        snprintf(number, sizeof(number), "%llu",
                 (unsigned long long)(frames.first + i * frames.step));
        if (frames.given)
            template_set(&vars, "frame", number);
        bool good = each_read(s, group, &frames, i, &vars);

        if (good)
            job_read(&r, &frames);
        template_free(&vars);
        if (!good || s->more > 0)
            break;
    }
}

const char *jobfile_arch(const struct settings *s)
{
    const config_setting_t *machine = settings_find(s, settings_root(s), "machine");
    const char *arch = NULL;

    if (machine != NULL && config_setting_is_group(machine))
        config_setting_lookup_string(machine, "arch", &arch);
    if (arch != NULL && strcmp(arch, "x86_64") != 0 && strcmp(arch, "aarch64") != 0)
        arch = NULL; /* jobfile_read says what is wrong with it */
    return arch == NULL ? NULL : arch[0] == 'x' ? "x86_64" : "aarch64";
}

static void machine_read(struct jobfile *f, struct settings *s)
{
    const config_setting_t *machine = settings_find(s, settings_root(s), "machine");
    const char *arch;
    uint64_t n;

    if (machine == NULL)
        return;
    if (!config_setting_is_group(machine)) {
        settings_problem(s, machine, NULL, "must be a group; write { cores = 8; }");
        return;
    }
    settings_known(s, machine, machine_keys);
    if (settings_text(s, machine, "arch", &arch) && strcmp(arch, "x86_64") != 0 &&
        strcmp(arch, "aarch64") != 0)
        settings_problem(s, machine, "arch", "must be \"x86_64\" or \"aarch64\"");
    if (settings_number(s, machine, "cores", 1, 128, &n))
        f->cores = (unsigned int)n;
    if (settings_number(s, machine, "nodes", 1, 8, &n))
        f->nodes = (unsigned int)n;
    settings_size(s, machine, "memory", &f->memory_bytes);
}

static char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *folder =
        slash != NULL ? text_format("%.*s", (int)(slash + 1 - path), path) : text_format(".");
    char *full = realpath(folder, NULL);

    if (full == NULL)
        return folder;
    free(folder);
    return full;
}

bool jobfile_read(struct jobfile *f, struct settings *s)
{
    const config_setting_t *root = settings_root(s), *list = NULL;
    const config_setting_t *defaults = settings_find(s, root, "defaults");
    char *folder = folder_of(s->path);

    settings_known(s, root, top_keys);
    machine_read(f, s);
    if (defaults != NULL && config_setting_is_group(defaults)) {
        settings_known(s, defaults, job_keys);
        s->fallback = defaults;
    } else if (defaults != NULL) {
        settings_problem(s, defaults, NULL, "must be a group with the keys of a job");
    }
    if (settings_find(s, root, "jobs") == NULL)
        settings_problem(s, root, "jobs", "is missing; write jobs = ( { name = ...; }, ... );");
    if (settings_list(s, root, "jobs", &list) && config_setting_length(list) == 0)
        settings_problem(s, list, NULL, "is empty; give at least one job");
    for (int i = 0; list != NULL && i < config_setting_length(list) && s->more == 0; i++)
        group_spread(f, s, config_setting_get_elem(list, (unsigned int)i), folder);
    s->owner = NULL;
    if (list != NULL)
        jobfile_check(f, s);
    free(folder);
    return s->problems.count == 0;
}

void jobfile_free(struct jobfile *f)
{
    jobs_free(&f->jobs);
    cargo_free(&f->cargo);
    free(f->line);
    f->line = NULL;
}
