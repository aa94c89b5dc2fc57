/* machine.c: the machine as QEMU sees it. Memory and cores are spread evenly over the nodes, cores
 * in contiguous runs. One host thread runs all virtual cores unless --parallel: on two host cores
 * the round trips between 128 polling cores are ten times faster so. */
#include "machine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "files.h"
#include "process.h"
#include "say.h"

enum { MIB = 1 << 20 };

static bool is_x86(const struct machine *m)
{
    return strcmp(m->options->arch, "x86_64") == 0;
}

static char *kernel_path(const struct machine *m)
{
    if (m->options->kernel != NULL)
        return text_format("%s", m->options->kernel);
    return text_format("%s/build/%s/cpu-driver/%s", files_root(), m->options->arch,
                       is_x86(m) ? "skerry-kernel.elf" : "skerry-kernel.img");
}

static char *qemu_name(const struct machine *m)
{
    if (m->options->qemu != NULL)
        return text_format("%s", m->options->qemu);
    return text_format("qemu-system-%s", m->options->arch);
}

/* Bytes that the host can give without swapping, from /proc/meminfo (proc(5)). */
static uint64_t host_memory_bytes(void)
{
    FILE *f = fopen("/proc/meminfo", "re");
    unsigned long kib = 0;
    char line[128];

    while (f != NULL && fgets(line, sizeof(line), f) != NULL)
        if (sscanf(line, "MemAvailable: %lu kB", &kib) == 1)
            break;
    if (f != NULL)
        fclose(f);
    return (uint64_t)kib * 1024;
}

static void memory_settle(struct machine *m)
{
    const struct options *o = m->options;
    uint64_t step = (uint64_t)o->nodes * 64 * MIB;
    uint64_t need = (uint64_t)o->cores * 24 * MIB + 128 * MIB + 2 * files_size(m->archive);
    uint64_t want = o->memory_bytes;

    if (want == 0)
        want = (uint64_t)o->cores * 64 * MIB + 512 * MIB;
    else if (want < need)
        say_fail("--memory %llu MiB is too little for %u cores: give at least %llu MiB",
                 (unsigned long long)(want / MIB), o->cores, (unsigned long long)(need / MIB));
    m->memory_bytes = (want + step - 1) / step * step;
    if (m->memory_bytes > host_memory_bytes())
        say_fail("the machine needs %llu MiB and the host has %llu MiB free: use fewer --cores or "
                 "less --memory",
                 (unsigned long long)(m->memory_bytes / MIB),
                 (unsigned long long)(host_memory_bytes() / MIB));
}

void machine_settle(struct machine *m)
{
    char *qemu_program = qemu_name(m);
    char *qemu = process_find(qemu_program);
    char *kernel = kernel_path(m);
    uint64_t seed;

    if (qemu == NULL)
        say_fail("%s is not installed: run ./skerry, which installs it", qemu_program);
    if (m->options->qemu == NULL && !files_exist(kernel))
        say_fail("no kernel at %s: run ./skerry, which builds it", kernel);
    if (m->share != NULL && files_room(m->share) < 64 * (uint64_t)MIB)
        say_fail("less than 64 MiB free on the disk of %s: make room or give another --out",
                 m->share);
    memory_settle(m);
    if (m->options->seed != NULL)
        snprintf(m->seed, sizeof(m->seed), "%s", m->options->seed);
    else if (getrandom(&seed, sizeof(seed), 0) == sizeof(seed))
        snprintf(m->seed, sizeof(m->seed), "%016llx", (unsigned long long)seed);
    free(qemu_program);
    free(qemu);
    free(kernel);
}

static void nodes_add(const struct machine *m, struct list *argv)
{
    const struct options *o = m->options;
    unsigned long long each = m->memory_bytes / o->nodes / MIB;

    for (unsigned int n = 0; n < o->nodes; n++) {
        list_add(argv, "-object");
        if (m->memory != NULL)
            list_add(argv,
                     "memory-backend-file,share=on,mem-path=/proc/%ld/fd/%d,id=node%u,size=%lluM",
                     (long)getpid(), m->memory->fd[n], n, each);
        else
            list_add(argv, "memory-backend-ram,id=node%u,size=%lluM", n, each);
        list_add(argv, "-numa");
        list_add(argv, "node,nodeid=%u,memdev=node%u,cpus=%u-%u", n, n, o->cores * n / o->nodes,
                 o->cores * (n + 1) / o->nodes - 1);
    }
    for (unsigned int a = 0; a < o->nodes; a++) {
        for (unsigned int b = 0; b < o->nodes; b++) {
            list_add(argv, "-numa");
            list_add(argv, "dist,src=%u,dst=%u,val=%u", a, b, a == b ? 10u : 20u);
        }
    }
}

static void devices_add(const struct machine *m, struct list *argv)
{
    list_add_split(argv, "-chardev stdio,id=con,signal=off -serial chardev:con", ' ');
    if (is_x86(m))
        list_add_split(argv, "-device isa-debug-exit,iobase=0xf4,iosize=4", ' ');
    else
        list_add_split(
            argv,
            "-semihosting-config enable=on,target=native -global virtio-mmio.force-legacy=false",
            ' ');
    if (m->share == NULL)
        return;
    list_add(argv, "-fsdev");
    list_add(argv, "local,id=out,security_model=none,path=%s", m->share);
    list_add(argv, "-device");
    list_add(argv, is_x86(m) ? "virtio-9p-pci,fsdev=out,mount_tag=out,disable-legacy=on"
                             : "virtio-9p-device,fsdev=out,mount_tag=out");
}

void machine_arguments(const struct machine *m, struct list *argv)
{
    const struct options *o = m->options;
    char *qemu = qemu_name(m);
    char *kernel = kernel_path(m);

    list_add(argv, "%s", qemu);
    list_add_split(argv,
                   is_x86(m) ? "-M q35 -cpu max -vga none"
                             : "-M virt,gic-version=3,dtb-randomness=off -cpu neoverse-n1",
                   ' ');
    list_add(argv, "-accel");
    list_add(argv, "tcg,thread=%s", o->parallel ? "multi" : "single");
    list_add_split(argv, "-nodefaults -no-user-config -no-reboot -display none -monitor none -smp",
                   ' ');
    list_add(argv, "%u", o->cores);
    list_add(argv, "-m");
    list_add(argv, "%lluM", (unsigned long long)(m->memory_bytes / MIB));
    nodes_add(m, argv);
    list_add_split(argv, "-kernel", ' ');
    list_add(argv, "%s", kernel);
    list_add(argv, "-initrd");
    list_add(argv, "%s", m->archive);
    list_add(argv, "-append");
    list_add(argv, "cores=%u poll=0 seed=%s mode=%s%s%s", o->cores, m->seed, o->mode,
             m->words != NULL ? " " : "", m->words != NULL ? m->words : "");
    if (m->gdb != NULL) {
        list_add(argv, "-gdb");
        list_add(argv, "unix:%s,server=on,wait=off", m->gdb);
    }
    if (m->icount)
        list_add_split(argv, "-icount shift=0,sleep=off", ' ');
    if (m->plugin != NULL) {
        list_add(argv, "-plugin");
        list_add(argv, "%s", m->plugin);
    }
    devices_add(m, argv);
    free(qemu);
    free(kernel);
}
