# file: wait.c
# scenario: sleep-2
# expect: stuck
# All sleeps have the same number: the second is not rung.
s/^    if (++set->sleep_number == 0)$/    if (set->sleep_number == 0)/
