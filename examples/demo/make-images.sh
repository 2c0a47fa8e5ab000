#!/bin/bash
# Makes the demo's images out of Debian packages: an OCI image layout with the tags busybox, redis, nginx and etcd.
#
#   make-images.sh [LAYOUT]      default: examples/images
#
# The last three stand on one Debian base layer. A second layer holds a daemon's packages and what their maintainer
# scripts would have done, a third its configuration from the folder beside this script. Same packages, same bytes:
# nobody's name, clock, umask or locale gets in, and root is not needed. Nothing is done while no input has changed.
set -euo pipefail
export LC_ALL=C
umask 022

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
mkdir -p "${1:-$here/../images}"
layout=$(cd "${1:-$here/../images}" && pwd)
stamp=$layout/.stamp
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fail() {
  echo "make-images: $1" >&2
  exit "${2:-1}"
}

# --- Which packages -------------------------------------------------------------------------------------------

base_roots='base-files base-passwd coreutils dash passwd tzdata'
redis_roots='redis-server redis-tools'
nginx_roots='nginx nginx-common'
etcd_roots='etcd-server'

# Prints the packages named and the libraries that they need. What else they depend on (adduser, debconf, perl, …)
# serves maintainer scripts, and none is run here.
with_libraries() {
  awk -v roots="$*" '
    function visit(package, needs, count, i) {
      if (package in seen) return
      seen[package]
      print package
      count = split(edges[package], needs)
      for (i = 1; i <= count; i++) visit(needs[i])
    }
    /^[^ ]/ { package = $1; next }
    /^[ |]+(Pre)?Depends: / {
      if (!second_choice && $2 ~ /^(lib[^:]*|zlib1g)$/) edges[package] = edges[package] " " $2
      second_choice = /^ \|/
    }
    END { count = split(roots, root); for (i = 1; i <= count; i++) visit(root[i]) }
  ' "$work/graph" | sort
}

