#ifndef TOOLS_CONFORM_H
#define TOOLS_CONFORM_H

/* The command `skerry conform`; the exit code. */
int conform_command(int argc, char **argv);

#endif
