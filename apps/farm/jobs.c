/* jobs.c: see farm/jobs.h. The farm reads it for the names, each worker for what its job is. */
#include <farm/jobs.h>

static const char head[] = "skerry-jobs 1\n";

/* Bytes up to the first `mark`, or all of them. */
static size_t length_to(const char *at, size_t bytes, char mark)
{
    size_t n = 0;
    while (n < bytes && at[n] != mark)
        n++;
    return n;
}

static bool same(const char *a, const char *b, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        if (a[i] != b[i])
            return false;
    return true;
}

enum status jobs_open(struct jobs_file *jobs, const void *text, size_t bytes)
{
    const size_t head_bytes = sizeof head - 1;
    struct jobs_file j = {.text = (const char *)text + head_bytes, .bytes = bytes - head_bytes};

    if (bytes < head_bytes || !same(text, head, head_bytes))
        return E_FORMAT;
    for (size_t i = 0; i < j.bytes; i++)
        if (j.text[i] == '\n')
            j.count++;
    if (j.bytes && j.text[j.bytes - 1] != '\n')
        return E_FORMAT;
    *jobs = j;
    return OK;
}

/* Takes one field off the front of the line, with the tab behind it. */
static struct job_text field_take(struct job_text *line)
{
    struct job_text field = {line->at, length_to(line->at, line->bytes, '\t')};
    size_t skip = field.bytes < line->bytes ? field.bytes + 1 : field.bytes;

    line->at += skip;
    line->bytes -= skip;
    return field;
}

enum status jobs_line(const struct jobs_file *jobs, uint32_t index, struct job_line *out)
{
    const char *at = jobs->text;
    size_t left = jobs->bytes;

    if (index >= jobs->count)
        return E_RANGE;
    for (; index > 0; index--) {
        size_t skip = length_to(at, left, '\n') + 1;
        at += skip;
        left -= skip;
    }
    struct job_text line = {at, length_to(at, left, '\n')};
    struct job_line l = {.name = field_take(&line), .outputs = field_take(&line), .command = line};
    if (!l.name.bytes || !l.command.bytes)
        return E_FORMAT;
    if (l.name.bytes > JOB_NAME_MAX)
        return E_LIMIT;
    *out = l;
    return OK;
}

void job_name_copy(const struct job_line *line, char to[JOB_NAME_MAX + 1])
{
    for (size_t i = 0; i < line->name.bytes; i++)
        to[i] = line->name.at[i];
    to[line->name.bytes] = '\0';
}

enum status job_words(const struct job_line *line, char buffer[JOB_COMMAND_BYTES],
                      const char *word[JOB_WORDS_MAX], int *count)
{
    const struct job_text *c = &line->command;
    int n = 0;

    if (c->bytes >= JOB_COMMAND_BYTES)
        return E_LIMIT;
    for (size_t i = 0; i <= c->bytes; i++) {
        char byte = i < c->bytes ? c->at[i] : ' ';
        buffer[i] = byte == ' ' ? '\0' : byte;
        if (byte == ' ' || (i > 0 && buffer[i - 1] != '\0'))
            continue;
        if (n == JOB_WORDS_MAX)
            return E_LIMIT;
        word[n++] = buffer + i;
    }
    if (!n)
        return E_FORMAT;
    *count = n;
    return OK;
}

bool job_output_listed(const struct job_line *line, const char *name)
{
    struct job_text rest = line->outputs;
    size_t bytes = 0;

    while (name[bytes])
        bytes++;
    while (rest.bytes > 0) {
        size_t n = length_to(rest.at, rest.bytes, ',');
        if (n == bytes && same(rest.at, name, n))
            return true;
        n += n < rest.bytes;
        rest.at += n;
        rest.bytes -= n;
    }
    return false;
}
