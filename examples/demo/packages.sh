#!/bin/sh
# Sees to it that programs are there: what is missing is installed from Debian's packages as root, and else named.
#
#   packages.sh [PROGRAM...]      default: what the demo runs
#
# It looks for programs, not for packages: whoever has runc from elsewhere need not have Debian's.
set -eu

# Where Debian keeps runc, and a plain user's shell may not look.
PATH=$PATH:/usr/sbin:/sbin

[ "$#" -gt 0 ] || set -- skopeo ostree runc bwrap

package_of() {
  case $1 in
  bwrap) echo bubblewrap ;;
  bsdtar) echo libarchive-tools ;;
  busybox) echo busybox-static ;;
  getfattr | setfattr) echo attr ;;
  mke2fs) echo e2fsprogs ;;
  newuidmap) echo uidmap ;;
  prlimit | setpriv) echo util-linux ;;
  systemctl | systemd-analyze | systemd-tmpfiles) echo systemd ;;
  *) echo "$1" ;;
  esac
}

packages=
for program; do
  command -v "$program" >/dev/null || packages="$packages $(package_of "$program")"
done
[ -n "$packages" ] || exit 0

missing="missing, from Debian's packages:$packages"
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
  echo "$missing (as root, this installs them: apt-get install$packages)" >&2
  exit 69
fi

echo "Installing$packages…"
log=$(mktemp)
trap 'rm -f "$log"' EXIT
install() {
  # shellcheck disable=SC2086 # a list
  DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends --no-remove $packages >"$log" 2>&1 </dev/null
}
# The lists of packages may be stale, or missing as in container images.
install || { apt-get update -qq >"$log" 2>&1 && install; } || {
  cat "$log" >&2
  echo "$missing (apt-get could not install them)" >&2
  exit 69
}
