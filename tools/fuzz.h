#ifndef TOOLS_FUZZ_H
#define TOOLS_FUZZ_H

/* The command `skerry fuzz`; the exit code. */
int fuzz_command(int argc, char **argv);

#endif
