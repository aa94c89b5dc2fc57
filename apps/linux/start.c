/* start.c: makes a process (linux_create) and loads its program (linux_start): the program's
 * segments and its interpreter's become ranges over the archive, then the stack is written as
 * System V ABI, "Process Initialization", asks: argument count, arguments, environment, auxiliary
 * vector, and the texts they point to above. */
#include "personality.h"
#include <rt/elf.h>

struct loaded {
    struct elf_image elf;
    uint64_t bias;
    uint64_t high;
};

size_t linux_process_bytes(void)
{
    return sizeof(struct linux_process);
}

/* Descriptor 0, 1 or 2, which are free and so are taken in this order. */
long stream_open(struct linux_process *p, unsigned stream)
{
    const char *path = stream == 0 ? p->config.input : stream == 1 ? p->config.output : NULL;
    struct place at = {.kind = PLACE_SPECIAL,
                       .special = stream ? SPECIAL_LOG : SPECIAL_NULL,
                       .path = "/dev/stderr"};
    unsigned flags = stream ? LINUX_O_WRONLY : 0;

    if (path) {
        long result = path_find(p, p->directory, path, true, &at);
        if (!result && at.kind == PLACE_ABSENT && stream) {
            result = node_create(p, at.path, NODE_FILE, 0644);
            at.kind = PLACE_NODE;
            at.node = (unsigned)result;
        }
        if (result < 0 || at.kind == PLACE_ABSENT || (stream && at.kind == PLACE_ARCHIVE))
            return -LINUX_ENOENT;
    }
    if (at.kind == PLACE_NODE && stream && !p->config.output_append && node_resize(p, at.node, 0))
        return -LINUX_ENOSPC;
    long d = open_place(p, &at, flags);
    if (d < 0)
        return d;
    struct open_file *f = descriptor_file(p, d);
    f->stream = (uint8_t)stream;
    if (f->kind == PLACE_NODE && stream)
        f->offset = p->node[f->node].bytes;
    return d;
}

/* Makes a scratch directory unless there is one in the archive. */
long directory_make(struct linux_process *p, const char *path)
{
    struct place at;
    long result = path_find(p, "/", path, true, &at);

    if (!result && at.kind == PLACE_ABSENT)
        result = node_create(p, at.path, NODE_DIRECTORY, 0777);
    if (result < 0)
        return result;
    return at.kind == PLACE_ABSENT || place_is_directory(p, &at) ? 0 : -LINUX_ENOTDIR;
}

enum status linux_create(struct linux_process *p, const struct linux_config *config)
{
    const char *home = config->directory ? config->directory : "/job";
    enum status s = archive_open(&p->archive, config->archive, config->archive_bytes);

    if (s != OK)
        return s;
    p->config = *config;
    p->host = config->host;
    p->mask = 022;
    p->start_ns = linux_host_clock_ns(p->host);
    if (!text_copy(p->directory, sizeof p->directory, home) ||
        !text_copy(p->program, sizeof p->program, config->program))
        return E_LIMIT;
    if (directory_make(p, home) || directory_make(p, "/tmp"))
        return E_LIMIT;
    for (unsigned stream = 0; stream < 3; stream++)
        if (stream_open(p, stream) < 0)
            return E_NOT_FOUND;
    return OK;
}

/* The bytes of a segment behind those of the file are zero: the rest of the last page is cleared,
 * more pages are added. */
static enum status segment_clear(struct linux_process *p, uint64_t file_end, uint64_t end,
                                 unsigned prot)
{
    uint64_t page = round_up(file_end, PAGE);
    struct region r = {.start = page, .end = round_up(end, PAGE), .prot = (uint8_t)prot};

    if (end <= file_end)
        return OK;
    if (page != file_end) {
        if (!(prot & LINUX_WRITE))
            return E_FORMAT;
        if (vm_populate(p, file_end, page))
            return E_NO_MEMORY;
        memset((void *)file_end, 0, (end < page ? end : page) - file_end);
    }
    return r.start < r.end && vm_add(p, &r) ? E_NO_MEMORY : OK;
}

