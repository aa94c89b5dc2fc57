/* place_manifest.c: reads a manifest, `skerry-system 1`, in the language of the jobs file:
 *
 *     format = "skerry-system 1";
 *     policy = "closest";                       # or pack, spread
 *     partitions = (
 *       { name = "red"; cores = 8; memory = "4G"; alone = "cache";
 *         domains = ( { name = "hub"; }, { name = "worker"; count = 7; } );
 *         channels = ( { from = "hub"; to = "worker"; traffic = 100; } ); } );
 *     channels = ( { from = "red.hub"; to = "blue.hub"; traffic = 5; } );
 *
 * A name with a count means all of them. `alone`: core (default), cluster, cache, node, package. */
#include <stdlib.h>
#include <string.h>

#include "place.h"
#include "say.h"

static void *grown(void *old, uint32_t count, size_t each)
{
    void *p = (count & (count - 1)) == 0 ? realloc(old, each * (count == 0 ? 1 : 2 * count)) : old;

    if (p == NULL)
        say_fail("out of memory on the host");
    return p;
}

static void domain_add(struct place *p, struct settings *s, const config_setting_t *at,
                       const char *name, uint64_t number, uint64_t count)
{
    uint32_t partition = p->partition_count;

    if (p->domain_count == PLACE_DOMAINS_MAX) {
        settings_problem(s, at, NULL, "more than %d domains: use fewer", PLACE_DOMAINS_MAX);
        return;
    }
    p->domain = grown(p->domain, p->domain_count, sizeof(*p->domain));
    p->domain[p->domain_count++] = (struct place_domain){
        .name = count > 1 ? text_format("%s.%s.%llu", p->partition[partition].name, name,
                                        (unsigned long long)number)
                          : text_format("%s.%s", p->partition[partition].name, name),
        .partition = partition};
    p->partition[partition].domain_count++;
}

/* Whether the domain is the one named, or one of those named. */
static bool domain_matches(const struct place_domain *d, const char *prefix, const char *name)
{
    size_t n = strlen(prefix), m = strlen(name);

    if (strncmp(d->name, prefix, n) != 0 || strncmp(d->name + n, name, m) != 0)
        return false;
    const char *rest = d->name + n + m;

    return rest[0] == 0 || (rest[0] == '.' && rest[1 + strspn(rest + 1, "0123456789")] == 0);
}

static void channel_add(struct place *p, struct settings *s, const config_setting_t *at,
                        uint32_t from, uint32_t to, double traffic)
{
    if (p->channel_count == PLACE_CHANNELS_MAX) {
        settings_problem(s, at, NULL, "more than %d channels: use fewer", PLACE_CHANNELS_MAX);
        return;
    }
    p->channel = grown(p->channel, p->channel_count, sizeof(*p->channel));
    p->channel[p->channel_count++] = (struct place_channel){from, to, traffic};
}

static bool end_known(struct place *p, struct settings *s, const config_setting_t *at,
                      const char *key, const char *prefix, const char *name)
{
    for (uint32_t d = 0; d < p->domain_count; d++)
        if (domain_matches(&p->domain[d], prefix, name))
            return true;
    settings_problem(s, at, key, "no domain is called \"%s\"; name one%s", name,
                     prefix[0] == 0 ? " as PARTITION.DOMAIN" : " of this partition");
    return false;
}

static bool group_given(struct settings *s, const config_setting_t *at)
{
    if (config_setting_is_group(at))
        return true;
    settings_problem(s, at, NULL, "must be a group; write { ... }");
    return false;
}

static void channel_read(struct place *p, struct settings *s, const config_setting_t *at,
                         const char *prefix)
{
    static const char *const keys[] = {"from", "to", "traffic", NULL};
    const char *from = NULL, *to = NULL;
    uint64_t traffic = 1;

    if (!group_given(s, at))
        return;
    settings_known(s, at, keys);
    settings_number(s, at, "traffic", 1, 1000000000, &traffic);
    if (!settings_text(s, at, "from", &from) || !settings_text(s, at, "to", &to)) {
        settings_problem(s, at, NULL, "a channel needs from = \"DOMAIN\" and to = \"DOMAIN\"");
        return;
    }
    if (!end_known(p, s, at, "from", prefix, from) || !end_known(p, s, at, "to", prefix, to))
        return;
    for (uint32_t a = 0; a < p->domain_count; a++)
        for (uint32_t b = 0; b < p->domain_count && domain_matches(&p->domain[a], prefix, from);
             b++)
            if (a != b && domain_matches(&p->domain[b], prefix, to))
                channel_add(p, s, at, a, b, (double)traffic);
}

static void channels_read(struct place *p, struct settings *s, const config_setting_t *group,
                          const char *prefix)
{
    const config_setting_t *list;

    if (!settings_list(s, group, "channels", &list))
        return;
    for (unsigned int i = 0; i < (unsigned int)config_setting_length(list); i++)
        channel_read(p, s, config_setting_get_elem(list, i), prefix);
}

