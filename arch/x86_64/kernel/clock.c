/* Rates of the TSC and of the local APIC timer: from the boot record, or measured once, on core 0,
 * against channel 2 of the 8254 (1,193,182 Hz). Each end of the measurement is the tightest of
 * several readings, so that a host which takes the processor away for a while does not spoil it. */
#include "x86.h"

#define PIT_HZ 1193182ull
#define PIT_CHANNEL2 0x42u
#define PIT_COMMAND 0x43u
#define PIT_GATE 0x61u
#define MEASURE_PIT_COUNTS 6000u /* 5 ms */
#define MEASURE_READINGS 8u
#define MEASURE_STEPS_MAX 100000000u

static uint64_t ticks_per_second;

struct reading {
    uint64_t ticks;
    uint32_t pit, lapic; /* both count down */
};

static uint32_t pit_count(void)
{
    uint32_t low;

    port_write8(PIT_COMMAND, 0x80); /* latch channel 2 */
    low = port_read8(PIT_CHANNEL2);
    return low | (uint32_t)port_read8(PIT_CHANNEL2) << 8;
}

/* The counters at one instant, as nearly as can be had. */
static struct reading clock_read(void)
{
    struct reading best = {0, 0, 0};
    uint64_t best_width = UINT64_MAX;

    for (uint32_t i = 0; i < MEASURE_READINGS; i++) {
        uint64_t before = tsc_read();
        uint32_t pit = pit_count();
        uint32_t lapic = apic_timer_count();
        uint64_t width = tsc_read() - before;
        if (width < best_width) {
            best_width = width;
            best = (struct reading){before + width / 2, pit, lapic};
        }
    }
    return best;
}

static void clock_measure(struct boot_record *record)
{
    struct reading first, last;
    uint64_t pit;

    port_write8(PIT_GATE, (uint8_t)((port_read8(PIT_GATE) & 0xfc) | 1)); /* count, no sound */
    port_write8(PIT_COMMAND, 0xb0);                                      /* mode 0, both bytes */
    port_write8(PIT_CHANNEL2, 0xff);
    port_write8(PIT_CHANNEL2, 0xff);
    apic_timer_run();
    first = clock_read();
    for (uint32_t i = 0; i < MEASURE_STEPS_MAX; i++) {
        if (((first.pit - pit_count()) & 0xffff) >= MEASURE_PIT_COUNTS)
            break;
        cpu_pause();
    }
    last = clock_read();
    pit = (first.pit - last.pit) & 0xffff;
    if (pit == 0)
        kernel_panic("the interval timer does not count", 0, 0, 0);
    record->tick_hz = (last.ticks - first.ticks) * PIT_HZ / pit;
    record->device[DEVICE_LAPIC_HZ] = (uint64_t)(first.lapic - last.lapic) * PIT_HZ / pit;
}

void clock_init(struct boot_record *record)
{
    if (record->tick_hz == 0 || record->device[DEVICE_LAPIC_HZ] == 0)
        clock_measure(record);
    ticks_per_second = record->tick_hz;
    apic_rate_set(record->device[DEVICE_LAPIC_HZ], record->tick_hz);
}

uint64_t arch_tick_hz(void)
{
    return ticks_per_second;
}

void clock_delay_us(uint32_t microseconds)
{
    uint64_t end = tsc_read() + ticks_per_second * microseconds / 1000000 + 1;

    while (tsc_read() < end)
        cpu_pause();
}
