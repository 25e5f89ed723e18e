# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# What stands in single quotes is for another shell, or another language.
# shellcheck disable=SC2016
#
# Protocols in which the server speaks first. There is nothing to put into the SYN: the point is that
# nothing waits for a connection that has not been opened. A round trip is gained all the same: a SYN
# that brings the cookie, and no data, lets the server speak at once.

servers_accept
ftpd_start && smtpd_start && mariadb_start || return

first='the server speaks first'
ftp=ftp://$SERVER_IP4:2121

client_case 'curl, FTP passive' curl 0 "$first, on both connections" curl -sS "$ftp/page"
client_case 'curl, FTP listing' curl 0 "$first, on both connections" curl -sS -l "$ftp/"
client_case lftp lftp 0 "$first, on both connections" lftp --norc -c "open $ftp; cat page"
client_case tnftp tnftp 0 "$first, on both connections" \
  sh -c 'tnftp -V -o page "$0" && cat page' "$ftp/page"
client_case 'curl, SMTP' curl 0 "$first" sh -c '
  printf "Subject: hello\r\n\r\nhello\r\n" | curl -sS -v "$0" --mail-from a@example.test \
    --mail-rcpt b@example.test -T - 2>&1 | grep "^< "' "smtp://$SERVER_IP4:2525/client.example.test"
client_case swaks swaks 0 "$first" swaks --server "$SERVER_IP4:2525" --from a@example.test \
  --to b@example.test --helo client.example.test --data 'Subject: hello\n\nhello\n'
client_case mariadb mariadb-client-core 0 "$first" \
  mariadb --no-defaults -h "$SERVER_IP4" -u root -e 'SELECT 6 * 7 AS answer'
