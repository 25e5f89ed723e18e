#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The manual and the completions say what the command and the sources say: no more, no less.

bats_require_minimum_version 1.5.0
bats_load_library bats-support
bats_load_library bats-assert

setup() {
  root=$(cd "$BATS_TEST_DIRNAME/.." && pwd)
  build=$(realpath "${TFOSHIM_BUILD:-$root/build}")
  tfoshim=$build/tfoshim
  man=$build/man
  # The completions ask the command.
  export LC_ALL=C HOME=$BATS_TEST_TMPDIR PATH=$build:$PATH
  cd "$BATS_TEST_TMPDIR" || exit
}

# The commands that --help lists.
verbs() {
  "$tfoshim" --help | awk '/^commands:/ { on = 1; next } !NF { on = 0 } on { print $1 }'
}

# The options that a command's --help mentions.
options() { # VERB
  "$tfoshim" "$1" --help | grep -oE -- '(^|[ [])-(-[a-z-]+|[a-z46])\b' | tr -d '[ ' | sort -u
}

# The lines of a section of a page's source.
section() { # PAGE TITLE
  awk -v title="# $2" '/^# / { on = $0 == title } on' "$root/man/$1.scd"
}

@test "the pages are well-formed" {
  for page in tfoshim.1 tfoshim.conf.5 tfoshim-json.5 libtfoshim.7; do
    # scdoc begins a paragraph wherever there may be one.
    run mandoc -T lint -W warning "$man/$page"
    refute_line --regexp '(WARNING|ERROR|UNSUPP): ([^s]|s[^k])'
    run -0 mandoc -T ascii "$man/$page"
    # Bold as a terminal of paper had it: each letter twice.
    assert_line $'N\bNA\bAM\bME\bE'
    refute_output --partial @CMAKE
    run -0 zcmp "$man/$page" "$man/$page.gz"
  done
}

@test "every command and every option is in tfoshim(1), and nothing else" {
  synopsis=$(section tfoshim.1 SYNOPSIS | sed -n 's/^\*tfoshim\* \*\([a-z]*\)\*.*/\1/p' | sort)
  assert_equal "$synopsis" "$(verbs | sort)"
  commands=$(section tfoshim.1 COMMANDS | sed -n 's/^\*\([a-z]*\)\*.*/\1/p' | sort)
  assert_equal "$commands" "$(verbs | sort)"
  said=$(section tfoshim.1 OPTIONS | grep -E '^\*-' | grep -oE -- '\*-[-a-z46]+\*' | tr -d '*' |
    sort -u)
  known=$({
    echo --version
    for verb in $(verbs); do
      options "$verb"
    done
  } | sort -u)
  assert_equal "$said" "$known"
  # And each command's in its line of the synopsis; --help is everybody's.
  for verb in $(verbs); do
    line=$(section tfoshim.1 SYNOPSIS | grep -F "*tfoshim* *$verb*")
    for option in $(options "$verb" | grep -vx -e --help -e --config); do
      [[ $line == *"*$option*"* ]] || fail "$verb: the synopsis has no $option"
    done
  done
}

@test "each command's --help describes its options, one below the other" {
  for verb in $(verbs); do
    "$tfoshim" "$verb" --help | sed -n '/^options:/,/^$/p' | grep -E '^  ( |-)' >lines
    described=$(grep -oE -- '^ {2,6}-.*' lines | grep -oE -- '-(-[a-z-]+|[a-z46])\b' | sort -u)
    line=$(section tfoshim.1 SYNOPSIS | grep -F "*tfoshim* *$verb*")
    for option in --help $(grep -oE -- '\*-[-a-z46]+\*' <<<"$line" | tr -d '*' | grep -vx -e --); do
      grep -qxF -e "$option" <<<"$described" || fail "$verb --help does not describe $option"
    done
    # Where what is said of an option begins.
    columns=$(awk '{
      option = match($0, /^ +-[^ ]+( +-[^ ]+)*( \[?[A-Z]+\]?)?/) ? RLENGTH : 0
      if (match(substr($0, option + 1), /[^ ]/)) print option + RSTART
    }' lines | sort -u)
    assert_equal "$verb: $(wc -l <<<"$columns")" "$verb: 1"
  done
}

@test "every key of the configuration is in tfoshim.conf(5), and nothing else" {
  known=$(sed -nE 's/^[A-Z_]+\("([a-z_]+)", (BOTH_SIDES|SIDE_[A-Z]+),.*/\1/p' "$root/src/policy/keys.def" | sort -u)
  [[ $known == *first_write* && $known == *level* && $known == *queue* ]]
  said=$({
    section tfoshim.conf.5 GROUPS
    section tfoshim.conf.5 RULES
  } | sed -n 's/^\t*\(\*[a-z_*, ]*\*\)$/\1/p' | tr -d '* ' | tr ',' '\n' | sort -u)
  assert_equal "$said" "$known"
}

