/* sample.c: samples and their median, and how a row is printed. */
#include "bench.h"
#include <rt/string.h>

struct sample sample;
struct bench bench;

void sample_clear(struct sample *s)
{
    s->count = 0;
}

void sample_add(struct sample *s, uint64_t value)
{
    if (s->count < SAMPLES)
        s->value[s->count++] = value;
}

/* Heap sort: n log n steps, whatever comes. */
static void sift(uint64_t *v, uint32_t root, uint32_t count)
{
    for (uint32_t child; (child = 2 * root + 1) < count; root = child) {
        if (child + 1 < count && v[child + 1] > v[child])
            child++;
        if (v[root] >= v[child])
            return;
        uint64_t t = v[root];
        v[root] = v[child];
        v[child] = t;
    }
}

static void sort(uint64_t *v, uint32_t count)
{
    for (uint32_t i = count / 2; i-- > 0;)
        sift(v, i, count);
    for (uint32_t end = count; end-- > 1;) {
        uint64_t t = v[0];
        v[0] = v[end];
        v[end] = t;
        sift(v, 0, end);
    }
}

uint64_t sample_median(struct sample *s)
{
    uint64_t begin = arch_user_cycles();
    arch_mark(MARK_BEGIN, WINDOW_NONE);
    arch_mark(MARK_END, WINDOW_NONE);
    uint64_t empty = arch_user_cycles() - begin;

    if (!s->count)
        return 0;
    sort(s->value, s->count);
    uint64_t middle = s->value[s->count / 2];
    return middle > empty ? middle - empty : 0;
}

void row_line(const char *name, enum window window, uint64_t value, const char *more)
{
    log_line("@bench name=%s cores=%u value=%lu unit=instructions window=%u %s", name, bench.cores,
             (unsigned long)value, (unsigned)window, more);
}

void row_print(const char *name, enum window window, uint32_t caps, uint64_t value)
{
    char more[40];

    (void)rt_snprintf(more, sizeof more, caps ? "how=icount caps=%u" : "how=icount", caps);
    row_line(name, window, value, more);
}

bool row_ok(const char *name, enum status s)
{
    if (s == OK)
        return true;
    log_line("%s is not measured: %s", name, status_name(s));
    bench.failed++;
    return false;
}
