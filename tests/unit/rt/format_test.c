/* format_test.c: rt_snprintf agrees with the C library on everything that it knows. */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

int rt_snprintf(char *to, size_t room, const char *format, ...);

#define AGREES(...)                                                                                \
    do {                                                                                           \
        char ours[80], theirs[80];                                                                 \
        assert_int_equal(rt_snprintf(ours, sizeof ours, __VA_ARGS__),                              \
                         snprintf(theirs, sizeof theirs, __VA_ARGS__));                            \
        assert_string_equal(ours, theirs);                                                         \
        rt_snprintf(ours, 5, __VA_ARGS__);                                                         \
        assert_int_equal(strnlen(theirs, 4), strlen(ours));                                        \
    } while (0)

static void agrees_test(void **state)
{
    (void)state;
    AGREES("plain 100%%");
    AGREES("%d %d %d", 0, -1, 2147483647);
    AGREES("%ld", INT64_MIN);
    AGREES("%u %x", 4294967295u, 0xdeadbeefu);
    AGREES("%lx %lu", UINT64_MAX, UINT64_MAX);
    AGREES("%zu %llu", (size_t)7, 18446744073709551615ull);
    AGREES("%5d|%-5d|%05d", 42, 42, -42);
    AGREES("%s|%8s|%-8s|%.2s", "abc", "abc", "abc", "abc");
    AGREES("%c%c", 'o', 'k');
    AGREES("%p", (void *)0x1234);
    AGREES("a line, %d", 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(agrees_test)};
    return cmocka_run_group_tests_name("rt_format", tests, NULL, NULL);
}
