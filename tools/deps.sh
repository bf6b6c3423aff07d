# shellcheck shell=bash
# What the project needs from a Debian or Ubuntu machine. Sourced by tools/demo and tools/check.
#
#   deps_install build|check   installs the packages that are missing, and only those
#   busybox_fetch DIR          puts the distribution's own i386 busybox at DIR/busybox
#
# Both print one line for each thing they do. deps_install does not call apt at all where nothing
# is missing. No mirror is named here: all comes from the machine's own apt sources.

UNICORN_NEEDED=2.1.1
CMAKE_NEEDED=3.25
BUILD_PACKAGES=(gcc libc6-dev cmake ninja-build pkg-config libcapstone-dev libdw-dev libelf-dev
    libjansson-dev libseccomp-dev libsqlite3-dev libunicorn-dev libxxhash-dev libzstd-dev zlib1g-dev)
CHECK_PACKAGES=(g++ libcmocka-dev clang-format clang-tidy cppcheck jq mandoc sqlite3)
if [ "$(uname -m)" = x86_64 ]; then
    CHECK_PACKAGES+=(gcc-multilib)
fi

# What a check does without, skipping a test, where the distribution does not have it: looking at the
# pictures.
OFFERED_PACKAGES=(chromium)

UNICORN_SOURCES=/etc/apt/sources.list.d/mmu386-unicorn.sources
UNICORN_PREFERENCES=/etc/apt/preferences.d/mmu386-unicorn

deps_say() { echo "deps: $*"; }
deps_error() { echo "deps: $*" >&2; }

# --- what is there ---------------------------------------------------------------------------

# Whether the program `$1` runs at version `$2` or later.
program_at_least() {
    local have
    have=$("$1" --version 2>/dev/null | sed -nE '1s/.* ([0-9][0-9.]*).*/\1/p')
    [ -n "$have" ] && printf '%s\n%s\n' "$2" "$have" | sort -V -C
}

# A 32-bit static program links: the proof of gcc-multilib and of its C library.
links_static_i386() {
    echo 'int main(void) { return 0; }' | gcc -m32 -static -x c - -o /dev/null 2>/dev/null
}

# Whether what package `$1` is for is there, from that package or from anywhere else.
dep_present() {
    case $1 in
    libc6-dev) echo '#include <stdio.h>' | gcc -E - >/dev/null 2>&1 ;;
    cmake) program_at_least cmake "$CMAKE_NEEDED" ;;
    ninja-build) command -v ninja >/dev/null ;;
    gcc-multilib) links_static_i386 ;;
    libcapstone-dev) pkg-config --exists capstone 2>/dev/null ;;
    libdw-dev) pkg-config --exists 'libdw >= 0.173' 2>/dev/null ;;
    libelf-dev) pkg-config --exists libelf 2>/dev/null ;;
    libjansson-dev) pkg-config --exists jansson 2>/dev/null ;;
    libseccomp-dev) pkg-config --exists libseccomp 2>/dev/null ;;
    libsqlite3-dev) pkg-config --exists sqlite3 2>/dev/null ;;
    libunicorn-dev) pkg-config --atleast-version="$UNICORN_NEEDED" unicorn 2>/dev/null ;;
    libxxhash-dev) pkg-config --exists 'libxxhash >= 0.8.0' 2>/dev/null ;;
    libcmocka-dev) pkg-config --exists cmocka 2>/dev/null ;;
    libzstd-dev) pkg-config --exists libzstd 2>/dev/null ;;
    zlib1g-dev) pkg-config --exists zlib 2>/dev/null ;;
    *) command -v "$1" >/dev/null ;;
    esac
}

# Prints those of the packages `$@` that are missing.
deps_missing() {
    local package
    for package in "$@"; do
        dep_present "$package" || echo "$package"
    done
}

# --- apt -------------------------------------------------------------------------------------

# Runs a command as root: directly, or through sudo.
as_root() {
    if [ "$(id -u)" -eq 0 ]; then
        "$@"
    else
        sudo "$@"
    fi
}

apt_get() {
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Acquire::Retries=3 \
        -o DPkg::Lock::Timeout=120 -o Dpkg::Use-Pty=0 "$@"
}

# Runs a command with its output kept back; shows the output's end if the command fails.
quietly() {
    local log status=0
    log=$(mktemp) || return
    "$@" >"$log" 2>&1 </dev/null || status=$?
    [ "$status" -eq 0 ] || tail -n 20 "$log" >&2
    rm -f "$log"
    return "$status"
}

# Installs packages, but never at the price of one that is neither ours nor the older Unicorn.
apt_install() {
    local removed
    removed=$(apt_get -s --no-install-recommends install "$@" 2>/dev/null |
        awk '$1 == "Remv" && $2 !~ /^libunicorn/ { print $2 }' | tr '\n' ' ')
    if [ -n "$removed" ]; then
        deps_error "installing $* would remove $removed: not done"
        return 1
    fi
    quietly apt_get -y --no-install-recommends install "$@"
}

# The version that apt would install of package `$1`; nothing if there is none.
apt_candidate() {
    LC_ALL=C apt-cache policy "$1" 2>/dev/null |
        awk '$1 == "Candidate:" && $2 != "(none)" { print $2 }'
}

