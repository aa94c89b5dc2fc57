/* A client of the host's file server: 9P2000.L over virtio (message layouts: Plan 9 manual section
 * 5 and the protocol description of diod, `protocol.md`). One request is in flight at a time.
 *
 * Use: virtio_*_open, ninep_init, ninep_attach; then ninep_save for a whole file, or create, write,
 * close, rename. Payload goes by physical address, without a copy: the device reads the caller's
 * pages. A path is relative to what the host exports, components separated by '/'; empty ones, "."
 * and ".." are E_ARGUMENT.
 *
 * Failures of every function: E_NOT_FOUND, E_EXISTS: the host says so; E_IO: the host refused
 * (ninep_host_error tells its errno) or the connection is broken; E_PROTOCOL: the device or the
 * host answered nonsense; E_LIMIT: name or path too long, or too many files open; and what the wait
 * callback returned. After E_PROTOCOL or a failed wait the connection is broken for good: the
 * device may still use the memory until virtio_stop. */
#ifndef DRIVERS_NINEP_H
#define DRIVERS_NINEP_H

#include <drivers/dma.h>
#include <drivers/virtio.h>
#include <skerry/base.h>
#include <skerry/status.h>

#define NINEP_DMA_BYTES (3 * PAGE_BYTES)
#define NINEP_MSIZE_MAX ((1u << 20) + 4096u) /* asked for; the host may lower it */
#define NINEP_HANDLES_MAX 64u
#define NINEP_PATH_MAX 1024u
#define NINEP_DEPTH_MAX 16u /* components of a path: one Twalk */

/* Called again and again while the answer is not there: pause, or sleep until the device's
 * interrupt (the queue's interrupts are on when `sleeps` was given to ninep_init; acknowledge with
 * virtio_interrupt_ack). Anything but OK gives up. */
struct ninep_wait {
    enum status (*wait)(void *arg);
    void *arg;
    bool sleeps;
};

struct ninep {
    struct virtio_device *device;
    struct virtqueue queue;
    struct ninep_wait wait;
    uint8_t *request, *answer; /* DMA memory, a page each */
    uint64_t request_pa, answer_pa;
    uint32_t msize;
    uint64_t handles_used; /* bit set; handle 0 is the root */
    uint32_t host_error;
    bool broken;
};

/* A run of physical memory that holds part of a file. */
struct ninep_piece {
    uint64_t pa, bytes;
};

/* Start the device and agree on version and size. `dma`: NINEP_DMA_BYTES, page-aligned, untouched
 * by the caller from now on. E_UNSUPPORTED: not a 9P2000.L server. */
NODISCARD enum status ninep_init(struct ninep *n, struct virtio_device *device,
                                 const struct dma_memory *dma, const struct ninep_wait *wait);

/* Attach to the exported tree. */
NODISCARD enum status ninep_attach(struct ninep *n);

/* Create (or empty) a file and open it for writing; mode 0644. */
NODISCARD enum status ninep_create(struct ninep *n, const char *path, uint32_t *handle);

/* Open an existing file for reading. */
NODISCARD enum status ninep_open(struct ninep *n, const char *path, uint32_t *handle);

/* Write all `bytes` at physical address `pa` to the file at `offset`. */
NODISCARD enum status ninep_write(struct ninep *n, uint32_t handle, uint64_t offset, uint64_t pa,
                                  uint64_t bytes);

/* Read up to `bytes`; *got less than that: the end of the file. */
NODISCARD enum status ninep_read(struct ninep *n, uint32_t handle, uint64_t offset, uint64_t pa,
                                 uint64_t bytes, uint64_t *got);

/* To the host's disk. */
NODISCARD enum status ninep_sync(struct ninep *n, uint32_t handle);

/* The handle is free afterwards, whatever the answer. */
NODISCARD enum status ninep_close(struct ninep *n, uint32_t handle);

NODISCARD enum status ninep_rename(struct ninep *n, const char *from, const char *to);
NODISCARD enum status ninep_mkdir(struct ninep *n, const char *path);
NODISCARD enum status ninep_unlink(struct ninep *n, const char *path);

/* Write a whole file: PATH.part first, directories made where they are missing, then renamed to
 * PATH, so that whoever looks at PATH sees a whole file. On failure PATH.part is removed if the
 * host still answers. */
NODISCARD enum status ninep_save(struct ninep *n, const char *path,
                                 const struct ninep_piece *pieces, uint32_t count);

/* errno (Linux numbers) of the last refusal, 0 if there was none. */
uint32_t ninep_host_error(const struct ninep *n);

#endif
