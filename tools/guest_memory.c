/* guest_memory.c: the guest's RAM as this program sees it, for the page-table walk. */
#include "guest_memory.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "say.h"

#define PAGE 4096u

void guest_memory_make(struct guest_memory *m, unsigned int node_count, uint64_t node_bytes)
{
    *m = (struct guest_memory){.node_count = node_count, .node_bytes = node_bytes};
    for (unsigned int n = 0; n < node_count; n++) {
        m->fd[n] = memfd_create("skerry-node", MFD_CLOEXEC);
        if (m->fd[n] < 0 || ftruncate(m->fd[n], (off_t)node_bytes) != 0)
            say_fail("cannot make %llu MiB of memory for the machine: %s",
                     (unsigned long long)(node_bytes >> 20), strerror(errno));
    }
}

static bool range_add(struct guest_memory *m, const char *line)
{
    unsigned long long first, last, offset = 0;
    unsigned int node;
    int priority, end = 0;

    if (sscanf(line, " %llx-%llx (prio %d, ram): node%u%n", &first, &last, &priority, &node,
               &end) != 4 ||
        node >= m->node_count)
        return true;
    if (m->range_count == MEMORY_RANGES_MAX || first % PAGE != 0 || (last + 1) % PAGE != 0)
        return false;
    sscanf(line + end, " @%llx", &offset);
    if (offset + (last + 1 - first) > m->node_bytes)
        return false;
    m->range[m->range_count++] = (struct memory_range){.base = first,
                                                       .bytes = last + 1 - first,
                                                       .node = node,
                                                       .offset = offset,
                                                       .first_page = m->page_count};
    m->page_count += (last + 1 - first) / PAGE;
    return true;
}

static bool nodes_map(struct guest_memory *m)
{
    for (unsigned int n = 0; n < m->node_count; n++) {
        void *p = mmap(NULL, m->node_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE,
                       m->fd[n], 0);

        if (p == MAP_FAILED)
            return false;
        m->data[n] = p;
    }
    return true;
}

/* The view of "memory" is the lines from that name to the next empty line. */
bool guest_memory_map(struct guest_memory *m, const char *mtree)
{
    const char *line = strstr(mtree, " AS \"memory\"");
    bool good = line != NULL;

    m->range_count = 0;
    m->page_count = 0;
    while (good && line[0] != 0 && line[0] != '\n' && line[0] != '\r') {
        good = range_add(m, line);
        line = strchrnul(line, '\n');
        line += line[0] == '\n';
    }
    return good && m->range_count > 0 && nodes_map(m);
}

static const struct memory_range *range_of(const struct guest_memory *m, uint64_t pa)
{
    for (size_t i = 0; i < m->range_count; i++)
        if (pa >= m->range[i].base && pa - m->range[i].base < m->range[i].bytes)
            return &m->range[i];
    return NULL;
}

void *guest_memory_at(const struct guest_memory *m, uint64_t pa, uint64_t bytes)
{
    const struct memory_range *r = range_of(m, pa);

    if (r == NULL || bytes > r->bytes - (pa - r->base))
        return NULL;
    return m->data[r->node] + r->offset + (pa - r->base);
}

bool guest_memory_poke(const struct guest_memory *m, uint64_t pa, uint64_t value)
{
    const struct memory_range *r = range_of(m, pa);

    return r != NULL && pwrite(m->fd[r->node], &value, sizeof(value),
                               (off_t)(r->offset + (pa - r->base))) == sizeof(value);
}

size_t guest_memory_page(const struct guest_memory *m, uint64_t pa)
{
    const struct memory_range *r = range_of(m, pa);

    return r != NULL ? r->first_page + (pa - r->base) / PAGE : m->page_count;
}

unsigned int guest_memory_node(const struct guest_memory *m, uint64_t pa)
{
    const struct memory_range *r = range_of(m, pa);

    return r != NULL ? r->node : m->node_count;
}

void guest_memory_renew(struct guest_memory *m)
{
    for (unsigned int n = 0; n < m->node_count; n++)
        if (m->data[n] != NULL)
            madvise(m->data[n], m->node_bytes, MADV_DONTNEED);
}

void guest_memory_close(struct guest_memory *m)
{
    for (unsigned int n = 0; n < m->node_count; n++) {
        if (m->data[n] != NULL)
            munmap(m->data[n], m->node_bytes);
        close(m->fd[n]);
    }
    *m = (struct guest_memory){0};
}
