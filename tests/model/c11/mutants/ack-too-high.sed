# file: channel.c
# scenario: ring-2
# expect: wrong
# Each line acknowledges one more than was read.
s/(uint16_t)c->rx.next)/(uint16_t)(c->rx.next + 1))/
