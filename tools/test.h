#ifndef TOOLS_TEST_H
#define TOOLS_TEST_H

/* The command `skerry test`. */
int test_command(int argc, char **argv);

#endif
