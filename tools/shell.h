#ifndef TOOLS_SHELL_H
#define TOOLS_SHELL_H

/* The command `skerry shell`: the machine's own shell, on this terminal or fed by -c. */
int shell_command(int argc, char **argv);

#endif
