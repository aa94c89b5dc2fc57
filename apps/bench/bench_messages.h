/* The messages of bench.def, as structs and functions (urpc/message.h). */
#ifndef BENCH_MESSAGES_H
#define BENCH_MESSAGES_H

#define URPC_PROTOCOL bench
#define URPC_ROWS "bench.def"
#include <urpc/message.h>
#undef URPC_PROTOCOL
#undef URPC_ROWS

#endif
