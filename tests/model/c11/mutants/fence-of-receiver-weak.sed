# file: wait.c
# scenario: sleep-1
# expect: stuck
# The receiver's fence is not SC.
s/memory_order_seq_cst/memory_order_acq_rel/