@test "the example in tfoshim.conf(5) is a policy" {
  # shellcheck disable=SC2016
  section tfoshim.conf.5 EXAMPLES | sed -n '/^```/,/^```/{/^```/d;p}' >t.conf
  run -0 "$tfoshim" check t.conf
  assert_line --regexp 't\.conf:[0-9]+ +on +any +8000-8999 +legacy-client +10\.0\.0\.0/8$'
}

@test "every variable of the environment is in the manual" {
  known=$(grep -rhoE 'getenv\("[A-Z_]+"\)' "$root/src" | grep -oE '[A-Z_]{2,}' | sort -u)
  [[ $known == *TFOSHIM_DISABLE* && $known == *NO_COLOR* ]]
  for variable in $known; do
    case $variable in
    PATH | TERM) ;; # have their usual meaning
    *)
      cat "$root"/man/*.scd | grep -qE "^\*.*\b$variable\*" || fail "$variable is not in the manual"
      ;;
    esac
  done
}

# The words that a member may have in JSON, by tfoshim-json(5).
json_words() { # VERB MEMBER...
  python3 "$root/tests/lib/json_page.py" "$root/man/tfoshim-json.5.scd" "$@" | sort -u
}

# The words in the sources that a regular expression finds.
source_words() { # REGEX FILE...
  python3 -c 'import re, sys
print(*sorted({found for file in sys.argv[2:] for found in re.findall(sys.argv[1], open(file).read())}), sep="\n")' "$@"
}

@test "every word of the JSON is in tfoshim-json(5), and nothing else" {
  cd "$root/src/cli" || exit
  assert_equal "$(json_words doctor findings check)" "$(source_words 'finding\([^"();]*"(\w+)",' doctor*.c)"
  assert_equal "$(json_words doctor findings section)" "$(source_words 'doctor_section\("(\w+)",' doctor*.c)"
  assert_equal "$(json_words doctor findings status)" $'note\nok\nproblem'
  assert_equal "$(json_words explain connects reason)" \
    "$(source_words '(?:\[DECISION_\w+\]|\.reason) = "(\w+)"' explain_*.c)"
  assert_equal "$(json_words probe verdict)" "$(source_words '\[VERDICT_\w+\] = "(\w+)"' probe_report.c)"
  assert_equal "$(json_words probe connections syn_data)" "$(source_words '\[FATE_\w+\] = \{"(\w+)"' probe_report.c)"
  assert_equal "$(json_words probe connections fault)" "$(source_words '\[FAULT_\w+\] = \{"(\w+)"' probe_report.c)"
  assert_equal "$(json_words stat destinations last)" \
    "$(source_words '\[MEMORY_REASON_[^]]*\]\s*= \{"(\w+)"' stat_collect.c)"
  # Every verb that has the option has its section.
  for verb in $(verbs); do
    if options "$verb" | grep -qx -e --json; then
      grep -qx "# ${verb^^}" "$root/man/tfoshim-json.5.scd" || fail "$verb is not in tfoshim-json(5)"
    fi
  done
}

# What bash would offer for a line.
bash_completes() { # WORD...
  # shellcheck disable=SC2016
  bash -c '
    source "$1"
    shift
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
    _tfoshim
    printf "%s\n" "${COMPREPLY[@]}"' - "$root/completions/tfoshim.bash" "$@" | sort -u
}

@test "completion in bash" {
  run -0 bash_completes tfoshim ''
  assert_output "$({ verbs && printf '%s\n' --help --version; } | sort)"
  assert_equal "$(bash_completes tfoshim doc)" doctor
  for verb in $(verbs); do
    assert_equal "$verb: $(bash_completes tfoshim "$verb" -)" "$verb: $(options "$verb")"
  done
  assert_equal "$(bash_completes tfoshim run --log d)" debug
  assert_equal "$(bash_completes tfoshim check --color n)" never
  : >a-file.conf
  assert_equal "$(bash_completes tfoshim check a-f)" a-file.conf
  # What follows the program is the program's.
  assert_equal "$(bash_completes tfoshim run -c x true a-f)" a-file.conf
  assert_equal "$(bash_completes tfoshim run -- ls --l)" ""
  run -0 bash_completes tfoshim run tru
  assert_line true
}

# What zsh would be told.
zsh_prints() { # WORD...
  # shellcheck disable=SC2016
  zsh -fc '
    _describe() { print -l -- ${(P)4} }
    _arguments() {
      if [[ $1 == -C ]]; then
        state=argument
        return 1
      fi
      print -l -- "$@"
    }
    file=$1
    shift
    words=("$@")
    source $file
    (($#)) || _tfoshim_commands' - "$root/completions/_tfoshim" "$@"
}

@test "completion in zsh" {
  run -0 zsh -n "$root/completions/_tfoshim"
  assert_equal "$(zsh_prints | sed 's/:.*//' | sort)" "$(verbs | sort)"
  for verb in $(verbs); do
    said=$(zsh_prints "$verb" | sed -E 's/^(\([^)]*\))//' | grep -oE -- '^-(-[a-z-]+|[a-z46])\[' |
      tr -d '[' | sort -u)
    assert_equal "$verb: $said" "$verb: $(options "$verb")"
  done
}

