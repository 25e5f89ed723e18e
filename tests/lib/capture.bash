# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# What a capture shows of TCP, for assertions and for people. Loaded by network.bash.
#
# packets [FILTER] prints a line for each TCP segment, optionally only those that match a Wireshark
# display filter; times are milliseconds since the first segment of its connection:
#
#   stream=0 ms=0.000 client->server SYN seq=0 ack=0 len=0 option=request
#   stream=0 ms=50.236 server->client SYN,ACK seq=0 ack=1 len=0 option=cookie:6d1f2e0a9b3c4d5e
#
# option is the Fast Open option: none, request or cookie:HEX.
#
# connections [FILTER] prints a line for each connection, which says how it was opened:
#
#   stream=0 from=client family=4 port=80 syns=1 syn.data=0 syn.option=request synack.ms=50.236
#   synack.ack=1 synack.option=cookie bytes.client=79 bytes.server=312 end=fin
#
# (on one line). `from` is the host that opened it, port the one it called; syn.* is the first SYN;
# synack.* is none where there was no SYN-ACK; bytes.* count every segment, repeated ones too; end
# is open, fin or rst. FILTER selects the segments that are looked at.
#
# Both read $NETWORK_PCAP, which is the client's; PCAP=$NETWORK_PCAP_SERVER packets is the server's.

CAPTURE_FIELDS=(tcp.stream tcp.time_relative ip.src ipv6.src tcp.dstport tcp.flags tcp.seq tcp.ack
  tcp.len tcp.options.tfo.request tcp.options.tfo.cookie)

# In subshells, for an option of their own: a filter that tshark refuses is an error.
packets() (
  set -o pipefail
  capture "${1-}" | capture_awk '{
    printf "stream=%s ms=%s %s %s seq=%s ack=%s len=%s option=%s\n", stream, ms,
      sender == "client" ? "client->server" : "server->client", flags, seq, ack, len, option
  }'
)

connections() (
  set -o pipefail
  capture "${1-}" | capture_awk '
    !(stream in from) { from[stream] = sender; family[stream] = ip; called[stream] = port }
    { sub(/:.*/, "", option); bytes[stream, sender] += len; last = stream > last ? stream : last }
    flags == "SYN" && !syns[stream]++ { syn[stream] = "syn.data=" len " syn.option=" option }
    flags == "SYN,ACK" && !(stream in answer) {
      answer[stream] = "synack.ms=" ms " synack.ack=" ack " synack.option=" option
    }
    flags ~ /FIN/ && !ending[stream] { ending[stream] = "fin" }
    flags ~ /RST/ { ending[stream] = "rst" }
    END {
      for (s = 0; s <= last; s++) if (s in from)
        printf "stream=%d from=%s family=%d port=%d syns=%d %s %s bytes.client=%d bytes.server=%d" \
          " end=%s\n", s, from[s], family[s], called[s], syns[s],
          s in syn ? syn[s] : "syn.data=none syn.option=none",
          s in answer ? answer[s] : "synack.ms=none synack.ack=none synack.option=none",
          bytes[s, "client"], bytes[s, "server"], ending[s] ? ending[s] : "open"
    }'
)

# Gives the fields names and the flags and the option words, then runs the program given.
capture_awk() { # PROGRAM
  awk -F '\t' -v client4="$CLIENT_IP4" -v client6="$CLIENT_IP6" '
    function hex(s,    i, n) {
      for (i = 3; i <= length(s); i++)
        n = n * 16 + index("0123456789abcdef", substr(s, i, 1)) - 1
      return n
    }
    function flag_names(n,    i, names) {
      split("FIN SYN RST PSH ACK", flag_name, " ")
      for (i = 1; i <= 5; i++)
        if (int(n / 2 ^ (i - 1)) % 2) names = names (names ? "," : "") flag_name[i]
      return names
    }
    {
      stream = $1 + 0; ms = sprintf("%.3f", $2 * 1000); ip = $3 != "" ? 4 : 6
      sender = $3 == client4 || $4 == client6 ? "client" : "server"
      port = $5; flags = flag_names(hex($6)); seq = $7; ack = $8; len = $9
      option = $11 != "" ? "cookie:" $11 : $10 != "" ? "request" : "none"
    }
    '"$1"
}

# What programs have sent is in the file as soon as the emulator has answered.
capture() { # FILTER
  local field arguments=()
  [[ -z ${NETWORK_LINK-} ]] || network_control sync >/dev/null || return
  for field in "${CAPTURE_FIELDS[@]}"; do
    arguments+=(-e "$field")
  done
  LC_ALL=C tshark -n -r "${PCAP:-$NETWORK_PCAP}" -Y "tcp${1:+ && ($1)}" \
    -T fields "${arguments[@]}" 2>"$NETWORK_DIR/tshark.log" ||
    network_error "tshark: $(<"$NETWORK_DIR/tshark.log")"
}
