#ifndef TOOLS_WALK_H
#define TOOLS_WALK_H

/* The command `skerry walk`. */
int walk_command(int argc, char **argv);

#endif
