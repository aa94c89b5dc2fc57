#ifndef TOOLS_SECRETS_H
#define TOOLS_SECRETS_H

/* The command `skerry secrets`. */
int secrets_command(int argc, char **argv);

#endif
