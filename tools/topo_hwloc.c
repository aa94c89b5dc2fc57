/* topo_hwloc.c: this machine, an hwloc XML file, a synthetic description: by Debian's libhwloc, which
 * knows every operating system's way of saying it. Of its tree we take what placement asks for. */
#include <hwloc.h>
#include <stdlib.h>
#include <string.h>

#include "topo.h"

/* The environment must not put another machine under us, nor hwloc print what we say ourselves. */
static void environment_clear(void)
{
    static const char *const names[] = {"HWLOC_XMLFILE", "HWLOC_SYNTHETIC", "HWLOC_FSROOT",
                                        "HWLOC_COMPONENTS", "HWLOC_CPUID_PATH"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        unsetenv(names[i]);
    setenv("HWLOC_HIDE_ERRORS", "2", 1);
}

static bool nodes_take(struct topo *t, hwloc_topology_t h)
{
    hwloc_obj_t n = NULL;

    while ((n = hwloc_get_next_obj_by_type(h, HWLOC_OBJ_NUMANODE, n)) != NULL) {
        struct topo_node *node = topo_node_add(t, n->os_index);

        if (node == NULL)
            return false;
        node->memory_bytes = n->attr->numanode.local_memory;
    }
    return true;
}

/* hwloc's latencies between nodes are the firmware's SLIT. */
static bool distances_take(struct topo *t, hwloc_topology_t h)
{
    struct hwloc_distances_s *d = NULL;
    unsigned int count = 1;
    bool good = true;

    if (hwloc_distances_get_by_type(h, HWLOC_OBJ_NUMANODE, &count, &d,
                                    HWLOC_DISTANCES_KIND_MEANS_LATENCY, 0) != 0 ||
        count == 0 || d == NULL)
        return true;
    for (unsigned int i = 0; i < d->nbobjs && good; i++)
        for (unsigned int j = 0; j < d->nbobjs && good; j++)
            if (d->objs[i] != NULL && d->objs[j] != NULL && d->values[i * d->nbobjs + j] != 0)
                good = topo_distance_set(t, d->objs[i]->os_index, d->objs[j]->os_index,
                                         d->values[i * d->nbobjs + j] > UINT32_MAX
                                             ? UINT32_MAX
                                             : (uint32_t)d->values[i * d->nbobjs + j]);
    hwloc_distances_release(h, d);
    return good;
}

/* The node whose cpus are the fewest around this one; of equals (fast memory beside the usual) the
 * first. TOPO_UNKNOWN: it has none of its own, as where only memory far away is plugged in. */
static uint32_t node_of(hwloc_topology_t h, hwloc_obj_t pu)
{
    hwloc_obj_t n = NULL, best = NULL;

    while ((n = hwloc_get_next_obj_by_type(h, HWLOC_OBJ_NUMANODE, n)) != NULL)
        if (n->cpuset != NULL && hwloc_bitmap_isset(n->cpuset, pu->os_index) &&
            (best == NULL || hwloc_bitmap_weight(n->cpuset) < hwloc_bitmap_weight(best->cpuset)))
            best = n;
    return best != NULL ? best->os_index : (uint32_t)TOPO_UNKNOWN;
}

/* Every object of the tree has its own gp_index; ours are 32 bits wide. */
static uint32_t group_of(const struct hwloc_obj *o)
{
    return (uint32_t)(o->gp_index & 0x3fffffff);
}

static void cpu_groups(struct topo_cpu *c, hwloc_obj_t pu)
{
    hwloc_obj_t core = NULL, package = NULL, cache = NULL, cluster = NULL;

    for (hwloc_obj_t o = pu->parent; o != NULL; o = o->parent) {
        if (o->type == HWLOC_OBJ_CORE && core == NULL)
            core = o;
        if (o->type == HWLOC_OBJ_PACKAGE && package == NULL)
            package = o;
    }
    /* The outermost data cache within the package. */
    for (hwloc_obj_t o = pu->parent; o != NULL && o != package; o = o->parent)
        if (hwloc_obj_type_is_dcache(o->type))
            cache = o;
    /* The innermost thing between core and that cache that has more cpus than the core. */
    for (hwloc_obj_t o = pu->parent; o != NULL && o != cache && o != package; o = o->parent)
        if (cluster == NULL && core != NULL && o->type != HWLOC_OBJ_MACHINE && cache != NULL &&
            hwloc_bitmap_weight(o->cpuset) < hwloc_bitmap_weight(cache->cpuset) &&
            hwloc_bitmap_weight(o->cpuset) > hwloc_bitmap_weight(core->cpuset))
            cluster = o;
    if (core != NULL)
        c->group[TOPO_CORE] = group_of(core);
    if (cluster != NULL)
        c->group[TOPO_CLUSTER] = group_of(cluster);
    if (package != NULL)
        c->group[TOPO_PACKAGE] = group_of(package);
    /* A cache that is no larger than one core is no place to put several cpus of one tenant, but it
     * still is what nobody else shares. */
    if (cache != NULL)
        c->group[TOPO_CACHE] = group_of(cache);
}

static bool cpus_take(struct topo *t, hwloc_topology_t h)
{
    hwloc_obj_t pu = NULL;

    while ((pu = hwloc_get_next_obj_by_type(h, HWLOC_OBJ_PU, pu)) != NULL) {
        struct topo_cpu *c = topo_cpu_add(t, pu->os_index);

        if (c == NULL)
            return false;
        cpu_groups(c, pu);
        c->group[TOPO_NODE] = node_of(h, pu);
        int kind = hwloc_cpukinds_get_by_cpuset(h, pu->cpuset, 0);

        c->kind = kind > 0 ? (uint32_t)kind : 0;
    }
    return true;
}

/* A cpu without a node of its own gets the first that has memory. */
static void nodeless_place(struct topo *t)
{
    uint32_t with_memory = 0;

    for (uint32_t i = t->node_count; i > 0; i--)
        if (t->node[i - 1].memory_bytes != 0)
            with_memory = i - 1;
    for (uint32_t i = 0; i < t->cpu_count && t->node_count > 0; i++)
        if (t->cpu[i].group[TOPO_NODE] == (uint32_t)TOPO_UNKNOWN)
            t->cpu[i].group[TOPO_NODE] = t->node[with_memory].id;
}

static char *name_of(hwloc_topology_t h)
{
    hwloc_obj_t package = hwloc_get_obj_by_type(h, HWLOC_OBJ_PACKAGE, 0);
    const char *model = hwloc_obj_get_info_by_name(hwloc_get_root_obj(h), "CPUModel");
    int count = hwloc_get_nbobjs_by_type(h, HWLOC_OBJ_PACKAGE);

    if (package != NULL && hwloc_obj_get_info_by_name(package, "CPUModel") != NULL)
        model = hwloc_obj_get_info_by_name(package, "CPUModel");
    if (model == NULL)
        return NULL;
    char *name = text_format("%d x %s", count > 0 ? count : 1, model);

    for (char *p = name; *p != 0; p++)
        if ((unsigned char)*p < ' ' || *p == '#')
            *p = ' ';
    return name;
}

enum how { HERE, XML_FILE, XML_TEXT, SYNTHETIC };

static int topology_set(hwloc_topology_t h, enum how how, const char *what, size_t bytes)
{
    switch (how) {
    case HERE:
        return 0;
    case XML_FILE:
        return hwloc_topology_set_xml(h, what);
    case XML_TEXT:
        return hwloc_topology_set_xmlbuffer(h, what, (int)bytes);
    case SYNTHETIC:
        return hwloc_topology_set_synthetic(h, what);
    }
    return -1;
}

static bool hwloc_read(struct topo *t, enum how how, const char *what, size_t bytes)
{
    hwloc_topology_t h;
    bool good = false;

    environment_clear();
    if (hwloc_topology_init(&h) != 0)
        return topo_fail(t, "hwloc cannot start on this host");
    if (topology_set(h, how, what, bytes) != 0 || hwloc_topology_load(h) != 0) {
        if (how == SYNTHETIC)
            topo_fail(t,
                      "--synthetic \"%s\": hwloc does not understand it; give counts from the "
                      "outside in, such as \"package:2 numa:4 l3:1 core:8 pu:1\"",
                      what);
        else if (how == HERE)
            topo_fail(t, "hwloc cannot read this machine");
        else
            topo_fail(
                t,
                "%s: no topology that Debian's hwloc can read: damaged, or written by "
                "a newer one (export it again with lstopo --export-xml-flags v1, or give a table)",
                how == XML_FILE ? what : "XML");
    } else if (nodes_take(t, h) && distances_take(t, h) && cpus_take(t, h)) {
        nodeless_place(t);
        t->name = name_of(h);
        good = topo_finish(t);
    }
    hwloc_topology_destroy(h);
    return good;
}

bool topo_read_here(struct topo *t)
{
    t->source = text_format("this machine");
    return hwloc_read(t, HERE, NULL, 0);
}

bool topo_read_xml(struct topo *t, const char *path)
{
    t->source = text_format("hwloc XML %s", path);
    return hwloc_read(t, XML_FILE, path, 0);
}

bool topo_read_xml_text(struct topo *t, const char *text, size_t bytes)
{
    t->source = text_format("hwloc XML");
    return hwloc_read(t, XML_TEXT, text, bytes);
}

bool topo_read_synthetic(struct topo *t, const char *description)
{
    t->source = text_format("synthetic \"%s\"", description);
    return hwloc_read(t, SYNTHETIC, description, 0);
}
