# file: wait.c
# scenario: sleep-1
# expect: stuck
# The receiver does not look again behind its flag.
s/^    s = wait_set_poll(set, ready);$/    s = E_EMPTY;/
