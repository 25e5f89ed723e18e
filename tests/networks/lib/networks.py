# SPDX-License-Identifier: MIT
"""The networks: what the link does in each, and what happens to its server."""

import dataclasses

RTT_MS = 40
MEGABYTE = 1_000_000


@dataclasses.dataclass(frozen=True)
class Network:
    name: str
    words: str
    options: tuple = ()  # of the link, from the start
    later: tuple = ()  # commands to the link, after the client has got its cookies
    commands: tuple = ()  # commands to the link, again and again
    happens: str = ""  # to the server, again and again: "restart", "key"
    period: float = 2.0  # seconds
    rtt: float = RTT_MS
    # Which transfer is hit is a matter of chance: what is compared has a spread.
    chance: bool = False
    largest: int = MEGABYTE
    server_fastopen: int = 3  # net.ipv4.tcp_fastopen
    probing: int = 0  # net.ipv4.tcp_mtu_probing
    queue: int = 0  # of the shim's listeners


def loss(percent, largest=MEGABYTE):
    return Network(
        f"loss-{percent}",
        f"{percent} % of the packets are lost",
        options=("--loss", f"{percent}"),
        chance=True,
        largest=largest,
    )


def cut(after):
    return Network(
        f"cut-{after}",
        f"{after} ms after a SYN the link is cut for 2 seconds, every 5 seconds",
        options=("--cut-for", "2000", "--cut-after", f"{after}"),
        commands=("cut-syn 1",),
        period=5,
        chance=True,
    )


# Those in which little comes through come first: what takes longest begins first.
NETWORKS = (
    loss(20, 100_000),
    Network(
        "mtu-silent",
        "packets over 1,280 bytes are dropped without a word; hosts probe (`tcp_mtu_probing = 1`)",
        options=("--mtu", "1280", "--mtu-silent"),
        probing=1,
        chance=True,
        largest=100_000,
    ),
    cut(0),
    cut(10),
    cut(30),
    cut(45),
    loss(5),
    loss(1),
    Network("clean", "nothing goes wrong"),
    Network("near", "nothing goes wrong, and a round trip takes 2 ms", rtt=2),
    Network("far", "nothing goes wrong, and a round trip takes 200 ms", rtt=200),
    Network(
        "reorder",
        "10 % of the packets come 15 ms late",
        options=("--reorder", "10", "--reorder-by", "15"),
        chance=True,
    ),
    Network("repeat-syn", "every SYN comes twice", options=("--repeat-syn",)),
    Network(
        "repeat-syn-late",
        "every SYN comes again 600 ms later",
        options=("--repeat-syn", "--repeat-after", "600"),
    ),
    Network(
        "mtu",
        "packets over 1,280 bytes are dropped and answered with ICMP",
        options=("--mtu", "1280"),
    ),
    Network("drop-syn-data", "SYNs with data are dropped", options=("--drop-syn-data",)),
    Network("drop-option", "SYNs with the option are dropped", options=("--drop-option",)),
    Network(
        "drop-option-later", "the same, once the client has cookies", later=("drop-option on",)
    ),
    Network("reset-syn-data", "SYNs with data are reset", options=("--reset-syn-data",)),
    Network(
        "reset-syn",
        "every 2 seconds the next SYN is reset",
        commands=("reset-syn 1",),
        chance=True,
    ),
    Network("strip-option", "the option is stripped", options=("--strip-option",)),
    Network(
        "strip-option-left", "it is stripped from SYNs only", options=("--strip-option-left",)
    ),
    Network(
        "strip-option-right", "it is stripped from SYN-ACKs only", options=("--strip-option-right",)
    ),
    Network(
        "strip-option-later",
        "it is stripped from SYNs, once the client has cookies",
        later=("strip-option-left on",),
    ),
    Network("strip-data", "SYNs come without their data", options=("--strip-data",)),
    Network("alter-cookie", "the cookie of every SYN is altered", options=("--alter-cookie",)),
    Network("nat", "the client is behind one translated address", options=("--nat", "1")),
    Network(
        "nat-pool",
        "the client is behind 16 addresses: most cookies are those of another",
        options=("--nat", "16"),
    ),
    Network("server-off", "the server's kernel has Fast Open off", server_fastopen=1),
    Network("queue", "the shim's listeners have a queue of 1", queue=1),
    Network("key", "every 2 seconds the server has another key", happens="key", chance=True),
    Network(
        "restart",
        "every 3 seconds the server is killed, and comes back",
        happens="restart",
        period=3,
        chance=True,
    ),
)
BY_NAME = {network.name: network for network in NETWORKS}

# Those that a quick run takes.
QUICK = ("clean", "drop-syn-data", "strip-option-right", "mtu", "nat-pool")
