/* editor.c: see editor.h. The screen is changed by the least that does it: text from the cursor on
 * is written again, the rest of the screen's line cleared, the cursor moved back. */
#include "editor.h"

#include <rt/string.h>

#include "editor_line.h"

enum key {
    KEY_HOME = 0x01,
    KEY_LEFT = 0x02,
    KEY_CANCEL = 0x03,
    KEY_DELETE = 0x04,
    KEY_END = 0x05,
    KEY_RIGHT = 0x06,
    KEY_BACK = 0x08,
    KEY_TAB = 0x09,
    KEY_FEED = 0x0a,
    KEY_CUT_RIGHT = 0x0b,
    KEY_REDRAW = 0x0c,
    KEY_RETURN = 0x0d,
    KEY_DOWN = 0x0e,
    KEY_UP = 0x10,
    KEY_CUT_LEFT = 0x15,
    KEY_CUT_WORD = 0x17,
    KEY_ESCAPE = 0x1b,
    KEY_RUBOUT = 0x7f,
};

void editor_show(struct editor *e, const char *text)
{
    e->put(e->arg, text, strlen(text));
}

static void cursor_show_back(struct editor *e, uint32_t columns)
{
    char text[16];

    if (columns == 0)
        return;
    rt_snprintf(text, sizeof text, "\x1b[%uD", columns);
    editor_show(e, text);
}

static void cursor_set(struct editor *e, uint32_t cursor)
{
    if (cursor < e->cursor)
        cursor_show_back(e, e->cursor - cursor);
    else
        e->put(e->arg, e->line + e->cursor, cursor - e->cursor);
    e->cursor = cursor;
}

/* The line from the cursor on has changed. */
static void tail_show(struct editor *e, bool shorter)
{
    e->put(e->arg, e->line + e->cursor, e->length - e->cursor);
    if (shorter)
        editor_show(e, "\x1b[K");
    cursor_show_back(e, e->length - e->cursor);
}

void editor_insert(struct editor *e, const char *text, size_t bytes)
{
    size_t room = EDITOR_LINE_BYTES - 1 - e->length;
    uint32_t n = (uint32_t)(bytes < room ? bytes : room);

    if (n < bytes)
        editor_show(e, "\a");
    memmove(e->line + e->cursor + n, e->line + e->cursor, e->length - e->cursor);
    memcpy(e->line + e->cursor, text, n);
    e->length += n;
    e->put(e->arg, e->line + e->cursor, n);
    e->cursor += n;
    if (e->cursor < e->length)
        tail_show(e, false);
}

/* [from, to) goes; the cursor is on or between them. */
static void line_cut(struct editor *e, uint32_t from, uint32_t to)
{
    if (from == to)
        return;
    cursor_set(e, from);
    memmove(e->line + from, e->line + to, e->length - to);
    e->length -= to - from;
    tail_show(e, true);
}

static uint32_t word_begin(const struct editor *e)
{
    uint32_t at = e->cursor;

    while (at > 0 && e->line[at - 1] == ' ')
        at--;
    while (at > 0 && e->line[at - 1] != ' ')
        at--;
    return at;
}

void editor_redraw(struct editor *e)
{
    editor_show(e, "\r");
    editor_show(e, e->prompt);
    e->put(e->arg, e->line, e->length);
    editor_show(e, "\x1b[K");
    cursor_show_back(e, e->length - e->cursor);
}

static void line_replace(struct editor *e, const char *text)
{
    uint32_t n = (uint32_t)strnlen(text, EDITOR_LINE_BYTES - 1);

    cursor_set(e, 0);
    memcpy(e->line, text, n);
    e->length = n;
    tail_show(e, true);
    cursor_set(e, n);
}

static void history_go(struct editor *e, uint32_t back)
{
    uint32_t held = e->history_end < EDITOR_HISTORY ? e->history_end : EDITOR_HISTORY;

    if (back > held || back == e->history_back) {
        editor_show(e, "\a");
        return;
    }
    if (e->history_back == 0) {
        memcpy(e->kept, e->line, e->length);
        e->kept[e->length] = 0;
    }
    e->history_back = back;
    line_replace(e, back == 0 ? e->kept : e->history[(e->history_end - back) % EDITOR_HISTORY]);
}

/* Neither empty lines nor the same line twice in a row. */
static void history_add(struct editor *e)
{
    const char *last = e->history[(e->history_end + EDITOR_HISTORY - 1) % EDITOR_HISTORY];

    if (e->length == 0 || (e->history_end > 0 && strcmp(last, e->line) == 0))
        return;
    memcpy(e->history[e->history_end++ % EDITOR_HISTORY], e->line, e->length + 1);
}

