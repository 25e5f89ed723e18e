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

# From the command's own help: its verbs, and the options of one that is not below.
function __tfoshim_commands
    tfoshim --help 2>/dev/null | string replace -rf '^  ([a-z]+) +(.*)' '$1\t$2'
end

function __tfoshim_options
    set -l words (commandline -opc)
    tfoshim $words[2] --help 2>/dev/null |
        string replace -rf '^ {2,6}(?:-[a-z], )?(--[a-z-]+)(?: [A-Z]+| \[[A-Z]+\])? *(.*)' '$1\t$2'
end

complete -c tfoshim -f
complete -c tfoshim -n __fish_use_subcommand -l help -d 'Describe the command'
complete -c tfoshim -n __fish_use_subcommand -l version -d 'Print the version'
complete -c tfoshim -n __fish_use_subcommand -a '(__tfoshim_commands)'

set -l seen __fish_seen_subcommand_from
set -l known run on off enable disable attach detach check doctor explain probe stat cookies key
complete -c tfoshim -n "$seen $known" -l help -d 'Describe the command'
complete -c tfoshim -n "not __fish_use_subcommand; and not $seen $known" -a '(__tfoshim_options)'
complete -c tfoshim -n "$seen run on enable explain" -s c -l config -r -F -d 'Use this configuration'
complete -c tfoshim -n "$seen run" -l log -x -a 'none error warn info debug' -d 'Log level of the library'
complete -c tfoshim -n "$seen run" -l stats -d 'Print at the end what was saved'
complete -c tfoshim -n "$seen run" -l dry-run -d 'Print at the end what would have been saved'
complete -c tfoshim -n "$seen run" -x -a '(__fish_complete_subcommand --fcs-skip=2)'
complete -c tfoshim -n "$seen on off" -l shell -x -a 'sh bash zsh fish' -d 'Print for this shell'
complete -c tfoshim -n "$seen enable disable" -l root -x -a '(__fish_complete_directories)' -d 'Work on the system below this directory'
complete -c tfoshim -n "$seen enable disable" -l now -d 'Restart the services that run'
complete -c tfoshim -n "$seen enable disable" -l user -d 'Units of your own service manager'
complete -c tfoshim -n "$seen enable" -l list -d 'List the enabled units'
complete -c tfoshim -n "$seen enable" -a '(__tfoshim_services)'
complete -c tfoshim -n "$seen disable" -l all -d 'Every service that was enabled'
complete -c tfoshim -n "$seen disable" -a '(__tfoshim_enabled)'
complete -c tfoshim -n "$seen attach detach" -l port -x -d 'Only listeners on this port'
complete -c tfoshim -n "$seen attach detach" -a '(__tfoshim_running)'
complete -c tfoshim -n "$seen attach" -l first-read -x -a any -d 'What the program may read from a SYN'
complete -c tfoshim -n "$seen attach" -l queue -x -d 'Limit of unproved connections'
complete -c tfoshim -n "$seen attach detach check doctor explain probe stat cookies" -l color -x -a 'auto always never' -d 'Colours'
complete -c tfoshim -n "$seen doctor explain probe stat cookies" -l json -d 'Print JSON'
complete -c tfoshim -n "$seen check" -F
complete -c tfoshim -n "$seen doctor" -a '(__fish_complete_command; __tfoshim_running)'
complete -c tfoshim -n "$seen doctor" -l pid -x -a '(__fish_complete_pids)' -d 'Examine this process'
complete -c tfoshim -n "$seen explain" -l bytes -r -F -d 'Inspect this first write'
complete -c tfoshim -n "$seen explain" -l listen -d 'Explain a listener'
complete -c tfoshim -n "$seen explain" -l program -x -a '(__fish_complete_command)' -d 'Assume this program'
complete -c tfoshim -n "$seen explain" -l interface -x -a '(__fish_print_interfaces)' -d 'Assume this interface'
complete -c tfoshim -n "$seen explain" -l unit -x -a '(__tfoshim_running)' -d 'Assume this unit'
complete -c tfoshim -n "$seen explain" -l user -x -a '(__fish_complete_users)' -d 'Assume this user'
complete -c tfoshim -n "$seen explain probe cookies" -a '(__fish_print_hostnames)'
complete -c tfoshim -n "$seen probe" -s 4 -d 'Use IPv4 only'
complete -c tfoshim -n "$seen probe" -s 6 -d 'Use IPv6 only'
complete -c tfoshim -n "$seen probe" -l tls -d 'Send a TLS ClientHello'
complete -c tfoshim -n "$seen probe" -l data -r -F -d 'Send this file'
complete -c tfoshim -n "$seen probe" -l count -x -d 'Number of connections of each kind'
complete -c tfoshim -n "$seen probe" -l timeout -x -d 'Time limit of one connection, in seconds'
complete -c tfoshim -n "$seen stat" -l all -d 'Include other network namespaces'
complete -c tfoshim -n "$seen stat" -l memory -r -F -d 'Show the memory that this file names'
complete -c tfoshim -n "$seen stat" -l user -x -a '(__fish_complete_users)' -d 'Show the programs of this user'
complete -c tfoshim -n "$seen stat" -l prometheus -d 'Print metrics for Prometheus'
complete -c tfoshim -n "$seen stat" -l reset -d 'Forget all of it'
complete -c tfoshim -n "$seen stat" -l watch -d 'Repeat until interrupted'
complete -c tfoshim -n "$seen stat; and __fish_seen_argument -l prometheus" -F
complete -c tfoshim -n "$seen cookies" -l flush -d 'Make the kernel forget hosts'
complete -c tfoshim -n "$seen key; and not $seen show set rotate" -a 'show set rotate'
complete -c tfoshim -n "$seen key" -l secret -r -F -d 'Derive the keys from this secret'
complete -c tfoshim -n "$seen key" -l day -x -d 'Use another UTC date'
