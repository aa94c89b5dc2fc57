# file: include/urpc/ring.h
# scenario: ring-2
# expect: stuck
# The sender's lap never changes.
s/(position >> shift) + 1/(position >> shift) * 0 + 1/
