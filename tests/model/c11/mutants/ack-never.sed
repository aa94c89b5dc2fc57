# file: channel.c
# scenario: ring-4
# expect: stuck
# Nobody acknowledges without having something to say.
s/if (++c->unanswered > c->rx.mask \/ 2)/if (++c->unanswered > 2 * c->rx.mask)/
