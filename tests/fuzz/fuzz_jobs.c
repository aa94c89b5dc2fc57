/* The jobs file: any text in libconfig's language, or nearly, read as `skerry check` reads it,
 * without packages. Either the problems say what is wrong, or there is a job. */
#include "fuzz.h"

#include "jobfile.h"
#include "packages.h"

/* libconfig loses a buffer where a string does not end; the program that reads a jobs file is short. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "detect_leaks=0";
}

/* Nothing is fetched. */
bool packages_get(const char *name, char **why)
{
    *why = text_format("no package %s here", name);
    return strlen(name) % 2 == 0;
}

static bool text_read(const char *text, size_t bytes, struct jobfile *f, struct settings *s)
{
    *f = (struct jobfile){.arch = "x86_64"};
    return settings_open_text(s, "fuzz.cfg", text, bytes, JOBFILE_FORMAT) && jobfile_read(f, s) &&
           s->problems.count == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    struct settings s = {0};
    struct jobfile f;
    char *text = fuzz_copy(data, bytes);

    /* Other files are not the fuzzer's business. */
    if (bytes > 0 && memmem(text, bytes, "@include", 8) == NULL) {
        bool good = text_read(text, bytes, &f, &s);
        FUZZ_CHECK(good || s.problems.count > 0);
        FUZZ_CHECK(!good || f.jobs.count > 0);
        jobfile_free(&f);
        settings_close(&s);
    }
    free(text);
    return 0;
}
