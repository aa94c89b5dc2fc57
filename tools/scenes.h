#ifndef TOOLS_SCENES_H
#define TOOLS_SCENES_H

#include "cargo.h"
#include "jobs.h"

/* Where tachyon-doc keeps its scenes, in a package tree and in the boot archive. */
#define SCENES_FOLDER "/usr/share/doc/tachyon/examples/scenes"

/* Why a scene is not rendered, or NULL when it is. */
const char *scenes_excluded(const char *name);

/* Names of all scenes in the unpacked package tree that Debian's own program renders. */
void scenes_list(const char *packages, struct list *names);

/* Adds one job that renders `scene`: a name of tachyon-doc, the path of a scene file on this host
 * (which then travels in the archive as /job/NAME: it is added to `cargo`), or one of the
 * small programs `gzip cjpeg busybox`. `round` 0 names the job after the scene; round r > 0 makes a
 * distinct job of it, 8 * r pixels wider, named SCENE-r. An unknown name ends the program. */
void scenes_add_job(struct job_list *jobs, const char *packages, const char *scene,
                    unsigned int width, unsigned int height, unsigned int round,
                    struct cargo *cargo);

#endif
