# file: channel.c
# scenario: sleep-1
# expect: stuck
# The bell is thought of before the message is there.
/^enum status channel_send(struct/,/^}/{
s/^    if (s == OK)$/    return s;/
/^        channel_notify(c);$/d
s/^    enum status s = /    channel_notify(c);\n&/
}
