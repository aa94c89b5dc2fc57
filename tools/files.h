#ifndef TOOLS_FILES_H
#define TOOLS_FILES_H

#include <stdbool.h>
#include <stdint.h>

#include "text.h"

/* All paths are absolute or relative to the current directory. Functions that return nothing end
 * the program with one clear line when they cannot do their work (no room, no permission). */

/* The top of the source tree: SKERRY_ROOT, or the folder above this program that has
 * CMakePresets.json. */
const char *files_root(void);

bool files_exist(const char *path);
/* A file that is no folder, link or device. */
bool files_plain(const char *path);
bool files_folder(const char *path);
/* A plain file, or a link to one. */
bool files_regular(const char *path);
/* All of a text file of at most 16 MiB, to be freed; NULL when it cannot be read or holds a 0 byte. */
char *files_text(const char *path);
/* Bytes, or 0 when there is no such file. */
uint64_t files_size(const char *path);
void files_make_directory(const char *path);
void files_make_parent(const char *path);
/* The same bytes at `to`: a hard link where the file system allows it, else a copy. Keeps links. */
void files_share(const char *from, const char *to);
/* A copy of its own, with the permissions of the original. */
void files_copy(const char *from, const char *to);
void files_link(const char *target, const char *path);
void files_write(const char *path, const struct text *t);
/* The same in one step: at any time `path` is the old file or the whole new one. */
void files_replace(const char *path, const struct text *t);
/* Removes the tree; a missing one is fine. */
void files_remove_tree(const char *path);
/* Free bytes of the file system that holds `path`. */
uint64_t files_room(const char *path);
/* 64 hex digits and a 0 byte; false when it cannot be read. */
bool files_sha256(const char *path, char hex[65]);
/* Whether both can be read and hold the same bytes. */
bool files_equal(const char *a, const char *b);
/* Names in a directory that end in one of `suffixes` (comma separated), or all of them if it is
 * NULL, sorted. */
void files_list(const char *directory, const char *suffixes, struct list *names);

#endif
