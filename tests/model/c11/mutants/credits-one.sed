# file: include/urpc/channel.h
# scenario: both-ways
# expect: stuck
# One message too many: the line kept for an acknowledgement is gone.
s/flying < c->tx.mask ?/flying < c->tx.mask + 1 ?/
s/(c->tx.mask - flying)/(c->tx.mask + 1 - flying)/
