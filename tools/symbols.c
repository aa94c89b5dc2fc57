/* symbols.c: reads the functions of an ELF64 file of our own build, to say whose code an address
 * is. Files of ours are trusted to be whole; only what is outside of the file is refused. */
#include "symbols.h"

#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "say.h"

static bool file_take(struct symbols *s, const char *path)
{
    FILE *in = fopen(path, "re");
    long end = -1;

    if (in != NULL && fseek(in, 0, SEEK_END) == 0)
        end = ftell(in);
    if (end > (long)sizeof(Elf64_Ehdr)) {
        s->bytes = (size_t)end;
        s->file = malloc(s->bytes);
        if (s->file == NULL)
            say_fail("out of memory on the host");
        rewind(in);
        s->bytes = fread(s->file, 1, s->bytes, in);
    }
    if (in != NULL)
        fclose(in);
    return end > (long)sizeof(Elf64_Ehdr) && s->bytes == (size_t)end &&
           memcmp(s->file, ELFMAG, SELFMAG) == 0;
}

static bool inside(const struct symbols *s, uint64_t offset, uint64_t bytes)
{
    return offset <= s->bytes && bytes <= s->bytes - offset;
}

static Elf64_Shdr section(const struct symbols *s, const Elf64_Ehdr *head, size_t i)
{
    Elf64_Shdr found = {0};
    uint64_t at = head->e_shoff + i * sizeof(found);

    if (inside(s, at, sizeof(found)))
        memcpy(&found, s->file + at, sizeof(found));
    return found;
}

static int symbol_compare(const void *a, const void *b)
{
    const struct symbol *x = a, *y = b;

    if (x->address != y->address)
        return x->address < y->address ? -1 : 1;
    return x->bytes < y->bytes ? -1 : x->bytes > y->bytes;
}

static void table_take(struct symbols *s, const Elf64_Shdr *table, const Elf64_Shdr *names)
{
    size_t n = table->sh_size / sizeof(Elf64_Sym);

    if (!inside(s, table->sh_offset, table->sh_size) ||
        !inside(s, names->sh_offset, names->sh_size))
        return;
    s->symbol = calloc(n + 1, sizeof(s->symbol[0]));
    if (s->symbol == NULL)
        say_fail("out of memory on the host");
    for (size_t i = 0; i < n; i++) {
        Elf64_Sym y;

        memcpy(&y, s->file + table->sh_offset + i * sizeof(y), sizeof(y));
        unsigned int type = ELF64_ST_TYPE(y.st_info);
        const char *name = (const char *)s->file + names->sh_offset + y.st_name;

        /* Labels in assembler have no type; `$x` and its kin mark code for disassemblers. */
        if ((type != STT_FUNC && type != STT_NOTYPE) || y.st_shndx == SHN_UNDEF ||
            y.st_name >= names->sh_size || name[0] == 0 || name[0] == '$')
            continue;
        s->symbol[s->count++] = (struct symbol){y.st_value, y.st_size, name};
    }
    qsort(s->symbol, s->count, sizeof(s->symbol[0]), symbol_compare);
}

bool symbols_read(struct symbols *s, const char *path)
{
    Elf64_Ehdr head;

    *s = (struct symbols){0};
    if (!file_take(s, path)) {
        symbols_free(s);
        return false;
    }
    memcpy(&head, s->file, sizeof(head));
    for (size_t i = 0; i < head.e_shnum && s->symbol == NULL; i++) {
        Elf64_Shdr table = section(s, &head, i);

        if (table.sh_type == SHT_SYMTAB) {
            Elf64_Shdr names = section(s, &head, table.sh_link);

            table_take(s, &table, &names);
        }
    }
    return s->count > 0;
}

void symbols_free(struct symbols *s)
{
    free(s->file);
    free(s->symbol);
    *s = (struct symbols){0};
}

const struct symbol *symbols_at(const struct symbols *s, uint64_t address)
{
    size_t low = 0, high = s->count;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (s->symbol[middle].address <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low > 0 ? &s->symbol[low - 1] : NULL;
}

bool symbols_match(const struct symbols *s, uint64_t address, uint64_t bytes)
{
    Elf64_Ehdr head;

    memcpy(&head, s->file, sizeof(head));
    for (size_t i = 0; i < head.e_phnum; i++) {
        Elf64_Phdr p;
        uint64_t at = head.e_phoff + i * sizeof(p);

        if (!inside(s, at, sizeof(p)))
            return false;
        memcpy(&p, s->file + at, sizeof(p));
        if (p.p_type != PT_LOAD || address < p.p_vaddr || address >= p.p_vaddr + p.p_filesz)
            continue;
        at = p.p_offset + (address - p.p_vaddr);
        for (uint64_t rest = bytes; rest != 0; rest >>= 8, at++)
            if (at >= s->bytes || s->file[at] != (rest & 255))
                return false;
        return true;
    }
    return false;
}
