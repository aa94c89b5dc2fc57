/* Names and fingerprints of protocols, for binding and for logs. The fingerprint is FNV-1a over
 * names and sizes in order: it guards against two ends built from different .def files, not against
 * a liar. */
#include <urpc/protocol.h>

#define FNV_BASIS 0x811c9dc5u
#define FNV_PRIME 0x01000193u

static uint32_t byte_mix(uint32_t hash, uint32_t byte)
{
    return (hash ^ byte) * FNV_PRIME;
}

static uint32_t name_mix(uint32_t hash, const char *name)
{
    for (; *name != '\0'; name++)
        hash = byte_mix(hash, (uint8_t)*name);
    return byte_mix(hash, 0);
}

uint32_t protocol_fingerprint(const struct urpc_protocol *p)
{
    uint32_t hash = name_mix(FNV_BASIS, p->name);
    for (uint32_t i = 0; i < p->count; i++)
        hash = byte_mix(name_mix(hash, p->row[i].name), p->row[i].bytes);
    return hash != 0 ? hash : 1;
}

const char *protocol_message_name(const struct urpc_protocol *p, uint32_t type)
{
    return p != NULL && type < p->count ? p->row[type].name : "MSG_?";
}
