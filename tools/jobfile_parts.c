/* jobfile_parts.c: the commands of a job, the files it reads and those it leaves. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "files.h"
#include "jobfile.h"
#include "packages.h"
#include "template.h"

static const char *const command_keys[] = {"command", "stdin", "stdout", NULL};
static const char *const input_keys[] = {"file", "package", "as", "template", NULL};
static const char *const file_keys[] = {"from", "to", "template", NULL};

bool reading_name_good(struct reading *r, const config_setting_t *at, const char *name)
{
    const char *why = NULL;
    struct list parts = {0};

    list_add_split(&parts, name, '/');
    if (name[0] == 0 || name[0] == '/')
        why = "must be a name relative to the job's directory";
    else if (strstr(name, "//") != NULL || name[strlen(name) - 1] == '/' || list_has(&parts, ".") ||
             list_has(&parts, ".."))
        why = "may not have empty parts, . or ..; write the plain name";
    else if (strcmp(name, "-") == 0)
        why = "means no file at all; take another name";
    else if (strlen(name) > JOB_FILE_BYTES)
        why = "is too long; use at most 47 bytes";
    for (const char *c = name; *c != 0 && why == NULL; c++)
        if (iscntrl((unsigned char)*c))
            why = "has a control character in it; remove it";
    list_free(&parts);
    if (why != NULL)
        settings_problem(r->settings, at, NULL, "\"%s\" %s", name, why);
    return why == NULL;
}

static char *name_text(struct reading *r, const config_setting_t *group, const char *key)
{
    char *name = reading_text(r, group, key);

    if (name != NULL && !reading_name_good(r, settings_find(r->settings, group, key), name)) {
        free(name);
        return NULL;
    }
    return name;
}

/* The program's place in the guest, to be freed, or NULL. */
static char *program_find(const struct reading *r, const char *program)
{
    static const char *const folders[] = {"/usr/bin", "/bin", "/usr/sbin", "/sbin"};
    const char *packages = r->file->packages;

    if (packages == NULL || cargo_find(&r->file->cargo, program) != NULL)
        return text_format("%s", program);
    if (program[0] == '/') {
        char *host = text_format("%s%s", packages, program);
        bool found = files_exist(host) && !files_folder(host);

        free(host);
        return found ? text_format("%s", program) : NULL;
    }
    for (size_t i = 0; strchr(program, '/') == NULL && i < 4; i++) {
        char *host = text_format("%s%s/%s", packages, folders[i], program);
        bool found = files_exist(host) && !files_folder(host);

        free(host);
        if (found)
            return text_format("%s/%s", folders[i], program);
    }
    return NULL;
}

/* Adds a command of these words, whose marks are still there. */
static struct job_command *words_take(struct reading *r, const config_setting_t *at,
                                      const struct list *words)
{
    struct job_command *c = job_run(r->job, "");
    size_t bytes = 0;

    for (size_t i = 0; i < words->count; i++) {
        char *word = reading_expand(r, at, words->item[i]);

        if (word != NULL && i == 0 && word[0] != 0) {
            char *program = program_find(r, word);

            if (program == NULL)
                settings_problem(r->settings, at, NULL,
                                 "program %s is in no package that is here; name its package in "
                                 "packages, or give a host file of that path in files",
                                 word);
            free(word);
            word = program;
        }
        if (word != NULL && i > 0 && word[0] == 0)
            settings_problem(r->settings, at, NULL,
                             "has an empty word, which the guest cannot be given; leave it out");
        if (word != NULL)
            list_add(&c->words, "%s", word);
        bytes += word != NULL ? strlen(word) + 1 : 0;
        free(word);
    }
    if (words->count == 0 || words->item[0][0] == 0)
        settings_problem(r->settings, at, NULL, "names no program; give a command");
    if (words->count > JOB_WORDS || bytes > JOB_COMMAND_BYTES)
        settings_problem(r->settings, at, NULL, "is too long; use at most %d words and %d bytes",
                         JOB_WORDS, JOB_COMMAND_BYTES);
    return c;
}

/* A string that is cut into words, or a list of words. */
static struct job_command *command_take(struct reading *r, const config_setting_t *at)
{
    const char *text = config_setting_get_string(at), *why = NULL;
    struct job_command *c = NULL;
    struct list words = {0};
    bool good = true;

    if (text != NULL) {
        good = template_words(text, &words, &why);
        if (!good)
            settings_problem(r->settings, at, NULL, "%s", why);
    } else if (config_setting_is_array(at) || config_setting_is_list(at)) {
        for (int i = 0; i < config_setting_length(at) && good; i++) {
            text = config_setting_get_string_elem(at, i);
            good = text != NULL;
            list_add(&words, "%s", good ? text : "");
        }
        if (!good)
            settings_problem(r->settings, at, NULL, "must hold strings, one a word");
    } else {
        settings_problem(r->settings, at, NULL,
                         "is no command; write \"PROGRAM WORD ...\", [ \"PROGRAM\", \"WORD\" ] or "
                         "{ command = ...; stdout = ...; }");
        good = false;
    }
    if (good)
        c = words_take(r, at, &words);
    list_free(&words);
    return c;
}

