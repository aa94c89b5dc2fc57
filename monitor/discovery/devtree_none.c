/* devtree_read for ports whose firmware has no device tree: chosen by CMake instead of devtree.c.
 */
#include <monitor/machine.h>

enum status devtree_read(struct machine *m, const void *blob, uint64_t bytes)
{
    (void)m;
    (void)blob;
    (void)bytes;
    return E_UNSUPPORTED;
}
