/* main.c: the program `bench`: counts instructions of what the system does, one row a line, on one
 * core and between two. `bench cores=N core=N ...` from a monitor; `bench role=R` for its own
 * helpers. */
#include "bench.h"
#include <monitor/service.h>
#include <rt/string.h>

static const char *argument(int argc, char **argv, const char *key)
{
    size_t length = strlen(key);

    for (int i = 1; i < argc; i++)
        if (strncmp(argv[i], key, length) == 0 && argv[i][length] == '=')
            return argv[i] + length + 1;
    return NULL;
}

static uint32_t number(const char *text)
{
    uint32_t value = 0;

    for (; text && *text >= '0' && *text <= '9'; text++)
        value = value * 10 + (uint32_t)(*text - '0');
    return value;
}

/* In this order: jobs are measured before the 100,000 capabilities of other rows have left their
 * CNodes behind, which every later retype finds in its index. */
static const struct {
    const char *name;
    void (*measure)(void);
} groups[] = {
    {"pair", pair_measure},   {"jobs", jobs_measure},     {"faults", faults_measure},
    {"calls", calls_measure}, {"memory", memory_measure}, {"messages", messages_measure},
    {"caps", caps_measure},
};

int main(int argc, char **argv)
{
    const char *role = argument(argc, argv, "role");

    if (role)
        return helper_main(role);
    bench.cores = number(argument(argc, argv, "cores"));
    bench.core = number(argument(argc, argv, "core"));
    if (bench.core != 0) {
        pair_serve();
        return 0;
    }
    const char *rows = argument(argc, argv, "rows");
    for (unsigned i = 0; i < sizeof groups / sizeof groups[0]; i++)
        if (!rows || !*rows || strcmp(rows, groups[i].name) == 0)
            groups[i].measure();
    log_line("@bench end failed=%u", bench.failed);
    service_end_machine(bench.failed ? 1 : 0);
    return 0;
}
