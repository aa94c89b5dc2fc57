/* machine_read: tells ACPI from a device tree by the first bytes at the firmware's address and
 * hands over to the reader. */
#include <monitor/machine.h>

#define DEVTREE_HEADER_BYTES 40u
#define DEVTREE_BYTES_MAX (2u << 20)

static bool is_devtree(const uint8_t *p)
{
    return p[0] == 0xd0 && p[1] == 0x0d && p[2] == 0xfe && p[3] == 0xed;
}

enum status machine_read(struct machine *m, const struct machine_access *access,
                         uint64_t firmware_table, uint64_t firmware_bytes)
{
    const uint8_t *head = firmware_table == 0 ? NULL : access->map(access->arg, firmware_table, 8);
    if (head == NULL)
        return E_NOT_FOUND;
    if (!is_devtree(head))
        return acpi_read(m, access, firmware_table);
    if (firmware_bytes < DEVTREE_HEADER_BYTES || firmware_bytes > DEVTREE_BYTES_MAX)
        return E_FORMAT;
    const void *blob = access->map(access->arg, firmware_table, firmware_bytes);
    return blob == NULL ? E_FORMAT : devtree_read(m, blob, firmware_bytes);
}
