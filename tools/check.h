#ifndef TOOLS_CHECK_H
#define TOOLS_CHECK_H

/* The command `skerry check`. */
int check_command(int argc, char **argv);

#endif