static void command_read(struct reading *r, const config_setting_t *at)
{
    struct settings *s = r->settings;

    if (!config_setting_is_group(at)) {
        command_take(r, at);
        return;
    }
    settings_known(s, at, command_keys);
    const config_setting_t *command = settings_find(s, at, "command");

    if (command == NULL) {
        settings_problem(s, at, "command", "is missing; give the program and its words");
        return;
    }
    struct job_command *c = command_take(r, command);
    char *in = name_text(r, at, "stdin"), *out = name_text(r, at, "stdout");

    if (c == NULL) {
        free(in);
        free(out);
        return;
    }
    c->in = in;
    c->out = out;
}

void commands_read(struct reading *r)
{
    const config_setting_t *run = settings_find(r->settings, r->group, "run");

    if (run == NULL) {
        settings_problem(r->settings, r->group, "run", "is missing; give the command");
        return;
    }
    if (!config_setting_is_array(run) && !config_setting_is_list(run)) {
        command_read(r, run);
        return;
    }
    int count = config_setting_length(run);

    if (count < 1 || count > JOB_COMMANDS)
        settings_problem(r->settings, run, NULL, "has %d commands; give 1 to %d", count,
                         JOB_COMMANDS);
    for (int i = 0; i < count && i < JOB_COMMANDS; i++)
        command_read(r, config_setting_get_elem(run, (unsigned int)i));
}

/* The host's path of a file that the jobs file names, to be freed; NULL, and a problem, when it
 * cannot be read. */
static char *host_find(struct reading *r, const config_setting_t *at, const char *name)
{
    char *path = name[0] == '/' ? text_format("%s", name) : text_format("%s/%s", r->folder, name);

    if (files_regular(path)) /* a device or a pipe might never end */
        return path;
    settings_problem(r->settings, at, NULL,
                     "no file %s on this host; paths are relative to the "
                     "jobs file",
                     path);
    free(path);
    return NULL;
}

/* Puts a host file, or what its template makes of it, into the archive. */
static bool cargo_put(struct reading *r, const config_setting_t *at, const char *host,
                      const char *inside, bool is_template)
{
    struct cargo *cargo = &r->file->cargo;
    char *text, *wrong = NULL, *made;
    bool good;

    if (!is_template)
        return cargo_add(cargo, host, inside);
    text = files_text(host);
    if (text == NULL) {
        settings_problem(r->settings, at, NULL,
                         "%s is no text of at most 16 MiB, so it cannot be "
                         "a template",
                         host);
        return true;
    }
    made = template_expand(r->vars, text, false, &wrong);
    good = cargo_add_text(cargo, made, inside);
    free(made);
    free(text);
    return good;
}

/* Where in the archive a host file is put for inputs: once for all that name it. */
static char *input_place(const struct reading *r, const char *host, const char *name,
                         bool is_template)
{
    const struct cargo *cargo = &r->file->cargo;

    for (size_t i = 0; i < cargo->count && !is_template; i++)
        if (cargo->item[i].host != NULL && strcmp(cargo->item[i].host, host) == 0)
            return text_format("%s", cargo->item[i].inside);
    return text_format("/input/%zu/%s", cargo->count, name);
}

static void input_file(struct reading *r, const config_setting_t *at, const char *file,
                       const char *as, bool is_template)
{
    char *host = host_find(r, at, file);
    const char *base = strrchr(file, '/') != NULL ? strrchr(file, '/') + 1 : file;
    const char *name = as != NULL ? as : base;

    if (host != NULL && (as != NULL || reading_name_good(r, at, name))) {
        char *inside =
            input_place(r, host, strrchr(name, '/') ? strrchr(name, '/') + 1 : name, is_template);

        cargo_put(r, at, host, inside, is_template);
        job_input(r->job, inside, name);
        free(inside);
    }
    free(host);
}

static void input_package(struct reading *r, const config_setting_t *at, const char *path,
                          const char *as)
{
    const char *base = strrchr(path, '/') != NULL ? strrchr(path, '/') + 1 : path;
    char *host = text_format("%s%s", r->file->packages != NULL ? r->file->packages : "", path);

    if (path[0] != '/' || strstr(path, "/..") != NULL)
        settings_problem(r->settings, at, NULL, "\"%s\": give the absolute path in the package",
                         path);
    else if (r->file->packages != NULL && (!files_exist(host) || files_folder(host)))
        settings_problem(r->settings, at, NULL,
                         "no file %s in the packages that are here; name its "
                         "package in packages",
                         path);
    else if (as != NULL || reading_name_good(r, at, base)) {
        if (r->file->packages != NULL)
            cargo_add(&r->file->cargo, host, path);
        job_input(r->job, path, as != NULL ? as : base);
    }
    free(host);
}

