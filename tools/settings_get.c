/* settings_get.c: single values out of a settings file, each with the sentence for what is wrong. */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "options.h"
#include "settings.h"

bool settings_text(struct settings *s, const config_setting_t *group, const char *key,
                   const char **value)
{
    const config_setting_t *at = settings_find(s, group, key);
    const char *text = at != NULL ? config_setting_get_string(at) : NULL;

    if (at != NULL && text == NULL)
        settings_problem(s, group, key, "must be a string; put it in double quotes");
    if (text == NULL)
        return false;
    *value = text;
    return true;
}

bool settings_number(struct settings *s, const config_setting_t *group, const char *key,
                     uint64_t low, uint64_t high, uint64_t *value)
{
    const config_setting_t *at = settings_find(s, group, key);

    if (at == NULL)
        return false;
    int type = config_setting_type(at);
    long long n =
        type == CONFIG_TYPE_INT ? config_setting_get_int(at) : config_setting_get_int64(at);

    if ((type != CONFIG_TYPE_INT && type != CONFIG_TYPE_INT64) || n < 0 || (uint64_t)n < low ||
        (uint64_t)n > high) {
        settings_problem(s, group, key, "must be a number; give one from %" PRIu64 " to %" PRIu64,
                         low, high);
        return false;
    }
    *value = (uint64_t)n;
    return true;
}

bool settings_flag(struct settings *s, const config_setting_t *group, const char *key, bool *value)
{
    const config_setting_t *at = settings_find(s, group, key);

    if (at == NULL)
        return false;
    if (config_setting_type(at) != CONFIG_TYPE_BOOL) {
        settings_problem(s, group, key, "must be true or false");
        return false;
    }
    *value = config_setting_get_bool(at) == CONFIG_TRUE;
    return true;
}

bool settings_size(struct settings *s, const config_setting_t *group, const char *key,
                   uint64_t *bytes)
{
    const config_setting_t *at = settings_find(s, group, key);

    if (at == NULL)
        return false;
    const char *text = config_setting_get_string(at);

    if (text != NULL && options_size(text, bytes))
        return true;
    settings_problem(s, group, key, "is not a size; write it such as \"512K\", \"64M\" or \"2G\"");
    return false;
}

/* Milliseconds of one unit, or 0. */
static uint64_t unit_ms(const char *unit)
{
    static const struct {
        const char *name;
        uint64_t ms;
    } units[] = {{"ms", 1}, {"s", 1000}, {"m", 60 * 1000}, {"h", 60 * 60 * 1000}};

    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
        if (strcmp(units[i].name, unit) == 0)
            return units[i].ms;
    return 0;
}

bool settings_time(struct settings *s, const config_setting_t *group, const char *key, uint64_t *ms)
{
    static const uint64_t most_ms = 1000ull * 60 * 60 * 1000;
    const config_setting_t *at = settings_find(s, group, key);

    if (at == NULL)
        return false;
    const char *text = config_setting_get_string(at);
    char *end = NULL;

    errno = 0;
    unsigned long long n =
        text != NULL && isdigit((unsigned char)text[0]) ? strtoull(text, &end, 10) : 0;
    uint64_t unit = end != NULL ? unit_ms(end) : 0;

    if (unit == 0 || n == 0 || errno != 0 || n > most_ms / unit) {
        settings_problem(s, group, key,
                         "is not a time; write it such as \"250ms\", \"90s\", \"5m\" or \"2h\"");
        return false;
    }
    *ms = n * unit;
    return true;
}

bool settings_list(struct settings *s, const config_setting_t *group, const char *key,
                   const config_setting_t **list)
{
    const config_setting_t *at = settings_find(s, group, key);

    if (at == NULL)
        return false;
    if (!config_setting_is_list(at) && !config_setting_is_array(at)) {
        settings_problem(s, group, key, "must be a list; put ( ) around it");
        return false;
    }
    *list = at;
    return true;
}

bool settings_texts(struct settings *s, const config_setting_t *group, const char *key,
                    struct list *values)
{
    const config_setting_t *at = settings_find(s, group, key);
    const char *text = at != NULL ? config_setting_get_string(at) : NULL;

    if (at == NULL)
        return false;
    if (text != NULL) {
        list_add(values, "%s", text);
        return true;
    }
    if (!settings_list(s, group, key, &at))
        return false;
    for (int i = 0; i < config_setting_length(at); i++) {
        text = config_setting_get_string_elem(at, i);
        if (text == NULL) {
            settings_problem(s, group, key, "must hold strings; put each in double quotes");
            return false;
        }
        list_add(values, "%s", text);
    }
    return true;
}
