/* event.c: reads the lines by which the guest tells the host what happens. The guest is not
 * trusted: a line that does not parse is log text. */
#include "event.h"

#include <stdlib.h>
#include <string.h>

bool event_read(struct event *e, const char *line)
{
    char *save = NULL;

    if (line[0] != '@' || strlen(line) >= sizeof(e->text))
        return false;
    strcpy(e->text, line);
    e->part = "";
    e->pairs = 0;
    e->word = strtok_r(e->text, " ", &save);
    for (char *word = strtok_r(NULL, " ", &save); word != NULL; word = strtok_r(NULL, " ", &save)) {
        char *equals = strchr(word, '=');

        if (equals == NULL) {
            if (e->pairs == 0 && e->part[0] == 0)
                e->part = word;
            continue;
        }
        if (e->pairs == EVENT_PAIRS)
            return false;
        *equals = 0;
        e->key[e->pairs] = word;
        e->value[e->pairs++] = equals + 1;
    }
    return true;
}

bool event_is(const struct event *e, const char *word, const char *part)
{
    return strcmp(e->word, word) == 0 && strcmp(e->part, part) == 0;
}

const char *event_text(const struct event *e, const char *key, const char *missing)
{
    for (unsigned int i = 0; i < e->pairs; i++)
        if (strcmp(e->key[i], key) == 0)
            return e->value[i];
    return missing;
}

uint64_t event_number(const struct event *e, const char *key)
{
    const char *s = event_text(e, key, "");
    char *end;
    uint64_t n = strtoull(s, &end, 10);

    return s[0] >= '0' && s[0] <= '9' && *end == 0 ? n : 0;
}