static void input_read(struct reading *r, const config_setting_t *at)
{
    const char *text = config_setting_get_string(at);
    bool is_template = false;

    if (text != NULL) {
        char *file = reading_expand(r, at, text);

        if (file != NULL)
            input_file(r, at, file, NULL, false);
        free(file);
        return;
    }
    if (!config_setting_is_group(at)) {
        settings_problem(r->settings, at, NULL,
                         "must be a path, { file = ...; as = ...; } or "
                         "{ package = ...; as = ...; }");
        return;
    }
    settings_known(r->settings, at, input_keys);
    settings_flag(r->settings, at, "template", &is_template);
    bool both = settings_find(r->settings, at, "file") != NULL &&
                settings_find(r->settings, at, "package") != NULL;
    bool none = settings_find(r->settings, at, "file") == NULL &&
                settings_find(r->settings, at, "package") == NULL;
    char *file = reading_text(r, at, "file"), *package = reading_text(r, at, "package");
    bool as_wrong = settings_find(r->settings, at, "as") != NULL;
    char *as = name_text(r, at, "as");

    as_wrong = as_wrong && as == NULL;
    if (both || none)
        settings_problem(r->settings, at, NULL,
                         "give one of file (on the host) and package (a path "
                         "in a Debian package)");
    else if (file != NULL && !as_wrong)
        input_file(r, at, file, as, is_template);
    else if (package != NULL && is_template)
        settings_problem(r->settings, at, "template", "is for files of the host");
    else if (package != NULL && !as_wrong)
        input_package(r, at, package, as);
    free(file);
    free(package);
    free(as);
}

void inputs_read(struct reading *r)
{
    const config_setting_t *input = settings_find(r->settings, r->group, "input");
    struct job *j = r->job;

    if (input == NULL)
        return;
    if (!config_setting_is_array(input) && !config_setting_is_list(input))
        input_read(r, input);
    else
        for (int i = 0; i < config_setting_length(input); i++)
            input_read(r, config_setting_get_elem(input, (unsigned int)i));
    for (size_t i = 0; i < j->input_count; i++)
        for (size_t k = 0; k < i; k++)
            if (strcmp(j->input[i].name, j->input[k].name) == 0)
                settings_problem(r->settings, input, NULL,
                                 "two files get the name %s; give one of them another with as",
                                 j->input[i].name);
    if (j->input_count > JOB_FILES)
        settings_problem(r->settings, input, NULL, "are %zu; give at most %d", j->input_count,
                         JOB_FILES);
}

static void file_read(struct reading *r, const config_setting_t *at)
{
    bool is_template = false;

    if (!config_setting_is_group(at)) {
        settings_problem(r->settings, at, NULL, "must be { from = HOST FILE; to = GUEST PATH; }");
        return;
    }
    settings_known(r->settings, at, file_keys);
    settings_flag(r->settings, at, "template", &is_template);
    char *from = reading_text(r, at, "from"), *to = reading_text(r, at, "to");
    char *host = from != NULL ? host_find(r, settings_find(r->settings, at, "from"), from) : NULL;

    if (settings_find(r->settings, at, "from") == NULL ||
        settings_find(r->settings, at, "to") == NULL)
        settings_problem(r->settings, at, NULL, "must have from and to");
    else if (to != NULL && (to[0] != '/' || strncmp(to, "/skerry/", 8) == 0))
        settings_problem(r->settings, at, "to", "\"%s\" must be absolute and not in /skerry", to);
    else if (to != NULL && reading_name_good(r, settings_find(r->settings, at, "to"), to + 1) &&
             host != NULL && !cargo_put(r, at, host, to, is_template))
        settings_problem(r->settings, at, "to",
                         "%s is another file already; all jobs share these "
                         "paths, so use input for what differs",
                         to);
    free(host);
    free(from);
    free(to);
}

void files_read(struct reading *r)
{
    const config_setting_t *list;

    if (!settings_list(r->settings, r->group, "files", &list))
        return;
    for (int i = 0; i < config_setting_length(list); i++)
        file_read(r, config_setting_get_elem(list, (unsigned int)i));
}

void outputs_read(struct reading *r)
{
    const config_setting_t *at = settings_find(r->settings, r->group, "output");
    struct list names = {0};

    settings_texts(r->settings, r->group, "output", &names);
    for (size_t i = 0; i < names.count; i++) {
        char *name = reading_expand(r, at, names.item[i]);

        if (name != NULL && reading_name_good(r, at, name))
            list_add(&r->job->outputs, "%s", name);
        free(name);
    }
    if (names.count > JOB_FILES)
        settings_problem(r->settings, at, NULL, "are %zu; give at most %d", names.count, JOB_FILES);
    list_free(&names);
}
