# file: channel.c
# scenario: sleep-1
# expect: stuck
# The sender's SC fence is gone.
/atomic_thread_fence/d
