# file: wait.c
# scenario: sleep-1
# expect: stuck
# The receiver looks first and sets its flag then.
/^    asleep_publish(set, set->sleep_number);$/d
s/^        slept = set->home->sleep/        asleep_publish(set, set->sleep_number), &/
