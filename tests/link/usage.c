/* SPDX-License-Identifier: MIT */
#include <err.h>
#include <stdio.h>

#include "arguments.h"

static const char synopsis[] =
    "Usage: tfolink --left NAMESPACE --right NAMESPACE [OPTION]...\n"
    "\n"
    "Joins two network namespaces by a link with a delay. In each it makes a TUN device, link0,\n"
    "and forwards the IP packets that one device sends to the other, in order, until SIGTERM or\n"
    "the end of the process that started it. It sets no addresses and brings no device up.\n"
    "\n"
    "A NAMESPACE is a name that `ip netns add` made, the path of a namespace file, or pid:N.\n";

static const char link_options[] =
    "\n"
    "The link:\n"
    "  --rtt MS             delay of a round trip; half of it each way (default 0)\n"
    "  --delay MS           the same, said as the delay of one way\n"
    "  --loss PERCENT       lose so many of the TCP and UDP packets of each direction. Which ones\n"
    "                       depends on the seed and on their number alone: the same packets are\n"
    "                       lost in every run\n"
    "  --seed N             another selection (default 1)\n"
    "  --lose-left N        lose the next N TCP segments that come from the left\n"
    "  --lose-right N       lose the next N TCP segments that come from the right\n"
    "  --cut                a cut link: nothing passes, and what was under way is lost\n"
    "  --device NAME        name of the TUN devices (default link0)\n";

static const char middlebox_options[] =
    "\n"
    "A middlebox half-way. It treats both directions alike; the Fast Open option is TCP option 34\n"
    "or its experimental form, option 254 with the identifier F989. When several apply, a SYN is\n"
    "dropped before it is reset, and reset before it is stripped:\n"
    "  --drop-option        drops SYNs and SYN-ACKs that have a Fast Open option\n"
    "  --drop-syn-data      drops SYNs that carry data\n"
    "  --reset-syn-data     answers SYNs that carry data with RST\n"
    "  --strip-option       overwrites the Fast Open option of SYNs and SYN-ACKs with NOPs\n"
    "  --strip-data         delivers SYNs without the data they carry\n";

static const char file_options[] =
    "\n"
    "Files:\n"
    "  --pcap FILE          write what the host on the left would capture: its own packets as and\n"
    "                       when they leave, the others when they arrive. Raw IP, nanoseconds;\n"
    "                       complete to the last packet at any time\n"
    "  --pcap-right FILE    the same for the host on the right\n"
    "  --control FIFO       read commands from it, a line each\n"
    "  --status FILE        a file or FIFO that gets the line `ready` when both devices exist,\n"
    "                       then a line for each command: `ok` or `error: WHY`\n";

static const char commands[] =
    "\n"
    "Commands:\n"
    "  rtt MS, delay MS, loss PERCENT, seed N, lose-left N, lose-right N\n"
    "  cut, drop-option, drop-syn-data, reset-syn-data, strip-option, strip-data\n"
    "                       as the options; the switches also take `on` or `off`\n"
    "  restore              the same as `cut off`\n"
    "  sync                 nothing but the answer. Like every answer it says that what had been\n"
    "                       sent when the command came is in the pcap\n"
    "  drain                like sync, and answered only when nothing is under way\n"
    "  counters             `ok left=N right=N lost=N dropped=N`: packets taken from each side,\n"
    "                       lost by the link and dropped by the middlebox\n";

static const char notes[] =
    "\n"
    "A middlebox acts on a packet as it enters the link; its RST comes back after the delay of\n"
    "one way. A change of the delay never lets a packet overtake another.\n"
    "\n"
    "Exit status: 0 when ended by SIGTERM or SIGINT, 1 when something could not be done.\n"
    "\n"
    "Example:\n"
    "  ip netns add client; ip netns add server\n"
    "  tfolink --left client --right server --rtt 50 --pcap link.pcap &\n"
    "  ip -n client addr add 10.9.0.1/24 dev link0; ip -n client link set link0 up\n"
    "  ip -n server addr add 10.9.0.2/24 dev link0; ip -n server link set link0 up\n"
    "  ip netns exec client ping -c 3 10.9.0.2\n";

void usage(void)
{
    const char *parts[] = {synopsis,     link_options, middlebox_options,
                           file_options, commands,     notes};

    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        if (fputs(parts[i], stdout) == EOF)
            err(1, "cannot write the help");
    if (fflush(stdout) != 0)
        err(1, "cannot write the help");
}
