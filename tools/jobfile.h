#ifndef TOOLS_JOBFILE_H
#define TOOLS_JOBFILE_H

#include "cargo.h"
#include "jobs.h"
#include "settings.h"

#define JOBFILE_FORMAT "skerry-jobs 1"

/* What a jobs file says (the language: tools/JOBS.md, examples: apps/examples/jobs). */
struct jobfile {
    /* set by the caller */
    const char *arch; /* x86_64 or aarch64 */
    const char
        *packages; /* the unpacked packages; NULL: programs and packages are not looked for */
    /* results */
    struct job_list jobs; /* frames are spread: a job each */
    struct cargo cargo;
    unsigned int *line; /* [jobs.count]: where each stands in the file */
    /* what the file says of the machine; 0 where it says nothing */
    unsigned int cores, nodes;
    uint64_t memory_bytes;
};

/* What the file is made for, "x86_64" or "aarch64", or NULL where it does not say so. */
const char *jobfile_arch(const struct settings *s);

/* Reads and checks; what is wrong is in `s->problems`, also if it is true that nothing is. The file
 * is `s`'s, open. */
bool jobfile_read(struct jobfile *f, struct settings *s);
void jobfile_free(struct jobfile *f);

/* The jobs written out in the same language, one by one; cargo must be on the host
 * (cargo_materialize). `arch`, `cores`... of the machine come first. */
void jobfile_write(const struct jobfile *f, struct text *t);

/* The parts, for jobfile.c alone. */
struct reading {
    struct jobfile *file;
    struct settings *settings;
    const config_setting_t *group; /* of the job */
    struct template *vars;
    struct job *job;
    char *folder; /* of the jobs file, absolute */
};

/* A text of the jobs file with its marks replaced, to be freed; NULL after a problem. */
char *reading_expand(struct reading *r, const config_setting_t *at, const char *text);
/* The same of the group's key; NULL also when it has none. */
char *reading_text(struct reading *r, const config_setting_t *group, const char *key);
/* Whether a file's name is relative, without empty parts and dots, and short enough. */
bool reading_name_good(struct reading *r, const config_setting_t *at, const char *name);

void commands_read(struct reading *r);
void inputs_read(struct reading *r);
void files_read(struct reading *r);
void outputs_read(struct reading *r);
/* What only all jobs together can have wrong. */
void jobfile_check(struct jobfile *f, struct settings *s);

#endif
