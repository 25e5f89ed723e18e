/* SPDX-License-Identifier: MIT */
#ifndef DIFFER_PORTS_H
#define DIFFER_PORTS_H

/* What the server does with a connection, by the port that it comes to. */
enum kind { ECHO_BACK, DISCARD, BANNER, ANSWER, CLOSE, RESET, SILENT, DEAD, CLOSED };

static const struct {
    const char *name;
    int port;
    enum kind kind;
} ports[] = {
    {"echo", 7001, ECHO_BACK},  /* sends back what it gets; EOF for EOF */
    {"discard", 7002, DISCARD}, /* reads to the end, says nothing */
    {"banner", 7003, BANNER},   /* says 20 bytes first, then as echo */
    {"answer", 7004, ANSWER},   /* 100 bytes for the first that come, then closes */
    {"close", 7005, CLOSE},     /* closes at once */
    {"reset", 7006, RESET},     /* resets at once */
    {"silent", 7007, SILENT},   /* neither reads nor writes */
    {"dead", 7008, DEAD},       /* as discard while it lives; see the command `dead` */
    {"closed", 7009, CLOSED},   /* nobody listens */
};

#endif