static enum status segment_load(struct linux_process *p, const struct elf_segment *s, uint64_t bias,
                                uint64_t data)
{
    uint64_t start = s->address + bias, file_end = start + s->file_bytes;
    unsigned prot = (s->flags & ELF_READ ? LINUX_READ : 0u) |
                    (s->flags & ELF_WRITE ? LINUX_WRITE : 0u) |
                    (s->flags & ELF_EXECUTE ? LINUX_EXECUTE : 0u);
    struct region r = {
        .start = round_down(start, PAGE),
        .end = round_up(file_end, PAGE),
        .offset = round_down(data + s->offset, PAGE),
        .limit = data + s->offset + s->file_bytes,
        .kind = prot & LINUX_WRITE ? REGION_COPY : REGION_ARCHIVE,
        .prot = (uint8_t)prot,
    };

    if (!s->file_bytes)
        return segment_clear(p, r.start, start + s->memory_bytes, prot);
    if (vm_add(p, &r))
        return E_NO_MEMORY;
    return segment_clear(p, file_end, start + s->memory_bytes, prot);
}

/* Loads the program at path. hint: where it goes if it may be moved; 0: anywhere. */
static enum status program_load(struct linux_process *p, const char *path, uint64_t hint,
                                struct loaded *l)
{
    struct place at;
    uint64_t data;
    long found = path_find(p, p->directory, path, true, &at);

    if (found || at.kind != PLACE_ARCHIVE)
        return E_NOT_FOUND;
    enum status s = archive_data(&p->archive, &at.archive, &data);
    if (s == OK && data % PAGE)
        s = E_UNSUPPORTED;
    if (s == OK)
        s = elf_read(p->archive.base + data, at.archive.bytes, LINUX_ELF_MACHINE, &l->elf);
    if (s != OK)
        return s;
    uint64_t bytes = l->elf.high - l->elf.low;
    if (!hint)
        hint =
            region_gap(&p->regions, window_at(p, WINDOW_STACK), window_at(p, WINDOW_FILES), bytes);
    l->bias = l->elf.movable ? hint - l->elf.low : 0;
    l->high = l->elf.high + l->bias;
    if (!l->elf.movable && (l->elf.low < 16 * PAGE || l->high > p->config.window))
        return E_UNSUPPORTED;
    for (unsigned i = 0; s == OK && i < l->elf.segment_count; i++)
        s = segment_load(p, &l->elf.segment[i], l->bias, data);
    return s;
}

/* The stack under construction: texts grow down from the top, words are counted first and written
 * upwards. */
struct stack {
    uint64_t low, at;
};

static uint64_t stack_put(struct stack *s, const void *from, size_t bytes)
{
    if (s->at < s->low || s->at - s->low < bytes)
        return 0;
    s->at -= bytes;
    memcpy((void *)s->at, from, bytes);
    return s->at;
}

static uint64_t stack_text(struct stack *s, const char *text)
{
    return stack_put(s, text, text_length(text) + 1);
}

static uint64_t texts_count(const char *const *texts)
{
    uint64_t n = 0;
    while (texts && texts[n])
        n++;
    return n;
}

/* Copies the texts to the top and their addresses, ended by 0, to `word`. */
static bool stack_texts(struct stack *s, const char *const *texts, uint64_t count, uint64_t *word)
{
    for (uint64_t i = 0; i < count; i++) {
        word[i] = stack_text(s, texts[i]);
        if (!word[i])
            return false;
    }
    word[count] = 0;
    return true;
}

static uint64_t *auxiliary_put(uint64_t *at, uint64_t key, uint64_t value)
{
    at[0] = key;
    at[1] = value;
    return at + 2;
}

