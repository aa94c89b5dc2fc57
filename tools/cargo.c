/* cargo.c: files that travel in the boot archive for the jobs: the host's, and those that were made
 * from a template. */
#include "cargo.h"

#include <stdlib.h>
#include <string.h>

#include "files.h"
#include "say.h"

const struct cargo_item *cargo_find(const struct cargo *cargo, const char *inside)
{
    for (size_t i = 0; i < cargo->count; i++)
        if (strcmp(cargo->item[i].inside, inside) == 0)
            return &cargo->item[i];
    return NULL;
}

static bool same(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool item_add(struct cargo *cargo, const char *host, const char *text, const char *inside)
{
    const struct cargo_item *there = cargo_find(cargo, inside);

    if (there != NULL)
        return same(there->host, host) && same(there->text, text);
    cargo->item = realloc(cargo->item, (cargo->count + 1) * sizeof(cargo->item[0]));
    if (cargo->item == NULL)
        say_fail("out of memory on the host");
    cargo->item[cargo->count++] =
        (struct cargo_item){.inside = text_format("%s", inside),
                            .host = host != NULL ? text_format("%s", host) : NULL,
                            .text = text != NULL ? text_format("%s", text) : NULL};
    return true;
}

bool cargo_add(struct cargo *cargo, const char *host, const char *inside)
{
    return item_add(cargo, host, NULL, inside);
}

bool cargo_add_text(struct cargo *cargo, const char *text, const char *inside)
{
    return item_add(cargo, NULL, text, inside);
}

void cargo_materialize(struct cargo *cargo, const char *folder)
{
    for (size_t i = 0; i < cargo->count; i++) {
        struct cargo_item *c = &cargo->item[i];
        struct text t = {.data = c->text, .length = c->text != NULL ? strlen(c->text) : 0};

        if (c->host != NULL)
            continue;
        c->host = text_format("%s/%zu-%s", folder, i, strrchr(c->inside, '/') + 1);
        files_make_parent(c->host);
        files_write(c->host, &t);
    }
}

void cargo_free(struct cargo *cargo)
{
    for (size_t i = 0; i < cargo->count; i++) {
        free(cargo->item[i].inside);
        free(cargo->item[i].host);
        free(cargo->item[i].text);
    }
    free(cargo->item);
    list_free(&cargo->packages);
    *cargo = (struct cargo){0};
}
