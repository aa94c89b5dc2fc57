/* bench.c: the command `skerry bench`: counts instructions under -icount. Its rows come with the
 * guest's bench program; until then it says so. */
#include "bench.h"

#include "options.h"
#include "say.h"

int bench_command(int argc, char **argv)
{
    struct options o;

    options_read(&o, FOR_BENCH, "bench", argc, argv);
    say_fail("bench is not there yet");
}
