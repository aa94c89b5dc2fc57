#ifndef TOPO_TEST_H
#define TOPO_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

int latency_tests(void);
int place_tests(void);

#endif
