# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# What stands in single quotes is for another shell, or another language.
# shellcheck disable=SC2016
#
# Clients of other protocols in which the client speaks first.

servers_accept
sshd_start && redis_start && postgres_start || return

ssh=(ssh -F none -p 2222 -i "$NETWORK_DIR/ssh/user" -o BatchMode=yes
  -o UserKnownHostsFile="$NETWORK_DIR/ssh/known" "tester@$SERVER_IP4")

client_case ssh openssh-client all 'its version line is in the SYN' "${ssh[@]}" 'echo hello; id -u'
client_case 'ssh, 100 kB each way' openssh-client all '' \
  sh -c 'seq 20000 | "$@" cat | cksum' sh "${ssh[@]}"
client_case redis-cli redis-tools all '' redis-cli -h "$SERVER_IP4" SET key value
client_case 'redis-cli, commands by pipe' redis-tools all '' sh -c '
  seq -f "SET key%g value" 20 | redis-cli -h "$0"' "$SERVER_IP4"
client_case 'psql, TLS' postgresql-client-15 all 'SSLRequest is in the SYN' \
  psql "host=$SERVER_IP4 user=tester dbname=postgres sslmode=require" -A -c 'SELECT 6 * 7 AS answer'
client_case 'psql, no TLS' postgresql-client-15 all '' \
  psql "host=$SERVER_IP4 user=tester dbname=postgres sslmode=disable" -A -c 'SELECT 6 * 7 AS answer'
client_case 'socat, as a client' socat all '' sh -c '
  socat - "TCP:$0:6379" <<END
PING
QUIT
END
' "$SERVER_IP4"
