/* Messages from rows. A wrapper header defines two names and includes this file (which therefore
 * has no guard of its own):
 *
 *   echo.def   MSG(ECHO_ASK, echo_ask)
 *              #define FIELDS_echo_ask(F, A) F(uint64_t, number) A(char, name, 40)
 *   echo.h     #define URPC_PROTOCOL echo
 *              #define URPC_ROWS "echo.def"
 *              #include <urpc/message.h>
 *
 * gives, for the protocol:
 *   enum echo_message { MSG_ECHO_ASK, ... };
 *   const struct urpc_protocol *echo_protocol(void);
 * and for each row:
 *   struct msg_echo_ask { uint64_t number; char name[40]; };
 *   enum status msg_echo_ask_send(struct channel *, const struct msg_echo_ask *);
 *   enum status msg_echo_ask_send_quiet(struct channel *, const struct msg_echo_ask *);
 *   enum status msg_echo_ask_get(const struct urpc_message *, struct msg_echo_ask *);
 * The first two answer as channel_send; `get` says E_PROTOCOL if the message is of another type or
 * has text without an end, and then leaves its result untouched.
 *
 * F(type, field) is a number, A(type, field, count) an array. A char array is text: its last byte
 * is 0, `get` checks that. A hole, a message without fields, or one over 56 bytes does not compile:
 * fill holes with a field `spare`. Append rows only. */
#include <urpc/message_parts.h>

#ifndef URPC_PROTOCOL
#error "define URPC_PROTOCOL and URPC_ROWS before including urpc/message.h"
#endif

enum URPC_JOIN(URPC_PROTOCOL, _message) {
#define MSG(NAME, name) MSG_##NAME,
#include URPC_ROWS
#undef MSG
};

#define MSG(NAME, name)                                                                            \
    struct msg_##name {                                                                            \
        FIELDS_##name(URPC_FIELD, URPC_ARRAY)                                                      \
    };                                                                                             \
    _Static_assert(sizeof(struct msg_##name) <= URPC_PAYLOAD_BYTES, #name " is over 56 bytes");    \
    _Static_assert(sizeof(struct msg_##name) ==                                                    \
                       0 FIELDS_##name(URPC_FIELD_BYTES, URPC_ARRAY_BYTES),                        \
                   #name " has a hole: fill it with a field `spare`");
#include URPC_ROWS
#undef MSG

#define MSG(NAME, name)                                                                            \
    union msg_##name##_words {                                                                     \
        uint64_t word[(sizeof(struct msg_##name) + 7) / 8];                                        \
        struct msg_##name fields;                                                                  \
    };                                                                                             \
    NODISCARD static inline enum status msg_##name##_send_quiet(struct channel *c,                 \
                                                                const struct msg_##name *m)        \
    {                                                                                              \
        union msg_##name##_words w = {.word = {0}};                                                \
        w.fields = *m;                                                                             \
        return channel_send_quiet(c, MSG_##NAME, w.word, sizeof w.word / sizeof w.word[0]);        \
    }                                                                                              \
    NODISCARD static inline enum status msg_##name##_send(struct channel *c,                       \
                                                          const struct msg_##name *m)              \
    {                                                                                              \
        enum status s = msg_##name##_send_quiet(c, m);                                             \
        if (s == OK)                                                                               \
            channel_notify(c);                                                                     \
        return s;                                                                                  \
    }                                                                                              \
    NODISCARD static inline enum status msg_##name##_get(const struct urpc_message *from,          \
                                                         struct msg_##name *m)                     \
    {                                                                                              \
        union msg_##name##_words w;                                                                \
        for (size_t i = 0; i < sizeof w.word / sizeof w.word[0]; i++)                              \
            w.word[i] = from->word[i];                                                             \
        if (from->type != MSG_##NAME FIELDS_##name(URPC_FIELD_BAD, URPC_ARRAY_BAD))                \
            return E_PROTOCOL;                                                                     \
        *m = w.fields;                                                                             \
        return OK;                                                                                 \
    }
#include URPC_ROWS
#undef MSG

static inline const struct urpc_protocol *URPC_JOIN(URPC_PROTOCOL, _protocol)(void)
{
    static const struct urpc_row rows[] = {
#define MSG(NAME, name) [MSG_##NAME] = {#NAME, sizeof(struct msg_##name)},
#include URPC_ROWS
#undef MSG
    };
    static const struct urpc_protocol protocol = {
        .name = URPC_TEXT(URPC_PROTOCOL), .row = rows, .count = sizeof rows / sizeof rows[0]};
    return &protocol;
}

#undef URPC_PROTOCOL
#undef URPC_ROWS
