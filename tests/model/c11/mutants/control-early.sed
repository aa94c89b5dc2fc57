# file: channel.c
# scenario: late
# expect: race
# The peer's control line is read before its first message.
s/^        uint64_t head = ring_head(&c->rx);$/        if (!c->bound)\n            peer_bound(c);\n        uint64_t head = ring_head(\&c->rx);/
