/* guest_read.c: the guest's own reader on what the host writes. A file of its own, since both sides
 * have an enum of the same names. */
#include "guest_read.h"

#include <farm/jobs.h>

int guest_read(const char *text, size_t bytes)
{
    struct jobs_file jobs;
    struct job_spec spec;
    uint64_t offset = 0;
    int count = 0;

    if (jobs_open(&jobs, text, bytes) != OK)
        return -1;
    for (;;) {
        enum status s = jobs_next(&jobs, &offset, &spec);

        if (s == E_RANGE)
            return count;
        if (s != OK)
            return -1;
        count++;
    }
}
