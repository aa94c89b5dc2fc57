/* log.c: see rt/log.h. */
#include "rt/log.h"
#include "rt/rt.h"
#include "rt/string.h"
#include "rt/syscall.h"
#include "runtime.h"

enum { PIECE_BYTES = 32 };

static void (*log_hook)(const char *text, size_t bytes);

void log_hook_set(void (*hook)(const char *text, size_t bytes))
{
    log_hook = hook;
}

/* LOG_WRITE takes at most 32 bytes at a time; the CPU driver puts lines together. */
static void ring_write(const char *text, size_t bytes)
{
    while (bytes > 0) {
        uint64_t word[4] = {0};
        size_t n = bytes < PIECE_BYTES ? bytes : PIECE_BYTES;
        memcpy(word, text, n);
        if (sys_log_write(SLOT_MONITOR, (uint32_t)n, word) != OK)
            return;
        text += n;
        bytes -= n;
    }
}

void log_text(const char *text, size_t bytes)
{
    if (log_hook)
        log_hook(text, bytes);
    else if (rt.has_parent)
        runtime_parent_log(text, bytes);
    else if (!rt.arguments)
        ring_write(text, bytes);
}

void log_line(const char *format, ...)
{
    char line[LOG_LINE_BYTES];
    va_list arguments;

    va_start(arguments, format);
    int length = rt_vsnprintf(line, sizeof line - 1, format, arguments);
    va_end(arguments);
    size_t n = (size_t)length < sizeof line - 2 ? (size_t)length : sizeof line - 2;
    line[n++] = '\n';
    log_text(line, n);
}
