#ifndef TOOLS_SETTINGS_H
#define TOOLS_SETTINGS_H

#include <libconfig.h>
#include <stdbool.h>
#include <stdint.h>

#include "text.h"

/* A text file in libconfig's language, read strictly: what is wrong becomes a line
 * "FILE:LINE: KEY: what is wrong; what to do" in `problems`, and reading goes on, so that a person
 * sees all of them at once. The first line of the file is format = "NAME N". Getters return false
 * both when the key is absent and when it is wrong, and leave the value alone then. */
struct settings {
    const char *path;
    config_t tree;
    struct list problems; /* at most SETTINGS_PROBLEMS, each once */
    unsigned int more;    /* problems beyond that */
    /* what a key is taken from when `owner` has none; NULL: nothing */
    const config_setting_t *owner, *fallback;
};

enum { SETTINGS_PROBLEMS = 50, SETTINGS_BYTES = 16 << 20 };

/* False when nothing can be read of it: one problem says why. In both cases settings_close. */
bool settings_open(struct settings *s, const char *path, const char *format);
/* The same of bytes in memory; `path` is only shown, and is where @include looks. */
bool settings_open_text(struct settings *s, const char *path, const char *text, size_t bytes,
                        const char *format);
void settings_close(struct settings *s);

/* Notes a problem at a setting, or for key `key` of it when that is not NULL. */
void settings_problem(struct settings *s, const config_setting_t *at, const char *key,
                      const char *format, ...) __attribute__((format(printf, 4, 5)));
/* Prints all problems on stderr; how many there are. */
size_t settings_print(const struct settings *s);

const config_setting_t *settings_root(const struct settings *s);
unsigned int settings_line(const config_setting_t *at);
/* The setting of that key, or NULL. */
const config_setting_t *settings_find(const struct settings *s, const config_setting_t *group,
                                      const char *key);

/* Every key of the group must be one of `keys` (ended by NULL). */
void settings_known(struct settings *s, const config_setting_t *group, const char *const *keys);

bool settings_text(struct settings *s, const config_setting_t *group, const char *key,
                   const char **value);
bool settings_number(struct settings *s, const config_setting_t *group, const char *key,
                     uint64_t low, uint64_t high, uint64_t *value);
bool settings_flag(struct settings *s, const config_setting_t *group, const char *key, bool *value);
/* "512K", "64M", "2G": bytes. */
bool settings_size(struct settings *s, const config_setting_t *group, const char *key,
                   uint64_t *bytes);
/* "250ms", "90s", "5m", "2h": milliseconds. */
bool settings_time(struct settings *s, const config_setting_t *group, const char *key,
                   uint64_t *ms);
/* One string, or a list of strings. */
bool settings_texts(struct settings *s, const config_setting_t *group, const char *key,
                    struct list *values);
/* A list, of anything. */
bool settings_list(struct settings *s, const config_setting_t *group, const char *key,
                   const config_setting_t **list);

/* The one of `words` (ended by NULL) that `word` was probably meant to be, or NULL. */
const char *settings_nearest(const char *word, const char *const *words);

#endif
