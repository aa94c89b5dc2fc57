# file: include/urpc/ring.h
# scenario: ring-2
# expect: race
# The header is stored before the payload.
/^    for (size_t i = 0; i < word_count; i++)$/,+1d
/memory_order_release/s/$/\n    for (size_t i = 0; i < word_count; i++)\n        line->word[i] = word[i];/
