# file: include/urpc/ring.h
# scenario: ring-2
# expect: wrong
# The last word of the payload is not stored.
s/i < word_count; i++/i + 1 < word_count; i++/