# Prints those of the packages `$@` that apt has.
apt_offered() {
    local package
    for package in "$@"; do
        [ -z "$(apt_candidate "$package")" ] || echo "$package"
    done
}

# --- Unicorn ---------------------------------------------------------------------------------

# Prints the value of variable `$1` of the distribution's os-release.
os_release() {
    # shellcheck disable=SC1091 # the machine's file
    (. /etc/os-release && echo "${!1:-}")
}

# The codename of the release this machine runs; a derivative of Ubuntu names Ubuntu's apart.
own_release() {
    local ubuntu
    ubuntu=$(os_release UBUNTU_CODENAME)
    echo "${ubuntu:-$(os_release VERSION_CODENAME)}"
}

# The release of this machine's distribution that Unicorn is taken from where its own is too old.
unicorn_release() {
    case " $(os_release ID) $(os_release ID_LIKE) " in
    *" ubuntu "*) echo resolute ;;
    *" debian "*) echo trixie ;;
    *) return 1 ;;
    esac
}

# This machine's apt sources, one a line: codename, component, URI, file:entry.
apt_sources() {
    # shellcheck disable=SC2016 # the variables are apt's
    apt-get indextargets --format '$(CODENAME) $(COMPONENT) $(REPO_URI) $(SOURCESENTRY)' \
        'Created-By: Packages' 2>/dev/null | sort -u
}

# The keyring that apt source file `$1` names, or else the distribution's.
apt_keyring() {
    local keyring
    for keyring in \
        "$(sed -nE 's/.*[Ss]igned-[Bb]y *[:=] *(\/[^], ]+).*/\1/p' "$1" | head -n 1)" \
        /usr/share/keyrings/{debian,ubuntu}-archive-keyring.gpg; do
        if [ -n "$keyring" ] && [ -f "$keyring" ]; then
            echo "$keyring"
            return
        fi
    done
}

write_as_root() { as_root tee "$1" >/dev/null; }

# Lets apt see component `$4` of release `$1` on mirror `$2`, signed by keyring `$3`: for this
# machine's own architecture alone, as nothing of a foreign one is ever wanted from it.
write_unicorn_sources() {
    {
        echo "# Written by mmu386 for Unicorn; its pins are in $UNICORN_PREFERENCES."
        echo "Types: deb"
        echo "URIs: $2"
        echo "Suites: $1"
        echo "Components: $4"
        echo "Architectures: $(dpkg --print-architecture)"
        [ -z "$3" ] || echo "Signed-By: $3"
    } | write_as_root "$UNICORN_SOURCES"
}

# Admits Unicorn of release `$1`. Where `$2` is "only", nothing else of that release.
write_unicorn_pins() {
    {
        echo "Explanation: written by mmu386, which needs Unicorn $UNICORN_NEEDED or later."
        echo "Explanation: Delete this file before upgrading the machine to $1."
        echo "Package: libunicorn-dev libunicorn2t64 libunicorn2"
        echo "Pin: release n=$1"
        echo "Pin-Priority: 500"
        if [ "$2" = only ]; then
            echo
            echo "Package: *"
            echo "Pin: release n=$1"
            echo "Pin-Priority: -1"
        fi
    } | write_as_root "$UNICORN_PREFERENCES"
}

# Reads the index of the added source alone, so that its failure is not another's.
update_unicorn_source() {
    apt_get -o Dir::Etc::SourceList="$UNICORN_SOURCES" -o Dir::Etc::SourceParts=/dev/null \
        -o APT::Get::List-Cleanup=0 -o APT::Update::Error-Mode=any update
}

# Adds release `$1` to apt's sources, on the mirror that this machine's own release comes from.
add_unicorn_source() {
    local own component uri file
    own=$(own_release)
    component=main
    [ "$1" = trixie ] || component=universe
    read -r _ _ uri file < <(apt_sources | awk -v own="$own" '$1 == own && $2 == "main"')
    if [ -z "${uri:-}" ]; then
        deps_error "no apt source for $own on this machine to take Unicorn's mirror from"
        return 1
    fi
    deps_say "adding $1 to the apt sources, for libunicorn-dev and its library alone"
    write_unicorn_pins "$1" only &&
        write_unicorn_sources "$1" "$uri" "$(apt_keyring "${file%:*}")" "$component" || return
    if ! update_unicorn_source >/dev/null 2>&1; then
        deps_say "upgrading the archive's keyring, as the first try to read $1 failed"
        quietly apt_get -y --only-upgrade install "$(os_release ID)-archive-keyring"
        quietly update_unicorn_source
    fi
}

# Sees to it that apt's candidate for libunicorn-dev is new enough.
offer_unicorn() {
    local have release
    have=$(apt_candidate libunicorn-dev)
    if [ -n "$have" ] && dpkg --compare-versions "$have" ge "$UNICORN_NEEDED"; then
        return
    fi
    deps_say "Unicorn $UNICORN_NEEDED or later is needed, this distribution has ${have:-none}"
    if ! release=$(unicorn_release); then
        deps_error "install Unicorn $UNICORN_NEEDED or later, so that pkg-config finds it"
        return 1
    fi
    if apt_sources | grep -v " $UNICORN_SOURCES:" | grep -q "^$release "; then
        deps_say "admitting Unicorn of $release, which is among the apt sources"
        write_unicorn_pins "$release" also
    else
        add_unicorn_source "$release"
    fi
}

