# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# What stands in single quotes is for another shell, or another language.
# shellcheck disable=SC2016
#
# Browsers without a window, each with a new profile. Chromium prints the page as its script has left
# it, Firefox draws it. How many connections a browser opens ahead of its requests, and what is in their
# SYNs, is for a race to decide. What they say of the desktop on standard error is left out.

servers_accept
page_make && nginx_start || return

page=http://$SERVER_IP4:8080/sizes.html
pages=https://$SERVER_IP4:8443/sizes.html

chromium='chromium --headless --no-sandbox --disable-gpu --disable-quic --disable-dev-shm-usage \
  --no-first-run --disable-background-networking --disable-component-update --disable-sync \
  --ignore-certificate-errors --user-data-dir="$PWD/profile" --dump-dom "$0" 2>/dev/null'
firefox='firefox-esr --headless --no-remote --profile "$PWD" --window-size=400,200 \
  --screenshot "$PWD/page.png" "$0" >/dev/null 2>&1 && cksum <page.png'

ahead='opens a connection ahead of a request: data in the SYN if that follows soon'
client_case chromium chromium race "$ahead" sh -c "$chromium" "$page"
client_case 'chromium, HTTPS' chromium race 'its ClientHello does not fit into a SYN' sh -c "$chromium" "$pages"
client_case firefox firefox-esr race '' sh -c "$firefox" "$page"
