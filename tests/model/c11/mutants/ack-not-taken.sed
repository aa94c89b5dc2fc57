# file: channel.c
# scenario: ring-2
# expect: stuck
# Acknowledgements are read and forgotten.
s/c->acked += acked_count;/(void)acked_count;/
