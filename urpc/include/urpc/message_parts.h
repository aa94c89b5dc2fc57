/* The pieces that urpc/message.h builds from; nothing here is for others, save message_text_set. */
#ifndef URPC_MESSAGE_PARTS_H
#define URPC_MESSAGE_PARTS_H

#include <urpc/channel.h>

#define URPC_JOIN2(a, b) a##b
#define URPC_JOIN(a, b) URPC_JOIN2(a, b)
#define URPC_TEXT2(a) #a
#define URPC_TEXT(a) URPC_TEXT2(a)

#define URPC_FIELD(type, name) type name;
#define URPC_ARRAY(type, name, count) type name[count];
#define URPC_FIELD_BYTES(type, name) +sizeof(type)
#define URPC_ARRAY_BYTES(type, name, count) +sizeof(type) * (count)
#define URPC_FIELD_BAD(type, name)
#define URPC_ARRAY_BAD(type, name, count)                                                          \
    || (_Generic((type)0, char : true, default : false) && w.fields.name[(count)-1] != 0)

/* Fills a message's text field. E_RANGE: it does not fit with its ending 0 (room bytes in all);
 * then nothing is written. */
NODISCARD static inline enum status message_text_set(char *field, size_t room, const char *text)
{
    size_t length = 0;
    while (text[length] != '\0')
        if (++length == room)
            return E_RANGE;
    for (size_t i = 0; i < room; i++)
        field[i] = i < length ? text[i] : '\0';
    return OK;
}

#endif
