#!/usr/bin/env bash
# Makes everything Assay needs, inside this checkout: `make setup`.
#
#   .venv-bootstrap   uv, which installs the other two quickly; itself installed by pip
#   .venv             Assay: streaming, console, embedded services, development tools
#   .venv-airflow     Airflow, whose dependencies contradict the stream's (docs/decisions/0001)
#   .venv-bench       what benches measure and draw with: with the argument `bench` only
#   .venv-bench-drift    Evidently and NannyML, peers of `make bench-drift`: with the argument `bench-drift`
#   .venv-label-studio   a Label Studio server, which the bridge is tested against: with the argument `label-studio`
#   .venv-object-store   an object store, which the lake is tested in: with the argument `object-store`
#   .venv-spark       Assay's builds on Spark, with a Java of its own: with the argument `spark`
#   Chromium          for the tests of the console: with the argument `browser`, as root on Debian
#   the Kafka jars    in the user's cache, shared by all checkouts
#
# Every package comes from requirements/*.txt with its hash. A finished environment carries a stamp: run again, it
# costs nothing; with a changed lock, only the difference is installed; interrupted, that environment is made anew.
#
# PYTHON=/path/to/python chooses the interpreter.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
unset PYTHONHOME PYTHONPATH VIRTUAL_ENV CONDA_PREFIX

readonly NEEDED_MB=4500
readonly LOGS=.venv-bootstrap/log

say() { printf 'setup: %s\n' "$*"; }
fail() { printf '\nsetup: %s\n' "$*" >&2; exit 1; }

# --- the interpreter ------------------------------------------------------------------------------------------------

new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }
can_venv() { "$1" -c 'import ensurepip, venv' 2>/dev/null; }

choose_python() {
    local candidate old=""
    if [ -n "${PYTHON:-}" ]; then
        command -v "$PYTHON" >/dev/null || fail "PYTHON=$PYTHON is not a program. Set PYTHON to a Python 3.11 or newer."
    fi
    for candidate in ${PYTHON:-python3 python3.13 python3.12 python3.11 python3.14 python}; do
        command -v "$candidate" >/dev/null || continue
        new_enough "$candidate" || { old="$candidate"; continue; }
        can_venv "$candidate" || { old="$candidate"; continue; }
        python=$("$candidate" -c 'import sys; print(sys.executable)')
        return
    done
    explain_python "$old"
}

explain_python() {
    [ -n "$1" ] || fail "no Python found. Install Python 3.11 or newer, or set PYTHON=/path/to/python3.11."
    new_enough "$1" || fail "$1 is $("$1" --version 2>&1), and Assay needs Python 3.11 or newer.
Install one, and if it is not on the PATH set PYTHON=/path/to/python3.11."
    fail "$1 cannot make virtual environments: it lacks venv or ensurepip.
On Debian and Ubuntu: apt install python3-venv (or python3.N-venv for the N of $("$1" --version 2>&1))."
}

# --- stamps ---------------------------------------------------------------------------------------------------------

# What an environment was made from; a moved checkout counts as another one, since scripts hold absolute paths.
origin() { printf '%s %s\n' "$PWD" "$python"; }
digest() { sha256sum "$@" | sha256sum | cut -d' ' -f1; }
stamp_of() { origin; digest "requirements/$1.txt"; }
project_stamp() { digest pyproject.toml; }
is() { [ -f "$1" ] && [ "$(cat "$1")" = "$2" ]; }
made() { is "$1/stamp" "$(stamp_of "$2")" && { is_foreign "$2" || is "$1/project" "$(project_stamp)"; }; }

# Programs of others, which we hand data and read results from: nothing of ours is installed beside them.
is_foreign() { case "$1" in label-studio | object-store | bench-drift) true ;; *) false ;; esac; }

finished() {
    { [ -z "$extra" ] || made ".venv-$extra" "$extra"; } &&
        is .venv-bootstrap/stamp "$(stamp_of bootstrap)" && made .venv assay && made .venv-airflow airflow
}

# --- steps ----------------------------------------------------------------------------------------------------------

check_disk() {
    local free_mb
    free_mb=$(df -Pm . | awk 'NR == 2 { print $4 }')
    [ "$free_mb" -ge "$NEEDED_MB" ] || fail "only $free_mb MB are free on the disk of $PWD; the environments need \
about $NEEDED_MB MB. Free some space, or clone Assay to a larger disk."
}

# Run a step with its output in a log; on failure show the log's end and the remedy.
logged() {
    local name=$1 remedy=$2
    shift 2
    "$@" >"$LOGS/$name.log" 2>&1 && return
    tail -n 25 "$LOGS/$name.log" >&2
    fail "$name failed (all of it: $LOGS/$name.log).
$remedy"
}

readonly UNREACHABLE="If the package index cannot be reached: check the network, or point pip at a mirror or at a folder of
wheels as usual (PIP_INDEX_URL, PIP_FIND_LINKS, PIP_CERT, PIP_PROXY, or pip.conf; they count here too). Then: make setup"

make_bootstrap() {
    is .venv-bootstrap/stamp "$(stamp_of bootstrap)" && return
    rm -f .venv-bootstrap/stamp
    say "uv ..."
    logged venv "On Debian and Ubuntu: apt install python3-venv." "$python" -m venv --clear .venv-bootstrap/env
    logged uv "$UNREACHABLE" .venv-bootstrap/env/bin/python -m pip install --require-hashes -r requirements/bootstrap.txt
    stamp_of bootstrap >.venv-bootstrap/stamp
}

