#ifndef TOOLS_SOAK_H
#define TOOLS_SOAK_H

/* The command `skerry soak`. */
int soak_command(int argc, char **argv);

#endif
