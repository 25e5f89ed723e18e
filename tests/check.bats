#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# tfoshim check: the policy as it is understood, and every error that a configuration can have.

# run --separate-stderr assigns stderr.
# shellcheck disable=SC2154

bats_require_minimum_version 1.5.0
bats_load_library bats-support
bats_load_library bats-assert

setup() {
  build=${TFOSHIM_BUILD:-$BATS_TEST_DIRNAME/../build}
  tfoshim=$build/tfoshim
  export LC_ALL=C HOME=$BATS_TEST_TMPDIR
  export LSAN_OPTIONS=suppressions=$BATS_TEST_DIRNAME/lsan.supp:print_suppressions=0
  unset TFOSHIM_CONFIG XDG_CONFIG_HOME
  cd "$BATS_TEST_TMPDIR" || exit
}

# The configuration on stdin is refused, with these lines on stderr and nothing on stdout.
assert_refused() {
  cat >t.conf
  run -1 --separate-stderr "$tfoshim" check t.conf
  refute_output
  assert_equal "$stderr" "$(printf 'tfoshim: %s\n' "$@")"
}

# A rule of the clients, or of the group that is named.
assert_rule_refused() {
  assert_refused "t.conf:1: $2" <<<"${3:-client} = { rules = ( { $1 } ) };"
}

# Somebody else's, whether the test is root or has a user namespace with one user in it, to whom all
# of root's files are nobody's.
give_away() { # FILE
  chown 1 "$1" 2>/dev/null || { mount --bind /etc/passwd "$1" && given=$1; }
}

teardown() {
  [[ -z ${given-} ]] || umount "$given"
}

address_expected='an address, a prefix such as "10.0.0.0/8", or "*"'
host_expected='a host name such as "www.example.com" or "*.example.com"'
port_expected='a port number from 1 to 65535 or a range such as "8000-8999"'

enables_nothing='enables nothing: give the client or the server group rules, or default = "on"'

# A number made of the text, which has a test of its own.
without_version() {
  # shellcheck disable=SC2154
  grep -vxE 'version [0-9a-f]{8}' <<<"$output"
}

@test "the policy is shown with its defaults spelled out" {
  cat >t.conf <<'END'
client = {
  rules = (
    { host = "*.example.com"; port = [ 80, 443 ]; },
    { address = [ "10.0.0.0/8", "fd00::/8" ]; port = ( 22, "8000-8999" ); first_write = "replay-safe"; },
    { program = [ "curl", "wget" ]; fastopen = "off"; }
  );
};
server = { default = "on"; rules = ( { address = "0.0.0.0"; port = 80; queue = 256; }, { } ); };
log = { level = "debug"; to = "/tmp/tfoshim.log"; };
END
  run -0 --separate-stderr "$tfoshim" check t.conf
  assert_equal "$stderr" ""
  output=$(without_version)
  assert_output - <<'END'
policy of t.conf
client: default off, first write replay-safe
  rule      fastopen  first write  port           program     destination
  t.conf:3  on        any          80, 443        *           *.example.com
  t.conf:4  on        replay-safe  22, 8000-8999  *           10.0.0.0/8, fd00::/8
  t.conf:5  off       any          *              curl, wget  *
server: default on, queue as long as the listener's backlog
  rule      fastopen  queue    port  program  address
  t.conf:8  on        256      80    *        0.0.0.0
  t.conf:8  on        backlog  *     *        *
log: level debug, to /tmp/tfoshim.log
END
}

@test "an empty file is a policy: off" {
  : >t.conf
  run -0 "$tfoshim" check t.conf
  assert_line "client: default off, first write replay-safe"
  assert_line "server: default off, queue as long as the listener's backlog"
  assert_line "log: level warn, to stderr"
}

@test "the example configuration is accepted, as it is and with its examples uncommented" {
  local example=example.conf
  install -m 644 "$BATS_TEST_DIRNAME/../conf/tfoshim.conf" "$example"
  run -0 --separate-stderr "$tfoshim" check "$example"
  assert_line "client: default off, first write replay-safe"
  assert_line "server: default off, queue as long as the listener's backlog"
  assert_equal "$stderr" "tfoshim: warning: $example $enables_nothing"
  sed 's/^\( *\)# { /\1{ /' "$example" >t.conf
  run -0 "$tfoshim" check t.conf
  assert_line --regexp '^  t\.conf:[0-9]+ +on +any +5432, 8000-8999 +(\* +)+10\.0\.0\.0/8, fd00::/8$'
  assert_line --regexp '^  t\.conf:[0-9]+ +on +256 +80, 443 +\* +\*$'
  assert_equal "$(grep -c '{ .*=.* }' t.conf)" "$(grep -c '^  t\.conf' <<<"$output")"
}

@test "a file that enables nothing is warned of" {
  local text
  for text in '' 'client = { default = "off"; };' 'log = { level = "debug"; };' \
    'client = { rules = ( { fastopen = "off"; } ) }; server = { rules = ( { fastopen = "off"; } ) };'; do
    echo "$text" >t.conf
    run -0 --separate-stderr "$tfoshim" check t.conf
    assert_equal "$stderr" "tfoshim: warning: t.conf $enables_nothing"
    assert_line --index 0 "policy of t.conf"
  done
  for text in 'client = { default = "on"; };' 'server = { default = "on"; };' \
    'client = { rules = ( { port = 22; fastopen = "off"; }, { port = 80; } ) };' 'server = { rules = ( { } ) };'; do
    echo "$text" >t.conf
    run -0 --separate-stderr "$tfoshim" check t.conf
    assert_equal "$stderr" ""
  done
  # Without a file it is not a file's fault.
  TFOSHIM_CONFIG='' run -0 --separate-stderr "$tfoshim" check
  assert_equal "$stderr" ""
}

