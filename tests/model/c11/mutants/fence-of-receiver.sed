# file: wait.c
# scenario: sleep-1
# expect: stuck
# The receiver's SC fence is gone.
/atomic_thread_fence/d
