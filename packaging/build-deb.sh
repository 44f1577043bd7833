#!/bin/sh
# Builds the Debian package with a Java runtime of its own: the host it is for needs no JDK. Called by Maven: ./mvnw -Pdeb -DskipTests package
# build-deb.sh VERSION TARGET   where TARGET has mptcp-cli.jar and lib/
set -eu
version=$(printf '%s' "$1" | sed 's/-SNAPSHOT/~snapshot/')
target=$(CDPATH='' cd -- "$2" && pwd)
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
home=$(dirname -- "$here")

die() {
    printf 'build-deb: %s\n' "$1" >&2
    exit 1
}

command -v dpkg-deb >/dev/null || die "the program dpkg-deb is needed: build on Debian or Ubuntu"
jlink=
for jdk in "${MPTCP_JAVA_HOME:-}" "${JAVA_HOME:-}" /usr/lib/jvm/* /opt/* "${HOME:-/nonexistent}"/.sdkman/candidates/java/*; do
    if [ -x "$jdk/bin/jlink" ] && [ "$(sed -n 's/^JAVA_VERSION="\{0,1\}\([0-9]*\).*/\1/p' "$jdk/release" 2>/dev/null | head -n 1)" -ge 25 ] 2>/dev/null; then
        jlink=$jdk/bin/jlink
        break
    fi
done
[ -n "$jlink" ] || die "no JDK 25 or newer with jlink: set JAVA_HOME"

root=$target/deb
app=$root/usr/lib/mptcp-tun
rm -rf "$root"
mkdir -p "$app" "$root/usr/bin" "$root/usr/share/doc/mptcp-tun" "$root/usr/share/bash-completion/completions" "$root/usr/share/man/man1" \
    "$root/lib/systemd/system" "$root/usr/lib/modules-load.d" "$root/DEBIAN"

"$jlink" --add-modules java.base,java.logging,java.management,java.naming,java.sql,java.desktop,jdk.management,jdk.unsupported \
    --strip-debug --no-header-files --no-man-pages --compress zip-6 --output "$app/runtime"
cp -p "$target/mptcp-cli.jar" "$app/"
cp -pr "$target/lib" "$app/"
# Of Netty's native code only what runs here.
case $(uname -m) in
    x86_64) arch=amd64; rm -f "$app"/lib/netty-transport-native-epoll-*-linux-aarch_64.jar ;;
    aarch64) arch=arm64; rm -f "$app"/lib/netty-transport-native-epoll-*-linux-x86_64.jar ;;
    *) die "no native code for $(uname -m)" ;;
esac

options="-XX:+UseSerialGC -XX:+UseCompactObjectHeaders -XX:-UsePerfData --enable-native-access=ALL-UNNAMED"
launcher() {
    cat >"$root/usr/bin/$1" <<EOF
#!/bin/sh
# shellcheck disable=SC2086 # options are meant to be split
exec /usr/lib/mptcp-tun/runtime/bin/java $options -XX:AOTCache=/usr/lib/mptcp-tun/mptcp.aot -Xlog:aot*=off -Xlog:cds*=off \${MPTCP_JAVA_OPTS:-} -cp /usr/lib/mptcp-tun/mptcp-cli.jar $2 "\$@"
EOF
    chmod 755 "$root/usr/bin/$1"
}
launcher mptcp io.mptcp.cli.Mptcp
launcher mptcp-tun io.mptcp.cli.MptcpTun

# What a start loads, read in advance (JEP 483). The daemon itself where a user namespace can be had, its commands in any case.
cat >"$target/training.sh" <<EOF
set -e
ip link set lo up
ip link add t1 type veth peer name t2
ip addr add 192.0.2.1/24 dev t1
ip link set t1 up
ip link set t2 up
printf '%s\n' 'tun: {address: 10.255.0.1/30, routes: [198.51.100.0/24]}' 'paths: [{device: t1}]' 'control: {socket: $target/training.sock}' 'http: {listen: "127.0.0.1:9654"}' >$target/training.yaml
"$app/runtime/bin/java" $options -XX:AOTCacheOutput=$app/mptcp.aot -cp "$app/mptcp-cli.jar" io.mptcp.cli.MptcpTun run --config $target/training.yaml >$target/training.log 2>&1 &
daemon=\$!
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
    grep -q ^ready: $target/training.log 2>/dev/null && break
    sleep 0.5
done
"$app/runtime/bin/java" $options -cp "$app/mptcp-cli.jar" io.mptcp.cli.Mptcp status --socket $target/training.sock >/dev/null 2>&1 || true
kill \$daemon
wait \$daemon
EOF
if ! unshare -rn sh "$target/training.sh" || [ ! -s "$app/mptcp.aot" ]; then
    echo "build-deb: no user namespace for a training run: the package starts more slowly" >&2
    "$app/runtime/bin/java" $options -XX:AOTCacheOutput="$app/mptcp.aot" -cp "$app/mptcp-cli.jar" io.mptcp.cli.MptcpTun --version >/dev/null
fi

for command in mptcp:Mptcp mptcp-tun:MptcpTun; do
    "$app/runtime/bin/java" -cp "$app/mptcp-cli.jar" "io.mptcp.cli.Completion" "${command%%:*}" >"$root/usr/share/bash-completion/completions/${command%%:*}"
    "$app/runtime/bin/java" -cp "$app/mptcp-cli.jar" "io.mptcp.cli.ManPage" "${command%%:*}" | gzip -9n >"$root/usr/share/man/man1/${command%%:*}.1.gz"
done
cp "$here/mptcp-tun.service" "$here/mptcp-tun-relay.service" "$root/lib/systemd/system/"
echo tun >"$root/usr/lib/modules-load.d/mptcp-tun.conf"
cp "$home/docs/mptcp-tun.example.yaml" "$home/docs/relay.example.yaml" "$home/docs/control.md" "$home/docs/grafana-dashboard.json" "$root/usr/share/doc/mptcp-tun/"
cp "$home/LICENSE" "$root/usr/share/doc/mptcp-tun/copyright"
cp "$here/debian/postinst" "$here/debian/prerm" "$here/debian/postrm" "$root/DEBIAN/"
chmod 755 "$root/DEBIAN/postinst" "$root/DEBIAN/prerm" "$root/DEBIAN/postrm"
cat >"$root/DEBIAN/control" <<EOF
Package: mptcp-tun
Version: $version
Architecture: $arch
Maintainer: mptcp maintainers <mptcp@localhost>
Section: net
Priority: optional
Depends: libc6, adduser
Recommends: iproute2, util-linux
Installed-Size: $(du -sk "$root" | cut -f1)
Description: Multipath TCP in user space: daemon and commands
 Carries the TCP connections of a host over several uplinks at once by
 Multipath TCP (RFC 8684), without MPTCP in the kernel. Brings its own
 Java runtime.
EOF
dpkg-deb --root-owner-group --build "$root" "$target/mptcp-tun_${version}_$arch.deb" >/dev/null
echo "$target/mptcp-tun_${version}_$arch.deb"