# uv does not read pip's settings: hand over those that say where packages come from, unless uv has its own.
adopt_pip_settings() {
    local name value
    export UV_HTTP_TIMEOUT="${UV_HTTP_TIMEOUT:-120}"
    while IFS='=' read -r name value; do
        value=$(printf '%s' "$value" | sed -e "s/^'//" -e "s/'$//" -e 's/\\n/ /g')
        case "${name##*.}" in
        index-url) export UV_DEFAULT_INDEX="${UV_DEFAULT_INDEX:-$value}" ;;
        extra-index-url) export UV_INDEX="${UV_INDEX:-$value}" UV_INDEX_STRATEGY="${UV_INDEX_STRATEGY:-unsafe-best-match}" ;;
        find-links) export UV_FIND_LINKS="${UV_FIND_LINKS:-$(printf '%s' "$value" | xargs | tr ' ' ',')}" ;;
        no-index) case "$value" in 1 | true | True | yes | on) export UV_NO_INDEX="${UV_NO_INDEX:-1}" ;; esac ;;
        trusted-host) export UV_INSECURE_HOST="${UV_INSECURE_HOST:-$value}" ;;
        cert) export SSL_CERT_FILE="${SSL_CERT_FILE:-$value}" ;;
        proxy) export ALL_PROXY="${ALL_PROXY:-$value}" ;;
        esac
    done < <(.venv-bootstrap/env/bin/python -m pip config list)
}

# A stamp from elsewhere, or none at all, means moved or interrupted: begin anew (uv's cache makes that quick).
make_environment() {
    local folder=$1 lock=$2 before
    if ! is "$folder/stamp" "$(stamp_of "$lock")"; then
        before=$(head -n 1 "$folder/stamp" 2>/dev/null || true)
        rm -f "$folder/stamp" "$folder/project"
        say "$folder ..."
        if [ "$before" != "$(origin)" ]; then
            logged "$lock-venv" "$UNREACHABLE" "$uv" venv --clear --python "$python" "$folder"
        fi
        # Compiled here, once: some machines forbid Python to write bytecode, and then every start compiles all of it.
        logged "$lock" "$UNREACHABLE" "$uv" pip sync --python "$folder/bin/python" --require-hashes \
            --compile-bytecode "requirements/$lock.txt"
        stamp_of "$lock" >"$folder/stamp"
    fi
    if ! made "$folder" "$lock"; then
        logged "$lock-project" "Look at pyproject.toml." "$uv" pip install --python "$folder/bin/python" \
            --no-deps --no-build-isolation --no-index -e .
        project_stamp >"$folder/project"
    fi
}

# Tests of the console look at its pages in the system's own Chromium.
install_browser() {
    local name
    for name in chromium chromium-browser google-chrome; do
        if command -v "$name" >/dev/null; then return; fi
    done
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
        fail "no Chromium found. Install it (on Debian, as root: apt-get install chromium), and see that it is on the PATH."
    fi
    say "chromium ..."
    mkdir -p "$LOGS"
    logged chromium "Install Chromium in another way, and see that it is on the PATH." \
        sh -c 'apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium'
}

fetch_jars() {
    say "Kafka jars ..."
    logged jars "If the Maven repository cannot be reached, check the network and run: make setup" \
        .venv/bin/python -m infra.jars fetch
}

# Spark finds its jars, its Java and its settings in its own folder.
furnish_spark() {
    local home
    home=$(.venv-spark/bin/python -c 'import pyspark; print(pyspark.__path__[0])')
    mkdir -p .venv-spark/java/bin "$home/conf"
    cp infra/spark/java .venv-spark/java/bin/
    cp infra/spark/spark-defaults.conf "$home/conf/"
    printf 'export JAVA_HOME="${JAVA_HOME:-%s}"\n' "$PWD/.venv-spark/java" >"$home/conf/spark-env.sh"
    logged spark-jars "If the Maven repository cannot be reached, check the network and run: infra/setup.sh spark" \
        .venv/bin/python -m infra.jars fetch infra/spark/jars.lock "$home/jars"
}

main() {
    local extra=${1:-}
    if [ "$extra" = browser ]; then
        install_browser
        return
    fi
    choose_python
    if ! finished; then
        mkdir -p "$LOGS"
        # One set-up at a time in a checkout: a second one waits, and then finds everything done.
        exec 9>.venv-bootstrap/lock
        if command -v flock >/dev/null; then flock 9; fi
        check_disk
        make_bootstrap
        adopt_pip_settings
        uv=.venv-bootstrap/env/bin/uv
        # It keeps the lock too: if we are killed, the next set-up waits until it has ended.
        make_environment .venv-airflow airflow &
        trap 'kill $! 2>/dev/null || true' EXIT
        make_environment .venv assay
        fetch_jars
        wait $! || exit 1
        trap - EXIT
        if [ -n "$extra" ]; then make_environment ".venv-$extra" "$extra"; fi
        if [ "$extra" = spark ]; then furnish_spark; fi
        say "done in $SECONDS s; next: make demo"
    else
        .venv/bin/python -m infra.jars fetch >/dev/null
    fi
}

main "$@"