fish_completes() { # LINE
  # shellcheck disable=SC2016
  fish --no-config -c 'source $argv[1]; complete -C $argv[2]' "$root/completions/tfoshim.fish" "$1" |
    cut -f 1 | sort -u
}

@test "completion in fish" {
  run -0 fish -n "$root/completions/tfoshim.fish"
  assert_equal "$(fish_completes 'tfoshim ')" "$(verbs | sort)"
  for verb in $(verbs); do
    said=$({
      fish_completes "tfoshim $verb -"
      fish_completes "tfoshim $verb --"
    } | grep -E -- '^-(-[a-z-]+|[a-z46])$' | sort -u)
    assert_equal "$verb: $said" "$verb: $(options "$verb")"
  done
  assert_equal "$(fish_completes 'tfoshim run --log d')" debug
}

@test "completion of a verb that the completions do not know" {
  mkdir bin
  cat >bin/tfoshim <<'END'
#!/bin/sh
case $1 in
--help) printf 'commands:\n  run      run a program\n  frob     do so\n\noptions:\n  --help     this text\n' ;;
frob) printf 'usage: tfoshim frob [--loud] [--at PLACE]\n\noptions:\n      --loud        so\n      --at PLACE    there\n' ;;
esac
END
  chmod +x bin/tfoshim
  # shellcheck disable=SC2030,SC2031
  PATH=$PWD/bin:$PATH
  assert_equal "$(bash_completes tfoshim fr)" frob
  assert_equal "$(bash_completes tfoshim frob --)" $'--at\n--loud'
  assert_equal "$(zsh_prints | tail -n 1)" 'frob:do so'
  assert_equal "$(zsh_prints frob)" $'--loud[so]\n--at[there]:PLACE:_files\n*:argument:_files'
  assert_equal "$(fish_completes 'tfoshim fr')" frob
  assert_equal "$(fish_completes 'tfoshim frob --')" $'--at\n--loud'
}

# What zsh would offer as units.
zsh_units() { # VERB WORD...
  # shellcheck disable=SC2016
  zsh -fc '
    _describe() { print -l -- ${(P)4} }
    _arguments() { return 0 }
    file=$1
    shift
    words=("$@")
    source $file
    _tfoshim_units $1' - "$root/completions/_tfoshim" "$@"
}

@test "completion of units: those that there are, those that are enabled, and a user's own" {
  unset XDG_CONFIG_HOME XDG_DATA_HOME
  mkdir -p bin .config/systemd/user
  cat >bin/systemctl <<'END'
#!/bin/sh
[ "$1" != --user ] || { echo own.service enabled && exit; }
echo web.service enabled
END
  chmod +x bin/systemctl
  # shellcheck disable=SC2031
  PATH=$PWD/bin:$PATH
  printf '[Service]\nExecStart=/x\n' | tee .config/systemd/user/{a,b}.service >/dev/null
  "$tfoshim" enable --user a b
  for words in 'enable:web.service' 'enable other:web.service' 'enable --now:web.service' 'enable --user:own.service' \
    'enable --user other:own.service' $'disable --user:a.service\nb.service' $'disable --user a:a.service\nb.service'; do
    said=${words#*:}
    read -ra words <<<"${words%%:*}"
    assert_equal "bash: ${words[*]}: $(bash_completes tfoshim "${words[@]}" '')" "bash: ${words[*]}: $said"
    assert_equal "zsh: ${words[*]}: $(zsh_units "${words[@]}" '')" "zsh: ${words[*]}: $said"
    assert_equal "fish: ${words[*]}: $(fish_completes "tfoshim ${words[*]} ")" "fish: ${words[*]}: $said"
  done
}

# shellcheck disable=SC2016 # its names stand in backquotes
@test "every promise of the threat model has its test" {
  local file name
  run -0 grep -c '^| ' "$root/SECURITY.md"
  # Rows without the headings and the lines beneath them.
  assert_equal "$((output - $(grep -cE '^\| (promise|---)' "$root/SECURITY.md")))" \
    "$(grep -cE '\| `[a-z-]+`: "[^"]+" \|$' "$root/SECURITY.md")"
  while IFS=$'\t' read -r file name; do
    grep -qF "@test \"$name\"" "$root/tests/$file.bats" || fail "tests/$file.bats has no \"$name\""
  done < <(sed -nE 's/.*\| `([a-z-]+)`: "([^"]+)" \|$/\1\t\2/p' "$root/SECURITY.md")
}
