/* profile.c: says by function where the instructions of a window went. The counting plugin wrote
 * addresses and the first bytes of each instruction there; the functions are found in the ELF files
 * of this build. Programs of ours share addresses, so the bytes decide whose code it was. */
#include "profile.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "files.h"
#include "say.h"
#include "symbols.h"

enum { LINE_BYTES = 80, SHOWN = 60 };

static const char *const programs[] = {"linux", "bench", "worker", "farm", "monitor", "files"};

enum { OBJECTS = 1 + sizeof(programs) / sizeof(programs[0]) };

struct share {
    const char *object, *name;
    uint64_t count;
};

struct profile {
    struct symbols of[OBJECTS];
    struct share *share;
    size_t count;
    uint64_t all;
};

static char *kernel_elf(const char *arch)
{
    return text_format("%s/build/%s/cpu-driver/skerry-kernel.elf", files_root(), arch);
}

static bool is_zeroing(const char *name)
{
    return strcmp(name, "cap_hook_zero") == 0 || strncmp(name, "arch_zero", 9) == 0;
}

char *profile_zero_ranges(char *plugin, const char *arch)
{
    char *path = kernel_elf(arch);
    struct symbols s;
    unsigned int found = 0;

    if (!symbols_read(&s, path))
        say_fail("cannot read the functions of %s", path);
    for (size_t i = 0; i < s.count; i++) {
        if (!is_zeroing(s.symbol[i].name) || s.symbol[i].bytes == 0)
            continue;
        char *longer = text_format("%s,zero=%" PRIx64 ":%" PRIx64, plugin, s.symbol[i].address,
                                   s.symbol[i].address + s.symbol[i].bytes);
        free(plugin);
        plugin = longer;
        found++;
    }
    if (found == 0)
        say_fail("%s has no function that clears memory: cap_hook_zero or arch_zero...", path);
    symbols_free(&s);
    free(path);
    return plugin;
}

static const char *object_name(size_t i)
{
    return i == 0 ? "kernel" : programs[i - 1];
}

static void share_add(struct profile *p, const char *object, const char *name, uint64_t count)
{
    size_t i = 0;

    p->all += count;
    while (i < p->count && (p->share[i].object != object || p->share[i].name != name))
        i++;
    if (i == p->count) {
        p->share = realloc(p->share, (p->count + 1) * sizeof(p->share[0]));
        if (p->share == NULL)
            say_fail("out of memory on the host");
        p->share[p->count++] = (struct share){object, name, 0};
    }
    p->share[i].count += count;
}

static void place_take(struct profile *p, uint64_t address, uint64_t bytes, uint64_t count)
{
    static const char program[] = "(Linux program and its libraries)";

    for (size_t i = 0; i < OBJECTS; i++) {
        const struct symbol *y =
            symbols_match(&p->of[i], address, bytes) ? symbols_at(&p->of[i], address) : NULL;

        if (y != NULL) {
            share_add(p, object_name(i), y->name, count);
            return;
        }
    }
    share_add(p, "-", program, count);
}

static int share_compare(const void *a, const void *b)
{
    const struct share *x = a, *y = b;

    return x->count > y->count ? -1 : x->count < y->count;
}

static void objects_read(struct profile *p, const char *arch)
{
    for (size_t i = 0; i < OBJECTS; i++) {
        char *path =
            i == 0 ? kernel_elf(arch)
                   : text_format("%s/build/%s/debug/%s.elf", files_root(), arch, programs[i - 1]);
        if (!symbols_read(&p->of[i], path))
            say_fail("cannot read the functions of %s", path);
        free(path);
    }
}

void profile_print(const char *path, const char *arch, unsigned long windows)
{
    struct profile p = {0};
    FILE *in = fopen(path, "re");
    char line[LINE_BYTES];
    uint64_t address, bytes, count;

    if (in == NULL || fgets(line, sizeof(line), in) == NULL ||
        strcmp(line, "skerry-profile 1\n") != 0 || windows == 0)
        say_fail("the counting plugin left no profile in %s", path);
    objects_read(&p, arch);
    while (fgets(line, sizeof(line), in) != NULL)
        if (sscanf(line, "%" SCNx64 " %" SCNx64 " %" SCNu64, &address, &bytes, &count) == 3)
            place_take(&p, address, bytes, count);
    fclose(in);
    qsort(p.share, p.count, sizeof(p.share[0]), share_compare);
    printf("%s: %" PRIu64 " instructions a window, mean of %lu\n", arch, p.all / windows, windows);
    for (size_t i = 0; i < p.count && i < SHOWN; i++)
        printf("%10" PRIu64 " %5.1f %%  %-8s %s\n", p.share[i].count / windows,
               100.0 * (double)p.share[i].count / (double)p.all, p.share[i].object,
               p.share[i].name);
    for (size_t i = 0; i < OBJECTS; i++)
        symbols_free(&p.of[i]);
    free(p.share);
}
