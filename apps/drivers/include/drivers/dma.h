/* Memory that a driver and its device share. */
#ifndef DRIVERS_DMA_H
#define DRIVERS_DMA_H

#include <skerry/base.h>

struct dma_memory {
    void *va;    /* page-aligned, write-back */
    uint64_t pa; /* physically contiguous */
    uint64_t bytes;
};

#endif
