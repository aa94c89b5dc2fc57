/* PCI configuration space through ECAM: pci_find looks at every function of the buses it is given,
 * pci_capability walks the list of PCI 3.0 section 6.7, pci_bar reads what the firmware assigned.
 */
#include <drivers/pci.h>

#include "mmio.h"

#define CONFIG_VENDOR 0x00
#define CONFIG_COMMAND 0x04
#define CONFIG_STATUS 0x06
#define CONFIG_HEADER_TYPE 0x0e
#define CONFIG_BAR 0x10
#define CONFIG_CAPABILITIES 0x34

#define COMMAND_MEMORY 2u
#define COMMAND_MASTER 4u
#define COMMAND_INTX_OFF 0x400u
#define STATUS_CAPABILITIES 0x10u
#define HEADER_MANY_FUNCTIONS 0x80u
#define CAPABILITIES_MAX 48u /* as many as fit between 0x40 and 0xff */

/* Functions 1..7 answer only where function 0 says that there are several. */
static uint32_t function_count(const volatile uint8_t *first)
{
    if (mmio_read16(first + CONFIG_VENDOR) == 0xffff)
        return 0;
    return (mmio_read8(first + CONFIG_HEADER_TYPE) & HEADER_MANY_FUNCTIONS) != 0 ? 8 : 1;
}

enum status pci_find(volatile uint8_t *ecam, uint32_t bus_count, uint32_t vendor, uint32_t device,
                     struct pci_function *found)
{
    for (uint32_t slot = 0; slot < bus_count * 32; slot++) {
        volatile uint8_t *first = ecam + ((uint64_t)slot << 15);
        uint32_t count = function_count(first);
        for (uint32_t i = 0; i < count; i++) {
            volatile uint8_t *config = first + (i << 12);
            if (mmio_read32(config + CONFIG_VENDOR) != (device << 16 | vendor))
                continue;
            *found = (struct pci_function){config, slot / 32, slot % 32, i};
            return OK;
        }
    }
    return E_NOT_FOUND;
}

enum status pci_capability(const struct pci_function *f, uint32_t id, uint32_t *at)
{
    if ((mmio_read16(f->config + CONFIG_STATUS) & STATUS_CAPABILITIES) == 0)
        return E_NOT_FOUND;
    uint32_t next = mmio_read8(f->config + (*at == 0 ? CONFIG_CAPABILITIES : *at + 1)) & 0xfcu;
    for (uint32_t i = 0; i < CAPABILITIES_MAX; i++) {
        if (next == 0)
            return E_NOT_FOUND;
        if (next < 0x40)
            return E_FORMAT;
        if (mmio_read8(f->config + next) == id) {
            *at = next;
            return OK;
        }
        next = mmio_read8(f->config + next + 1) & 0xfcu;
    }
    return E_FORMAT;
}

enum status pci_bar(const struct pci_function *f, uint32_t index, uint64_t *pa)
{
    if (index > 5)
        return E_FORMAT;
    uint32_t low = mmio_read32(f->config + CONFIG_BAR + index * 4);
    if ((low & 1) != 0)
        return E_UNSUPPORTED;
    uint64_t base = low & ~0xfu;
    if ((low & 6) == 4) {
        if (index == 5)
            return E_FORMAT;
        base |= (uint64_t)mmio_read32(f->config + CONFIG_BAR + index * 4 + 4) << 32;
    }
    if (base == 0)
        return E_NOT_FOUND;
    *pa = base;
    return OK;
}

void pci_enable(const struct pci_function *f)
{
    uint32_t command = mmio_read16(f->config + CONFIG_COMMAND);
    command |= COMMAND_MEMORY | COMMAND_MASTER | COMMAND_INTX_OFF;
    mmio_write16(f->config + CONFIG_COMMAND, (uint16_t)command);
}
