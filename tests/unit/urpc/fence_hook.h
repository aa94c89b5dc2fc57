/* test_sleep is built with __atomic_thread_fence renamed to this, in the shipped sources too. */
#ifndef FENCE_HOOK_H
#define FENCE_HOOK_H

void fence_hook(int order);

#endif
