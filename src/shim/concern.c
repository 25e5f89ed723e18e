/* SPDX-License-Identifier: MIT */
#include "shim/concern.h"

struct concern_word concern_words[CONCERN_COUNT] = {
    [CONCERN_NOTHING] = {1},     [CONCERN_CONNECTIONS] = {1}, [CONCERN_WAITS] = {1},
    [CONCERN_DESCRIPTORS] = {1}, [CONCERN_PROCESS] = {1},
};

void concern_started(bool on)
{
    if (!on)
        atomic_fetch_sub(&concern_words[CONCERN_PROCESS].count, 1);
    concern_remove_connection();
    atomic_fetch_sub(&concern_words[CONCERN_NOTHING].count, 1);
}