# Rules of clients, a line each after the first, and which of them never match: "4 2 3" for the fourth line's,
# which those of the second and third cover.
never() { # [RULE BY...]...
  local rule by said=''
  for rule in "$@"; do
    read -ra by <<<"$rule"
    rule=${by[0]} by=("${by[@]:1}")
    if ((${#by[@]} == 1)); then
      said+="tfoshim: warning: t.conf:$rule: this rule never matches: the rule at t.conf:${by[0]} comes first and covers all of it"$'\n'
    else
      printf -v by ', t.conf:%s' "${by[@]}"
      said+="tfoshim: warning: t.conf:$rule: this rule never matches: the rules at ${by#, } come first and cover all of it"$'\n'
    fi
  done
  { echo 'client = { rules = (' && sed '$!s/$/,/' && echo '); };'; } >t.conf
  run -0 --separate-stderr "$tfoshim" check t.conf
  assert_equal "$stderr" "${said%$'\n'}"
}

@test "rules that never match are warned of, with those that come first" {
  never <<END
{ address = "10.0.0.1"; }
{ address = "10.0.0.0/8"; port = 80; }
{ address = "10.0.0.0/8"; }
{ port = "1-65535"; }
{ }
END
  never '3 2' '4 2' '7 5' <<END
{ address = "10.0.0.0/8"; port = [ 80, 443 ]; }
{ address = "10.1.0.0/16"; port = 80; fastopen = "off"; }
{ address = [ "10.1.2.3", "::ffff:10.1.2.4" ]; port = 443; first_write = "replay-safe"; }
{ port = "8000-8999"; }
{ address = [ "10.0.0.1", "11.0.0.1" ]; port = 80; }
{ address = "fd00::/8"; port = ( 8080, "8000-8001" ); }
END
  # Halves make a whole, in addresses and in ports, but not one of IPv4 and the other of IPv6.
  never '4 2 3' '8 5 6' '9 5 6' <<END
{ address = "10.0.0.0/9"; port = "1-900"; }
{ address = "10.128.0.0/9"; port = ( "800-1000", 22 ); }
{ address = "10.0.0.0/8"; port = "800-900"; }
{ address = "0.0.0.0/0"; port = 53; }
{ address = "::/0"; port = 53; }
{ address = "10.0.0.0/8"; port = "800-901"; }
{ port = 53; }
{ host = "example.com"; port = 53; }
{ address = "::/0"; }
{ address = "::ffff:0:0/96"; }
END
  # Names, by which a rule with addresses may match as well.
  never '4 3' '5 2 3' '8 7' '9 6 7' <<END
{ host = "example.com"; }
{ host = "*.example.com"; }
{ host = [ "*.a.example.com", "www.example.com" ]; }
{ host = [ "example.com", "b.a.example.com" ]; port = 1; }
{ host = [ "*.com", "com" ]; address = "10.0.0.1"; }
{ address = "*"; port = 80; }
{ host = "example.org"; port = 80; }
{ address = "10.0.0.1"; host = "example.net"; port = 80; }
{ host = "example.net"; }
END
  # Of programs each that a rule is for counts, and so do those that no rule names.
  never '3 2' '6 2 4' '8 7' <<END
{ program = "one"; }
{ program = "one"; port = 80; }
{ program = "two"; port = 80; }
{ program = [ "one", "two" ]; }
{ program = [ "two", "one" ]; port = 80; }
{ }
{ program = "three"; }
END
  # What one pattern has, another may have too; but names of files are not names of programs.
  never '4 2 3' '7 6' '8 6' <<END
{ program = "a*"; }
{ program = "*b"; }
{ program = [ "ab", "a*b", "xb", "abc" ]; }
{ program = [ "*c", "c" ]; }
{ program = "/opt/*"; }
{ program = [ "/opt/x", "/opt/*/bin/y*" ]; }
{ program = "/opt/a"; port = 80; unit = "*"; }
END
  never '6 5' '7 4' <<END
{ program = "*x"; }
{ program = "/opt/x"; }
{ program = "*"; }
{ port = 80; }
{ port = 80; unit = "*"; }
{ port = 80; program = "*"; user = [ 1, 2 ]; }
{ port = 81; }
END
  # Users and units too, each with each.
  never '4 2 3' '7 6' '9 8' <<END
{ user = 1; }
{ user = 2; unit = [ "a.service", "b.service" ]; }
{ user = [ 1, 2 ]; unit = [ "a.service", "b.service" ]; }
{ user = [ 1, 2 ]; unit = [ "a.service", "c.service" ]; }
{ unit = "*.slice"; program = "p"; }
{ unit = "user.slice"; program = "p"; user = 7; }
{ user = [ 3, 4 ]; }
{ user = ( "3", 4 ); unit = "*"; }
{ user = 5; }
END
  # An interface is one among those that no rule names.
  never '4 2 3' '6 5' '8 7' <<END
{ interface = "eth*"; }
{ interface = "wg0"; }
{ interface = [ "eth0", "eth*1", "wg0" ]; port = 80; }
{ interface = "*"; port = 80; }
{ interface = "w*"; port = 80; user = 1; }
{ port = [ 80, 81 ]; host = "example.com"; }
{ port = 81; host = "example.com"; interface = "wg1"; }
END
  # Three are named, of more the number; and of rules in one line both have its number.
  never '6 2 3 4' < <(printf '{ port = %d; }\n' 1 2 3 && echo '{ port = 5; }' && echo '{ port = [ 1, 2, 3 ]; }')
  printf 'server = { rules = ( { port = [ 1, 2, 3, 4, 5 ]; }, { port = 4; address = "::"; } ) };' >t.conf
  run -0 --separate-stderr "$tfoshim" check t.conf
  assert_equal "$stderr" 'tfoshim: warning: t.conf:1: this rule never matches: the rule at t.conf:1 comes first and covers all of it'
  { echo 'client = { rules = (' && printf '{ port = %d; },\n' {1..5} && echo '{ port = "1-5"; } ); };'; } >t.conf
  run -0 --separate-stderr "$tfoshim" check t.conf
  assert_equal "$stderr" 'tfoshim: warning: t.conf:7: this rule never matches: the rules at t.conf:2, t.conf:3, t.conf:4 and 2 more come first and cover all of it'
}

@test "a rule for users that are none of this machine's is warned of" {
  cat >t.conf <<'END'
client = { rules = (
  { user = "nobody-of-that-name"; },
  { user = ( "nobody-of-that-name", 7 ); },
  { user = [ "nobody-of-that-name", "nor-of-that" ]; port = 80; },
  { user = "nobody-of-that-name"; }
); };
END
  run -0 --separate-stderr "$tfoshim" check t.conf
  # shellcheck disable=SC2154
  assert_equal "$stderr" 'tfoshim: warning: t.conf:2: this rule never matches: /etc/passwd has no user "nobody-of-that-name"
tfoshim: warning: t.conf:4: this rule never matches: /etc/passwd has no user "nobody-of-that-name", nor any of its other users
tfoshim: warning: t.conf:5: this rule never matches: /etc/passwd has no user "nobody-of-that-name"'
  # The file of the users is none of the policy's.
  refute_output --partial 'files:'
}

@test "who rules are for is shown, where one says so" {
  cat >t.conf <<'END'
client = { default = "on"; rules = (
  { user = ( "root", 33 ); unit = "cron.service"; }, { program = "/opt/*"; unit = [ "a.slice", "b@*.service" ]; }
); };
server = { rules = ( { user = 0; }, { interface = [ "eth0", "wg*" ]; } ); };
END
  run -0 --separate-stderr "$tfoshim" check t.conf
  assert_equal "$stderr" ""
  assert_output --partial '
  rule      fastopen  first write  port  program  user      unit                  destination
  t.conf:2  on        any          *     *        root, 33  cron.service          *
  t.conf:2  on        any          *     /opt/*   *         a.slice, b@*.service  *
'
  assert_output --partial '
  rule      fastopen  queue    port  program  user  interface  address
  t.conf:4  on        backlog  *     *        0     *          *
  t.conf:4  on        backlog  *     *        *     eth0, wg*  *
'
}

@test "rules that are too many to look at each are still a policy" {
  { echo 'client = { rules = (' && printf '{ port = %d; },\n' {1..16000} && echo '{ } ); };'; } >t.conf
  run -0 --separate-stderr timeout 120 "$tfoshim" check t.conf
  assert_equal "$stderr" 'tfoshim: warning: t.conf: too many rules to check whether each can match'
}

@test "standard input is a file like any" {
  local from text='client = { rules = ( { port = 80; } ) };'
  echo "$text" >t.conf
  run -0 --separate-stderr "$tfoshim" check - <t.conf
  assert_line --index 0 "policy of <stdin>"
  assert_line --regexp '^  <stdin>:1  on        any +80 '
  assert_equal "$stderr" ""
  from=$(without_version)
  # A pipe, in two pieces, and more than one read takes.
  run -0 --separate-stderr bash -c "{ echo '$text'; yes '# more' | head -n 100000; } | '$tfoshim' check -"
  assert_equal "$(without_version)" "$from"
  # What it includes is relative to here, but may not be itself.
  mkdir sub
  echo "$text" >sub/a.conf
  run -0 "$tfoshim" check - <<<'@include "sub/a.conf"'
  assert_line --regexp '^  sub/a.conf:1  on '
  echo '@include "t.conf"' >t.conf
  run -1 "$tfoshim" check - <t.conf
  assert_output 'tfoshim: <stdin>:1: @include: "t.conf": found a file that includes itself, expected another'
  # Nor is "-" anything else where a file is looked for.
  TFOSHIM_CONFIG=- run -1 "$tfoshim" check <<<"$text"
  assert_output 'tfoshim: -: cannot read it: No such file or directory'
}

@test "error: standard input" {
  run -1 --separate-stderr "$tfoshim" check - <<<$'\nclient = { defualt = "on"; };'
  refute_output
  assert_equal "$stderr" 'tfoshim: <stdin>:2: unknown key "defualt", did you mean "default"?'
  run -1 "$tfoshim" check - <.
  assert_output 'tfoshim: <stdin>: cannot read it: Is a directory'
  run -1 bash -c "'$tfoshim' check - <&-"
  assert_output 'tfoshim: <stdin>: cannot read it: Bad file descriptor'
  run -1 "$tfoshim" check - < <(printf 'client = { };\0')
  assert_output 'tfoshim: <stdin>: found a NUL byte, expected text'
  run -1 bash -c "yes 'client = { };' | head -c 17000000 | '$tfoshim' check -"
  assert_output 'tfoshim: <stdin>: found more than 16 MiB, expected a configuration file'
}

@test "with no FILE, the file that programs are run with" {
  mkdir .config xdg
  run -0 "$tfoshim" check
  [[ -e /usr/local/etc/tfoshim.conf ]] ||
    assert_line --index 0 "no configuration file: this is the built-in policy"
  : >.config/tfoshim.conf
  run -0 "$tfoshim" check
  assert_line --index 0 "policy of $HOME/.config/tfoshim.conf"
  : >xdg/tfoshim.conf
  XDG_CONFIG_HOME=$PWD/xdg run -0 "$tfoshim" check
  assert_line --index 0 "policy of $PWD/xdg/tfoshim.conf"
  : >t.conf
  TFOSHIM_CONFIG=t.conf run -0 "$tfoshim" check
  assert_line --index 0 "policy of t.conf"
  TFOSHIM_CONFIG=/not/there run -1 "$tfoshim" check
  assert_output "tfoshim: /not/there: cannot read it: No such file or directory"
}

@test "an empty TFOSHIM_CONFIG is the built-in policy" {
  mkdir .config
  : >.config/tfoshim.conf
  TFOSHIM_CONFIG='' run -0 "$tfoshim" check
  assert_output - <<'END'
no configuration file: this is the built-in policy
client: default on, first write replay-safe
  no rules
server: default on, queue as long as the listener's backlog
  no rules
log: level warn, to stderr
END
}

@test "error: a file that cannot be read" {
  run -1 "$tfoshim" check missing.conf
  assert_output "tfoshim: missing.conf: cannot read it: No such file or directory"
  run -1 "$tfoshim" check .
  assert_output "tfoshim: .: found a directory, expected a regular file"
  mkfifo fifo
  run -1 timeout 10 "$tfoshim" check fifo
  assert_output "tfoshim: fifo: found a device, FIFO or socket, expected a regular file"
  : >t.conf
  chmod 0 t.conf
  # Root as well, without what lets it read everything. (Here everybody is root: tests/in-namespace.)
  run -1 setpriv --bounding-set -dac_override,-dac_read_search --inh-caps -all "$tfoshim" check t.conf
  assert_output "tfoshim: t.conf: cannot read it: Permission denied"
}

@test "error: a file that is no text or too large" {
  printf 'client = { };\0' >t.conf
  run -1 "$tfoshim" check t.conf
  assert_output "tfoshim: t.conf: found a NUL byte, expected text"
  truncate -s 17M t.conf
  run -1 "$tfoshim" check t.conf
  assert_output "tfoshim: t.conf: found more than 16 MiB, expected a configuration file"
}

@test "error: syntax" {
  assert_refused \
    't.conf:2: syntax error: found "default == 1;", expected libconfig'\''s "key = value;"' \
    <<<$'client = {\n  default == 1;\n};'
  assert_refused \
    't.conf:2: syntax error: found the end of the file, expected every bracket to be closed' \
    <<<$'client = {\n  default = "on";'
  assert_refused \
    't.conf:1: syntax error: found "}", expected libconfig'\''s "key = value;"' <<<'}'
}

@test "error: common mistakes are named" {
  local line around='expected ( ) around it, as in ( { ... }, { ... } )'
  mistaken() { # LINE FOUND
    assert_refused "t.conf:2: syntax error: found $2" <<<$'\n'"$1"
  }
  mistaken 'client = { rules = [ { port = 80; } ] };' "\"{\" in [ ], $around"
  mistaken 'client = { rules = { { port = 80; } } };' "\"{\" in { }, $around"
  mistaken 'a = [ ( 1 ) ];' "\"(\" in [ ], $around"
  mistaken 'client = { rules = ( { port = 80; }, ) };' 'a comma before ")", expected none after the last one'
  mistaken 'port = [ 80, 443, ];' 'a comma before "]", expected none after the last one'
  mistaken 'rules = ( { port = 80; }; { } );' '";" in ( ), expected ","'
  mistaken 'rules = ( { port = 80; } { } );' '{, expected a comma before it'
  mistaken 'port = [ 80 443 ];' '443, expected a comma before it'
  mistaken 'default "on";' 'default without "=", expected default = VALUE;'
  mistaken 'client { default = "on"; };' 'client without "=", expected client = VALUE;'
  mistaken "default = 'on';" "'on', expected \"on\""
  for line in 'default = %s;' 'a = 1; default = %s # on' 'a = [ "x", %s, 1 ];' $'a = ( 0x1F, -2L, 1.5e-3, TRUE, "a" "b",\t%s );' \
    'a = { b = { c = "}" } /* { */ d: %s // x' 'a = ( ), b = [ ], c = { } d = %s'; do
    for word in on replay-safe fe80::1 fd00::/8 '*.example.com' 8000-8999 -; do
      # shellcheck disable=SC2059
      mistaken "$(printf "$line" "$word")" "$word without quotes, expected \"$word\""
    done
  done
  mistaken 'address = 10.0.0.0/8;' '10.0.0.0/8 without quotes, expected "10.0.0.0/8"'
  mistaken 'address = [ "::", 10.0.0.0/8 ];' '10.0.0.0/8 without quotes, expected "10.0.0.0/8"'
  # The line is that of what libconfig stops at; and what lies in another file is of that file.
  assert_refused 't.conf:4: syntax error: found a comma before ")", expected none after the last one' \
    <<<$'a = (\n  1, # on\n  /* 2 */\n);'
  echo 'default = on;' >its.conf
  assert_refused 'its.conf:1: syntax error: found on without quotes, expected "on"' \
    <<<$'client = {\n@include "its.conf"\n};'
  chmod 600 its.conf
  assert_refused 'its.conf:1: found an error, not shown because what is included may be secret' \
    <<<$'client = {\n@include "its.conf"\n};'
}

@test "error: text of another encoding" {
  local mark='found a byte order mark at its beginning, expected UTF-8 without one'
  assert_refused "t.conf: $mark" <<<$'\xef\xbb\xbfclient = { };'
  printf '\xef\xbb\xbf' >its.conf
  assert_refused "t.conf:1: @include: \"its.conf\": $mark" <<<'@include "its.conf"'
  assert_refused 't.conf: found UTF-16, expected UTF-8' < <(printf '\xff\xfea\0=\0')
  assert_refused 't.conf: found UTF-16, expected UTF-8' < <(printf '\xfe\xff\0a\0=')
}

@test "error: a string or comment that never ends" {
  assert_refused 't.conf:2: found a string that begins here and never ends, expected a closing quote' \
    <<<$'client = {\n  default = "on;\n};'
  assert_refused 't.conf:2: found a comment that begins here and never ends, expected "*/"' \
    <<<$'client = { };\nserver = { }; /* and so on\n'
}

@test "error: a long line is quoted in part" {
  local line
  line="x == $(printf 'y%.0s' {1..200})"
  assert_refused \
    "t.conf:1: syntax error: found \"${line:0:80}...\", expected libconfig's \"key = value;\"" \
    <<<"$line"
}

@test "error: a duplicate key" {
  assert_refused \
    't.conf:3: duplicate setting name: found "default = "off";", expected each key once in its group' \
    <<<$'client = {\n  default = "on";\n  default = "off";\n};'
}

@test "error: mixed types in an array" {
  assert_rule_refused 'port = [ 80, "90-99" ];' \
    'mismatched element type in array: found "client = { rules = ( { port = [ 80, "90-99" ]; } ) };", expected values of one type (a list in parentheses may mix them)'
}

@test "error: unknown keys, with the nearest known one" {
  assert_refused 't.conf:1: unknown key "cleint", did you mean "client"?' <<<'cleint = { };'
  assert_refused 't.conf:1: unknown key "nonsense", expected "client", "server" or "log"' \
    <<<'nonsense = 1;'
  assert_refused 't.conf:1: unknown key "defaults", did you mean "default"?' \
    <<<'server = { defaults = "on"; };'
  assert_refused 't.conf:1: unknown key "verbosity", expected "level" or "to"' <<<'log = { verbosity = 1; };'
  assert_rule_refused 'adress = "*";' 'unknown key "adress", did you mean "address"?'
  assert_rule_refused 'prot = 80;' 'unknown key "prot", did you mean "port"?'
  assert_rule_refused 'colour = 80;' \
    'unknown key "colour", expected "address", "host", "port", "program", "user", "unit", "interface", "fastopen", "first_write", "first_contact", "defer", "min_rtt", "lately" or "prefixes"'
}

@test "error: keys of the other group" {
  assert_rule_refused 'host = "example.com";' \
    '"host" is not for servers, expected "address", "port", "program", "user", "unit", "interface", "fastopen", "queue", "first_read", "key_file" or "prefixes"' server
  assert_rule_refused 'first_write = "any";' \
    '"first_write" is not for servers, expected "address", "port", "program", "user", "unit", "interface", "fastopen", "queue", "first_read", "key_file" or "prefixes"' \
    server
  assert_rule_refused 'queue = 5;' \
    '"queue" is not for clients, expected "address", "host", "port", "program", "user", "unit", "interface", "fastopen", "first_write", "first_contact", "defer", "min_rtt", "lately" or "prefixes"'
  assert_refused 't.conf:1: "first_write" is not for servers, expected "default", "first_read", "key_file" or "rules"' \
    <<<'server = { first_write = "any"; };'
}

@test "error: groups that are none" {
  assert_refused 't.conf:1: client: found "on", expected a group: { key = value; ... }' \
    <<<'client = "on";'
  assert_refused 't.conf:1: server: found a list, expected a group: { key = value; ... }' \
    <<<'server = ( 1 );'
  assert_refused 't.conf:1: log: found 5, expected a group: { key = value; ... }' <<<'log = 5;'
}

@test "error: rules that are none" {
  assert_refused 't.conf:1: rules: found a group, expected a list of rules: ( { ... }, ... )' \
    <<<'client = { rules = { }; };'
  assert_refused 't.conf:1: rules: found an empty array, expected a list of rules: ( { ... }, ... )' \
    <<<'client = { rules = [ ]; };'
  assert_refused 't.conf:1: rules: found "x", expected a rule: { key = value; ... }' \
    <<<'client = { rules = ( { }, "x" ); };'
}

@test "error: default" {
  assert_refused 't.conf:1: default: found "yes", expected "on" or "off"' \
    <<<'client = { default = "yes"; };'
  assert_refused 't.conf:1: default: found true, expected "on" or "off"' \
    <<<'server = { default = true; };'
}

@test "error: first_write" {
  assert_rule_refused 'first_write = "safe";' \
    'first_write: found "safe", expected "any" or "replay-safe"'
  assert_refused 't.conf:1: first_write: found 1, expected "any" or "replay-safe"' \
    <<<'client = { first_write = 1; };'
}

@test "the least round trip is shown where it is not the usual one" {
  cat >t.conf <<'END'
client = { default = "on"; min_rtt = 5000; rules = (
  { port = 80; min_rtt = 0; }, { port = 81; min_rtt = 100; }, { port = 82; min_rtt = 60000000; }, { }
); };
END
  run -0 "$tfoshim" check t.conf
  assert_line "client: default on, first write replay-safe, round trips from 5000 us"
  assert_line --regexp '^  t.conf:2  on        any, round trips from 0 us +80 '
  assert_line --regexp '^  t.conf:2  on        any +81 '
  assert_line --regexp '^  t.conf:2  on        any, round trips from 60000000 us +82 '
  assert_line --regexp '^  t.conf:2  on        any +\* '
}

@test "how long a handshake counts is shown where it is another time than usual" {
  cat >t.conf <<'END'
client = { default = "on"; lately = 60; rules = (
  { port = 80; lately = 86400; }, { port = 81; lately = 3600; }, { port = 82; lately = 1; }, { }
); };
END
  run -0 --separate-stderr "$tfoshim" check t.conf
  assert_equal "$stderr" ""
  assert_line 'client: default on, first write replay-safe, handshakes of the last 60 s'
  assert_line --regexp '^  t\.conf:2 +on +any, handshakes of the last 86400 s +80 +'
  assert_line --regexp '^  t\.conf:2 +on +any +81 +'
  assert_line --regexp '^  t\.conf:2 +on +any, handshakes of the last 1 s +82 +'
}

@test "error: lately" {
  local bad
  for bad in 0 -1 86401 '"60"' 1.5 0x10; do
    assert_rule_refused "lately = $bad;" \
      "lately: found ${bad/0x10/a hexadecimal number}, expected a number of seconds from 1 to 86400"
  done
  assert_refused 't.conf:1: "lately" is not for servers, expected "default", "first_read", "key_file" or "rules"' \
    <<<'server = { lately = 1; };'
}

@test "error: min_rtt" {
  local bad expected='a number of microseconds from 0 to 60000000'
  for bad in -1 60000001 1.5 '"100"' true; do
    assert_rule_refused "min_rtt = $bad;" "min_rtt: found $bad, expected $expected"
  done
  assert_refused "t.conf:1: min_rtt: found an array, expected $expected" \
    <<<'client = { min_rtt = [ 1 ]; };'
  assert_refused 't.conf:1: "min_rtt" is not for servers, expected "default", "first_read", "key_file" or "rules"' \
    <<<'server = { min_rtt = 1; };'
}

@test "error: fastopen" {
  assert_rule_refused 'fastopen = "ON";' 'fastopen: found "ON", expected "on" or "off"'
  assert_rule_refused 'fastopen = [ "on" ];' 'fastopen: found an array, expected "on" or "off"'
}

@test "error: key_file" {
  local bad
  for bad in '""' '"keys"' '"./keys"' 5; do
    assert_rule_refused "key_file = $bad;" "key_file: found $bad, expected an absolute path" server
  done
  assert_refused 't.conf:1: key_file: found an array, expected an absolute path' \
    <<<'server = { key_file = [ "/a", "/b" ]; };'
  assert_rule_refused 'key_file = "/keys";' \
    '"key_file" is not for clients, expected "address", "host", "port", "program", "user", "unit", "interface", "fastopen", "first_write", "first_contact", "defer", "min_rtt", "lately" or "prefixes"'
}

# Rules of servers, a line each after the first, and what is warned of.
warned() { # [WARNING]...
  { echo 'server = { rules = (' && sed '$!s/$/,/' && echo '); };'; } >t.conf
  run -0 --separate-stderr "$tfoshim" check t.conf
  assert_equal "$stderr" "$( (($# == 0)) || printf 'tfoshim: warning: %s\n' "$@")"
}

@test "keys of a file are shown, and listeners of one address that differ in them are warned of" {
  local both='may apply to listeners of one address, for which clients keep one cookie'
  local other="its key_file differs from that of the rule at"
  echo 00112233-44556677-8899aabb-ccddeeff >a
  cp a b
  chmod 600 a b
  differs() { # LINE FROM
    echo "t.conf:$1: $other t.conf:$2, and both $both"
  }
  warned <<<"{ port = 80; key_file = \"$PWD/a\"; }"
  assert_line --regexp "^  t.conf:2  on        backlog, keys of $PWD/a  80 "
  warned "$(differs 3 2)" <<END
{ port = 80; key_file = "$PWD/a"; }
{ port = 443; }
END
  # The first that it is at odds with is enough; one that is off is at odds with none.
  warned "$(differs 3 2)" "$(differs 4 2)" <<END
{ address = "10.0.0.1"; port = 80; key_file = "$PWD/a"; }
{ address = "10.0.0.0/24"; port = 81; key_file = "$PWD/b"; }
{ address = "0.0.0.0"; port = 82; }
{ address = "0.0.0.0"; port = 83; fastopen = "off"; }
END
  warned <<END
{ port = 80; key_file = "$PWD/a"; fastopen = "off"; }
{ port = 81; key_file = "$PWD/b"; }
END
  # :: takes IPv4 too.
  warned "$(differs 3 2)" <<END
{ address = "10.0.0.1"; port = 80; key_file = "$PWD/a"; }
{ address = "::"; port = 81; key_file = "$PWD/b"; }
END
  # Not the same address, or the same keys.
  warned <<END
{ address = "10.0.0.1"; port = 80; key_file = "$PWD/a"; }
{ address = [ "10.0.0.2", "10.0.1.0/24", "fd00::/8" ]; port = 80; key_file = "$PWD/b"; }
{ address = "10.0.0.1"; port = 81; key_file = "$PWD/a"; }
END
  # Nor where they are on other interfaces for certain.
  warned "$(differs 4 2)" "$(differs 5 3)" <<END
{ interface = "eth*"; key_file = "$PWD/a"; }
{ interface = [ "wg0", "tun0" ]; key_file = "$PWD/b"; }
{ interface = [ "eth1", "wg1" ]; port = 80; key_file = "$PWD/b"; }
{ interface = "t*0"; port = 80; key_file = "$PWD/a"; }
END
  # The group's are those of rules that say nothing.
  echo "server = { default = \"on\"; key_file = \"$PWD/a\"; rules = ( { port = 80; }, { port = 81; key_file = \"$PWD/b\"; } ); };" >t.conf
  run -0 --separate-stderr "$tfoshim" check t.conf
  assert_equal "$stderr" "tfoshim: warning: $(differs 1 1)"
  assert_line "server: default on, queue as long as the listener's backlog, keys of $PWD/a"
  echo "server = { default = \"on\"; rules = ( { port = 81; key_file = \"$PWD/b\"; } ); };" >t.conf
  run -0 --separate-stderr "$tfoshim" check t.conf
  assert_equal "$stderr" "tfoshim: warning: t.conf:1: its key_file differs from that of the group, whose default is on, and both $both"
  # Nor can a file be used that others may read.
  chmod 644 a
  warned "t.conf:2: key_file $PWD/a: found a file that grants rights to others than its owner, expected mode 0600 or 0400" \
    <<<"{ port = 80; key_file = \"$PWD/a\"; }"
}

@test "error: queue" {
  local bad
  for bad in 0 -1 1.5; do
    assert_rule_refused "queue = $bad;" "queue: found $bad, expected a number above 0" server
  done
  assert_rule_refused 'queue = "many";' 'queue: found "many", expected a number above 0' server
}

@test "a log that cannot be written to is told of" {
  local why other=$PWD/other
  log_to() { # PATH
    echo "log = { to = \"$1\"; };" >t.conf
    run -0 "$tfoshim" check t.conf
  }
  why="user $EUID cannot write to it"
  log_to "$PWD/t.log"
  assert_line "log: level warn, to $PWD/t.log"
  : >t.log
  log_to "$PWD/t.log"
  assert_line "log: level warn, to $PWD/t.log"
  ln t.log "$other"
  log_to "$PWD/t.log"
  assert_line "log: level warn, to $PWD/t.log: found a file with other hard links, expected a single link: $why"
  rm t.log
  ln -s "$other" t.log
  log_to "$PWD/t.log"
  assert_line "log: level warn, to $PWD/t.log: found a symbolic link, expected a regular file: $why"
  rm t.log
  mkfifo t.log
  log_to "$PWD/t.log"
  assert_line "log: level warn, to $PWD/t.log: found a directory, device, FIFO or socket, expected a regular file: $why"
  log_to "$PWD/not/there.log"
  assert_line "log: level warn, to $PWD/not/there.log: No such file or directory: $why"
  # In a user namespace with one user in it all of root's files are nobody's.
  chown 1 "$other" 2>/dev/null || mount --bind /etc/passwd "$other"
  log_to "$other"
  umount "$other" 2>/dev/null || true
  assert_line "log: level warn, to $other: found a file of another user, expected one of this user or root: $why"
}

@test "error: log" {
  assert_refused \
    't.conf:1: level: found "loud", expected "none", "error", "warn", "info" or "debug"' \
    <<<'log = { level = "loud"; };'
  assert_refused 't.conf:1: to: found "log/file", expected "stderr" or an absolute path' \
    <<<'log = { to = "log/file"; };'
  assert_refused 't.conf:1: to: found 2, expected "stderr" or an absolute path' \
    <<<'log = { to = 2; };'
}

@test "error: addresses that are none" {
  local bad
  for bad in '' localhost 10.0.0 10.0.0.256 10.0.0.0.0 fd00:::1 '10.0.0.0 ' '*.*' /8 \
    fd00:1:2:3:4:5:6:7:8:9:10:11:12:13:14:15:16:17; do
    assert_rule_refused "address = \"$bad\";" "address: found \"$bad\", expected $address_expected"
  done
  assert_rule_refused 'address = 10;' "address: found 10, expected $address_expected"
  assert_rule_refused 'address = 10.5;' "address: found 10.5, expected $address_expected"
  assert_rule_refused 'address = true;' "address: found true, expected $address_expected"
  assert_rule_refused 'address = { };' "address: found a group, expected $address_expected"
}

@test "error: prefix lengths" {
  local bad
  for bad in 10.0.0.0/33 10.0.0.0/ 10.0.0.0/-1 10.0.0.0/8x 10.0.0.0/255.0.0.0; do
    assert_rule_refused "address = \"$bad\";" \
      "address: found \"$bad\", expected a prefix length from 0 to 32 after the slash"
  done
  assert_rule_refused 'address = "fd00::/129";' \
    'address: found "fd00::/129", expected a prefix length from 0 to 128 after the slash'
}

@test "error: host bits in a prefix, with the prefix that was meant" {
  assert_rule_refused 'address = "10.1.2.3/8";' \
    'address: found "10.1.2.3/8" with host bits set, expected "10.0.0.0/8"'
  assert_rule_refused 'address = "10.1.2.3/0";' \
    'address: found "10.1.2.3/0" with host bits set, expected "0.0.0.0/0"'
  assert_rule_refused 'address = "192.0.2.129/25";' \
    'address: found "192.0.2.129/25" with host bits set, expected "192.0.2.128/25"'
  assert_rule_refused 'address = "fd00::1/64";' \
    'address: found "fd00::1/64" with host bits set, expected "fd00::/64"'
  assert_rule_refused 'address = "::ffff:10.1.2.3/104";' \
    'address: found "::ffff:10.1.2.3/104" with host bits set, expected "::ffff:10.0.0.0/104"'
}

@test "error: an address with a scope" {
  assert_rule_refused 'address = "fe80::1%eth0";' \
    'address: found "fe80::1%eth0" with a scope, expected "fe80::1"'
}

@test "error: hosts that are none" {
  local bad
  for bad in '' . a..b .example.com '*.' 'a.*.b' '*example.com' 'a b' 'b\u00fccher.example' \
    "$(printf 'x%.0s' {1..64}).com"; do
    bad=$(printf '%b' "$bad")
    assert_rule_refused "host = \"$bad\";" "host: found \"$bad\", expected $host_expected"
  done
  assert_rule_refused 'host = "*";' \
    'host: found "*", expected a host name (the pattern for all is address = "*")'
  assert_rule_refused 'host = "10.0.0.1";' \
    'host: found "10.0.0.1", expected a host name (the key for addresses is "address")'
  assert_rule_refused 'host = "::1";' \
    'host: found "::1", expected a host name (the key for addresses is "address")'
  assert_rule_refused 'host = 7;' "host: found 7, expected $host_expected"
}

@test "error: ports that are none" {
  local bad
  for bad in 0 65536 -80 2147483647 1.5 true; do
    assert_rule_refused "port = $bad;" "port: found $bad, expected $port_expected"
  done
  for bad in '' http 0 65536 '80 ' 80- -80 80-90-100 0-10 1-65536 0x50 +80; do
    assert_rule_refused "port = \"$bad\";" "port: found \"$bad\", expected $port_expected"
  done
  # libconfig would cut this one to 80.
  assert_rule_refused 'port = 0x100000050;' "port: found a hexadecimal number, expected $port_expected"
}

@test "error: numbers that libconfig would cut to 32 bits" {
  # 4294967376 would be port 80.
  local bad
  for bad in 2147483648 4294967376 -4294967376 4294967376L 99999999999999999999; do
    assert_rule_refused "port = $bad;" "found the number $bad, expected one below 2147483648"
  done
  echo 'client = { rules = ( { host = "4294967376.example"; port = 1; } ) }; # 4294967376' >t.conf
  run -0 "$tfoshim" check t.conf
}

@test "error: a range upside down" {
  assert_rule_refused 'port = "90-80";' 'port: found "90-80", expected "80-90"'
}

program_expected="a program's name, or the absolute name of its file, such as \"curl\" or \"/opt/*\""

@test "error: programs that are none" {
  local bad
  for bad in '"bin/curl"' '"./curl"' '"~/bin/*"' '""' 1; do
    assert_rule_refused "program = $bad;" "program: found $bad, expected $program_expected"
  done
}

@test "error: users that are none" {
  local bad
  for bad in '""' '"a:b"' '"www-*"' '"/home"' -1 1.5 0x10; do
    assert_rule_refused "user = $bad;" "user: found ${bad/0x10/a hexadecimal number}, expected a user's name or number"
  done
  assert_rule_refused 'user = [ 0, 1, -1 ];' "user: found -1, expected a user's name or number"
}

@test "error: units that are none" {
  local bad expected='a unit with its type, such as "nginx.service" or "worker@*.service"'
  for bad in '""' '"nginx"' '".service"' '"nginx.timer"' '"system.slice/nginx.service"' 1; do
    assert_rule_refused "unit = $bad;" "unit: found $bad, expected $expected"
  done
}

@test "error: interfaces that are none" {
  local bad
  for bad in '""' '"eth0/1"' '"eth0:1"' '"two words"' '"sixteen-letters."' 0; do
    assert_rule_refused "interface = $bad;" \
      "interface: found $bad, expected the name of an interface, such as \"eth0\" or \"wg*\""
  done
}

@test "error: empty lists" {
  assert_rule_refused 'address = [ ];' "address: found an empty array, expected $address_expected"
  assert_rule_refused 'host = ( );' "host: found an empty list, expected $host_expected"
  assert_rule_refused 'port = ( );' "port: found an empty list, expected $port_expected"
  assert_rule_refused 'program = ( );' \
    "program: found an empty list, expected $program_expected"
}

@test "error: control characters do not reach the terminal" {
  assert_rule_refused $'host = "a\e[1mb\nc";' "host: found \"a?[1mb?c\", expected $host_expected"
}

@test "every error of a file is told, with the line of the very element" {
  assert_refused \
    't.conf:2: default: found "maybe", expected "on" or "off"' \
    't.conf:6: address: found "10.0.0.999", expected an address, a prefix such as "10.0.0.0/8", or "*"' \
    "t.conf:9: port: found 70000, expected $port_expected" \
    't.conf:14: queue: found 0, expected a number above 0' <<'END'
client = {
  default = "maybe";
  rules = (
    { address = [
        "10.0.0.1",
        "10.0.0.999"

      ];
      port = [ 80, 70000 ]; }
  );
};
server = {
  rules = (
    { queue = 0; }
  );
};
END
}

@test "includes are read relative to the file that includes them" {
  mkdir sub
  printf 'client = {\n  rules = (\n@include "sub/rules.conf" // these\n  );\n};\n' >t.conf
  printf '\n  @include "more.conf"\n{ port = 2; }\n' >sub/rules.conf
  printf '# /* " comment\n/* "\n@include "nowhere"\n*/ { port = 1; },' >sub/more.conf
  run -0 "$tfoshim" check t.conf
  assert_line --regexp '^  sub/more.conf:4 +on +any +1 '
  assert_line --regexp '^  sub/rules.conf:3 +on +any +2 '
}

rules_file() { # FILE PORT
  echo "client = { rules = ( { port = $2; } ) };" >"$1"
}

@test "the files of the directory beside a file come before it, by name" {
  mkdir t.conf.d
  rules_file t.conf 1
  rules_file t.conf.d/20.conf 2
  rules_file t.conf.d/10-b.conf 3
  echo 'server = { default = "on"; }; client = { min_rtt = 7; }; log = { level = "info"; };' >t.conf.d/B.conf
  echo 'log = { to = "/tmp/x.log"; };' >t.conf.d/a.conf
  local other
  for other in .hidden.conf 10.conf~ 10.conf.dpkg-old 10.CONF conf; do
    echo nonsense >"t.conf.d/$other"
  done
  run -0 --separate-stderr "$tfoshim" check t.conf
  assert_equal "$stderr" ""
  output=$(without_version)
  assert_output - <<'END'
policy of t.conf
files: t.conf.d/10-b.conf, t.conf.d/20.conf, t.conf.d/B.conf, t.conf.d/a.conf, t.conf
client: default off, first write replay-safe, round trips from 7 us
  rule                  fastopen  first write  port  program  destination
  t.conf.d/10-b.conf:1  on        any          3     *        *
  t.conf.d/20.conf:1    on        any          2     *        *
  t.conf:1              on        any          1     *        *
server: default on, queue as long as the listener's backlog
  no rules
log: level info, to /tmp/x.log
END
  # So it is for explain and run, by any name; a link has a directory of its own.
  run -0 "$tfoshim" explain -c t.conf 192.0.2.1:3
  assert_output --partial "t.conf.d/10-b.conf:1"
  ln -s t.conf link.conf
  run -0 "$tfoshim" check link.conf
  refute_output --partial t.conf.d
  run -0 --separate-stderr "$tfoshim" run -c link.conf -- printenv TFOSHIM_CONFIG
  assert_output "$PWD/link.conf"
  mkdir .config
  mv t.conf .config/tfoshim.conf
  mv t.conf.d .config/tfoshim.conf.d
  run -0 "$tfoshim" check
  assert_line --index 0 "policy of $HOME/.config/tfoshim.conf"
  assert_line --partial "$HOME/.config/tfoshim.conf.d/20.conf:1"
  # The file itself has to be there, or the built-in policy serves.
  rm .config/tfoshim.conf
  [[ -e /usr/local/etc/tfoshim.conf ]] || {
    run -0 "$tfoshim" check
    assert_line --index 0 "no configuration file: this is the built-in policy"
  }
}

@test "error: what two files say once for all" {
  mkdir t.conf.d
  echo 'client = { default = "off"; min_rtt = 1; };' >t.conf.d/a.conf
  echo 'client = { default = "off"; };' >t.conf.d/c.conf
  echo $'\nlog = { level = "info"; };' >t.conf.d/b.conf
  assert_refused 't.conf.d/c.conf:1: default: found it twice, expected it here or at t.conf.d/a.conf:1' \
    't.conf:1: level: found it twice, expected it here or at t.conf.d/b.conf:2' \
    't.conf:2: min_rtt: found it twice, expected it here or at t.conf.d/a.conf:1' \
    <<<$'server = { default = "on"; }; log = { level = "info"; to = "stderr"; };\nclient = { min_rtt = 1; };'
}

@test "error: in the directory beside a file" {
  local may='expected one that only root may write to'
  mkdir t.conf.d
  echo 'default = on;' >t.conf.d/a.conf
  echo 'defualt = 1;' >t.conf.d/b.conf
  assert_refused 't.conf.d/a.conf:1: syntax error: found on without quotes, expected "on"' \
    't.conf.d/b.conf:1: unknown key "defualt", expected "client", "server" or "log"' \
    't.conf:1: unknown key "x", expected "client", "server" or "log"' <<<'x = 1;'
  chmod 600 t.conf.d/a.conf
  rm t.conf.d/b.conf
  assert_refused 't.conf.d/a.conf:1: found an error, not shown because what is included may be secret' \
    't.conf:1: unknown key "x", expected "client", "server" or "log"' <<<'x = 1;'
  chmod 666 t.conf.d/a.conf
  assert_refused "t.conf.d/a.conf: found a file that others may write to, $may" <<<''
  chmod 777 t.conf.d
  assert_refused "t.conf.d: found a directory that others may write to, $may" <<<''
  chmod 755 t.conf.d
  rm t.conf.d/a.conf
  mkdir t.conf.d/a.conf
  assert_refused 't.conf.d/a.conf: found a directory, expected a regular file' <<<''
  rm -r t.conf.d
  : >t.conf.d
  assert_refused 't.conf.d: cannot read it: Not a directory' <<<''
  rm t.conf.d
  ln -s t.conf.d t.conf.d
  assert_refused 't.conf.d: cannot read it: Too many levels of symbolic links' <<<''
}

@test "includes of a pattern are those of its files, by name" {
  local name i=0
  mkdir -p sub/more 'sub/a[b]'
  rules_file t.conf 1
  for name in b-2 a b-1 .hidden; do
    echo "{ port = 1$((i += 1)); }," >sub/$name.rules
  done
  echo '@include "more/*"' >sub/b-1.rules
  echo '{ port = 20; },' >sub/more/x
  echo '{ port = 21; },' >'sub/a[b]/y'
  cat >t.conf <<'END'
client = { rules = (
@include "sub/[a-z]*.rules"
@include "sub/*.none"
@include "nowhere/*"
@include "sub/a[b]/?" # the name of a directory is none
{ port = 22; } ) };
END
  run -0 "$tfoshim" check t.conf
  assert_line "files: t.conf, sub/a.rules, sub/b-1.rules, sub/more/x, sub/b-2.rules, sub/a[b]/y"
  assert_equal "$(awk '$2 == "on" { print $4 }' <<<"$output" | xargs)" '12 20 11 21 22'
  # Absolute, and of the directory itself.
  printf '@include "%s/t.con?"\n' "$PWD" >all.cnf
  run -0 "$tfoshim" check all.cnf
  assert_line --partial "files: all.cnf, $PWD/t.conf, $PWD/sub/a.rules"
  assert_refused 't.conf:1: @include: "t.conf": found a file that includes itself, expected another' \
    <<<'@include "*.conf"'
  chmod 777 sub
  assert_refused 't.conf:1: @include: "sub": found a directory that others may write to, expected one that only root may write to' \
    <<<'@include "sub/*"'
  assert_refused 't.conf:1: @include: "all.cnf": cannot read it: Not a directory' <<<'@include "all.cnf/*"'
}

@test "error: in an included file" {
  printf 'client = {\n@include "sub.conf"\n};\n' >t.conf
  printf '\n\n  defualt = "on";\n' >sub.conf
  run -1 "$tfoshim" check t.conf
  assert_output 'tfoshim: sub.conf:3: unknown key "defualt", did you mean "default"?'
  printf '\n  default "on";\n' >sub.conf
  run -1 "$tfoshim" check t.conf
  assert_output \
    'tfoshim: sub.conf:2: syntax error: found default without "=", expected default = VALUE;'
}

@test "error: in an included file that not everybody may read: nothing of it is told" {
  local line secret untold='found an error, not shown because what is included may be secret'
  for secret in 'root:*xyzzy:19000' 'xyzzy = "a";' '@include "xyzzy"' '@include xyzzy' \
    'client = { rules = ( { host = "xyzzy!" } ) };' 'server = { rules = ( { port = 99999999999 } ) };'; do
    echo "$secret" >secret.conf
    chmod 640 secret.conf
    echo '@include "secret.conf"' >t.conf
    run -1 "$tfoshim" check t.conf
    assert_output "tfoshim: secret.conf:1: $untold"
    # Everybody may.
    chmod 644 secret.conf
    run -1 "$tfoshim" check t.conf
    refute_output --partial "$untold"
    assert_output --regexp 'xyzzy|9999'
  done
  # Neither is what is at fault outside of it for its sake, nor what only libconfig has put together.
  for line in 'host =' 'host = "a b"'; do
    printf '"xyzzy" "!"' >secret.conf
    chmod 600 secret.conf
    printf 'client = { rules = ( {\n%s\n@include "secret.conf"\n} ) };\n' "$line" >t.conf
    run -1 "$tfoshim" check t.conf
    refute_output --partial xyzzy
    assert_output --partial "$untold"
  done
}

@test "error: in a file that another user's includes: nothing of it is told" {
  local nobody=(unshare --user --map-user=1000) # as root refuses such files
  echo 'xyzzy = 1;' >other.conf
  echo '@include "other.conf"' >t.conf
  run -1 "${nobody[@]}" "$tfoshim" check t.conf
  assert_output 'tfoshim: other.conf:1: unknown key "xyzzy", expected "client", "server" or "log"'
  give_away other.conf
  run -1 "${nobody[@]}" "$tfoshim" check t.conf
  assert_output 'tfoshim: other.conf:1: found an error, not shown because what is included may be secret'
  # Nor is it in a directory of his that it was put into.
  : >t.conf
  mkdir t.conf.d
  ln -s ../other.conf t.conf.d/a.conf
  run -1 "${nobody[@]}" "$tfoshim" check t.conf
  assert_output 'tfoshim: t.conf.d/a.conf:1: found an error, not shown because what is included may be secret'
}

@test "error: a file that others could have written, where root is to use it" {
  local mode found='found a file that others may write to, expected one that only root may write to'
  : >t.conf
  for mode in 666 662 664; do
    chmod "$mode" t.conf
    run -1 "$tfoshim" check t.conf
    assert_output "tfoshim: t.conf: $found"
    run -125 "$tfoshim" run -c t.conf -- true
    assert_output "tfoshim: t.conf: $found"
    run -1 "$tfoshim" explain -c t.conf 192.0.2.1
    assert_output "tfoshim: t.conf: $found"
    TFOSHIM_CONFIG=t.conf run -1 "$tfoshim" doctor
    assert_line --regexp "^  problem  configuration: t.conf: $found"
    echo '@include "t.conf"' >including.conf
    run -1 "$tfoshim" check including.conf
    assert_output "tfoshim: including.conf:1: @include: \"t.conf\": $found"
    # Whoever is not root has always used such files.
    run -0 unshare --user "$tfoshim" check t.conf
  done
  chmod 644 t.conf
  give_away t.conf
  run -1 "$tfoshim" check t.conf
  assert_output "tfoshim: t.conf: found a file of another user, expected one that belongs to root"
}

@test "error: includes that cannot be" {
  assert_refused 't.conf:2: @include: "missing.conf": cannot read it: No such file or directory' \
    <<<$'\n@include "missing.conf"'
  assert_refused 't.conf:1: @include: "/tmp": found a directory, expected a regular file' \
    <<<'@include "/tmp"'
  assert_refused 't.conf:1: @include: "t.conf": found a file that includes itself, expected another' \
    <<<'@include "t.conf"'
  assert_refused \
    't.conf:1: found @include "a, expected @include "FILE" on a line of its own' <<<'@include "a'
  assert_refused \
    't.conf:1: found @include "a" x = 1;, expected @include "FILE" on a line of its own' \
    <<<'@include "a" x = 1;'
}

@test "error: includes without end" {
  local i
  for i in {1..12}; do
    echo "@include \"$((i + 1)).conf\"" >"$i.conf"
  done
  run -1 "$tfoshim" check 1.conf
  assert_output 'tfoshim: 11.conf:1: @include: "12.conf": found too many includes, expected 1000 at most, 10 deep'
}

@test "check: its options" {
  run -0 --separate-stderr "$tfoshim" check --help
  assert_line --index 0 "usage: tfoshim check [--color WHEN] [FILE|-]"
  assert_equal "$stderr" ""
  run -2 --separate-stderr "$tfoshim" check --hepl
  assert_equal "$stderr" 'tfoshim: check: unknown option "--hepl", did you mean "--help"?'
  run -2 --separate-stderr "$tfoshim" check -x
  assert_equal "$stderr" 'tfoshim: check: unknown option "-x", see tfoshim check --help'
  run -2 --separate-stderr "$tfoshim" check a b
  assert_equal "$stderr" 'tfoshim: check: one file at a time: found "b" after "a"'
}

@test "a full disk is a failure" {
  echo 'server = { default = "on"; };' >t.conf
  # shellcheck disable=SC2016
  run -1 bash -c '"$1" check t.conf >/dev/full' - "$tfoshim"
  assert_output "tfoshim: cannot write the output: No space left on device"
}

@test "the version is a number of all that was read, and of nothing else" {
  local of_file
  version() {
    run -0 --separate-stderr "$tfoshim" check "$1"
    grep -xE 'version [0-9a-f]{8}' <<<"$output"
  }
  echo 'client = { default = "on"; };' >t.conf
  of_file=$(version t.conf)
  [[ -n $of_file ]]
  mkdir other
  cp t.conf other/another.conf
  assert_equal "$(version other/another.conf)" "$of_file"
  echo '# more' >>t.conf
  [[ $(version t.conf) != "$of_file" ]]
  cp other/another.conf t.conf
  mkdir t.conf.d
  echo '# more' >t.conf.d/a.conf
  [[ $(version t.conf) != "$of_file" ]]
  rm t.conf.d/a.conf
  assert_equal "$(version t.conf)" "$of_file"
}
