/* The text of litmus programs (litmus.h), and sets of outcomes. */
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "litmus.h"

static const char order_letters[] = "n?arbs";
static const char locations[] = "xyzpq";
static const char kinds[] = "WRAXCF=";

static bool digit(const char **at, uint8_t *value)
{
    if (**at < '0' || **at > '9')
        return false;
    *value = (uint8_t)(*(*at)++ - '0');
    return true;
}

static bool order_read(const char **at, int *order)
{
    const char *o = **at == 0 ? NULL : strchr(order_letters, **at);
    if (o == NULL || *o == '?')
        return false;
    *order = (int)(o - order_letters);
    (*at)++;
    return true;
}

static bool instruction_read(const char **at, struct lit_instruction *in)
{
    const char *k = **at == 0 ? NULL : strchr(kinds, **at);
    if (k == NULL)
        return false;
    in->kind = (enum lit_kind)(k - kinds);
    (*at)++;
    if (in->kind == LIT_FENCE)
        return order_read(at, &in->order);
    if (in->kind == LIT_IF)
        return digit(at, &in->expected);
    const char *l = **at == 0 ? NULL : strchr(locations, **at);
    if (l == NULL)
        return false;
    in->location = (uint8_t)(l - locations);
    (*at)++;
    if (in->kind == LIT_CAS && !digit(at, &in->expected))
        return false;
    if (in->kind != LIT_LOAD && !digit(at, &in->value))
        return false;
    if (in->location >= LIT_ATOMIC)
        return in->kind == LIT_STORE || in->kind == LIT_LOAD;
    return order_read(at, &in->order) && in->order != memory_order_seq_cst;
}

bool lit_read(struct lit_program *p, const char *text)
{
    memset(p, 0, sizeof(*p));
    p->thread_count = 1;
    for (const char *at = text; *at != 0;) {
        unsigned t = p->thread_count - 1;
        if (*at == ' ') {
            at++;
        } else if (*at == '|') {
            at++;
            if (p->thread_count++ == LIT_THREADS)
                return false;
        } else {
            if (p->count[t] == LIT_CODE || !instruction_read(&at, &p->code[t][p->count[t]++]))
                return false;
        }
    }
    return true;
}

void lit_print(const struct lit_program *p)
{
    for (unsigned t = 0; t < p->thread_count; t++) {
        printf(t == 0 ? "    " : " |");
        for (unsigned i = 0; i < p->count[t]; i++) {
            const struct lit_instruction *in = &p->code[t][i];
            printf(" %c", kinds[in->kind]);
            if (in->kind < LIT_FENCE)
                printf("%c", locations[in->location]);
            if (in->kind == LIT_CAS || in->kind == LIT_IF)
                printf("%u", in->expected);
            if (in->kind != LIT_LOAD && in->kind < LIT_FENCE)
                printf("%u", in->value);
            if (in->kind != LIT_IF && (in->kind == LIT_FENCE || in->location < LIT_ATOMIC))
                printf("%c", order_letters[in->order]);
        }
    }
    printf("\n");
}

void lit_set_add(struct lit_set *set, const struct lit_outcome *o)
{
    if (set->count == set->room) {
        set->room = set->room == 0 ? 64 : set->room * 2;
        set->item = realloc(set->item, set->room * sizeof(*set->item));
        if (set->item == NULL)
            abort();
    }
    set->item[set->count++] = *o;
}

static int compare(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(struct lit_outcome));
}

void lit_set_finish(struct lit_set *set)
{
    size_t kept = 0;
    if (set->count > 1)
        qsort(set->item, set->count, sizeof(*set->item), compare);
    for (size_t i = 0; i < set->count; i++)
        if (kept == 0 || compare(&set->item[i], &set->item[kept - 1]) != 0)
            set->item[kept++] = set->item[i];
    set->count = kept;
}

void lit_set_free(struct lit_set *set)
{
    free(set->item);
    memset(set, 0, sizeof(*set));
}

bool lit_set_equal(const struct lit_set *a, const struct lit_set *b)
{
    if (a->race || b->race)
        return a->race == b->race;
    return a->count == b->count &&
           (a->count == 0 || memcmp(a->item, b->item, a->count * sizeof(*a->item)) == 0);
}
