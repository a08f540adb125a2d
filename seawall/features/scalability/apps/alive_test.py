"""Apps that do not answer, do not come back, or are another release than one thinks."""

from typing import Any

from seawall.features.scalability.apps import App, Apps
from seawall.kit.sabotage import Sabotage
from seawall.kit.trial import findings

UNIT = "u=app-web-$(cat /srv/apps/web/serving)-1.service"
TIDY = "rm -rf /etc/systemd/system/app-web-*.service.d; systemctl daemon-reload"
RESTARTS = "tests/journeys/test_restarts.py"
"""Its app begins to hang by itself, and is killed long after."""
AGAIN, ANEW = "seawall restart web", "seawall deploy web"
ENDS = "systemctl kill --signal=SIGKILL $u; sleep 1"
NOTED = "/srv/apps/web/releases/$(cat /srv/apps/web/serving).json"
DECLARED = "/srv/apps/web/env/$(cat /srv/apps/web/serving).json"


def drop_in(*lines: str, then: str = "systemctl restart $u; sleep 1") -> str:
    """Shell that gives the unit of the contract's app more lines, and then does more."""
    folder = "/etc/systemd/system/$u.d"
    text = " ".join(f"'{line}'" for line in ("[Service]", *lines))
    write = f"mkdir -p {folder}; printf '%s\\n' {text} > {folder}/sabotage.conf"
    return f"{UNIT}; {write}; systemctl daemon-reload; {then}"


SABOTAGES = {
    "apps.answers": Sabotage(f"{UNIT}; systemctl stop $u", heal=AGAIN),
    "apps.restarts-on-crash": Sabotage(drop_in("Restart=no", then="true"), heal=AGAIN, tidy=TIDY),
    "apps.starts-at-boot": Sabotage(
        f"{UNIT}; systemctl --quiet disable $u", heal=f"{UNIT}; systemctl --quiet enable $u"
    ),
    "apps.crash-loop": Sabotage(f"{UNIT}; {'; '.join([ENDS] * 3)}", heal=AGAIN),
    "apps.hung": Sabotage("true", heal="seawall restart blog", journey=RESTARTS),
    "apps.release-declared": Sabotage(
        f'sed -i \'s/"sha": "[0-9a-f]*"/"sha": "{"0" * 40}"/\' {NOTED}', heal=ANEW
    ),
    "apps.health-declared": Sabotage(f'sed -i \'s#"/healthz"#""#\' {DECLARED}', heal=ANEW),
}
GOOD: dict[str, Any] = {
    "unit": "app-web-7-1.service",
    "state": "active",
    "boot": "enabled",
    "restart": "always",
    "gives_up": False,
    "fault": "",
    "main": 900,
    "users": ["app-web"],
    "doors": [],
    "limits": {"memory": "268435456", "cpus": "50000 100000"},
    "written": [],
}
HEAD = "9b03d7e" + "0" * 33
QUIET = {"count": 0, "lines": ""}


class Described:
    """As much of a Config as these checks ask for."""

    def __init__(self, **settings: Any) -> None:
        app = App.model_validate({"process": "serve", "domain": "acme.example", **settings})
        self.apps = Apps(apps={"web": app})

    def section(self, name: str) -> Apps:
        return self.apps


def told(instance: dict[str, Any] | None = None, **app: Any) -> dict[str, Any]:
    """Facts of one app with one instance."""
    known = {"name": "web", "serving": 7, "sha": HEAD, "listens": True, "path": "/healthz"}
    known |= {"proxy": "", "contained": False, "crashes": QUIET, "hung": QUIET, "variables": []}
    known |= {"refused": [], "instances": [{**GOOD, **(instance or {})}], **app}
    units = {"services": {"caddy.service": {"boot": "enabled"}}}
    return {"apps": {"controllers": ["cpu", "memory"], "apps": [known]}, "units": units}


def asked(
    method: str,
    facts: dict[str, Any],
    outside: dict[str, Any] | None = None,
    config: Described | None = None,
) -> list[str]:
    """Problem and evidence of what is found."""
    seen = {"repository": {"head": HEAD, "behind": {HEAD: 0}}} | (outside or {})
    stands = config or Described()
    found = findings(Apps(), method, facts, outside=seen, config=stands)
    assert all(each.fix for each in found)
    return [f"{each.problem}: {each.evidence}" for each in found]


def test_an_app_as_it_should_be_is_fine() -> None:
    for check in Apps.checks():
        assert asked(check.method, told()) == [], check.id


def test_each_instance_the_proxy_and_the_domain_are_asked() -> None:
    assert asked("answers", told({"state": "failed"})) == [
        "an instance of web does not run: app-web-7-1.service is failed"
    ]
    well = told({"fault": "GET /healthz answered 500"}, proxy="acme.example/ answers 502")
    assert asked("answers", well) == [
        "an instance of web is not well: GET /healthz answered 500"
    ], "the proxy is not to blame"
    assert asked("answers", told(proxy="acme.example/ answers 502")) == [
        "the proxy does not reach web: acme.example/ answers 502"
    ]
    outside = {"sites": {"acme.example": {"https": {"status": 500}}}}
    assert asked("answers", told(), outside) == [
        "visitors of acme.example get an error: it answers 500"
    ]


def test_what_does_not_come_back_is_found() -> None:
    assert len(asked("restarts_on_crash", told({"restart": "on-failure"}))) == 1
    assert asked("restarts_on_crash", told({"gives_up": True})) == [
        "web is given up after a few crashes: app-web-7-1.service has a start limit"
    ]
    assert len(asked("starts_at_boot", told({"boot": "disabled"}))) == 1
    facts = told(contained=True)
    assert asked("starts_at_boot", facts) == [
        "docker.service does not start at boot, and apps need it: docker.service is not there"
    ]


def test_a_loop_is_said_with_its_count_and_last_line() -> None:
    loop = {"count": 12, "lines": "Traceback\nKeyError: 'STRIPE_KEY'"}
    assert asked("crash_loop", told(crashes=loop)) == [
        "web keeps crashing: it ended 12 times by itself: it last wrote: KeyError: 'STRIPE_KEY'"
    ]
    assert asked("crash_loop", told(crashes={**loop, "lines": ""})) == [], "long ago"
    assert asked("crash_loop", told(crashes={**loop, "count": 1})) == []


def test_an_older_release_is_said_with_how_far_it_is_behind() -> None:
    def behind(count: int | None) -> list[str]:
        newer = {"repository": {"head": "4f21c9a" + "0" * 33, "behind": {HEAD: count}}}
        return asked("release_declared", told(), newer)

    assert behind(3) == [
        "web serves an older release: the repository is 3 commits ahead: release 7 is 9b03d7e"
    ]
    assert "is 1 commit ahead" in behind(1)[0]
    assert "not in this repository's history" in behind(None)[0]
    nothing = told()
    nothing["apps"]["apps"] = []
    assert asked("release_declared", nothing) == ["web was never released here: no release serves"]


def test_a_worker_needs_no_health_page() -> None:
    assert len(asked("health_declared", told(path=""))) == 1
    assert asked("health_declared", told(path="", listens=False)) == []
