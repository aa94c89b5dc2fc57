/* How the firmware readers fill a struct machine. Private to discovery. Every function checks
 * before it changes: E_LIMIT when the caller's storage is full, E_FORMAT when the firmware
 * contradicts itself. */
#ifndef DISCOVERY_MACHINE_BUILD_H
#define DISCOVERY_MACHINE_BUILD_H

#include <monitor/machine.h>

/* Add a node; one that is there already is OK. Indices change: call it for all nodes before
 * anything that takes one. */
NODISCARD enum status machine_node_add(struct machine *m, uint32_t firmware_id);
NODISCARD enum status machine_node_find(const struct machine *m, uint32_t firmware_id,
                                        uint32_t *node);

/* Add a core on node 0; E_EXISTS: that hardware id is there already. */
NODISCARD enum status machine_core_add(struct machine *m, uint64_t hardware_id,
                                       uint32_t firmware_id);

/* Put a core on its node. E_NOT_FOUND: no such core, or no such node. */
NODISCARD enum status machine_core_place(struct machine *m, uint64_t hardware_id,
                                         uint32_t node_firmware_id);

/* Add a range of memory; overlap with an earlier one or wrap-around is E_FORMAT. */
NODISCARD enum status machine_memory_add(struct machine *m, uint64_t base, uint64_t bytes,
                                         uint32_t node_firmware_id);
NODISCARD enum status machine_slot_add(struct machine *m, const struct machine_slot *slot);

/* 10 on the diagonal, 20 elsewhere; then single entries by machine_distance_set (node
 * indices; 10..255, and exactly 10 on the diagonal). */
void machine_distances_assume(struct machine *m);
NODISCARD enum status machine_distance_set(struct machine *m, uint32_t a, uint32_t b,
                                           uint32_t distance);

/* Sums by node. E_NOT_FOUND: no core was found. */
NODISCARD enum status machine_finish(struct machine *m);

#endif
