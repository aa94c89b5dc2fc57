#ifndef TOOLS_MODEL_H
#define TOOLS_MODEL_H

/* The command `skerry model`. */
int model_command(int argc, char **argv);

#endif
