#ifndef TOOLS_REFERENCE_H
#define TOOLS_REFERENCE_H

#include "image.h"
#include "jobs.h"

/* Runs each job with Debian's own program on this host, on the files of the image's tree: natively
 * for x86_64, through qemu-aarch64-static for aarch64. What it leaves goes to `out` under the same
 * names. `parallel` programs run at a time. Returns how many jobs did not leave their files. If
 * `report` is true, each job's time is printed when it ends. */
unsigned int reference_render(const struct image *image, const char *arch,
                              const struct job_list *jobs, const char *out, unsigned int parallel,
                              bool report);

/* The command `skerry reference`. */
int reference_command(int argc, char **argv);

#endif
