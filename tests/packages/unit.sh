# The unit in a systemd that was booted in a container (systemd-nspawn): it records with what it is allowed, and its traces outlive the package.

exposure=15 # tenths
unit=tcptracer-recorder
says "unit: systemd-analyze security is at most $exposure tenths" "Overall exposure level" \
	systemd-analyze security --offline=true --threshold=$exposure --no-pager "$root/deploy/systemd/$unit.service"
holds "unit: systemd-analyze security does not exceed its threshold" \
	systemd-analyze security --offline=true --threshold=$exposure --no-pager "$root/deploy/systemd/$unit.service"

# boot: sets $leader, the first process of the booted $system. The container is private but for its kernel
boot() {
	local seconds
	umount -l "$system"/{proc,sys,dev}
	rm "$system/usr/sbin/policy-rc.d" # here daemons run, and are stopped
	SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 systemd-nspawn -q -D "$system" -b --register=no --keep-unit --capability=all --system-call-filter="bpf perf_event_open" \
		--private-network -M "tcptracer-$$" --console=pipe </dev/null >"$work/console" 2>&1 &
	nspawn=$!
	for ((seconds = 0; seconds < 120; seconds++)); do
		leader=$(ps -o pid= --ppid "$nspawn" | head -1 | tr -d ' ')
		# Degraded is enough: something of a whole machine is always missing in a container
		case $([ -z "$leader" ] || booted systemctl is-system-running 2>/dev/null || true) in running | degraded) return ;; esac
		sleep 1
	done
	return 1
}
booted() { nsenter -t "$leader" -a "$@"; }
halt() { kill "$nspawn" 2>/dev/null && wait "$nspawn" || true; }
shell() { booted sh -c "$1"; }
state() { shell "grep -E '^($1):' /proc/\$(systemctl show -p MainPID --value $unit)/status"; }

# attack: what attack.sh tries, first as root, to see that it can be done, then in the unit
attack() {
	local drop=/run/systemd/system/$unit.service.d
	mkdir -p "$system/usr/local/lib"
	cp "$here/attack.sh" "$system/usr/local/lib/"
	touch "$system/root/secret"
	shell 'bash /usr/local/lib/attack.sh' >"$work/tried" 2>&1
	holds "$what: what is tried can be done by root" sh -c 'cat "$1" && [ "$(grep -c "^could " "$1")" -ge 16 ] && ! grep "^could not" "$1"' sh "$work/tried"
	shell 'umount /mnt; rm /usr/attack /etc/attack /var/lib/attack /var/lib/tcptracer/owned; rmdir /sys/fs/cgroup/attack' 2>/dev/null || true
	shell "mkdir -p $drop && printf '[Service]\nExecStart=\nExecStart=/bin/sh -c \"exec bash /usr/local/lib/attack.sh >/var/lib/tcptracer/tried\"\n' >$drop/attack.conf"
	shell "systemctl daemon-reload && systemctl restart $unit" || true
	sleep 2
	shell 'cat /var/lib/tcptracer/tried' >"$work/in-unit" 2>&1 || true
	holds "$what: and none of it in the unit" sh -c 'cat "$1" && [ "$(grep -c "^could not" "$1")" -ge 16 ] && ! grep "^could [^n]" "$1"' sh "$work/in-unit"
	shell "rm -r $drop; systemctl daemon-reload; systemctl restart $unit"
	sleep 2
}

for suite in "${suites[@]}"; do
	fetch_system "$suite" || continue
	system "$suite"
	install_deb
	if ! boot; then
		echo "SKIPPED unit on $suite: systemd does not boot in systemd-nspawn here; its last words: $(tail -1 "$work/console")"
		halt
		continue
	fi
	what="unit on $suite"
	says "$what: not started by the installation" inactive booted systemctl is-active $unit
	holds "$what: starts" booted systemctl enable --now $unit
	sleep 3
	nsenter -t "$leader" -n sh -c 'ip link set lo up; exec timeout 60 /usr/bin/python3 -c "
import socket
s = socket.create_server((\"127.0.0.1\", 8000))
while True: s.accept()[0].close()"' &
	sleep 1
	shell "exec bash -c '$traffic'" 2>/dev/null || true
	sleep 1
	says "$what: no capability is left in it" "CapPrm:	0000000000000000" state 'Cap...'
	says "$what: CAP_BPF and CAP_PERFMON are all that it could have" "CapBnd:	000000c000000000" state 'Cap...'
	says "$what: no new privileges" "NoNewPrivs:	1" state NoNewPrivs
	says "$what: system calls are filtered" "Seccomp:	2" state Seccomp
	says "$what: not root, but a user of DynamicUser" "Uid:	6" state Uid
	holds "$what: reload" booted systemctl reload $unit
	sleep 1
	shell "exec bash -c '$traffic'" 2>/dev/null || true
	sleep 1
	says "$what: reload begins a new file" "recorder-" shell 'ls /var/lib/tcptracer/*-0002.tct'
	says "$what: its traces are for root only" "700" stat -c %a "$system/var/lib/private/tcptracer"
	shell 'tcptracer show /var/lib/tcptracer/*.tct -o custom-columns=t,comm,dport,error' >"$work/events" 2>&1 || true
	holds "$what: connected, closed and refused" sh -c 'cat "$1" && grep -Eq "^C bash +8000" "$1" && grep -Eq "^X bash +8000" "$1" && grep -Eq "^F bash +1 +ECONNREFUSED" "$1"' sh "$work/events"
	attack
	holds "$what: apt remove" shell 'DEBIAN_FRONTEND=noninteractive apt-get -qy remove tcptracer'
	says "$what: the package's removal stops it" inactive booted systemctl is-active $unit
	says "$what: it ended in good order" "0 events lost" booted journalctl --no-pager -u $unit
	says "$what: purge leaves what was recorded, and says so" "recorded traces stay" shell 'DEBIAN_FRONTEND=noninteractive apt-get -qy purge tcptracer'
	holds "$what: and there it is" shell 'ls /var/lib/tcptracer/recorder-*.tct'
	holds "$what: nothing enables it any more" shell '! find /etc/systemd -name "tcptracer*" | grep .'
	halt
	leave
done
