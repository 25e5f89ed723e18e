/* SPDX-License-Identifier: MIT */
/* What `attach` and `detach` print: a row a listener. */
#ifndef TFOSHIM_CLI_ATTACH_TABLE_H
#define TFOSHIM_CLI_ATTACH_TABLE_H

#include "cli/attach_listeners.h"
#include "cli/text_table.h"

/* What becomes of a listener. */
enum attach_fate {
    ATTACH_SET,     /* accepts SYN data from now on */
    ATTACH_THERE,   /* does so since an earlier attach */
    ATTACH_OWN,     /* does so, but attach did not set it */
    ATTACH_SHIMMED, /* is left to the library */
    ATTACH_BACK,    /* accepts none from now on */
    ATTACH_GONE,    /* accepted none already */
    ATTACH_UNKNOWN, /* attach has not set anything here */
    ATTACH_REFUSED, /* by the kernel */
};

/* For the last column. A queue may be set only where that has been consented to. */
const char *attach_table_words(enum attach_fate, bool may);

/* With its heading alone. */
struct table attach_table(void);
void attach_table_add(struct table *, const struct attach_listener *, int queue, const char *now);

#endif
