# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# What stands in single quotes is for another shell, or another language.
# shellcheck disable=SC2016
#
# What programming languages bring for HTTP: blocking sockets, non-blocking ones with a time limit,
# event loops.

servers_accept
nginx_start || return

url=http://$SERVER_IP4:8080/page
urls=https://$SERVER_IP4:8443/page

client_case 'python, urllib' python3 all '' /usr/bin/python3 -c '
import sys, urllib.request
print(urllib.request.urlopen(sys.argv[1]).read())' "$url"
client_case 'python, urllib with timeout' python3 all 'non-blocking connect, poll' /usr/bin/python3 -c '
import sys, urllib.request
print(urllib.request.urlopen(sys.argv[1], timeout=10).read())' "$url"
client_case 'python, HTTPS' python3 all 'the ClientHello is in the SYN' /usr/bin/python3 -c '
import ssl, sys, urllib.request
context = ssl.create_default_context(cafile=sys.argv[2])
print(urllib.request.urlopen(sys.argv[1], context=context).read())' "$urls" "$NETWORK_DIR/cert.pem"
client_case 'python, asyncio' python3 all 'epoll, three at a time' /usr/bin/python3 -c '
import asyncio, sys
async def get():
    reader, writer = await asyncio.open_connection(sys.argv[1], 8080)
    writer.write(b"GET /page HTTP/1.0\r\n\r\n")
    answer = (await reader.read()).split(b"\r\n\r\n")[1]
    writer.close()
    await writer.wait_closed()
    return answer
async def main():
    print(await asyncio.gather(get(), get(), get()))
asyncio.run(main())' "$SERVER_IP4"
client_case 'node, http.get' nodejs all 'libuv' node -e '
  require("http").get(process.argv[1], (answer) => answer.pipe(process.stdout))' "$url"
client_case 'node, fetch' nodejs any 'libuv; data in the SYN if its parser is compiled by then' node -e '
  fetch(process.argv[1]).then((answer) => answer.text()).then(console.log)' "$url"
client_case 'perl, IO::Socket' perl all '' perl -MIO::Socket::INET -e '
  my $s = IO::Socket::INET->new($ARGV[0]) or die "connect: $!"; $s->autoflush(1);
  print $s "GET /page HTTP/1.0\r\n\r\n"; my @lines = <$s>; print $lines[-1]' "$SERVER_IP4:8080"
client_case 'perl, LWP' libwww-perl all '' perl -MLWP::Simple -e 'getprint($ARGV[0])' "$url"
client_case 'ruby, Net::HTTP' ruby all '' ruby -rnet/http -e 'print Net::HTTP.get(URI(ARGV[0]))' "$url"
client_case 'php, streams' php-cli all '' php -r 'echo file_get_contents($argv[1]);' "$url"