# Decides on every layer's packages, and learns their versions and checksums.
# shellcheck disable=SC2086 # the roots are lists
resolve() {
  apt-cache depends --recurse --no-recommends --no-suggests --no-conflicts --no-breaks --no-replaces --no-enhances \
    $base_roots $redis_roots $nginx_roots $etcd_roots >"$work/graph" || return
  with_libraries $redis_roots >"$work/redis.all"
  with_libraries $nginx_roots >"$work/nginx.all"
  with_libraries $etcd_roots >"$work/etcd.all"
  # A library that two daemons need belongs in the layer that they share.
  { with_libraries $base_roots; sort "$work"/*.all | uniq -d; } | sort -u >"$work/base.packages"
  for name in redis nginx etcd; do comm -23 "$work/$name.all" "$work/base.packages" >"$work/$name.packages"; done
  echo busybox-static >"$work/busybox.packages"
  # Name, size and checksum: where a mirror is does not matter.
  # shellcheck disable=SC2046 # a list
  apt-get download --print-uris $(cat "$work"/*.packages) | cut -d' ' -f2- >"$work/versions" || return
}

download() {
  mkdir -p "$work/debs"
  # shellcheck disable=SC2046 # a list
  (cd "$work/debs" && apt-get download -qq -o APT::Sandbox::User=root $(cat "$work"/*.packages))
}

refresh() {
  ((EUID == 0)) || fail "apt's package lists are missing or stale; as root, run: apt-get update" 69
  apt-get update -qq
}

# --- Trees ----------------------------------------------------------------------------------------------------

# unpack TREE PACKAGE…: files of packages, and in TREE.owners those that do not belong to root.
unpack() {
  local tree=$1 package dir
  shift
  # Packages may still ship files in /bin and /lib. On a merged-usr system those are links.
  for dir in bin lib lib64 sbin; do
    mkdir -p "$tree/usr/$dir"
    ln -s "usr/$dir" "$tree/$dir"
  done
  for package; do
    dpkg-deb --fsys-tarfile "$work/debs/${package}_"*.deb >"$work/package.tar"
    tar -C "$tree" -xpf "$work/package.tar" --no-same-owner --keep-directory-symlink
    tar -tvf "$work/package.tar" --numeric-owner | awk '
      $2 == "0/0" { next }
      { sub("/", " ", $2); sub(/^\.\//, "", $6) }
      $6 ~ /^(bin|lib|lib64|sbin)\// { $6 = "usr/" $6 }
      { print $2, "./" $6 }
    ' >>"$tree.owners"
  done
  rmdir --ignore-fail-on-non-empty "$tree/usr/bin" "$tree/usr/lib" "$tree/usr/lib64" "$tree/usr/sbin"
}

# give TREE UID GID MODE PATH…: owner and mode of what is there.
give() {
  local tree=$1 uid=$2 gid=$3 mode=$4 path
  shift 4
  for path; do
    chmod "$mode" "$tree/$path"
    echo "$uid $gid ./$path" >>"$tree.owners"
  done
}

# add_user TREE NAME ID HOME: as adduser --system --group does, on top of the base layer's files.
add_user() {
  mkdir -p "$1/etc"
  cp "$work/base/etc/passwd" "$work/base/etc/group" "$1/etc/"
  echo "$2:x:$3:$3::$4:/usr/sbin/nologin" >>"$1/etc/passwd"
  echo "$2:x:$3:" >>"$1/etc/group"
}

# configure NAME DIR…: the third layer, from the files beside this script, and empty folders.
configure() {
  local tree=$work/$1.config dir name=$1
  shift
  mkdir "$tree"
  cp -R "$here/$name/layer/." "$tree"
  # A checkout's modes are the user's umask.
  chmod -R u=rwX,go=rX "$tree"
  for dir; do mkdir -p "$tree/$dir"; done
}

# --- Images ---------------------------------------------------------------------------------------------------

# blob FILE: moves a file into the layout, prints the members digest and size of its descriptor.
blob() {
  local hex
  hex=$(sha256sum "$1" | cut -d' ' -f1)
  printf '"digest":"sha256:%s","size":%d' "$hex" "$(stat -c %s "$1")"
  mv "$1" "$layout/blobs/sha256/$hex"
  echo "$hex" >>"$work/blobs"
}

# pack TREE: makes a layer's blob, with TREE.layer (its descriptor) and TREE.diff (its diffID) for image.
pack() {
  local tree=$1 tar=$1.tar uid gid path
  local format=(--format=pax '--pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime'
    --sort=name --mtime=@0 --numeric-owner)
  touch "$tree.owners"
  cut -d' ' -f3 "$tree.owners" | sed 's,/$,,' >"$tree.owned"
  tar -C "$tree" "${format[@]}" --owner=:0 --group=:0 --anchored --no-wildcards -X "$tree.owned" -cf "$tar" .
  # What does not belong to root follows at the end.
  while read -r uid gid path; do
    tar -C "$tree" "${format[@]}" --owner=":$uid" --group=":$gid" -rf "$tar" "$path"
  done <"$tree.owners"
  sha256sum "$tar" | cut -d' ' -f1 >"$tree.diff"
  gzip -n6 "$tar"
  echo "{\"mediaType\":\"application/vnd.oci.image.layer.v1.tar+gzip\",$(blob "$tar.gz")}" >"$tree.layer"
}

# image NAME TREE…: the image of packed trees, as an entry for the index.
image() {
  local name=$1 config=$work/$1.image manifest=$work/$1.manifest diffs layers tree
  shift
  diffs=$(for tree; do sed 's/.*/"sha256:&"/' "$tree.diff"; done | paste -sd,)
  layers=$(for tree; do cat "$tree.layer"; done | paste -sd,)
  printf '{"created":"1970-01-01T00:00:00Z",%s,"os":"linux","config":%s,"rootfs":{"type":"layers","diff_ids":[%s]}}\n' \
    "$architecture" "$(cat "$here/$name/image.json")" "$diffs" >"$config"
  printf '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{%s,%s},"layers":[%s]}\n' \
    '"mediaType":"application/vnd.oci.image.config.v1+json"' "$(blob "$config")" "$layers" >"$manifest"
  printf '{"mediaType":"application/vnd.oci.image.manifest.v1+json",%s,"platform":{%s,"os":"linux"},"annotations":{%s}}\n' \
    "$(blob "$manifest")" "$architecture" "\"org.opencontainers.image.ref.name\":\"$name\"" >>"$work/index"
}

# Go's name of the processor, which is what OCI images say, by dpkg's.
case $(dpkg --print-architecture) in
  armhf) architecture='"architecture":"arm","variant":"v7"' ;;
  i386) architecture='"architecture":"386"' ;;
  ppc64el) architecture='"architecture":"ppc64le"' ;;
  *) architecture="\"architecture\":\"$(dpkg --print-architecture)\"" ;;
esac

# --- Is there anything to do? ---------------------------------------------------------------------------------

sources=$(cd "$here" && find make-images.sh busybox redis nginx etcd -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum)
made=$(cat "$stamp" 2>/dev/null || true)
if [[ -f $layout/index.json && ${made%%$'\n'*} == "$sources" ]]; then
  # Asking apt takes a second. It cannot say anything new while its lists are older than the images.
  [[ $(find /var/lib/apt/lists -cnewer "$stamp" -print -quit) ]] || exit 0
