/* Messages of the example protocol, made from echo.def. */
#ifndef TEST_URPC_ECHO_H
#define TEST_URPC_ECHO_H

#define URPC_PROTOCOL echo
#define URPC_ROWS "echo.def"
#include <urpc/message.h>

#endif
