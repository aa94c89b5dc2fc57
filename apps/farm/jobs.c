/* jobs.c: see farm/jobs.h. The farm reads it for names and limits, each worker for what it must
 * watch, the job's own domain for what it has to do. */
#include <farm/jobs.h>

enum { NAME_BYTES = 256 };

static const char head[] = "skerry-jobs 2\n";

/* How many words a line of each key has behind it. */
static const struct {
    const char *name;
    uint32_t least, most;
} keys[JOB_KEY_COUNT] = {
    [JOB_MEMORY] = {"memory", 1, 1},       [JOB_WALL_MS] = {"wall_ms", 1, 1},
    [JOB_CPU_MS] = {"cpu_ms", 1, 1},       [JOB_TRIES] = {"tries", 1, 1},
    [JOB_GROW] = {"grow", 1, 1},           [JOB_GROUP] = {"group", 2, 2},
    [JOB_INPUT] = {"input", 2, 2},         [JOB_OUTPUT] = {"output", 1, 1},
    [JOB_DIRECTORY] = {"directory", 1, 1}, [JOB_STDIN] = {"stdin", 1, 1},
    [JOB_STDOUT] = {"stdout", 1, 1},       [JOB_RUN] = {"run", 1, JOB_WORDS_MAX},
};

static bool same(const struct job_text *a, const char *b)
{
    size_t i = 0;

    while (i < a->bytes && b[i] && b[i] == a->at[i])
        i++;
    return i == a->bytes && !b[i];
}

enum status jobs_open(struct jobs_file *jobs, const void *text, size_t bytes)
{
    const size_t head_bytes = sizeof head - 1;
    struct job_text first = {text, bytes < head_bytes ? bytes : head_bytes};

    if (!same(&first, head))
        return E_FORMAT;
    *jobs = (struct jobs_file){first.at + head_bytes, bytes - head_bytes};
    return OK;
}

/* Takes one line off the front. False: no whole line is left. */
static bool line_next(struct job_text *text, struct job_text *line)
{
    size_t n = 0;

    while (n < text->bytes && text->at[n] != '\n')
        n++;
    if (n == text->bytes)
        return false;
    *line = (struct job_text){text->at, n};
    *text = (struct job_text){text->at + n + 1, text->bytes - n - 1};
    return true;
}

bool job_word_next(struct job_text *words, struct job_text *out)
{
    size_t n = 0;

    while (n < words->bytes && words->at[n] != ' ')
        n++;
    if (!words->bytes)
        return false;
    size_t skip = n < words->bytes ? n + 1 : n;
    *out = (struct job_text){words->at, n};
    *words = (struct job_text){words->at + skip, words->bytes - skip};
    return true;
}

