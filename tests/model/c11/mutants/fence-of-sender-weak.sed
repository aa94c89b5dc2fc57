# file: channel.c
# scenario: sleep-1
# expect: stuck
# The sender's fence is not SC.
s/memory_order_seq_cst/memory_order_acq_rel/