void editor_begin(struct editor *e)
{
    e->length = e->cursor = e->history_back = 0;
    e->escape = ESCAPE_NONE;
    editor_show(e, e->prompt);
}

/* The number of a sequence ESC [ number ~ . */
static void escape_numbered(struct editor *e)
{
    if (e->escape_number == 1 || e->escape_number == 7)
        cursor_set(e, 0);
    else if (e->escape_number == 4 || e->escape_number == 8)
        cursor_set(e, e->length);
    else if (e->escape_number == 3 && e->cursor < e->length)
        line_cut(e, e->cursor, e->cursor + 1);
}

static void escape_final(struct editor *e, unsigned char key)
{
    if (key == 'A')
        history_go(e, e->history_back + 1);
    else if (key == 'B')
        history_go(e, e->history_back ? e->history_back - 1 : 0);
    else if (key == 'C' && e->cursor < e->length)
        cursor_set(e, e->cursor + 1);
    else if (key == 'D' && e->cursor > 0)
        cursor_set(e, e->cursor - 1);
    else if (key == 'H')
        cursor_set(e, 0);
    else if (key == 'F')
        cursor_set(e, e->length);
    else if (key == '~')
        escape_numbered(e);
}

/* ECMA-48: ESC [ parameters final, with a final byte of 0x40..0x7e; ESC O letter from keypads. */
static void escape_key(struct editor *e, unsigned char key)
{
    if (e->escape == ESCAPE_BEGUN) {
        e->escape = key == '[' ? ESCAPE_BRACKET : key == 'O' ? ESCAPE_LETTER : ESCAPE_NONE;
        e->escape_number = 0;
    } else if (e->escape == ESCAPE_BRACKET && key >= '0' && key <= '9') {
        e->escape_number = (e->escape_number * 10 + key - '0') % 1000;
    } else if (key >= 0x40 && key <= 0x7e) {
        e->escape = ESCAPE_NONE;
        escape_final(e, key);
    } else if (key < 0x20 || key > 0x7e) {
        e->escape = ESCAPE_NONE;
    }
}

static enum editor_event line_end(struct editor *e, unsigned char key)
{
    bool pair = key == KEY_FEED && e->after_return;

    e->after_return = key == KEY_RETURN;
    if (pair)
        return EDITOR_MORE;
    cursor_set(e, e->length);
    e->line[e->length] = 0;
    history_add(e);
    editor_show(e, "\n");
    return EDITOR_LINE;
}

static void edit_key(struct editor *e, unsigned char key)
{
    if (key == KEY_HOME)
        cursor_set(e, 0);
    else if (key == KEY_END)
        cursor_set(e, e->length);
    else if (key == KEY_LEFT && e->cursor > 0)
        cursor_set(e, e->cursor - 1);
    else if (key == KEY_RIGHT && e->cursor < e->length)
        cursor_set(e, e->cursor + 1);
    else if ((key == KEY_BACK || key == KEY_RUBOUT) && e->cursor > 0)
        line_cut(e, e->cursor - 1, e->cursor);
    else if (key == KEY_DELETE && e->cursor < e->length)
        line_cut(e, e->cursor, e->cursor + 1);
    else if (key == KEY_CUT_LEFT)
        line_cut(e, 0, e->cursor);
    else if (key == KEY_CUT_RIGHT)
        line_cut(e, e->cursor, e->length);
    else if (key == KEY_CUT_WORD)
        line_cut(e, word_begin(e), e->cursor);
    else if (key == KEY_UP)
        history_go(e, e->history_back + 1);
    else if (key == KEY_DOWN)
        history_go(e, e->history_back ? e->history_back - 1 : 0);
    else if (key == KEY_REDRAW)
        editor_redraw(e);
    else if (key == KEY_TAB)
        editor_complete(e);
}

enum editor_event editor_key(struct editor *e, unsigned char key)
{
    char text = (char)key;

    if (key == KEY_RETURN || key == KEY_FEED)
        return line_end(e, key);
    e->after_return = false;
    if (key == KEY_CANCEL) {
        editor_show(e, "^C\n");
        return EDITOR_CANCEL;
    }
    if (e->escape != ESCAPE_NONE)
        escape_key(e, key);
    else if (key == KEY_ESCAPE)
        e->escape = ESCAPE_BEGUN;
    else if (key >= ' ' && key < KEY_RUBOUT)
        editor_insert(e, &text, 1);
    else if (key == KEY_DELETE && e->length == 0)
        return EDITOR_END;
    else
        edit_key(e, key);
    return EDITOR_MORE;
}
