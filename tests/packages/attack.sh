# What a recorder that a hostile trace or program has taken over would try. As root it can do all of this, in the unit nothing.
# Runs in the booted system; prints a line for each: "could NAME" or "could not NAME".
while IFS='|' read -r name command; do
	if bash -c "$command" >/dev/null 2>&1 </dev/null; then echo "could $name"; else echo "could not $name"; fi
done <<'END'
change programs|touch /usr/attack
change settings of the system|touch /etc/attack
write beside its own folder|touch /var/lib/attack
look into homes|ls /root/secret
read the passwords|cat /etc/shadow
connect to an address|exec 3<>/dev/tcp/127.0.0.1/8000
ask for network devices|ip link show lo
make a user namespace|unshare -U true
mount something|mount -t tmpfs none /mnt
change settings of the kernel|echo 1 >/proc/sys/net/ipv4/ip_forward
make a cgroup|mkdir -p /sys/fs/cgroup/attack
send a signal to others|kill -0 1
stop a service|systemctl stop systemd-journald.service
become another user|setpriv --reuid 65534 true
take realtime priority|chrt -f 1 true
leave a program with the rights of its owner|cp /bin/true /var/lib/tcptracer/owned && chmod u+s /var/lib/tcptracer/owned
END