static void domains_read(struct place *p, struct settings *s, const config_setting_t *at)
{
    static const char *const keys[] = {"name", "count", NULL};
    const config_setting_t *list;

    if (!settings_list(s, at, "domains", &list))
        return;
    for (unsigned int i = 0; i < (unsigned int)config_setting_length(list); i++) {
        const config_setting_t *domain = config_setting_get_elem(list, i);
        const char *name = NULL;
        uint64_t count = 1;

        if (!group_given(s, domain))
            continue;
        settings_known(s, domain, keys);
        settings_number(s, domain, "count", 1, PLACE_DOMAINS_MAX, &count);
        if (!settings_text(s, domain, "name", &name)) {
            settings_problem(s, domain, NULL, "a domain needs a name: name = \"worker\"");
            continue;
        }
        for (uint64_t n = 0; n < count; n++)
            domain_add(p, s, domain, name, n, count);
    }
}

static void alone_read(struct settings *s, const config_setting_t *at, enum topo_level *alone)
{
    const char *word;

    if (!settings_text(s, at, "alone", &word))
        return;
    for (unsigned int l = 0; l < TOPO_LEVELS; l++) {
        if (strcmp(word, topo_level_name((enum topo_level)l)) == 0) {
            *alone = (enum topo_level)l;
            return;
        }
    }
    settings_problem(s, at, "alone", "\"%s\": give core, cluster, cache, node or package", word);
}

static void partition_read(struct place *p, struct settings *s, const config_setting_t *at)
{
    static const char *const keys[] = {"name",    "cores",    "memory", "alone",
                                       "domains", "channels", NULL};
    struct place_partition *new = &p->partition[p->partition_count];
    uint64_t cores = 0;

    if (!group_given(s, at))
        return;
    *new = (struct place_partition){.at = at, .alone = TOPO_CORE, .domain_first = p->domain_count};
    settings_known(s, at, keys);
    if (!settings_text(s, at, "name", &new->name)) {
        settings_problem(s, at, NULL, "a partition needs a name: name = \"red\"");
        return;
    }
    for (uint32_t i = 0; i < p->partition_count; i++)
        if (strcmp(p->partition[i].name, new->name) == 0)
            settings_problem(s, at, "name", "\"%s\" is there already: choose another", new->name);
    settings_size(s, at, "memory", &new->memory_bytes);
    alone_read(s, at, &new->alone);
    domains_read(p, s, at);
    cores = new->domain_count;
    settings_number(s, at, "cores", 1, TOPO_CPUS_MAX, &cores);
    new->cores = (uint32_t)cores;
    if (cores == 0)
        settings_problem(s, at, NULL, "says neither cores nor domains: give cores = 4, say");
    else if (cores < new->domain_count)
        settings_problem(s, at, "cores", "%u cores for %u domains: give %u", new->cores,
                         new->domain_count, new->domain_count);
    char *prefix = text_format("%s.", new->name);

    channels_read(p, s, at, prefix);
    free(prefix);
    p->partition_count++;
}

static void policy_read(struct place *p, struct settings *s)
{
    static const char *const words[] = {"closest", "pack", "spread"};
    const char *word;

    if (!settings_text(s, settings_root(s), "policy", &word))
        return;
    for (unsigned int i = 0; i < 3; i++) {
        if (strcmp(word, words[i]) == 0) {
            p->policy = (enum place_policy)i;
            return;
        }
    }
    settings_problem(s, settings_root(s), "policy", "\"%s\": give closest, pack or spread", word);
}

bool place_read(struct place *p, struct settings *s)
{
    static const char *const keys[] = {"format", "policy", "partitions", "channels", NULL};
    const config_setting_t *list;

    settings_known(s, settings_root(s), keys);
    policy_read(p, s);
    if (!settings_list(s, settings_root(s), "partitions", &list))
        settings_problem(s, settings_root(s), NULL, "has no partitions = ( ... )");
    else if (config_setting_length(list) > PLACE_PARTITIONS_MAX)
        settings_problem(s, list, NULL, "more than %d partitions: use fewer", PLACE_PARTITIONS_MAX);
    else
        for (unsigned int i = 0; i < (unsigned int)config_setting_length(list); i++)
            partition_read(p, s, config_setting_get_elem(list, i));
    channels_read(p, s, settings_root(s), "");
    return s->problems.count == 0;
}

void place_free(struct place *p)
{
    for (uint32_t i = 0; i < p->domain_count; i++)
        free(p->domain[i].name);
    for (uint32_t i = 0; i < p->partition_count; i++) {
        free(p->partition[i].cpu);
        free(p->partition[i].node_bytes);
    }
    free(p->domain);
    free(p->channel);
    free(p->owner);
    memset(p, 0, sizeof(*p));
}
