/* main.c: the program `conform`: runs every case that the filter wants, says one line each, and
 * ends the machine. `conform filter=GLOB list=0|1 ...` from a monitor. Its lines go to the log ring
 * itself: they must not depend on what is being tested more than they have to. */
#include "conform.h"
#include <monitor/service.h>
#include <rt/log.h>
#include <rt/string.h>

static struct {
    const char *filter;
    bool list, failed;
    uint32_t cases, failures;
    char what[200];
} conform;

static const struct row {
    const char *name;
    void (*fn)(void);
} rows[] = {
#define C(group, name) {#group "." #name, case_##group##_##name},
#include "cases.def"
#undef C
};

void case_fail(const char *format, ...)
{
    va_list arguments;

    if (conform.failed)
        return;
    conform.failed = true;
    va_start(arguments, format);
    (void)rt_vsnprintf(conform.what, sizeof conform.what, format, arguments);
    va_end(arguments);
}

bool case_failed(void)
{
    return conform.failed;
}

bool expect_status(enum status want, uint64_t got, const char *what)
{
    if (got != (uint64_t)want)
        case_fail("%.110s: expected %s, came %s", what, status_name(want),
                  status_name((unsigned)got));
    return got == (uint64_t)want;
}

bool expect_equal(uint64_t want, uint64_t got, const char *what)
{
    if (got != want)
        case_fail("%.110s: expected 0x%lx, came 0x%lx", what, (unsigned long)want,
                  (unsigned long)got);
    return got == want;
}

bool expect_true(bool is, const char *what)
{
    if (!is)
        case_fail("%.150s: expected to be true", what);
    return is;
}

bool expect_text(const char *want, const char *got, const char *what)
{
    if (strcmp(want, got) != 0)
        case_fail("%.60s: expected %.60s, came %.60s", what, want, got);
    return strcmp(want, got) == 0;
}

/* The usual * and ?, without recursion: behind the last star everything is tried again. */
static bool glob_matches(const char *glob, const char *name)
{
    const char *star = NULL, *behind = NULL;

    while (*name) {
        if (*glob == '*') {
            star = ++glob;
            behind = name;
        } else if (*glob == '?' || *glob == *name) {
            glob++;
            name++;
        } else if (star) {
            glob = star;
            name = ++behind;
        } else {
            return false;
        }
    }
    while (*glob == '*')
        glob++;
    return *glob == 0;
}

void case_run(const char *name, void (*fn)(const void *arg), const void *arg)
{
    if (!glob_matches(conform.filter, name))
        return;
    conform.cases++;
    if (conform.list) {
        log_line("@case %s", name);
        return;
    }
    conform.failed = false;
    lab_reset();
    uint64_t before = lab_cap_count();
    if (!conform.failed)
        fn(arg);
    lab_clean();
    uint64_t after = lab_cap_count();
    if (after + 1 != before)
        case_fail("capabilities left behind: %ld", (long)(after + 1 - before));
    conform.failures += conform.failed;
    if (conform.failed)
        log_line("@case %s FAILED %s", name, conform.what);
    else
        log_line("@case %s ok", name);
}

static void row_run(const void *arg)
{
    ((const struct row *)arg)->fn();
}

/* The kernel puts lines together from pieces of 32 bytes. */
static void ring_write(const char *text, size_t bytes)
{
    while (bytes > 0) {
        uint64_t word[4] = {0};
        size_t n = bytes < sizeof word ? bytes : sizeof word;
        memcpy(word, text, n);
        if (sys_log_write(GRANT_MONITOR, (uint32_t)n, word) != OK)
            return;
        text += n;
        bytes -= n;
    }
}

static const char *argument(int argc, char **argv, const char *key)
{
    size_t length = strlen(key);

    for (int i = 1; i < argc; i++)
        if (strncmp(argv[i], key, length) == 0 && argv[i][length] == '=')
            return argv[i] + length + 1;
    return "";
}

int main(int argc, char **argv)
{
    const char *filter = argument(argc, argv, "filter");

    log_hook_set(ring_write);
    conform.filter = *filter ? filter : "*";
    conform.list = argument(argc, argv, "list")[0] == '1';
    if (!lab_begin() || !probes_begin()) {
        log_line("@done cases=0 failed=1 no lab: %s", conform.what);
        service_end_machine(1);
        return 1;
    }
    operations_run();
    types_run();
    for (uint32_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        case_run(rows[i].name, row_run, &rows[i]);
    log_line("@done cases=%u failed=%u", conform.cases, conform.failures);
    service_end_machine(conform.failures ? 1 : 0);
    return 0;
}
