/* The device-tree reader: any bytes as the firmware's tree, then what it found as text. */
#include "fuzz.h"

#include "machine_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    struct machine_limits limits = {256, 64, 64, 32};
    uint64_t storage_bytes = machine_bytes(&limits);
    void *blob = fuzz_copy(data, bytes), *storage = malloc(storage_bytes);
    struct machine m;

    FUZZ_CHECK(storage != NULL && machine_init(&m, &limits, storage, storage_bytes) == OK);
    if (devtree_read(&m, blob, bytes) == OK)
        machine_check(&m);
    free(storage);
    free(blob);
    return 0;
}
