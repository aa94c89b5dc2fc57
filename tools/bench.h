#ifndef TOOLS_BENCH_H
#define TOOLS_BENCH_H

/* The command `skerry bench`. */
int bench_command(int argc, char **argv);

#endif
