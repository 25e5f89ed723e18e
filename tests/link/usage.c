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
    "  --spare-left N       but let N pass before them\n"
    "  --spare-right N      the same from the right\n"
    "  --reorder PERCENT    hold back so many of the TCP and UDP packets of each direction, drawn "
    "as\n"
    "                       those that are lost, and let others overtake them\n"
    "  --reorder-by MS      hold them back so long (default 0)\n"
    "  --cut                a cut link: nothing passes, and what was under way is lost\n"
    "  --cut-syn N          the next N SYNs cut it for a time each; one during a cut does not "
    "count\n"
    "  --cut-after MS       the time from the SYN to the cut (default 0: it does not pass itself)\n"
    "  --cut-for MS         how long the cut lasts (default 0)\n"
    "  --repeat-syn         deliver SYNs twice\n"
    "  --repeat-after MS    the second time so much later (default 0)\n"
    "  --mtu BYTES          drop TCP and UDP packets that are longer, and answer them with ICMP:\n"
    "                       fragmentation needed, packet too big. A host takes no less than 1280\n"
    "                       for IPv6 (default 0: any size passes)\n"
    "  --mtu-silent         drop them without an answer\n"
    "  --device NAME        name of the TUN devices (default link0)\n";

static const char middlebox_options[] =
    "\n"
    "A middlebox half-way. It treats both directions alike; the Fast Open option is TCP option 34\n"
    "or its experimental form, option 254 with the identifier F989. When several apply, a SYN is\n"
    "dropped before it is reset, and reset before it is altered:\n"
    "  --drop-option        drops SYNs and SYN-ACKs that have a Fast Open option\n"
    "  --drop-syn-data      drops SYNs that carry data\n"
    "  --reset-syn-data     answers SYNs that carry data with RST\n"
    "  --reset-syn N        answers the next N SYNs with RST, whatever they carry\n"
    "  --strip-option       overwrites the Fast Open option of SYNs and SYN-ACKs with NOPs\n"
    "  --strip-option-left  the same for those that come from the left alone\n"
    "  --strip-option-right the same for those that come from the right alone\n"
    "  --alter-cookie       flips a bit of the cookie of SYNs, and leaves that of SYN-ACKs alone\n"
    "  --strip-data         delivers SYNs without the data they carry\n"
    "  --nat N              translates the address and port of the left: to the right, its TCP\n"
    "                       connections come from N addresses, at most 64, by their port. The "
    "last\n"
    "                       byte of the address becomes another above 64 (default 0: it does "
    "not)\n";

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
    "  rtt MS, delay MS, loss PERCENT, seed N, lose-left N, lose-right N, spare-left N,\n"
    "  spare-right N, reorder PERCENT,\n"
    "  reorder-by MS, cut-syn N, cut-after MS, cut-for MS, repeat-after MS, mtu BYTES, reset-syn "
    "N,\n"
    "  nat N\n"
    "  cut, repeat-syn, mtu-silent, drop-option, drop-syn-data, reset-syn-data, strip-option,\n"
    "  strip-option-left, strip-option-right, alter-cookie, strip-data\n"
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
    "one way. A change of the delay never lets a packet overtake another; --reorder and\n"
    "--repeat-after do.\n"
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
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        if (fputs(parts[i], stdout) == EOF)
            err(1, "cannot write the help");
    if (fflush(stdout) != 0)
        err(1, "cannot write the help");
}
