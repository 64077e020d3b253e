#!/usr/bin/env bash
# git's letter for a good SSH signature depends on the reader's settings.
#
# Version:   seen with git 2.39.5 and OpenSSH 9.2p1; those on the PATH are used here
# Source:    git-log(1), %G?; git-config(1), gpg.ssh.allowedSignersFile;
#            ssh-keygen(1), "ALLOWED SIGNERS"
# Behaviour: one and the same signed commit is G; N, as if it had no signature,
#            where no file of signers is set; and B, as if somebody had altered
#            it, where the file allows the key for something else than git.
# A guess:   N means not signed, and B that text and signature do not match.

set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

unset "${!GIT_@}" 2>/dev/null || true
export HOME=$work GIT_CONFIG_NOSYSTEM=1
git --version
ssh -V
ssh-keygen -q -t ed25519 -N '' -C '' -f key
for use in git file; do
    printf 'example@example.org namespaces="%s" %s\n' "$use" "$(cat key.pub)" > "signers-$use"
done

git init --quiet repository
cd repository
git config user.name Example
git config user.email example@example.org
git config gpg.format ssh
git config user.signingKey "$work/key.pub"
git commit --quiet --allow-empty --gpg-sign -m signed

{
    echo "signatures in the commit: $(git cat-file commit HEAD | grep -c '^gpgsig ')"
    echo "no file of signers: $(git log --format='%G?' 2> /dev/null)"
    for use in git file; do
        git config gpg.ssh.allowedSignersFile "$work/signers-$use"
        echo "key allowed for $use: $(git log --format='%G?' 2> /dev/null)"
    done
} | tee ../seen

diff - ../seen <<'EXPECTED'
signatures in the commit: 1
no file of signers: N
key allowed for git: G
key allowed for file: B
EXPECTED
