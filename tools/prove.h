#ifndef TOOLS_PROVE_H
#define TOOLS_PROVE_H

/* The command `skerry prove`; the exit code. */
int prove_command(int argc, char **argv);

#endif
