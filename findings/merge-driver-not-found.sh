#!/usr/bin/env bash
# A merge driver that git cannot find leaves our side, without markers.
#
# Version:   seen with git 2.39.5; whichever git is on the PATH is used here
# Source:    gitattributes(5), "Defining a custom merge driver"
# Behaviour: the merge stops with a conflict. The file holds our side alone, with
#            no conflict markers: who adds it as it stands loses the other side.
# A guess:   git merges by itself instead, or leaves both sides between markers.

set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

unset "${!GIT_@}" 2>/dev/null || true
export HOME=$work GIT_CONFIG_NOSYSTEM=1
git --version
git init --quiet repository
cd repository
git config user.name Example
git config user.email example@example.org
git config merge.list.driver 'no-such-merge-driver %O %A %B'

commit() { printf '%s\n' "$2" > list.txt; git add .; git commit --quiet -m "$1"; }
echo 'list.txt merge=list' > .gitattributes
commit base 'milk'
git switch --quiet -c theirs
commit theirs 'milk, bread'
git switch --quiet -
commit ours 'milk, eggs'

{
    git merge theirs > /dev/null 2>&1 && echo "merged" || echo "exit status $?"
    git status --short list.txt
    cat list.txt
} | tee ../seen

diff - ../seen <<'EXPECTED'
exit status 1
UU list.txt
milk, eggs
EXPECTED
