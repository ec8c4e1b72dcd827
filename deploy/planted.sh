#!/bin/sh
# Plants one bug after the other in a copy of the code, and sees that the tests find it: salesync/tests/planted holds
# them, each a patch whose first line names the tests. Ends with 0 exactly when every bug was found.
#
#   sh deploy/planted.sh CARGO [NAME…]      all of them, or those
set -eu
cargo=$1; shift
root=$(cd "$(dirname "$0")/.." && pwd)
tree=$root/target/planted/tree
# Never where the program is built: nobody is to run one with a bug in it.
export CARGO_TARGET_DIR="$root/target/planted/build"
mkdir -p "$CARGO_TARGET_DIR"
rm -rf "$tree"
git clone --quiet --shared "$root" "$tree"
cd "$tree"

# After so many seconds a test that waits for what the bug keeps from happening counts as one that found it.
limit=150
survived=0
for patch in "$root"/salesync/tests/planted/*.patch; do
    name=$(basename "$patch" .patch)
    case " ${*:-$name} " in *" $name "*) ;; *) continue ;; esac
    tests=$(sed -n '1s/^caught by: //p' "$patch")
    said=$root/target/planted/$name.log
    if ! git apply "$patch"; then
        echo "$name: does not apply any more: make it anew against the code as it is"; survived=$((survived + 1))
        continue
    fi
    # $tests is several words.
    # shellcheck disable=SC2086
    if ! $cargo test --release --locked $tests --no-run >"$said" 2>&1; then
        echo "$name: does not compile, see $said"; survived=$((survived + 1))
    elif timeout "$limit" $cargo test --release --locked --no-fail-fast $tests >"$said" 2>&1; then
        echo "$name: NOT FOUND by cargo test $tests"; survived=$((survived + 1))
    else
        found=$(sed -n -e 's/^test \(.*\) \.\.\. FAILED$/\1/p' -e 's/^test \(.*\) has been running for over .*/\1, which does not end/p' "$said")
        # Cargo may end badly for another reason: only a test that is named has found anything.
        if [ -z "$found" ]; then
            echo "$name: NO TEST FOUND IT, though cargo test $tests ended badly, see $said"; survived=$((survived + 1))
        else
            echo "$name: found by $(echo "$found" | head -n 1) ($(echo "$found" | wc -l) of cargo test $tests)"
        fi
    fi
    git apply -R "$patch"
done
[ $survived -eq 0 ] || { echo "$survived planted bugs were not found"; exit 1; }
