"""Resources: when little is left of something."""

from seawall.features.stability.resources import Resources
from seawall.kit.sabotage import Sabotage, instead_of
from seawall.kit.trial import problems

SRV = "/srv/sabotage"
MOUNT = f"mkdir {SRV}; mount -t tmpfs"
AWAY = f"umount {SRV}; rmdir {SRV}"
SABOTAGES = {
    "resources.disk-space": Sabotage(
        f"{MOUNT} -o size=10M sabotage {SRV}; head -c 10200K /dev/zero > {SRV}/full",
        heal=f"rm {SRV}/full",
        tidy=AWAY,
    ),
    "resources.inodes": Sabotage(
        f"{MOUNT} -o size=10M,nr_inodes=50 sabotage {SRV}; cd {SRV}; touch $(seq 48)",
        heal=f"rm {SRV}/*",
        tidy=AWAY,
    ),
    "resources.writable": Sabotage(
        f"{MOUNT} -o size=10M,ro sabotage {SRV}", heal=f"mount -o remount,rw {SRV}", tidy=AWAY
    ),
    "resources.memory": Sabotage(
        instead_of("/proc/meminfo", "s/^MemAvailable:.*/MemAvailable: 1000 kB/"),
        heal="umount /proc/meminfo",
    ),
    "resources.no-kills": Sabotage(
        instead_of("/proc/vmstat", "s/^oom_kill .*/oom_kill 3/"), heal="umount /proc/vmstat"
    ),
    "resources.load": Sabotage(
        instead_of("/proc/loadavg", "s/^.*/99.00 99.00 99.00 1\\/300 4711/"),
        heal="umount /proc/loadavg",
    ),
}
DISK = {"path": "/", "type": "ext4", "source": "/dev/vda1", "read_only": False, "size": 40 * 10**9}
DISK |= {"free": 15 * 10**9, "inodes": 1000, "inodes_free": 900}
CALM = {"cpus": 2, "load_15": 0.7, "memory": 4 * 10**9, "available": 10**9, "oom_kills": 0}


def asked(method: str, **changed: object) -> list[str]:
    facts = {"disks": [{**DISK, **changed}], "pressure": {**CALM, **changed}}
    return problems(Resources(), method, facts)


def test_a_server_with_room_is_fine() -> None:
    for check in Resources.checks():
        assert asked(check.method) == [], check.id


def test_what_a_containers_host_has_is_not_judged() -> None:
    assert asked("load", load_15=None) == []
    assert asked("no_kills", oom_kills=None) == []


def test_a_full_disk_is_found_and_a_large_one_is_not_full() -> None:
    assert asked("disk_space", free=10**9) == ["/ is almost full"]
    assert asked("disk_space", free=50 * 10**9, size=10**12) == []
    assert asked("inodes", inodes_free=10) == ["/ can hold hardly any more files"]
    assert asked("inodes", inodes=0, inodes_free=0) == []
    assert asked("writable", read_only=True) == ["/ is read-only"]


def test_memory_and_load() -> None:
    assert asked("memory", available=10**8) == ["memory is almost used up"]
    assert asked("no_kills", oom_kills=2) == ["a program was killed for want of memory"]
    assert asked("load", load_15=9.0) == ["the processors do not keep up"]
