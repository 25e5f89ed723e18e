# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Completion of tfoshim(1) for bash.

# From the command's own help: its verbs, and the options of one.
_tfoshim_commands() {
  "${COMP_WORDS[0]}" --help 2>/dev/null | sed -nE 's/^  ([a-z]+) .*/\1/p'
}

_tfoshim_options() { # COMMAND
  "${COMP_WORDS[0]}" "$1" --help 2>/dev/null | grep -oE -- '(^|[ [])-(-[a-z-]+|[a-z46])\b' | tr -d ' [' | sort -u
}

# Services: all of them, those that "tfoshim enable" was used on, or those that run. With --user they are those
# of the user's own manager.
_tfoshim_units() { # COMMAND
  local manager=()
  [[ " ${COMP_WORDS[*]} " != *' --user '* || $1 != *able ]] || manager=(--user)
  if [[ $1 == disable ]]; then
    "${COMP_WORDS[0]}" enable --list "${manager[@]}" 2>/dev/null | sed -nE 's/^([^ ]+\.service) .*/\1/p'
  else
    local list='list-units'
    [[ $1 != enable ]] || list='list-unit-files'
    systemctl "${manager[@]}" "$list" --type=service --no-legend --no-pager --plain 2>/dev/null |
      while read -r unit _; do
        echo "$unit"
      done
  fi
}

_tfoshim_reply() { # WORD LIST
  mapfile -t COMPREPLY < <(compgen -W "$2" -- "$1")
}

_tfoshim_files() { # WORD
  compopt -o filenames 2>/dev/null
  mapfile -t COMPREPLY < <(compgen -f -- "$1")
}

# The value of an option; 1: the word is none.
_tfoshim_value() { # OPTION WORD
  case $1 in
  -c | --config | --data | --memory | --prometheus | --secret) _tfoshim_files "$2" ;;
  --root)
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -d -- "$2")
    ;;
  --log) _tfoshim_reply "$2" 'none error warn info debug' ;;
  --color) _tfoshim_reply "$2" 'auto always never' ;;
  --user) mapfile -t COMPREPLY < <(compgen -u -- "$2") ;;
  --interface) _tfoshim_reply "$2" "$(ls /sys/class/net 2>/dev/null)" ;;
  --unit) _tfoshim_reply "$2" "$(_tfoshim_units attach)" ;;
  --program) mapfile -t COMPREPLY < <(compgen -c -- "$2") ;;
  --first-read) _tfoshim_reply "$2" any ;;
  --shell) _tfoshim_reply "$2" 'sh bash zsh fish' ;;
  --pid) _tfoshim_reply "$2" "$(cd /proc && echo [0-9]*)" ;;
  --count | --day | --port | --queue | --timeout | --watch) ;;
  *) return 1 ;;
  esac
}

# Where the program's name stands in "tfoshim run [OPTION...] PROGRAM"; its arguments are its own.
_tfoshim_program_at() {
  local i
  for ((i = 2; i < COMP_CWORD; i++)); do
    case ${COMP_WORDS[i]} in
    -c | --config | --log) ((i++)) ;;
    --)
      echo $((i + 1))
      return
      ;;
    -*) ;;
    *) break ;;
    esac
  done
  echo "$i"
}

_tfoshim_run() { # WORD BEFORE
  local at
  at=$(_tfoshim_program_at)
  if ((at < COMP_CWORD)); then
    if declare -F _command_offset >/dev/null; then
      _command_offset "$at"
    else
      _tfoshim_files "$1"
    fi
  elif _tfoshim_value "$2" "$1"; then
    return
  elif [[ $1 == -* ]]; then
    _tfoshim_reply "$1" "$(_tfoshim_options run)"
  else
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -c -- "$1")
  fi
}

_tfoshim_other() { # COMMAND WORD BEFORE
  # --user of these has no value.
  if ! [[ $1 == *able && $3 == --user ]] && _tfoshim_value "$3" "$2"; then
    return
  elif [[ $2 == -* ]]; then
    _tfoshim_reply "$2" "$(_tfoshim_options "$1")"
    return
  fi
  case $1 in
  check) _tfoshim_files "$2" ;;
  key) _tfoshim_reply "$2" 'show set rotate' ;;
  doctor) mapfile -t COMPREPLY < <(compgen -c -W "$(_tfoshim_units doctor)" -- "$2") ;;
  enable | disable | attach | detach) _tfoshim_reply "$2" "$(_tfoshim_units "$1")" ;;
  explain | probe | cookies) mapfile -t COMPREPLY < <(compgen -A hostname -- "$2") ;;
  esac
}

_tfoshim() {
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} command=${COMP_WORDS[1]}
  COMPREPLY=()
  if ((COMP_CWORD == 1)); then
    _tfoshim_reply "$word" "$(_tfoshim_commands) --help --version"
  elif [[ $command == run ]]; then
    _tfoshim_run "$word" "$before"
  else
    _tfoshim_other "$command" "$word" "$before"
  fi
}

complete -F _tfoshim tfoshim
