# file: channel.c
# scenario: sleep-1
# expect: stuck
# The sender looks at the flag before its fence.
/^    atomic_thread_fence/d
s/^    if (asleep == 0 || asleep == c->rung)$/    atomic_thread_fence(memory_order_seq_cst);\n&/
