#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# tfoshim on and off: what shells make of the lines that they print.

# run --separate-stderr assigns stderr; the scripts have arguments of their own.
# shellcheck disable=SC2154,SC2016

bats_require_minimum_version 1.5.0
bats_load_library bats-support
bats_load_library bats-assert

setup() {
  load lib/network
  load programs/programs
  tools_required sh bash zsh fish script
  tfoshim=$TFOSHIM_BUILD/tfoshim library=$TFOSHIM_BUILD/libtfoshim.so
  export LC_ALL=C HOME=$BATS_TEST_TMPDIR PATH=$TFOSHIM_BUILD:$PATH
  # AddressSanitizer, where the command is built with it, wants nothing preloaded before it.
  export ASAN_OPTIONS=verify_asan_link_order=0
  unset TFOSHIM_CONFIG TFOSHIM_ON_CONFIG XDG_CONFIG_HOME LD_PRELOAD
  cd "$BATS_TEST_TMPDIR" || exit
}

teardown() {
  [[ -z ${NETWORK_DIR-} ]] || network_down
}

# The lines that verbs print are evaluated one after the other; then the variables are told, and whether a
# program that the shell starts has the library. "" stands for a variable that is not there.
in_shell() { # SHELL [VERB [OPTION]...]...
  local verb script='' told
  for verb in "${@:2}"; do
    case $1 in
    fish) script+="tfoshim $verb --shell fish | source; " ;;
    *) script+="eval \"\$(tfoshim $verb)\"; " ;;
    esac
  done
  told='/usr/bin/python3 -c "import os
for name in (\"LD_PRELOAD\", \"TFOSHIM_CONFIG\", \"TFOSHIM_ON_CONFIG\"):
    print(name, os.environ.get(name, \"\"))
print(\"mapped\", \"/libtfoshim.so\" in open(\"/proc/self/maps\").read())"'
  run -0 --separate-stderr "$1" -c "$script$told"
}

SHELLS=(sh bash zsh fish)

@test "help; arguments that are not understood; no library" {
  run -0 "$tfoshim" on --help
  assert_line --index 0 'usage: tfoshim on [-c FILE] [--shell SHELL]'
  run -0 "$tfoshim" off --help
  assert_line --index 0 'usage: tfoshim off [--shell SHELL]'
  for verb in on off; do
    run -2 "$tfoshim" "$verb" now
    assert_output "tfoshim: $verb: found \"now\", expected no argument"
    run -2 "$tfoshim" "$verb" --shell csh
    assert_output "tfoshim: $verb: --shell: found \"csh\", expected \"sh\", \"bash\", \"zsh\" or \"fish\""
  done
  mkdir alone
  cp "$tfoshim" alone/
  run -1 --separate-stderr alone/tfoshim on
  assert_output ''
  assert_regex "$stderr" '^tfoshim: on: cannot find libtfoshim\.so: '
}

@test "a shell's programs have the library from then on, until they have it no more" {
  for shell in "${SHELLS[@]}"; do
    in_shell "$shell" on
    assert_equal "$shell: $output" "$shell: LD_PRELOAD $library"$'\nTFOSHIM_CONFIG \nTFOSHIM_ON_CONFIG \nmapped True'
    # Twice is as once.
    in_shell "$shell" on on
    assert_line "LD_PRELOAD $library"
    in_shell "$shell" on off off
    assert_equal "$shell: $output" "$shell: LD_PRELOAD "$'\nTFOSHIM_CONFIG \nTFOSHIM_ON_CONFIG \nmapped False'
  done
  # Without the quotes.
  run -0 sh -c 'eval $(tfoshim on); echo "$LD_PRELOAD"; eval $(tfoshim off); echo "${LD_PRELOAD-none}"'
  assert_output "$library"$'\nnone'
  run -0 --separate-stderr "$tfoshim" off
  assert_output ''
  assert_equal "$stderr" ''
}

@test "what else LD_PRELOAD has stays, letter by letter" {
  local others="$PWD/it's \$(touch pwned)\`touch pwned\`;\"\\'\\\\.so:$PWD/second.so" kept
  # A blank separates names, too.
  kept=${others// /:}
  for shell in "${SHELLS[@]}"; do
    LD_PRELOAD=$others in_shell "$shell" on
    assert_line --index 0 "LD_PRELOAD $others:$library"
    assert_line 'mapped True'
    LD_PRELOAD=$others in_shell "$shell" on off
    assert_line --index 0 "LD_PRELOAD $kept"
    assert_line 'mapped False'
    # It need not be the last, nor this one.
    LD_PRELOAD="/other/libtfoshim.so $PWD/second.so:$library" in_shell "$shell" off
    assert_line --index 0 "LD_PRELOAD $PWD/second.so"
  done
  [[ ! -e pwned ]]
}

@test "a configuration is set with it, and unset if it was" {
  mkdir "it's here"
  echo 'client = { default = "on"; };' >"it's here/t.conf"
  cd "it's here"
  for shell in "${SHELLS[@]}"; do
    in_shell "$shell" 'on -c t.conf'
    assert_line "TFOSHIM_CONFIG $PWD/t.conf"
    assert_line 'mapped True'
    in_shell "$shell" 'on --config t.conf' on off
    assert_equal "$shell: $output" "$shell: LD_PRELOAD "$'\nTFOSHIM_CONFIG \nTFOSHIM_ON_CONFIG \nmapped False'
  done
  # Somebody else's.
  TFOSHIM_CONFIG=/its/own.conf in_shell sh on off
  assert_line 'TFOSHIM_CONFIG /its/own.conf'
  TFOSHIM_CONFIG=/its/own.conf TFOSHIM_ON_CONFIG=$PWD/t.conf in_shell sh off
  assert_line 'TFOSHIM_CONFIG /its/own.conf'
  assert_line 'TFOSHIM_ON_CONFIG '
  echo 'client = { default = "yes"; };' >t.conf
  run -1 --separate-stderr "$tfoshim" on -c t.conf
  assert_output ''
  assert_equal "$stderr" 'tfoshim: t.conf:1: default: found "yes", expected "on" or "off"'
}

@test "on a terminal it says what it is for" {
  run -0 script -qec "$tfoshim on" /dev/null
  assert_output --partial "export LD_PRELOAD='$library';"
  assert_output --partial 'tfoshim: on: nothing has changed yet, the shell has to read this: eval "$(tfoshim on)"'
  run -0 script -qec "$tfoshim off --shell fish" /dev/null
  assert_output --partial 'tfoshim: off: nothing has changed yet, the shell has to read this: tfoshim off --shell fish | source'
  run -0 --separate-stderr "$tfoshim" on
  assert_output "export LD_PRELOAD='$library';"
  assert_equal "$stderr" ''
}

@test "what a shell starts sends its first write in the SYN" {
  network_up --rtt 20
  reference_start answer
  prime "$SERVER_IP4"
  run -0 on_client XDG_RUNTIME_DIR="$NETWORK_DIR" sh -c 'eval "$(tfoshim on -c "$1")"; shift; "$@"' - \
    "$CONF/on.conf" "$PROGRAMS/client" "$SERVER_IP4" "$PORT"
  assert_equal "$(last_syn syn.option syn.data)" 'cookie 79'
  run -0 on_client XDG_RUNTIME_DIR="$NETWORK_DIR" sh -c 'eval "$(tfoshim on)"; eval "$(tfoshim off)"; "$@"' - \
    "$PROGRAMS/client" "$SERVER_IP4" "$PORT"
  assert_equal "$(last_syn syn.option syn.data)" 'none 0'
}
