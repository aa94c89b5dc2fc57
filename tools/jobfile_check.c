/* jobfile_check.c: what jobs may not do to each other: share a name, write one file, disagree on a
 * group. Sorted, so that thousands of frames are checked at once. */
#include <stdlib.h>
#include <string.h>

#include "jobfile.h"
#include "say.h"

struct claim {
    const char *name;
    size_t job;
};

static int claim_compare(const void *a, const void *b)
{
    const struct claim *x = a, *y = b;
    int order = strcmp(x->name, y->name);

    return order != 0 ? order : (x->job > y->job) - (x->job < y->job);
}

static const config_setting_t *job_setting(const struct jobfile *f, const struct settings *s,
                                           size_t job)
{
    const config_setting_t *list = settings_find(s, settings_root(s), "jobs");

    for (int i = 0; i < config_setting_length(list); i++) {
        const config_setting_t *at = config_setting_get_elem(list, (unsigned int)i);

        if (settings_line(at) == f->line[job])
            return at;
    }
    return list;
}

static struct claim *claims_take(const struct jobfile *f, bool outputs, size_t *count)
{
    struct claim *claims;
    size_t n = 0;

    for (size_t i = 0; i < f->jobs.count; i++)
        n += outputs ? f->jobs.job[i].outputs.count : 1;
    claims = calloc(n + 1, sizeof(*claims));
    if (claims == NULL)
        say_fail("out of memory on the host");
    *count = n;
    n = 0;
    for (size_t i = 0; i < f->jobs.count; i++) {
        const struct job *j = &f->jobs.job[i];

        for (size_t k = 0; outputs && k < j->outputs.count; k++)
            claims[n++] = (struct claim){j->outputs.item[k], i};
        if (!outputs)
            claims[n++] = (struct claim){j->name, i};
    }
    qsort(claims, n, sizeof(*claims), claim_compare);
    return claims;
}

static void names_check(const struct jobfile *f, struct settings *s)
{
    size_t count;
    struct claim *c = claims_take(f, false, &count);

    for (size_t i = 1; i < count; i++)
        if (strcmp(c[i].name, c[i - 1].name) == 0 && c[i].name[0] != 0)
            settings_problem(
                s, job_setting(f, s, c[i].job), "name",
                "%s is the name of another job (line %u) or frame; each needs its own, "
                "such as \"%.20s-{frame}\"",
                c[i].name, f->line[c[i - 1].job], c[i].name);
    free(c);
}

/* "a" and "a/b" clash as well: one would be a folder. What sorts between them begins with "a". */
static bool clash(const char *a, const char *b)
{
    size_t n = strlen(a);

    return strncmp(a, b, n) == 0 && (b[n] == 0 || b[n] == '/');
}

static void outputs_check(const struct jobfile *f, struct settings *s)
{
    static const char *const ours[] = {"report.json", "report.json.part", "console.log", "qemu.log",
                                       "count.txt",   "jobs.cfg",         "jobs.input"};
    size_t count;
    struct claim *c = claims_take(f, true, &count);

    for (size_t i = 0; i < count; i++) {
        size_t k = i + 1, bytes = strlen(c[i].name);

        while (k < count && strncmp(c[i].name, c[k].name, bytes) == 0 &&
               !clash(c[i].name, c[k].name))
            k++;
        /* One is told; thousands of frames may write the same. */
        if (k < count && clash(c[i].name, c[k].name))
            settings_problem(s, job_setting(f, s, c[k].job), "output",
                             "%s is also written by job %s (line %u); give each its own name or "
                             "folder",
                             c[k].name, f->jobs.job[c[i].job].name, f->line[c[i].job]);
        for (size_t n = 0; n < sizeof(ours) / sizeof(ours[0]); n++)
            if (clash(ours[n], c[i].name))
                settings_problem(s, job_setting(f, s, c[i].job), "output",
                                 "%s is skerry's own in --out; take another name", c[i].name);
    }
    free(c);
}

static void groups_check(const struct jobfile *f, struct settings *s)
{
    size_t last = 0;

    for (size_t i = 0; i < f->jobs.count; i++) {
        const struct job *j = &f->jobs.job[i];

        for (size_t k = last; j->group != NULL && k < i; k++) {
            const struct job *other = &f->jobs.job[k];

            if (other->group != NULL && strcmp(other->group, j->group) == 0 &&
                other->group_limit != j->group_limit)
                settings_problem(s, job_setting(f, s, i), "at_once",
                                 "is %u, but %u for the same group in line %u; give both the same",
                                 j->group_limit, other->group_limit, f->line[k]);
        }
    }
}

void jobfile_check(struct jobfile *f, struct settings *s)
{
    names_check(f, s);
    outputs_check(f, s);
    groups_check(f, s);
}
