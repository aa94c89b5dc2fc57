#ifndef TOOLS_IMAGE_H
#define TOOLS_IMAGE_H

#include "cargo.h"
#include "jobs.h"

/* A boot archive and the tree it was made from, in a folder of this process under build/run/. */
struct image {
    char *folder;  /* build/run/PID */
    char *tree;    /* what the guest sees as / */
    char *archive; /* the EROFS image: uncompressed, regular files never inlined, 4 KiB blocks */
};

/* Builds the archive: our programs and the kernel as /skerry/NAME, the jobs as /skerry/jobs,
 * Debian's programs with their libraries (a few, and those that the jobs' commands name), the scenes,
 * /job, the folder in which jobs begin (with the links imaps, tpoly, vol to the scenes' data, and
 * sample.txt), and the cargo. Folders of dead processes are removed first. */
void image_make(struct image *image, const char *arch, const struct job_list *jobs,
                const struct cargo *cargo);

/* Only the tree: enough for references. */
void image_make_tree(struct image *image, const char *arch, const struct job_list *jobs,
                     const struct cargo *cargo);

void image_remove(struct image *image);

/* The unpacked Debian packages of an architecture (x86_64, aarch64); to be freed. */
char *image_packages(const char *arch);

#endif
