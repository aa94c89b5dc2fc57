#ifndef TOOLS_RANDOM_H
#define TOOLS_RANDOM_H

/* The command `skerry random`. */
int random_command(int argc, char **argv);

#endif
