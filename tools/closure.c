/* closure.c: which files a dynamic program needs, found by reading its ELF headers, so that the
 * boot archive holds eight libraries and not the whole of every package. */
#include "closure.h"

#include <elf.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "files.h"
#include "say.h"

static const char *const library_folders[] = {
    "/lib/x86_64-linux-gnu",
    "/usr/lib/x86_64-linux-gnu",
    "/lib/aarch64-linux-gnu",
    "/usr/lib/aarch64-linux-gnu",
    "/lib",
    "/usr/lib",
};

struct elf_file {
    unsigned char *data;
    uint64_t bytes;
    const char *path;
};

static const void *at(const struct elf_file *f, uint64_t offset, uint64_t bytes)
{
    if (offset > f->bytes || bytes > f->bytes - offset)
        say_fail("%s is a damaged ELF file", f->path);
    return f->data + offset;
}

static const char *string_at(const struct elf_file *f, uint64_t offset)
{
    const char *s = at(f, offset, 1);

    if (memchr(s, 0, f->bytes - offset) == NULL)
        say_fail("%s is a damaged ELF file", f->path);
    return s;
}

static void elf_open(struct elf_file *f, const char *path)
{
    FILE *in = fopen(path, "re");

    f->path = path;
    f->bytes = files_size(path);
    f->data = malloc(f->bytes + 1);
    if (in == NULL || f->data == NULL || fread(f->data, 1, f->bytes, in) != f->bytes)
        say_fail("cannot read %s: run ./skerry again after removing build/packages", path);
    fclose(in);
    if (f->bytes < sizeof(Elf64_Ehdr) || memcmp(f->data, ELFMAG, SELFMAG) != 0 ||
        f->data[EI_CLASS] != ELFCLASS64)
        say_fail("%s is not a 64-bit ELF program", path);
}

static Elf64_Phdr header_at(const struct elf_file *f, unsigned int i)
{
    Elf64_Ehdr ehdr;
    Elf64_Phdr phdr;

    memcpy(&ehdr, f->data, sizeof(ehdr));
    if (i >= ehdr.e_phnum)
        return (Elf64_Phdr){.p_type = PT_NULL, .p_filesz = UINT64_MAX};
    memcpy(&phdr, at(f, ehdr.e_phoff + i * sizeof(phdr), sizeof(phdr)), sizeof(phdr));
    return phdr;
}

static uint64_t offset_of(const struct elf_file *f, uint64_t address)
{
    for (unsigned int i = 0;; i++) {
        Elf64_Phdr p = header_at(f, i);

        if (p.p_filesz == UINT64_MAX)
            say_fail("%s is a damaged ELF file", f->path);
        if (p.p_type == PT_LOAD && address >= p.p_vaddr && address - p.p_vaddr < p.p_filesz)
            return address - p.p_vaddr + p.p_offset;
    }
}

static void needed_add(const struct elf_file *f, const Elf64_Phdr *dynamic, struct list *names)
{
    uint64_t strings = 0;
    Elf64_Dyn d;

    for (int pass = 0; pass < 2; pass++) {
        for (uint64_t o = 0; o + sizeof(d) <= dynamic->p_filesz; o += sizeof(d)) {
            memcpy(&d, at(f, dynamic->p_offset + o, sizeof(d)), sizeof(d));
            if (d.d_tag == DT_NULL)
                break;
            if (pass == 0 && d.d_tag == DT_STRTAB)
                strings = offset_of(f, d.d_un.d_ptr);
            if (pass == 1 && d.d_tag == DT_NEEDED)
                list_add(names, "%s", string_at(f, strings + d.d_un.d_val));
        }
    }
}

/* Shares `path` and every link it goes through; `real` gets the place of the file itself. */
static void share_chain(const char *from, const char *to, const char *path, char real[PATH_MAX])
{
    char target[PATH_MAX];

    snprintf(real, PATH_MAX, "%s", path);
    for (int hops = 0; hops < 16; hops++) {
        char *source = text_format("%s%s", from, real);
        char *copy = text_format("%s%s", to, real);
        ssize_t n = readlink(source, target, sizeof(target) - 1);

        if (!files_exist(source) && n <= 0)
            say_fail("%s is missing from the packages: remove build/packages and try again", real);
        files_share(source, copy);
        free(source);
        free(copy);
        if (n <= 0)
            return;
        target[n] = 0;
        if (target[0] == '/') {
            snprintf(real, PATH_MAX, "%s", target);
        } else {
            char *slash = strrchr(real, '/');

            snprintf(slash + 1, (size_t)(real + PATH_MAX - slash - 1), "%s", target);
        }
    }
    say_fail("%s: too many links", path);
}

static char *library_find(const char *from, const char *name)
{
    for (size_t i = 0; i < sizeof(library_folders) / sizeof(library_folders[0]); i++) {
        char *full = text_format("%s%s/%s", from, library_folders[i], name);
        bool found = files_exist(full);

        free(full);
        if (found)
            return text_format("%s/%s", library_folders[i], name);
    }
    say_fail("library %s is missing from the packages: remove build/packages and try again", name);
}

void closure_share(const char *from, const char *to, const char *path)
{
    struct list files = {0};

    list_add(&files, "%s", path);
    for (size_t i = 0; i < files.count; i++) {
        struct list needed = {0};
        struct elf_file f;
        char real[PATH_MAX];

        share_chain(from, to, files.item[i], real);
        char *host = text_format("%s%s", from, real);

        elf_open(&f, host);
        for (unsigned int k = 0; header_at(&f, k).p_filesz != UINT64_MAX; k++) {
            Elf64_Phdr p = header_at(&f, k);

            if (p.p_type == PT_DYNAMIC)
                needed_add(&f, &p, &needed);
            if (p.p_type == PT_INTERP && !list_has(&files, string_at(&f, p.p_offset)))
                list_add(&files, "%s", string_at(&f, p.p_offset));
        }
        for (size_t k = 0; k < needed.count; k++) {
            char *library = library_find(from, needed.item[k]);

            if (!list_has(&files, library))
                list_add(&files, "%s", library);
            free(library);
        }
        list_free(&needed);
        free(f.data);
        free(host);
    }
    list_free(&files);
}

bool closure_is_dynamic(const char *path)
{
    struct elf_file f;
    bool dynamic = false;

    elf_open(&f, path);
    for (unsigned int k = 0; header_at(&f, k).p_filesz != UINT64_MAX; k++)
        dynamic = dynamic || header_at(&f, k).p_type == PT_INTERP;
    free(f.data);
    return dynamic;
}
