#!/usr/bin/env bash
# Runs the tests under coverage, holds the coverage against its goals, and ends with pytest's closing line.
# With arguments (make test ARGS="-k calendar") only what they select, without the goals.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 2

python=.venv/bin/python
settings=deploy/coverage.ini
rm -rf build/coverage
mkdir -p build/coverage

# Hundreds of tests start a process of ours: compiling it anew each time is a fifth of what its start costs.
unset PYTHONDONTWRITEBYTECODE

# loadgroup: tests/conftest.py keeps the browser tests of one file together and behind all others.
$python -m coverage run --rcfile=$settings -m pytest -n 2 --dist loadgroup --no-loadscope-reorder \
    --durations=40 "$@" 2>&1 | tee build/pytest.log
tests=${PIPESTATUS[0]}

goals=0
if [ $# -eq 0 ]; then
    $python -m coverage combine --rcfile=$settings --quiet &&
        $python -m coverage json --rcfile=$settings --quiet -o build/coverage.json &&
        $python deploy/coverage_gate.py build/coverage.json
    goals=$?
    echo
    [ $goals -eq 0 ] || echo "The coverage is below its goal; the table above says where."
    grep -E ' in [0-9.]+s' build/pytest.log | tail -n 1
fi
[ "$tests" -eq 0 ] && [ $goals -eq 0 ]
