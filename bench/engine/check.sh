# Looks at the same resources as the others and says what differs: nothing, on a converged server.
# Written by hand for speed: one command for everything that one command can answer. The lists
# that it reads (packages, sums, owners, units, keys ...) are put before it.

differs() { echo "differs: $*"; }
same() { [ "$2" = "$3" ] || differs "$1: $2"; }

same packages "$(dpkg-query --show --showformat '${Package} ${db:Status-Status}\n' $packages)" "$installed"
echo "$sums" | sha256sum --check --quiet 2>&1
same owners "$(stat --format '%n %a %U %G' $paths)" "$owners"
same units "$(systemctl show --value --property Id,ActiveState,UnitFileState $units)" "$states"
same settings "$(sysctl --values $keys)" "$values"

same group "$(getent group $admins | cut -d: -f1)" "$admins"
same shell "$(getent passwd $person | cut -d: -f7)" /bin/bash
case " $(id -nG $person) " in *" $admins "*) ;; *) differs "$person is not in $admins" ;; esac
case $(getent shadow $person | cut -d: -f8) in 0 | 1) differs "$person is locked" ;; esac
[ ! -e /root/.ssh/authorized_keys ] || differs "root has keys"

same hostname "$(hostname)" "$server"
grep -q "^127\..*[[:space:]]$server\$" /etc/hosts || differs "/etc/hosts"
[ "$(wc -l < /proc/swaps)" -gt 1 ] || systemd-detect-virt --container --quiet || differs "no swap"

same include "$(grep -m 1 '^[^#]' /etc/ssh/sshd_config)" "Include /etc/ssh/sshd_config.d/*.conf"
same moduli "$(awk 'NF == 7 && $5 < 3071' /etc/ssh/moduli | wc -l)" 0
[ -e /var/lib/seawall/host-keys ] || differs "host keys"
loaded=$(nft --stateless --terse list table inet seawall | sha256sum)
same rules "${loaded%% *}" "$(cat /var/lib/seawall/firewall.loaded)"
echo checked
