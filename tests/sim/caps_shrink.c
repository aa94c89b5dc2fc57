/* Shrinking: see caps_shrink.h. Each step of a run draws its random numbers from (seed, step) alone,
 * so leaving one out does not change what the others want to do. Chunks are left out, halves first,
 * then smaller ones, as long as the same violation remains. */
#include "caps_shrink.h"

#include <stdlib.h>
#include <string.h>

/* Steps times cores of a run in which everything is checked after each step. */
#define CHECKED_ALWAYS_MAX 200000u

struct shrink {
    struct caps_options options;
    uint8_t *keep;
    uint64_t steps;
    uint32_t replays_left;
    char violation[128];
};

/* Does it fail in the same way? *at: the step. */
static bool fails(struct shrink *k, uint64_t *at)
{
    struct caps_options o = k->options;
    struct sim s;
    bool same;

    o.keep = k->keep;
    o.steps = k->steps;
    k->replays_left--;
    if (!caps_run(&s, &o))
        return false;
    same = s.violation && strcmp(s.violation, k->violation) == 0;
    *at = s.steps;
    sim_free(&s);
    return same;
}

static void chunk_try(struct shrink *k, uint64_t first, uint64_t count)
{
    uint8_t *old = malloc(count);
    uint64_t at, any = 0;

    if (!old)
        return;
    memcpy(old, k->keep + first, count);
    for (uint64_t i = 0; i < count; i++)
        any |= old[i];
    if (any) {
        memset(k->keep + first, 0, count);
        if (!fails(k, &at))
            memcpy(k->keep + first, old, count);
    }
    free(old);
}

static void shrink(struct shrink *k)
{
    for (uint64_t chunk = k->steps / 2; chunk && k->replays_left; chunk /= 2)
        for (uint64_t end = k->steps; end && k->replays_left; end -= end < chunk ? end : chunk)
            chunk_try(k, end < chunk ? 0 : end - chunk, end < chunk ? end : chunk);
}

static bool draw(struct shrink *k, FILE *to)
{
    struct caps_options o = k->options;
    struct sim s;

    o.keep = k->keep;
    o.steps = k->steps;
    o.draw = to;
    fprintf(to, "%6s ", "");
    for (uint32_t i = 0; i < o.cores && i < SIM_COLUMNS; i++)
        fprintf(to, "%-8s", "core");
    fprintf(to, "\n%6s ", "step");
    for (uint32_t i = 0; i < o.cores && i < SIM_COLUMNS; i++)
        fprintf(to, "%-8u", i);
    fprintf(to, "\n");
    if (!caps_run(&s, &o))
        return false;
    fprintf(to, "VIOLATION: %s (core %u, region %u)\n", s.violation ? s.violation : "none",
            s.violation_core, s.violation_region);
    sim_free(&s);
    return true;
}

bool caps_shrink(const struct caps_options *o, uint32_t replays, FILE *to, struct caps_story *story)
{
    struct shrink k = {.options = *o, .replays_left = replays};
    uint64_t first = 0, second = 0;
    struct sim s;
    bool drawn;

    if (!caps_run(&s, o))
        return false;
    k.options.check_always = s.steps * o->cores < CHECKED_ALWAYS_MAX;
    sim_free(&s);
    if (!caps_run(&s, &k.options))
        return false;
    k.steps = s.steps + 1;
    snprintf(k.violation, sizeof(k.violation), "%s", s.violation ? s.violation : "");
    sim_free(&s);
    k.keep = malloc(k.steps);
    if (!k.violation[0] || !k.keep) {
        free(k.keep);
        return false;
    }
    memset(k.keep, 1, k.steps);
    shrink(&k);
    *story = (struct caps_story){.steps = k.steps, .replays = replays - k.replays_left};
    for (uint64_t i = 0; i < k.steps; i++)
        story->kept += k.keep[i];
    story->same = fails(&k, &first) && fails(&k, &second) && first == second;
    drawn = draw(&k, to);
    free(k.keep);
    return drawn;
}
