/* PCI configuration space through ECAM (PCI Express Base 7.2.2): finding a function, its
 * capabilities and its memory. BARs are taken as the firmware assigned them. Configuration space is
 * a device's: what it says is checked. */
#ifndef DRIVERS_PCI_H
#define DRIVERS_PCI_H

#include <skerry/base.h>
#include <skerry/status.h>

struct pci_function {
    volatile uint8_t *config; /* its 4 KiB of configuration space */
    uint32_t bus, device, function;
};

/* First function with this vendor and device id on `bus_count` buses whose ECAM window is mapped at
 * `ecam` (1 MiB a bus, the first of them is bus 0). E_NOT_FOUND. */
NODISCARD enum status pci_find(volatile uint8_t *ecam, uint32_t bus_count, uint32_t vendor,
                               uint32_t device, struct pci_function *found);

/* Next capability with this id behind offset *at (0: from the start); at most 48 are looked at.
 * E_NOT_FOUND; E_FORMAT: the list leaves configuration space or runs in a circle. */
NODISCARD enum status pci_capability(const struct pci_function *f, uint32_t id, uint32_t *at);

/* Physical address in memory BAR `index`. E_UNSUPPORTED: an I/O BAR; E_NOT_FOUND: unassigned;
 * E_FORMAT: no such BAR. */
NODISCARD enum status pci_bar(const struct pci_function *f, uint32_t index, uint64_t *pa);

/* Let the function decode its memory and be bus master; its INTx line stays off. */
void pci_enable(const struct pci_function *f);

#endif
