#ifndef TOOLS_SIM_H
#define TOOLS_SIM_H

/* The command `skerry sim`. */
int sim_command(int argc, char **argv);

#endif
