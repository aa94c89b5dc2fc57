/* count_file.c: reads what the counting plugin wrote. */
#include "count_file.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "files.h"
#include "profile.h"
#include "say.h"

enum { LINE_BYTES = 400, WINDOW_VALUES = 9 };

static void *grown(void *old, size_t count, size_t bytes)
{
    void *p = old;

    if ((count & (count - 1)) == 0) /* doubles at powers of two */
        p = realloc(old, (count == 0 ? 1 : 2 * count) * bytes);
    if (p == NULL)
        say_fail("out of memory on the host");
    return p;
}

static bool line_take(struct count_file *f, const char *line)
{
    struct count_window w = {0};
    struct count_vcpu v = {0};
    struct count_point p = {0};

    if (sscanf(line,
               "window %u %u %u %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64
               " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64,
               &w.id, &w.vcpu, &w.end_vcpu, &w.kernel, &w.runtime, &w.program, &w.zero, &w.all,
               &w.special[0], &w.special[1], &w.special[2], &w.special[3]) == 12) {
        f->window = grown(f->window, f->window_count, sizeof(w));
        f->window[f->window_count++] = w;
        return true;
    }
    if (sscanf(line, "vcpu %u %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64, &v.vcpu,
               &v.kernel, &v.runtime, &v.program, &v.zero, &f->all) == 6) {
        f->vcpu = grown(f->vcpu, f->vcpu_count, sizeof(v));
        f->vcpu[f->vcpu_count++] = v;
        return true;
    }
    if (sscanf(line, "point %u %u %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64, &p.id,
               &p.vcpu, &p.kernel, &p.runtime, &p.program, &p.zero, &p.all) == 7) {
        f->point = grown(f->point, f->point_count, sizeof(p));
        f->point[f->point_count++] = p;
        return true;
    }
    return false;
}

bool count_file_read(struct count_file *f, const char *path)
{
    FILE *in = fopen(path, "re");
    char line[LINE_BYTES];
    bool good = false;

    *f = (struct count_file){0};
    if (in != NULL && fgets(line, sizeof(line), in) != NULL)
        good = strcmp(line, "skerry-count 2\n") == 0;
    while (good && fgets(line, sizeof(line), in) != NULL)
        good = strchr(line, '\n') != NULL && line_take(f, line);
    if (in != NULL)
        fclose(in);
    return good && f->vcpu_count > 0;
}

void count_file_free(struct count_file *f)
{
    free(f->window);
    free(f->vcpu);
    free(f->point);
    *f = (struct count_file){0};
}

static uint64_t *value_of(struct count_window *w, unsigned int i)
{
    uint64_t *values[WINDOW_VALUES] = {&w->kernel,     &w->runtime,    &w->program,
                                       &w->zero,       &w->all,        &w->special[0],
                                       &w->special[1], &w->special[2], &w->special[3]};

    return values[i];
}

static int number_compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return x < y ? -1 : x > y;
}

size_t count_file_median(const struct count_file *f, unsigned int id, struct count_window *median)
{
    uint64_t *values = calloc(f->window_count + 1, sizeof(*values));
    size_t n = 0;

    if (values == NULL)
        say_fail("out of memory on the host");
    *median = (struct count_window){.id = id};
    for (unsigned int v = 0; v < WINDOW_VALUES; v++) {
        n = 0;
        for (size_t i = 0; i < f->window_count; i++)
            if (f->window[i].id == id)
                values[n++] = *value_of(&f->window[i], v);
        qsort(values, n, sizeof(*values), number_compare);
        if (n > 0)
            *value_of(median, v) = values[n / 2];
    }
    free(values);
    return n;
}

const struct count_window *count_file_most(const struct count_file *f, unsigned int id)
{
    const struct count_window *most = NULL;

    for (size_t i = 0; i < f->window_count; i++)
        if (f->window[i].id == id && (most == NULL || f->window[i].all > most->all))
            most = &f->window[i];
    return most;
}

const struct count_window *count_file_window(const struct count_file *f, unsigned int id,
                                             unsigned int vcpu, size_t n)
{
    for (size_t i = 0; i < f->window_count; i++)
        if (f->window[i].id == id && f->window[i].vcpu == vcpu && n-- == 0)
            return &f->window[i];
    return NULL;
}

char *count_plugin(const char *path, const char *arch)
{
    char self[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

    self[n > 0 ? n : 0] = 0;
    char *slash = strrchr(self, '/');
    char *plugin = text_format("%.*s/count.so", (int)(slash != NULL ? slash - self : 0), self);

    if (!files_exist(plugin))
        say_fail("no counting plugin at %s: run ./skerry, which builds it", plugin);
    char *argument = text_format("%s,out=%s", plugin, path);

    free(plugin);
    return profile_zero_ranges(argument, arch);
}
