/* command.c: the table of commands, and the line that names them. What a command does is in
 * report.c (looking) and job.c (running). */
#include <rt/string.h>

#include "shell.h"

static void command_help(struct shell *s, const struct words *w)
{
    (void)w;
    for (uint32_t i = 0; i < command_count; i++)
        shell_print(s, "%-7s %-43s %s\n", commands[i].name, commands[i].usage, commands[i].help);
    shell_print(
        s,
        "Several commands on one line: a; b. Keys: arrows, Home, End, Tab, Ctrl-A E U K W L C.\n");
}

static void command_exit(struct shell *s, const struct words *w)
{
    uint64_t code = 0;

    if (w->count > 1 && !number_read(w->word[1], 127, &code)) {
        shell_print(s, "exit: the code is a number from 0 to 127\n");
        return;
    }
    s->machine->end_machine(s->machine->arg, (uint32_t)code);
}

const struct command commands[] = {
    {"help", "", "this list", command_help},
    {"cores", "", "the cores that are up, and their nodes", command_cores},
    {"mem", "", "memory of each core", command_mem},
    {"domains", "[CORE]", "domains that monitors have started", command_domains},
    {"caps", "DOMAIN", "capabilities of a domain (as `domains` names it)", command_caps},
    {"run", "PROGRAM [ARGS] [--core N] [--memory M] [&]", "start a program and wait for it",
     command_run},
    {"kill", "DOMAIN", "end a domain and take back all it held", command_kill},
    {"jobs", "", "what `run` has started", command_jobs},
    {"exit", "[CODE]", "end the machine", command_exit},
};
const uint32_t command_count = sizeof commands / sizeof commands[0];

void shell_print(struct shell *s, const char *format, ...)
{
    char text[241];
    va_list arguments;

    va_start(arguments, format);
    int length = rt_vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    size_t n = length < (int)sizeof text ? (size_t)length : sizeof text - 1;
    s->machine->put(s->machine->arg, text, n);
}

bool shell_ok(struct shell *s, const char *what, enum status status)
{
    if (status != OK)
        shell_print(s, "%s: %s\n", what, status_text(status));
    return status == OK;
}

bool shell_domain_ok(struct shell *s, const char *name, enum status status)
{
    if (status == E_NOT_FOUND)
        shell_print(s, "%s: no such domain; `domains` lists them\n", name);
    else if (status == E_PEER)
        shell_print(s, "%s: that core is not up\n", name);
    else if (status == E_RIGHTS)
        shell_print(s, "%s: only what `run` has started can be ended\n", name);
    else
        return shell_ok(s, name, status);
    return false;
}

static void command_run_words(struct shell *s, const struct words *w)
{
    for (uint32_t i = 0; i < command_count; i++)
        if (strcmp(w->word[0], commands[i].name) == 0) {
            commands[i].run(s, w);
            return;
        }
    shell_print(s, "%s: no such command; `help` lists them\n", w->word[0]);
}

void shell_line(struct shell *s, const char *line)
{
    struct words w;
    enum status status;

    while ((status = words_next(&line, &w)) == OK)
        if (w.count > 0)
            command_run_words(s, &w);
    if (status == E_FORMAT)
        shell_print(s, "a quote is not closed, or the line is too long\n");
    else if (status != E_EMPTY)
        shell_print(s, "more than %d words\n", WORDS_MAX);
}