static int digit_value(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The byte that begins at i, which is moved behind it. -1: badly spelled, or a NUL. */
static int byte_next(const struct job_text *word, size_t *i)
{
    char c = word->at[(*i)++];

    if (c <= ' ' || c > '~')
        return -1;
    if (c != '%')
        return c;
    if (word->bytes - *i < 2)
        return -1;
    int high = digit_value(word->at[*i]), low = digit_value(word->at[*i + 1]);
    *i += 2;
    return high < 0 || low < 0 || !(high * 16 + low) ? -1 : high * 16 + low;
}

size_t job_word_copy(const struct job_text *word, char *to, size_t size)
{
    size_t n = 0;

    for (size_t i = 0; i < word->bytes;) {
        int byte = byte_next(word, &i);
        if (byte < 0 || n + 1 >= size)
            return 0;
        to[n++] = (char)byte;
    }
    if (size)
        to[n] = '\0';
    return n;
}

/* Every word is there and well spelled. */
static enum status words_check(struct job_text words, uint32_t least, uint32_t most)
{
    uint32_t count = 0;
    struct job_text word;
    bool ends_bad = words.bytes && words.at[words.bytes - 1] == ' ';

    while (job_word_next(&words, &word)) {
        if (!word.bytes || ++count > most)
            return word.bytes ? E_LIMIT : E_FORMAT;
        for (size_t i = 0; i < word.bytes;)
            if (byte_next(&word, &i) < 0)
                return E_FORMAT;
    }
    return count >= least && !ends_bad ? OK : E_FORMAT;
}

static enum status number_read(const struct job_text *word, uint64_t most, uint64_t *out)
{
    uint64_t value = 0;

    if (!word->bytes)
        return E_FORMAT;
    for (size_t i = 0; i < word->bytes; i++) {
        int digit = word->at[i] - '0';
        if (digit < 0 || digit > 9)
            return E_FORMAT;
        if (value > (most - (uint64_t)digit) / 10)
            return E_LIMIT;
        value = value * 10 + (uint64_t)digit;
    }
    *out = value;
    return OK;
}

static enum status number_read_32(const struct job_text *word, uint32_t most, uint32_t *out)
{
    uint64_t value = 0;
    enum status s = number_read(word, most, &value);

    if (s == OK)
        *out = (uint32_t)value;
    return s;
}

/* Below the working directory: no empty part, no `.`, no `..`. */
static enum status name_check(const struct job_text *word)
{
    char name[NAME_BYTES];
    size_t bytes = job_word_copy(word, name, sizeof name), part = 0;

    if (!bytes)
        return E_LIMIT;
    for (size_t i = 0; i <= bytes; i++) {
        if (name[i] && name[i] != '/')
            continue;
        size_t length = i - part;
        if (!length || (length == 1 && name[part] == '.') ||
            (length == 2 && name[part] == '.' && name[part + 1] == '.'))
            return E_FORMAT;
        part = i + 1;
    }
    return OK;
}

static enum status line_split(const struct job_text *line, struct job_item *out)
{
    struct job_text words = *line, key;

    if (!job_word_next(&words, &key))
        return E_FORMAT;
    for (unsigned k = 0; k < JOB_KEY_COUNT; k++) {
        if (!same(&key, keys[k].name))
            continue;
        *out = (struct job_item){(enum job_key)k, words};
        return words_check(words, keys[k].least, keys[k].most);
    }
    return E_FORMAT;
}

static enum status group_take(struct job_spec *spec, struct job_text words)
{
    struct job_text limit;

    if (!job_word_next(&words, &spec->group) || !job_word_next(&words, &limit))
        return E_FORMAT;
    enum status s = number_read_32(&limit, UINT32_MAX, &spec->group_limit);
    return s == OK && !spec->group_limit ? E_FORMAT : s;
}

static enum status input_take(struct job_spec *spec, struct job_text words)
{
    struct job_text path, name;

    if (!job_word_next(&words, &path) || !job_word_next(&words, &name) || path.at[0] != '/')
        return E_FORMAT;
    if (++spec->input_count > JOB_INPUTS_MAX)
        return E_LIMIT;
    return name_check(&name);
}

/* What the line says goes into the spec, or is looked at only. */
static enum status item_take(struct job_spec *spec, const struct job_item *item)
{
    const struct job_text *word = &item->words;

    switch (item->key) {
    case JOB_MEMORY:
        return number_read(word, UINT64_MAX / JOB_GROW_MAX, &spec->memory_bytes);
    case JOB_WALL_MS:
        return number_read_32(word, UINT32_MAX, &spec->wall_ms);
    case JOB_CPU_MS:
        return number_read_32(word, UINT32_MAX, &spec->cpu_ms);
    case JOB_TRIES:
        return number_read_32(word, JOB_TRIES_MAX, &spec->tries);
    case JOB_GROW:
        return number_read_32(word, JOB_GROW_MAX, &spec->grow_percent);
    case JOB_GROUP:
        return group_take(spec, *word);
    case JOB_INPUT:
        return input_take(spec, *word);
    case JOB_OUTPUT:
        return ++spec->output_count > JOB_OUTPUTS_MAX ? E_LIMIT : name_check(word);
    case JOB_DIRECTORY:
        return word->at[0] == '/' ? OK : E_FORMAT;
    case JOB_STDIN:
    case JOB_STDOUT:
        return same(word, "-") ? OK : name_check(word);
    case JOB_RUN:
        return ++spec->run_count > JOB_RUNS_MAX ? E_LIMIT : OK;
    case JOB_KEY_COUNT:
        break;
    }
    return E_FORMAT;
}

static enum status name_take(struct job_spec *spec, const struct job_text *line)
{
    struct job_text words = *line, key, name = {0};

    if (!job_word_next(&words, &key) || !same(&key, "job") || !job_word_next(&words, &name) ||
        words.bytes || !name.bytes || line->at[line->bytes - 1] == ' ')
        return E_FORMAT;
    for (size_t i = 0; i < name.bytes; i++)
        if (name.at[i] <= ' ' || name.at[i] > '~' || name.at[i] == '%' || name.at[i] == '=')
            return E_FORMAT;
    return job_word_copy(&name, spec->name, sizeof spec->name) ? OK : E_LIMIT;
}

enum status jobs_next(const struct jobs_file *jobs, uint64_t *offset, struct job_spec *out)
{
    struct job_spec spec = {.tries = 1, .grow_percent = 100};
    struct job_text line, text;

    if (*offset >= jobs->bytes)
        return E_RANGE;
    text = (struct job_text){jobs->text + *offset, jobs->bytes - *offset};
    bool whole = line_next(&text, &line);
    for (; whole && same(&line, "barrier"); whole = line_next(&text, &line))
        spec.barrier = true;
    enum status s = whole ? name_take(&spec, &line) : E_FORMAT;
    spec.lines.at = text.at;
    for (struct job_item item; s == OK;) {
        if (!line_next(&text, &line))
            return E_FORMAT;
        if (same(&line, "end"))
            break;
        s = line_split(&line, &item);
        if (s == OK)
            s = item_take(&spec, &item);
        spec.lines.bytes = (size_t)(text.at - spec.lines.at);
    }
    if (s == OK && (!spec.run_count || !spec.tries || spec.grow_percent < 100))
        s = E_FORMAT;
    if (s != OK)
        return s;
    *out = spec;
    *offset = (uint64_t)(text.at - jobs->text);
    return OK;
}

bool job_item_next(struct job_text *lines, struct job_item *out)
{
    struct job_text line;

    return line_next(lines, &line) && line_split(&line, out) == OK;
}

uint32_t job_output_find(const struct job_spec *spec, const char *name)
{
    struct job_text lines = spec->lines;
    struct job_item item;
    char text[NAME_BYTES];
    uint32_t at = 0;

    while (job_item_next(&lines, &item)) {
        if (item.key != JOB_OUTPUT)
            continue;
        size_t n = job_word_copy(&item.words, text, sizeof text), i = 0;
        while (i < n && name[i] == text[i])
            i++;
        if (i == n && !name[n])
            return at;
        at++;
    }
    return JOB_OUTPUTS_MAX;
}
