/* hello.c: the smallest program: one line to the log, then it ends. `hello fault` ends by a
 * fault instead. */
#include <rt/log.h>
#include <rt/rt.h>
#include <rt/string.h>

int main(int argc, char **argv)
{
    log_line("hello from core %u, %d arguments", rt.page->core_id, argc - 1);
    for (int i = 1; i < argc; i++)
        log_line("  %d: %s", i, argv[i]);
    if (argc > 1 && strcmp(argv[1], "fault") == 0)
        *(volatile char *)(uintptr_t)(LAYOUT_BASE - PAGE_BYTES) = 1;
    return 0;
}