fi
resolve || { refresh && resolve; } || fail 'apt does not know the packages that the images are made of' 69
inputs=$(echo "$sources"; sha256sum <"$work/versions")
if [[ -f $layout/index.json && $made == "$inputs" ]]; then
  touch "$stamp"
  exit 0
fi

# --- Make -----------------------------------------------------------------------------------------------------

echo "Making $layout from $(wc -l <"$work/versions") Debian packages…"
download || { refresh && resolve && download; } || fail 'packages could not be downloaded' 69
rm -f "$stamp"
mkdir -p "$layout/blobs/sha256"

# shellcheck disable=SC2046 # lists of packages, without spaces in their names
for name in base redis nginx etcd busybox; do
  unpack "$work/$name" $(cat "$work/$name.packages")
  # The links are the base layer's. One on top of it may hold none of them, and no folder in their place.
  [[ $name == base ]] || rm "$work/$name"/{bin,lib,lib64,sbin}
done

tree=$work/base
# Debian's slim images do without translations too.
rm -r "$tree/usr/share/locale"
[[ -d $tree/usr/lib64 ]] || rm "$tree/lib64"
cp "$tree/usr/share/base-passwd/passwd.master" "$tree/etc/passwd"
cp "$tree/usr/share/base-passwd/group.master" "$tree/etc/group"
cp "$tree/usr/share/base-files/dot.profile" "$tree/root/.profile"
cp "$tree/usr/share/base-files/profile" "$tree/usr/share/base-files/motd" "$tree/etc/"
ln -s /usr/share/zoneinfo/Etc/UTC "$tree/etc/localtime"
mkdir -p "$tree"/{media,mnt,opt,srv,var/mail,run/lock}
chmod 1777 "$tree/run/lock"
rm -rf "$tree/var/run" "$tree/var/lock"
ln -s /run "$tree/var/run"
ln -s /run/lock "$tree/var/lock"
ln -s ../mail "$tree/var/spool/mail"
give "$tree" 0 8 2775 var/mail

tree=$work/redis
add_user "$tree" redis 101 /var/lib/redis
mkdir -p "$tree/var/lib/redis" "$tree/var/log/redis"
give "$tree" 101 101 750 var/lib/redis
give "$tree" 101 4 2750 var/log/redis
configure redis data
give "$work/redis.config" 101 101 755 data

tree=$work/nginx
ln -s /etc/nginx/sites-available/default "$tree/etc/nginx/sites-enabled/default"
mkdir -p "$tree/var/www/html" "$tree/var/log/nginx"
cp "$tree/usr/share/nginx/html/index.html" "$tree/var/www/html/index.nginx-debian.html"
touch "$tree/var/log/nginx/access.log" "$tree/var/log/nginx/error.log"
give "$tree" 33 4 640 var/log/nginx/access.log var/log/nginx/error.log
configure nginx

tree=$work/etcd
add_user "$tree" etcd 102 /var/lib/etcd
mkdir -p "$tree/var/lib/etcd"
give "$tree" 102 102 700 var/lib/etcd
configure etcd data

# Busybox is nothing but its program, under all of its names: as hard links beside it, as symbolic links elsewhere.
tree=$work/busybox.root
mkdir -p "$tree"/{bin,data,dev,etc,home,proc,root,run,sbin,sys,tmp,usr/bin,usr/sbin,var}
chmod 1777 "$tree/tmp"
chmod 700 "$tree/root"
cp "$work/busybox/usr/bin/busybox" "$tree/bin/"
echo 'root:x:0:0:root:/root:/bin/sh' >"$tree/etc/passwd"
echo 'root:x:0:' >"$tree/etc/group"
"$tree/bin/busybox" --list-full | while read -r applet; do
  case $applet in
    bin/busybox) ;;
    bin/*) ln "$tree/bin/busybox" "$tree/$applet" ;;
    *) ln -s /bin/busybox "$tree/$applet" ;;
  esac
done

for tree in base redis redis.config nginx nginx.config etcd etcd.config busybox.root; do pack "$work/$tree"; done
image busybox "$work/busybox.root"
for name in redis nginx etcd; do image "$name" "$work/base" "$work/$name" "$work/$name.config"; done

echo '{"imageLayoutVersion":"1.0.0"}' >"$layout/oci-layout"
printf '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[%s]}\n' \
  "$(paste -sd, "$work/index")" >"$layout/index.json"
# Blobs of the images that were here before.
for old in "$layout"/blobs/sha256/*; do grep -qF "${old##*/}" "$work/blobs" || rm "$old"; done
echo "$inputs" >"$stamp"
