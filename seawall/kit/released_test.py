"""Releases on several servers: whether they differ, and which one brings them together."""

from seawall.kit.released import Release, Releases, differ, in_common


def on(server: str, serving: int | None, **states: str) -> Releases:
    """A server's releases, newest first; `r3="retired"` is release 3."""
    numbers = {int(name[1:]): state for name, state in states.items()}
    kept = [Release(each, each, numbers[each], f"sha{each}") for each in sorted(numbers)]
    return Releases(server, "shop", tuple(reversed(kept)), serving)


def test_servers_differ_by_what_they_serve() -> None:
    web1, web2 = on("web1", 3, r3="serving"), on("web2", 2, r2="serving")
    assert differ([web1, web2])
    assert not differ([web1, web1])
    assert differ([web1, on("web2", None)])


def test_servers_meet_at_the_newest_that_all_could_serve() -> None:
    web1 = on("web1", 4, r4="serving", r3="retired", r2="retired", r1="retired")
    web2 = on("web2", 2, r3="failed", r2="serving", r1="retired")
    found = in_common([web1, web2])
    assert found and found.number == 2
    assert in_common([web1, on("web2", None)]) is None


def test_the_same_number_with_other_code_is_no_common_release() -> None:
    web1, web2 = on("web1", 2, r2="serving", r1="retired"), on("web2", 2, r2="serving")
    other = Releases("web2", "shop", (*web2.releases, Release(1, 1, "retired", "else")), 2)
    assert in_common([web1, other]) is None