static void auxiliary_fill(struct linux_process *p, uint64_t *at, const struct loaded *program,
                           const struct loaded *interpreter, struct stack *s)
{
    char seed[16];
    uint64_t header = program->elf.header_address;

    linux_host_random(p->host, seed, sizeof seed);
    at = auxiliary_put(at, LINUX_AT_HWCAP, p->config.hwcap);
    at = auxiliary_put(at, LINUX_AT_PAGESZ, PAGE);
    at = auxiliary_put(at, LINUX_AT_CLKTCK, 100);
    at = auxiliary_put(at, LINUX_AT_PHDR, header ? header + program->bias : 0);
    at = auxiliary_put(at, LINUX_AT_PHENT, program->elf.header_bytes);
    at = auxiliary_put(at, LINUX_AT_PHNUM, program->elf.header_count);
    at = auxiliary_put(at, LINUX_AT_BASE,
                       interpreter ? interpreter->bias + interpreter->elf.low : 0);
    at = auxiliary_put(at, LINUX_AT_FLAGS, 0);
    at = auxiliary_put(at, LINUX_AT_ENTRY, program->elf.entry + program->bias);
    at = auxiliary_put(at, LINUX_AT_UID, LINUX_USER);
    at = auxiliary_put(at, LINUX_AT_EUID, LINUX_USER);
    at = auxiliary_put(at, LINUX_AT_GID, LINUX_USER);
    at = auxiliary_put(at, LINUX_AT_EGID, LINUX_USER);
    at = auxiliary_put(at, LINUX_AT_SECURE, 0);
    at = auxiliary_put(at, LINUX_AT_HWCAP2, p->config.hwcap2);
    at = auxiliary_put(at, LINUX_AT_PLATFORM, stack_text(s, LINUX_MACHINE_NAME));
    at = auxiliary_put(at, LINUX_AT_EXECFN, stack_text(s, p->program));
    s->at = round_down(s->at, 16);
    at = auxiliary_put(at, LINUX_AT_RANDOM, stack_put(s, seed, sizeof seed));
    auxiliary_put(at, LINUX_AT_NULL, 0);
}

enum { AUXILIARY_WORDS = 19 * 2, TEXT_BYTES_MAX = 64 << 10 };

static enum status stack_build(struct linux_process *p, const struct loaded *program,
                               const struct loaded *interpreter, uint64_t top, uint64_t *sp)
{
    uint64_t arguments = texts_count(p->config.arguments),
             environment = texts_count(p->config.environment);
    uint64_t words = 1 + arguments + 1 + environment + 1 + AUXILIARY_WORDS;
    uint64_t text_bytes = text_length(p->program) + 128;

    for (uint64_t i = 0; i < arguments; i++)
        text_bytes += text_length(p->config.arguments[i]) + 1;
    for (uint64_t i = 0; i < environment; i++)
        text_bytes += text_length(p->config.environment[i]) + 1;
    if (words > 4096 || text_bytes > TEXT_BYTES_MAX)
        return E_LIMIT;
    uint64_t low = round_down(top - text_bytes - words * 8, 16);
    if (vm_populate(p, low - PAGE, top))
        return E_NO_MEMORY;
    struct stack s = {low + words * 8, top};
    uint64_t *word = (uint64_t *)low;
    word[0] = arguments;
    if (!stack_texts(&s, p->config.arguments, arguments, word + 1) ||
        !stack_texts(&s, p->config.environment, environment, word + 1 + arguments + 1))
        return E_LIMIT;
    auxiliary_fill(p, word + 1 + arguments + 1 + environment + 1, program, interpreter, &s);
    *sp = low;
    return OK;
}

enum status linux_start(struct linux_process *p, struct linux_entry *entry, const char **what)
{
    struct loaded program, interpreter;
    char path[PATH_BYTES];
    uint64_t stack = window_at(p, WINDOW_STACK), top = stack + STACK_BYTES;
    struct region r = {.start = stack, .end = top, .prot = LINUX_READ | LINUX_WRITE};

    *what = p->program;
    enum status s =
        vm_add(p, &r) ? E_NO_MEMORY : program_load(p, p->program, window_at(p, 0), &program);
    if (s != OK)
        return s;
    struct place at;
    if (!path_find(p, p->directory, p->program, true, &at) &&
        !text_copy(p->program, sizeof p->program, at.path))
        return E_LIMIT;
    bool dynamic = program.elf.interpreter_bytes;
    if (dynamic) {
        uint64_t data;
        if (program.elf.interpreter_bytes >= sizeof path ||
            archive_data(&p->archive, &at.archive, &data) != OK)
            return E_LIMIT;
        memcpy(path, p->archive.base + data + program.elf.interpreter_offset,
               program.elf.interpreter_bytes);
        path[program.elf.interpreter_bytes] = 0;
        *what = "its interpreter";
        s = program_load(p, path, 0, &interpreter);
        if (s == OK && !interpreter.elf.movable)
            s = E_UNSUPPORTED;
        if (s != OK)
            return s;
    }
    p->heap_start = p->heap_end = program.high;
    s = stack_build(p, &program, dynamic ? &interpreter : NULL, top, &entry->sp);
    entry->pc =
        dynamic ? interpreter.elf.entry + interpreter.bias : program.elf.entry + program.bias;
    return s;
}
