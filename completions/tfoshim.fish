# SPDX-License-Identifier: MIT
# Completion of tfoshim(1) for fish.

# Of the user's own manager with --user.
function __tfoshim_manager
    contains -- --user (commandline -opc); and echo --user
end

function __tfoshim_services
    systemctl (__tfoshim_manager) list-unit-files --type=service --no-legend --no-pager 2>/dev/null | string replace -r ' .*' ''
end

function __tfoshim_running
    systemctl list-units --type=service --no-legend --no-pager --plain 2>/dev/null | string replace -r ' .*' ''
end

function __tfoshim_enabled
    tfoshim enable --list (__tfoshim_manager) 2>/dev/null | string replace -rf '^(\S+\.service) .*' '$1'
end

# What the command says of itself: its verbs, and the options of one that is not below.
function __tfoshim_commands
    tfoshim --help 2>/dev/null | string replace -rf '^  ([a-z]+) +(.*)' '$1\t$2'
end

function __tfoshim_options
    set -l words (commandline -opc)
    tfoshim $words[2] --help 2>/dev/null |
        string replace -rf '^ {2,6}(?:-[a-z], )?(--[a-z-]+)(?: [A-Z]+| \[[A-Z]+\])? *(.*)' '$1\t$2'
end

complete -c tfoshim -f
complete -c tfoshim -n __fish_use_subcommand -l help -d 'What the command does'
complete -c tfoshim -n __fish_use_subcommand -l version -d 'The version'
complete -c tfoshim -n __fish_use_subcommand -a '(__tfoshim_commands)'

set -l seen __fish_seen_subcommand_from
set -l known run enable disable attach detach check doctor explain probe stat cookies key
complete -c tfoshim -n "$seen $known" -l help -d 'What the command does'
complete -c tfoshim -n "not __fish_use_subcommand; and not $seen $known" -a '(__tfoshim_options)'
complete -c tfoshim -n "$seen run enable explain" -s c -l config -r -F -d 'The configuration'
complete -c tfoshim -n "$seen run" -l log -x -a 'none error warn info debug' -d 'What the library tells'
complete -c tfoshim -n "$seen run" -l stats -d 'Say at the end what was saved'
complete -c tfoshim -n "$seen run" -l dry-run -d 'Say what would have been saved'
complete -c tfoshim -n "$seen run" -x -a '(__fish_complete_subcommand --fcs-skip=2)'
complete -c tfoshim -n "$seen enable disable" -l root -x -a '(__fish_complete_directories)' -d 'The system whose services they are'
complete -c tfoshim -n "$seen enable disable" -l now -d 'Restart those that run'
complete -c tfoshim -n "$seen enable disable" -l user -d 'Services of the own manager'
complete -c tfoshim -n "$seen enable" -l list -d 'Which are enabled'
complete -c tfoshim -n "$seen enable" -a '(__tfoshim_services)'
complete -c tfoshim -n "$seen disable" -l all -d 'Every service that was enabled'
complete -c tfoshim -n "$seen disable" -a '(__tfoshim_enabled)'
complete -c tfoshim -n "$seen attach detach" -l port -x -d 'Only this port'
complete -c tfoshim -n "$seen attach detach" -a '(__tfoshim_running)'
complete -c tfoshim -n "$seen attach" -l first-read -x -a any -d 'What the program may read'
complete -c tfoshim -n "$seen attach" -l queue -x -d 'So many unproved at a time'
complete -c tfoshim -n "$seen attach detach check doctor explain probe stat cookies" -l color -x -a 'auto always never' -d 'Colours'
complete -c tfoshim -n "$seen check" -F
complete -c tfoshim -n "$seen doctor" -a '(__fish_complete_command)'
complete -c tfoshim -n "$seen explain" -l bytes -r -F -d 'A first write'
complete -c tfoshim -n "$seen explain" -l listen -d 'A listener'
complete -c tfoshim -n "$seen explain" -l program -x -a '(__fish_complete_command)' -d 'As this program'
complete -c tfoshim -n "$seen explain" -l interface -x -a '(__fish_print_interfaces)' -d 'As by this interface'
complete -c tfoshim -n "$seen explain" -l unit -x -a '(__tfoshim_running)' -d 'As in this unit'
complete -c tfoshim -n "$seen explain" -l user -x -a '(__fish_complete_users)' -d 'As this user'
complete -c tfoshim -n "$seen explain probe cookies" -a '(__fish_print_hostnames)'
complete -c tfoshim -n "$seen probe" -s 4 -d 'Over IPv4'
complete -c tfoshim -n "$seen probe" -s 6 -d 'Over IPv6'
complete -c tfoshim -n "$seen probe" -l tls -d 'Send a TLS ClientHello'
complete -c tfoshim -n "$seen probe" -l data -r -F -d 'Send this file'
complete -c tfoshim -n "$seen probe" -l count -x -d 'So many connections'
complete -c tfoshim -n "$seen probe" -l timeout -x -d 'The most seconds that one may take'
complete -c tfoshim -n "$seen stat" -l all -d 'Other network namespaces too'
complete -c tfoshim -n "$seen stat" -l json -d 'For programs'
complete -c tfoshim -n "$seen stat" -l memory -r -F -d 'The memory that a file names'
complete -c tfoshim -n "$seen stat" -l user -x -a '(__fish_complete_users)' -d "A user's programs alone"
complete -c tfoshim -n "$seen stat" -l prometheus -d 'For Prometheus'
complete -c tfoshim -n "$seen stat" -l reset -d 'Forget all of it'
complete -c tfoshim -n "$seen stat" -l watch -d 'Again and again'
complete -c tfoshim -n "$seen stat; and __fish_seen_argument -l prometheus" -F
complete -c tfoshim -n "$seen cookies" -l flush -d 'Make the kernel forget'
complete -c tfoshim -n "$seen key; and not $seen show set rotate" -a 'show set rotate'
complete -c tfoshim -n "$seen key" -l secret -r -F -d 'Make the keys of this'
complete -c tfoshim -n "$seen key" -l day -x -d 'As on this day'
