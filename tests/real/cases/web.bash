# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# What stands in single quotes is for another shell, or another language.
# shellcheck disable=SC2016
#
# Web clients. All of them write first: every connection carries its request, or its ClientHello.

servers_accept
nginx_start && apache_start && repository_make || return

url=http://$SERVER_IP4:8080
urls=https://$SERVER_IP4:8443
ca=$NETWORK_DIR/cert.pem
shown='%{http_version} %{response_code} %{num_connects}\n'

client_case 'curl, HTTP/1.1' curl all '' curl -sS -w "$shown" "$url/page"
client_case 'curl, HTTPS' curl all 'the ClientHello is in the SYN' \
  curl -sS --http1.1 --cacert "$ca" -w "$shown" "$urls/page"
client_case 'curl, HTTP/2' curl all 'the ClientHello is in the SYN' \
  curl -sS --http2 --cacert "$ca" -w "$shown" "$urls/page"
client_case 'curl, two requests, one connection' curl 1 '' curl -sS -w "$shown" "$url/page" "$url/part1"
# Even curl -s has a progress meter under -Z.
client_case 'curl -Z, four at a time' curl 4 '' sh -c '
  curl -s -Z --parallel-immediate -o 1 "$0/part1" -o 2 "$0/part2" -o 3 "$0/part3" -o 4 "$0/part4" \
    2>/dev/null && cat 1 2 3 4' "$url"
client_case wget wget all '' wget -q -O - "$url/page"
client_case aria2 aria2 all '' sh -c 'aria2c -q --no-conf "$0" && cat page' "$url/page"
client_case 'git clone, smart HTTP' git all '' sh -c '
  git clone -q "$0" clone && git -C clone log --format="%H %s" && cat clone/numbers' \
  "http://$SERVER_IP4:8081/git/repository"
client_case 'openssl s_client' openssl all 'the ClientHello is in the SYN' sh -c '
  printf "GET /page HTTP/1.0\r\n\r\n" |
    openssl s_client -quiet -connect "$0" -CAfile "$1" 2>&1 | grep -v "^Date:"' \
  "$SERVER_IP4:8443" "$ca"
# Of ab's report only what it has not measured.
client_case ab apache2-utils 3 'three requests, three connections' sh -c '
  ab -q -n 3 "$0" | grep -E "^(Document|Complete|Failed|Total transferred|HTML)"' "$url/page"