# --- the two services ------------------------------------------------------------------------

# Installs what is missing of the packages that the machine's apt has but need not have.
deps_install_offered() {
    local offered
    mapfile -t offered < <(deps_missing "${OFFERED_PACKAGES[@]}")
    mapfile -t offered < <(apt_offered "${offered[@]}")
    [ "${#offered[@]}" -ne 0 ] || return 0
    deps_say "installing ${offered[*]}, for the tests of the pictures"
    apt_install "${offered[@]}" || deps_say "going on without ${offered[*]}"
}

# Installs what is missing of the packages without which there is no build or no check.
deps_install_needed() {
    local wanted=("${BUILD_PACKAGES[@]}") missing
    [ "$1" = build ] || wanted+=("${CHECK_PACKAGES[@]}")
    mapfile -t missing < <(deps_missing "${wanted[@]}")
    if [ "${#missing[@]}" -eq 0 ]; then
        deps_say "all that is needed to $1 is installed"
        return
    fi
    if ! command -v apt-get >/dev/null; then
        deps_error "not a Debian or Ubuntu: install what these packages hold: ${missing[*]}"
        return 1
    fi
    if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null; then
        deps_error "missing, and neither root nor sudo to install: ${missing[*]}"
        return 1
    fi
    deps_say "missing: ${missing[*]}"
    deps_say "reading the package lists"
    # One source that is out of order need not matter: what is missing then, the install tells.
    apt_get update >/dev/null 2>&1 || true
    case " ${missing[*]} " in
    *" libunicorn-dev "*) offer_unicorn || return ;;
    esac
    deps_say "installing them and what they depend on"
    apt_install "${missing[@]}" || return
    mapfile -t missing < <(deps_missing "${wanted[@]}")
    if [ "${#missing[@]}" -ne 0 ]; then
        deps_error "still missing or too old after installing: ${missing[*]}" \
            "(Unicorn >= $UNICORN_NEEDED, CMake >= $CMAKE_NEEDED)"
        return 1
    fi
}

# deps_install build|check: 0 if all that is needed is there at the end.
deps_install() {
    deps_install_needed "$1" || return
    [ "$1" = build ] || deps_install_offered
}

# An apt that lives in directory `$1` and believes the machine to be a bare i386: it shares
# nothing with the machine's own apt but the sources, the keys and the pins. Its configuration
# is read after the machine's, whose hooks it clears.
write_i386_apt() {
    mkdir -p "$1/lists/partial" "$1/cache/archives/partial" || return
    cat >"$1/apt.conf" <<EOF
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear APT::Architectures;
APT::Architecture "i386";
APT::Architectures { "i386"; };
APT::Sandbox::User "root";
Acquire::Languages "none";
Acquire::Retries "3";
Dir::State "$1";
Dir::State::Lists "$1/lists";
Dir::State::Status "/dev/null";
Dir::State::Extended_States "/dev/null";
Dir::Cache "$1/cache";
Dir::Log "$1";
EOF
}

# Downloads busybox-static into the current directory: this release's own version where the
# sources know the release by that name.
download_busybox() {
    apt-get -c "$1" update || true
    apt-get -c "$1" -t "$(own_release)" download busybox-static ||
        apt-get -c "$1" download busybox-static
}

# Why the download failed, from its log: the network's reason first, as apt's follows from it.
busybox_failure() {
    grep -m 1 -oE "Temporary failure .*|Could not (resolve|connect) .*" "$1" ||
        sed -n "s/^E: //p" "$1" | tail -n 1
}

# busybox_fetch DIR: 0 if DIR/busybox is there at the end.
busybox_fetch() {
    local dir apt
    mkdir -p "$1" && dir=$(cd -P "$1" && pwd) || return 1
    [ ! -x "$dir/busybox" ] || return 0
    if ! command -v apt-get >/dev/null; then
        deps_error "no i386 busybox: apt-get is not on this machine to download it"
        return 1
    fi
    deps_say "downloading the i386 busybox of this distribution"
    apt=$dir/apt
    rm -rf "$apt"
    write_i386_apt "$apt" || return 1
    (cd "$apt" && download_busybox "$apt/apt.conf") >"$dir/busybox.log" 2>&1 </dev/null || true
    if ! dpkg-deb -x "$apt"/busybox-static_*.deb "$apt/x" 2>>"$dir/busybox.log"; then
        deps_error "no i386 busybox: $(busybox_failure "$dir/busybox.log")"
        rm -rf "$apt"
        return 1
    fi
    cp "$(find "$apt/x" -type f -path '*bin/busybox')" "$dir/busybox.new" &&
        chmod 755 "$dir/busybox.new" && mv "$dir/busybox.new" "$dir/busybox" || return 1
    rm -rf "$apt"
}
