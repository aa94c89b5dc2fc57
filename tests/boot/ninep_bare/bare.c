/* Discovery and the output driver on an emulated machine, without a kernel: reads the firmware's
 * tables, prints the topology on the serial port, attaches to the host's 9p export and saves two
 * files there. bare_main is called by x86_64.S (PVH, long mode) or aarch64.S (Image header, MMU
 * off) with the firmware's table; run.sh runs both. */
#include "bare.h"

#include <drivers/ninep.h>
#include <monitor/machine.h>

#define MACHINE_BYTES (128u << 10)
#define PICTURE_BYTES (3u << 20)

static uint8_t machine_memory[MACHINE_BYTES] ALIGNED(8);
static uint8_t dma_memory[NINEP_DMA_BYTES] ALIGNED(4096);
static uint8_t picture[PICTURE_BYTES] ALIGNED(4096);
static struct machine machine;
static struct virtio_device device;
static struct ninep ninep;

static void line_print(void *arg, const char *text)
{
    (void)arg;
    for (; *text != 0; text++)
        bare_putc(*text);
    bare_putc('\n');
}

static void check(const char *what, enum status s)
{
    line_print(NULL, what);
    line_print(NULL, status_name(s));
    if (s != OK)
        bare_exit(1);
}

static const void *identity_map(void *arg, uint64_t pa, uint64_t bytes)
{
    (void)arg;
    return pa + bytes > UINT32_MAX ? NULL : (const void *)(uintptr_t)pa;
}

static enum status wait_step(void *arg)
{
    uint32_t *left = arg;
    bare_pause();
    return (*left)-- == 0 ? E_TIMEOUT : OK;
}

static void files_save(void)
{
    for (uint32_t i = 0; i < PICTURE_BYTES; i++)
        picture[i] = (uint8_t)(i * 7 + (i >> 12));
    struct ninep_piece pieces[2] = {{(uintptr_t)picture, 1u << 20},
                                    {(uintptr_t)picture + (1u << 20), 2u << 20}};
    struct ninep_piece hello = {(uintptr_t) "hello from the guest\n", 21};
    check("save hello.txt", ninep_save(&ninep, "hello.txt", &hello, 1));
    check("save deep/er/picture.bin", ninep_save(&ninep, "deep/er/picture.bin", pieces, 2));
    uint32_t handle;
    uint64_t got = 0;
    check("open", ninep_open(&ninep, "deep/er/picture.bin", &handle));
    for (uint32_t i = 0; i < PICTURE_BYTES; i++)
        picture[i] = 0;
    check("read", ninep_read(&ninep, handle, 0, (uintptr_t)picture, PICTURE_BYTES, &got));
    check("close", ninep_close(&ninep, handle));
    bool same = got == PICTURE_BYTES;
    for (uint32_t i = 0; same && i < PICTURE_BYTES; i++)
        same = picture[i] == (uint8_t)(i * 7 + (i >> 12));
    check("read back the same", same ? OK : E_FORMAT);
    check("missing directory refused", ninep_mkdir(&ninep, "no/such") == E_NOT_FOUND ? OK : E_IO);
}

void bare_main(uint64_t firmware_table)
{
    static uint32_t polls_left = 200u << 20;
    struct machine_limits limits = {CORE_COUNT_MAX, 64, 128, 64};
    struct machine_access access = {identity_map, NULL};
    check("machine_init", machine_init(&machine, &limits, machine_memory, MACHINE_BYTES));
    check("machine_read",
          machine_read(&machine, &access, firmware_table, bare_firmware_bytes(firmware_table)));
    machine_print(&machine, line_print, NULL);
    machine_table(&machine, line_print, NULL);
    struct dma_memory dma = {dma_memory, (uintptr_t)dma_memory, sizeof dma_memory};
    struct ninep_wait wait = {wait_step, &polls_left, true};
    check("device", bare_device_open(&machine, &device));
    check("ninep_init", ninep_init(&ninep, &device, &dma, &wait));
    check("ninep_attach", ninep_attach(&ninep));
    files_save();
    check("interrupt", bare_interrupt_check(&device));
    check("virtio_stop", virtio_stop(&device));
    line_print(NULL, "PASSED");
    bare_exit(0);
}
