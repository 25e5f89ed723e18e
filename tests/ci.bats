#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# The files of CI services: nobody runs them here, but what they say is there.

bats_require_minimum_version 1.5.0
bats_load_library bats-support
bats_load_library bats-assert

setup() {
  cd "$BATS_TEST_DIRNAME/.." || exit
}

# The commands of all jobs, a line each, in both services' words; it fails where the file is not YAML.
commands_of() { # FILE
  /usr/bin/python3 - "$1" <<'END'
import sys, yaml
document = yaml.safe_load(open(sys.argv[1]))
for name, job in document.get("jobs", document).items():
    if not isinstance(job, dict):
        continue
    for step in job.get("steps", []):
        print(step.get("run") or "uses " + step["uses"])
    for key in "before_script", "script":
        print(*job.get(key, []), sep="\n")
END
}

@test "what CI runs is there" {
  for file in .github/workflows/ci.yml .gitlab-ci.yml; do
    run -0 commands_of "$file"
    assert_line .ci/run
    for command in build lint sanitize; do
      assert_line "./dev $command"
    done
    while read -r program command _; do
      case $program in
      ./dev) ./dev help | grep -qE "^  $command " || fail "$file: there is no ./dev $command" ;;
      .*) [[ -x $program ]] || fail "$file: there is no $program" ;;
      esac
    done <<<"$output"
  done
}

@test "CI's actions and images are pinned to a version" {
  run -0 commands_of .github/workflows/ci.yml
  while read -r word action; do
    [[ $word != uses ]] || assert_regex "$action" '^[a-z-]+/[a-z-]+@v[0-9]+\.[0-9]+\.[0-9]+$'
  done <<<"$output"
  while read -r _ image; do
    assert_regex "$image" '^debian:[0-9]+\.[0-9]+$'
  done < <(grep -ho 'image: .*' .github/workflows/ci.yml .gitlab-ci.yml)
}
