/// The shell scripts that turn new namespaces into a sandbox, and then keep it.
enum NamespaceScript {
    /// Builds the sandbox's root in `$1`, changes to it, and replaces itself with the script `$2`.
    ///
    /// Runs as the first process of new mount and PID namespaces, with all capabilities in them. It prints one line:
    /// `ready` and its own process ID as the host sees it, or `failed` and a reason. The host's system directories are
    /// bind-mounted with everything mounted below them, and made read-only; where that fails for a mount below, the
    /// host's permissions still apply. The rest of the root is the directory itself.
    static let setup = #"""
        set -eu
        root=$1
        read -r host_pid _ </proc/self/stat
        fail() { echo "failed $1"; exit 1; }
        # What a command left in place of a directory of ours must not lead the mounts elsewhere.
        directory() {
            if [ -L "$1" ]; then rm -f -- "$1"; fi
            mkdir -p -- "$1"
        }
        umask 022
        mount --bind "$root" "$root" || fail "cannot bind the root"
        cd "$root"
        for name in dev proc tmp var var/tmp run workspace home home/daytona; do directory "$name"; done
        chmod 1777 tmp var/tmp

        for name in usr bin sbin lib lib32 lib64 libx32 etc opt; do
            if [ -L "/$name" ]; then
                [ -L "$name" ] || [ -e "$name" ] || ln -s "$(readlink "/$name")" "$name"
            elif [ -d "/$name" ]; then
                directory "$name"
                mount --rbind "/$name" "$name" || fail "cannot bind /$name"
            fi
        done
        # Makes what is mounted at $1 read-only. $2 is the options that it already has, and they are named again: without
        # the right to clear them, leaving them out is refused.
        protect() {
            kept=$(printf %s ",$2," | sed 's/,rw,/,/; s/,ro,/,/; s/^,//; s/,$//')
            mount -o "remount,bind,ro${kept:+,$kept}" "$(printf %b "$1")"
        }
        while read -r _ _ _ _ point options _; do
            case $point in
            "$root"/?*) ;;
            *) continue ;;
            esac
            protect "$point" "$options" || case ${point#"$root"/} in
            */*) ;;
            *) fail "cannot protect $point" ;;
            esac
        done </proc/self/mountinfo

        mount -t tmpfs -o mode=755,nosuid,nodev none run || fail "cannot mount /run"
        if [ -L /etc/resolv.conf ]; then
            target=$(readlink -f /etc/resolv.conf || :)
            case $target in
            # A resolver file that is kept in /run would be lost with it.
            /run/?*) mkdir -p ".${target%/*}" && cat "$target" >".$target" || : ;;
            esac
        fi
        mount -t tmpfs -o mode=755,nosuid none dev || fail "cannot mount /dev"
        for name in null zero full random urandom tty; do
            [ -e "/dev/$name" ] || continue
            : >"dev/$name"
            mount --bind "/dev/$name" "dev/$name" || fail "cannot bind /dev/$name"
        done
        # They are the host's: they can be written to all the same, but not be given other permissions or owners.
        while read -r _ _ _ _ point options _; do
            case $point in
            "$root"/dev/*) protect "$point" "$options" || fail "cannot protect $point" ;;
            esac
        done </proc/self/mountinfo
        ln -s /proc/self/fd dev/fd
        ln -s /proc/self/fd/0 dev/stdin
        ln -s /proc/self/fd/1 dev/stdout
        ln -s /proc/self/fd/2 dev/stderr
        mkdir dev/shm dev/pts
        mount -t tmpfs -o mode=1777,nosuid,nodev none dev/shm || :
        if mount -t devpts -o newinstance,ptmxmode=0666,mode=620 none dev/pts; then ln -s pts/ptmx dev/ptmx; fi
        mount -t proc -o nosuid,nodev,noexec none proc || fail "cannot mount /proc"
        for name in sys sysrq-trigger irq bus; do
            [ -e "proc/$name" ] || continue
            mount --bind "proc/$name" "proc/$name" && mount -o remount,bind,ro,nosuid,nodev,noexec "proc/$name" || :
        done

        pivot_root . . || fail "cannot change the root"
        umount -l . || fail "cannot leave the old root"
        cd /
        echo "ready $host_pid"
        exec /bin/sh -c "$2" sandbox
        """#

    /// Keeps the namespaces: waits until its standard input ends, which happens when the server closes it or dies.
    ///
    /// The kernel then kills everything else that runs in the namespace.
    ///
    /// Waiting for the child also reaps every orphan that ends in the meantime. If a command kills the child, it is
    /// started again.
    static let keep = #"""
        exec 3<&0 </dev/null >/dev/null 2>&1
        status=1
        while [ "$status" -ne 0 ]; do
            cat <&3 &
            status=0
            wait "$!" || status=$?
        done
        """#
}
