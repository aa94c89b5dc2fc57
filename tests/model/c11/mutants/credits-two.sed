# file: include/urpc/channel.h
# scenario: ring-2
# expect: wrong
# Two messages too many may be in flight: they overwrite what is unread, and its reader sees a lap that cannot be.
s/flying < c->tx.mask ?/flying < c->tx.mask + 2 ?/
s/(c->tx.mask - flying)/(c->tx.mask + 2 - flying)/
