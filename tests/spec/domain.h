/* Shared by the two files of the system calls' specification. */
#ifndef SPEC_DOMAIN_H
#define SPEC_DOMAIN_H

#include "syscall_spec.h"

enum status spec_place(struct spec_domain *d, uint64_t at, uint32_t *slot);
enum status spec_usable(struct spec_domain *d, uint64_t at, uint8_t type, unsigned rights,
                        struct spec_cap **cap);
enum status spec_places(struct spec_domain *d, const uint64_t *a, unsigned count, uint32_t *slot);

struct spec_dispatcher *domain_dispatcher_at(struct spec_domain *d, uint64_t base);
void domain_dispatcher_stop(struct spec_domain *d, struct spec_dispatcher *x);
/* Around what may end objects: who watches whom, and what became of it. */
void domain_supervisors_note(struct spec_domain *d);
void domain_objects_forget(struct spec_domain *d);
/* *again: what lay there went, and the call begins anew. */
enum status domain_hidden_set(struct spec_domain *d, uint64_t base, unsigned which, uint64_t from,
                              uint8_t type, bool *again);
enum status domain_configure(struct spec_domain *d, const uint64_t *a, bool *again);
enum status domain_entry_set(struct spec_domain *d, const struct spec_cap *cap, const uint64_t *a);
enum status domain_start(struct spec_domain *d, struct spec_dispatcher *x);
struct spec_answer domain_call(struct spec_domain *d, const uint64_t *a);
enum status domain_ring(struct spec_domain *d, const uint64_t *a);
enum status domain_endpoint_make(struct spec_domain *d, const uint64_t *a, uint8_t rights,
                                 uint64_t badge);
enum status domain_sched_configure(struct spec_domain *d, const uint64_t *a);

#endif
