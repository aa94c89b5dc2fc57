/* Core 0: the output driver. */
#include "monitor.h"

enum status drivers_spawn(struct monitor *m)
{
    (void)m;
    return E_UNSUPPORTED;
}
