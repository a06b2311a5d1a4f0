# Shared by ./hall and ./check: finds what the machine lacks and installs it. Sourced, not run.
# shellcheck shell=bash
#
# Everything said here goes to stderr, so that stdout stays the program's own.

say() { printf '%s\n' "$*" >&2; }
die() { say "$@"; exit 1; }

# Users of Debian have no /sbin in their PATH, where ldconfig lives; and a shell from before Rust came lacks cargo's.
PATH="$PATH:/usr/sbin:/sbin:${CARGO_HOME:-$HOME/.cargo}/bin"

# One line each: the library's file, the Debian package that brings it, why it is wanted. None is linked: the
# program opens them when it starts, so a missing one shows only then.
needed_libraries() {
    cat <<'LIST'
libvulkan.so.1 libvulkan1 finds the graphics driver
libxkbcommon.so.0 libxkbcommon0 the keyboard
libxkbcommon-x11.so.0 libxkbcommon-x11-0 the keyboard under X11
libwayland-client.so.0 libwayland-client0 windows under Wayland
libX11.so.6 libx11-6 windows under X11
libX11-xcb.so.1 libx11-xcb1 windows under X11
libXcursor.so.1 libxcursor1 the pointer under X11
libXi.so.6 libxi6 the mouse under X11
libdbus-1.so.3 libdbus-1-3 the system's file dialogs
LIST
}

# Is any Vulkan driver described where the loader looks, or named by the loader's own variables?
has_vulkan_driver() {
    [ -n "${VK_DRIVER_FILES:-}${VK_ICD_FILENAMES:-}" ] && return 0
    local file
    for file in /usr/share/vulkan/icd.d/*.json /etc/vulkan/icd.d/*.json; do
        [ -e "$file" ] && return 0
    done
    return 1
}

# Are there root certificates where TLS looks for them, or named by its own variables?
has_certificates() {
    [ -n "${SSL_CERT_FILE:-}${SSL_CERT_DIR:-}" ] && return 0
    local file
    for file in /etc/ssl/certs/ca-certificates.crt /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/ca-bundle.pem \
        /etc/ssl/cert.pem; do
        [ -e "$file" ] && return 0
    done
    return 1
}

need_rust() {
    command -v cargo >/dev/null && return 0
    say "Rust is missing (cargo was not found). Get it from https://rustup.rs:"
    die "    curl --proto '=https' --tlsv1.2 -sSf https://sh.rustup.rs | sh"
}

# Fills the array `packages` and says why each is wanted. Costs a few milliseconds when nothing is missing.
find_missing() {
    packages=()
    reasons=()
    if ! command -v cc >/dev/null; then
        packages+=(build-essential)
        reasons+=("build-essential: a C compiler, for the database and for TLS")
    fi
    if ! has_vulkan_driver; then
        packages+=(mesa-vulkan-drivers)
        reasons+=("mesa-vulkan-drivers: a graphics driver, which also draws without a graphics card")
    fi
    if ! has_certificates; then
        packages+=(ca-certificates)
        reasons+=("ca-certificates: whom to trust, for tile servers")
    fi
    local known library package why
    known=$(ldconfig -p 2>/dev/null || true)
    while read -r library package why; do
        case "$known" in
            *$'\t'"$library ("*) ;;
            *) packages+=("$package"); reasons+=("$package: $why ($library)") ;;
        esac
    done < <(needed_libraries)
}

# What only the tests need: the program, the Debian package that brings it, why. ./check asks for these as well.
needed_by_tests() {
    cat <<'LIST'
pdftotext poppler-utils reads briefings back
LIST
}

# need_system [tests]: installs what the machine lacks to run the program, or to test it as well.
need_system() {
    local packages reasons
    find_missing
    if [ "${1:-}" = tests ]; then
        local program package why
        while read -r program package why; do
            command -v "$program" >/dev/null && continue
            packages+=("$package")
            reasons+=("$package: $why ($program)")
        done < <(needed_by_tests)
    fi
    [ "${#packages[@]}" -eq 0 ] && return 0

    say "Missing on this machine:"
    printf '    %s\n' "${reasons[@]}" >&2
    if ! command -v apt-get >/dev/null; then
        say "This is no Debian or Ubuntu: please install what brings these (Debian's names). Going on without them."
        return 0
    fi

    local as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        if ! command -v sudo >/dev/null; then
            say "Neither root nor sudo here. As root, run:"
            die "    apt-get update && apt-get install --no-install-recommends ${packages[*]}"
        fi
        as_root=(sudo)
        # A continuous run has nobody to type a password.
        if [ "${CI:-}" = true ]; then
            as_root+=(-n)
        fi
    fi
    as_root+=(env DEBIAN_FRONTEND=noninteractive)

    say "Installing: ${packages[*]}"
    # One stale foreign source must not stop us: if the lists are really unusable, the next line says so.
    "${as_root[@]}" apt-get update -qq >&2 || say "(apt-get update failed; trying with the lists at hand)"
    "${as_root[@]}" apt-get install -y -qq --no-install-recommends "${packages[@]}" >&2 ||
        die "apt-get could not install them: see above."
}
