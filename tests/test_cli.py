"""The command line from outside: help, exit codes, errors, completion, and never a wait."""

import json
import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import click
import pytest
from golden import same

from seawall.cli import EVERY_DAY, NOW_AND_THEN, cli
from seawall.commands.servers import names_in

VERBS = [*EVERY_DAY, *NOW_AND_THEN]
HEAVY = ("pydantic", "rich", "jinja2", "yaml", "ruamel", "seawall.kit")
CONFIG = """\
project: acme
servers:
  web1: { host: root@127.0.0.1, port: 9 }   # nothing listens there
  'web-2':
    host: 127.0.0.2
    port: 9
people:
  dana:
    keys: ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFo4K6cCJ2LHqQdbyUrGZqfvrdCoEGSDyGYd3zNcSVPQ dana"]
    admin: true
"""
APPS = """\
apps:
  shop: { process: ./shop, domain: shop.example, health: /, servers: [web1] }
  worker: { process: ./work, secrets: [NOBODY_HAS_THIS] }
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder with a seawall.yml whose servers nobody can reach."""
    (tmp_path / "seawall.yml").write_text(CONFIG)
    return tmp_path


def seawall(*words: str, at: Path | None = None, **environment: str):
    """Run it as a user in a pipe would, with nobody at the keyboard."""
    clean = {k: v for k, v in os.environ.items() if k not in ("CI", "GITHUB_ACTIONS", "NO_COLOR")}
    return subprocess.run(
        [sys.executable, "-m", "seawall", *words],
        cwd=at,
        env=clean | {"COLUMNS": "80", "LANG": "C.UTF-8"} | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )


def imported_by(code: str) -> list[str]:
    """Which heavy modules are loaded after this."""
    script = f"import sys\n{textwrap.dedent(code)}\nprint(*sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return [name for name in done.stderr.split() if name.startswith(HEAVY)]


def test_alone_it_says_what_it_is():
    done = seawall()
    assert done.returncode == 0 and not done.stderr
    assert len(done.stdout.splitlines()) <= 12
    same("help/seawall-alone.txt", done.stdout)


@pytest.mark.parametrize("verb", ["", *VERBS])
def test_help(verb):
    done = seawall(*filter(None, [verb]), "--help")
    assert done.returncode == 0 and not done.stderr
    same(f"help/{verb or 'seawall'}.txt", done.stdout)
    assert "Examples:" in done.stdout and "Exit codes:" in done.stdout
    assert max(map(len, done.stdout.splitlines())) <= 80


@pytest.mark.parametrize("verb", ["", *VERBS])
def test_help_fits_a_narrow_terminal(verb):
    done = seawall(*filter(None, [verb]), "--help", COLUMNS="40")
    copied = re.compile(r"  (seawall|eval) ")  # a command to copy is not wrapped
    lines = [line for line in done.stdout.splitlines() if not copied.match(line)]
    assert max(map(len, lines)) <= 40


@pytest.mark.parametrize("verb", ["", *VERBS])
def test_help_is_quick(verb):
    words = [*filter(None, [verb]), "--help"]
    assert not imported_by(
        f"""
        from seawall.cli import main
        try:
            main({words!r})
        except SystemExit:
            pass
        """
    )


def completed(project: Path, line: str, at: int) -> list[str]:
    done = seawall(
        at=project, _SEAWALL_COMPLETE="bash_complete", COMP_WORDS=line, COMP_CWORD=str(at)
    )
    return [word.partition(",")[2] for word in done.stdout.splitlines()]


def test_completion(project):
    assert completed(project, "seawall ", 1)[: len(EVERY_DAY)] == list(EVERY_DAY)
    assert completed(project, "seawall exp", 1) == ["explain", "export"]
    assert completed(project, "seawall apply ", 2) == ["web1", "web-2"]
    assert completed(project, "seawall ssh web-", 2) == ["web-2"]
    assert "--dry-run" in completed(project, "seawall apply --d", 2)


def test_completion_is_quick(project):
    assert not imported_by(
        f"""
        import os
        os.chdir({str(project)!r})
        os.environ |= dict(
            _SEAWALL_COMPLETE="bash_complete", COMP_WORDS="seawall apply ", COMP_CWORD="2"
        )
        from seawall.cli import main
        try:
            main()
        except SystemExit:
            pass
        """
    )


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_shell_is_told_how_to_complete(shell):
    done = seawall("completion", shell)
    assert done.returncode == 0
    assert f"_SEAWALL_COMPLETE={shell}_complete" in done.stdout


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("servers:\n  a: {}\n  b:\n    host: x\n", ["a", "b"]),
        ("servers:   # ours\n\n    # one\n    a: {}\npeople:\n  dana: {}\n", ["a"]),
        ("servers: {a: {host: x}}\n", []),
        ("", []),
    ],
)
def test_names_are_read_without_a_parser(text, names):
    assert list(names_in(text)) == names


def test_every_verb_is_documented_alike():
    for name in VERBS:
        command = cli.get_command(click.Context(cli), name)
        assert command.name == name
        assert command.help and command.examples
        assert all(example.lstrip('eval "$(').startswith("seawall") for example in command.examples)


def test_version():
    assert re.fullmatch(r"seawall \d+\.\d+\.\d+\S*\n", seawall("--version").stdout)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ["completon"],
            "seawall: No such command 'completon'. Did you mean 'completion'?\nhint: seawall --h",
        ),
        (["plan", "--dif"], "seawall: No such option '--dif'. Did you mean '--diff'?"),
        (["check", "--fail-on", "x"], "hint: seawall check --help\n"),
        (["-C", "nowhere", "plan"], "seawall: Invalid value for '-C'"),
        (["check", "--only", "fierwall"], "(did you mean firewall?)"),
        (["explain", "ssh.prot"], "seawall: no check or section is called ssh.prot"),
        (["plan", "web3"], "(did you mean web1?)"),
        (["remove", "web3", "--confirm", "web3"], "(did you mean web1?)"),
    ],
)
def test_wrong_arguments(project, words, said):
    done = seawall(*words, at=project)
    assert done.returncode == 2
    assert said in done.stderr and not done.stdout


def test_no_seawall_yml(tmp_path):
    done = seawall("plan", at=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("seawall: there is no seawall.yml here or above\nhint: ")


def test_problems_of_the_file_stand_as_they_are(tmp_path):
    (tmp_path / "seawall.yml").write_text("project: acme\nserver: {}\nfirewal: {}\n")
    done = seawall("plan", at=tmp_path)
    assert done.returncode == 2
    assert [line[:14] for line in done.stderr.splitlines()[:2]] == [
        "seawall.yml:2:",
        "seawall.yml:3:",
    ]


def with_apps(project: Path) -> Path:
    """The same folder, with two apps and a commit."""
    (project / "seawall.yml").write_text(CONFIG + APPS)
    git = ["git", "-C", str(project), "-c", "user.name=dana", "-c", "user.email=d@acme.example"]
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "first"]):
        subprocess.run([*git, *words], check=True)
    return project


WAYS = [
    ["check"],
    ["check", "root@127.0.0.1:9"],
    ["plan"],
    ["plan", "--diff"],
    ["apply"],
    ["apply", "--yes"],
    ["apply", "--dry-run"],
    ["up"],
    ["up", "--yes"],
    ["ssh", "web1"],
    ["remove", "web1"],
    ["remove", "web1", "--confirm", "web1"],
    ["explain"],
    ["schema"],
    ["init"],
    ["lab", "list"],
]
SURROUNDINGS = [
    {},
    {"NO_COLOR": "1"},
    {"TERM": "dumb"},
    {"LC_ALL": "C"},
    {"CI": "true", "GITHUB_ACTIONS": "true"},
    {"COLUMNS": "40"},
]


@pytest.mark.parametrize("surroundings", SURROUNDINGS, ids=str)
@pytest.mark.parametrize("words", WAYS, ids=" ".join)
def test_every_verb_ends_by_itself_and_reads_well(project, words, surroundings, tmp_path):
    done = seawall(*words, at=project, XDG_STATE_HOME=str(tmp_path / "state"), **surroundings)
    text = done.stdout + done.stderr
    assert done.returncode in (0, 1, 2, 3), text
    assert "bug in" not in text
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\ufffd]", text)
    if words != ["schema"]:
        width = int(surroundings.get("COLUMNS", "80"))
        assert max(map(len, text.splitlines())) <= width, text
    if surroundings.get("LC_ALL") == "C" and words != ["schema"]:
        assert text.isascii()


@pytest.mark.parametrize(
    "words", [way for way in WAYS if way[0] not in ("ssh", "explain")], ids=" ".join
)
def test_json_is_all_there_is(project, words):
    done = seawall(*words, "--json", at=project)
    if words[0] in ("apply", "up", "remove"):
        events = [json.loads(line) for line in done.stdout.splitlines()]
        assert events[0]["type"] == "version" and events[0]["format"] == 1
        assert events[-1] == {"type": "end", "exit_code": done.returncode}
    else:
        assert isinstance(json.loads(done.stdout), dict | list)
    assert not done.stderr


APP_WAYS = [
    ["deploy", "shop"],
    ["deploy", "shop", "--dry-run"],
    ["deploy"],
    ["releases"],
    ["rollback", "shop"],
    ["rollback", "shop", "3", "--yes"],
    ["restart", "shop"],
    ["logs", "shop"],
    ["logs", "shop", "-f", "--since", "1h"],
    ["run", "shop", "--", "true"],
    ["exec", "shop", "--", "true"],
]


@pytest.mark.parametrize("surroundings", SURROUNDINGS, ids=str)
@pytest.mark.parametrize("words", APP_WAYS, ids=" ".join)
def test_every_verb_of_apps_ends_by_itself_and_reads_well(project, words, surroundings):
    done = seawall(*words, at=with_apps(project), **surroundings)
    text = done.stdout + done.stderr
    assert done.returncode == (2 if words == ["deploy"] else 3), text
    assert "bug in" not in text
    width = int(surroundings.get("COLUMNS", "80"))
    assert max(map(len, text.splitlines())) <= width, text
    assert text.isascii() or surroundings.get("LC_ALL") != "C"


@pytest.mark.parametrize(
    "words", [way for way in APP_WAYS if way[0] not in ("run", "exec")], ids=" ".join
)
def test_json_of_apps_is_all_there_is(project, words):
    done = seawall(*words, "--json", at=with_apps(project))
    assert not done.stderr
    if words[0] == "releases":
        assert json.loads(done.stdout)["releases"][0]["error"]
        return
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert events[0]["type"] == "version"
    assert events[-1] == {"type": "end", "exit_code": done.returncode}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["deploy", "shpo"], "(did you mean shop?)"),
        (["deploy", "shop", "--server", "web3"], "(did you mean web1?)"),
        (["deploy", "shop", "--server", "web-2"], "shop does not run on web-2"),
        (["deploy", "worker"], "NOBODY_HAS_THIS: secret of worker, neither kept nor in"),
        (["deploy"], "NOBODY_HAS_THIS"),
        (["rollback"], "which app?"),
        (["rollback", "shop", "0"], "Invalid value"),
        (["logs", "shop", "--since", "$(id)"], "--since: should be a time"),
        (["logs", "shop", "--release", "-1"], "Invalid value"),
        (["run", "shop"], "what is to be run?"),
        (["exec", "shop", "--server", "web1"], "seawall exec shop -- COMMAND"),
        (["run", "../etc", "--", "id"], "no app in seawall.yml is called ../etc"),
    ],
)
def test_wrong_arguments_about_apps(project, words, said):
    done = seawall(*words, at=with_apps(project))
    assert done.returncode == 2
    assert said in done.stderr and not done.stdout


def test_apps_where_there_are_none(project):
    done = seawall("deploy", at=project)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("seawall.yml: no apps are declared\nhint: ")


def test_apps_are_completed(project):
    assert completed(with_apps(project), "seawall deploy ", 2) == ["shop", "worker"]
    assert completed(project, "seawall logs sh", 2) == ["shop"]


def test_nobody_reached(project):
    for words in (
        ["check", "web1"],
        ["plan"],
        ["apply", "--yes"],
        ["remove", "web1", "--confirm=web1"],
    ):
        assert seawall(*words, at=project).returncode == 3, words


def test_an_error_is_json_too(tmp_path):
    done = seawall("plan", "--json", at=tmp_path)
    assert done.returncode == 2 and not done.stderr
    assert json.loads(done.stdout)["error"].keys() == {"problem", "hint", "exit_code"}
    lines = seawall("up", "--json", at=tmp_path).stdout.splitlines()
    assert [json.loads(line)["type"] for line in lines] == ["version", "error", "end"]


def test_removing_needs_the_name(project):
    done = seawall("remove", "web1", at=project)
    assert done.returncode == 2 and "--confirm web1" in done.stderr
    done = seawall("remove", "web1", "--confirm", "web2", at=project)
    assert done.returncode == 1 and "not touched" in done.stderr
    done = seawall("remove", "web1", "--dry-run", at=project)
    assert done.returncode == 0 and "No data is deleted." in done.stdout


def test_options_for_all_may_stand_before_or_after_the_verb(project):
    for words in (["-C", str(project), "plan", "web3"], ["plan", "web3", "-C", str(project)]):
        assert "did you mean web1?" in seawall(*words).stderr


def test_colour_may_be_asked_for(project):
    assert "\x1b[31m" in seawall("--color", "always", "check", "web1", at=project).stdout
    assert "\x1b" in seawall("check", "web1", at=project, FORCE_COLOR="1").stdout
    assert (
        "\x1b" not in seawall("check", "web1", "--color=never", at=project, FORCE_COLOR="1").stdout
    )


def test_a_closed_pipe_is_no_error(project):
    script = f"{sys.executable} -m seawall explain | head -1; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, cwd=project)
    assert done.stdout.count("\n") == 1
    assert not done.stderr
    assert done.returncode in (0, 1)


def test_a_bug_is_kept_in_a_file_and_named(tmp_path):
    code = """
        from seawall.cli import cli, main
        cli.callback = None
        cli.invoke = lambda ctx: {}["203.0.113.10 dana@acme.example"]
        main([])
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        env=os.environ | {"XDG_STATE_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1 and not done.stdout
    assert done.stderr.startswith("seawall: this is a bug in Seawall: KeyError in ")
    (report,) = tmp_path.glob("seawall/bug-*.txt")
    assert report.stat().st_mode & 0o077 == 0
    text = report.read_text()
    assert "KeyError" in text and "Python 3." in text
    assert "203.0.113.10 " not in text.splitlines()[-1] and "acme" not in text.splitlines()[-1]


@pytest.mark.parametrize("form", ["text", "json", "sarif", "github", "markdown"])
def test_forms_of_a_check(project, form, tmp_path):
    summary = tmp_path / "summary.md"
    done = seawall("check", "--format", form, at=project, GITHUB_STEP_SUMMARY=str(summary))
    assert done.returncode == 3
    assert not done.stderr
    assert summary.exists() is (form == "github")
    if form == "sarif":
        results = json.loads(done.stdout)["runs"][0]["results"]
        lines = [
            each["locations"][0]["physicalLocation"]["region"]["startLine"] for each in results
        ]
        assert {3, 4} <= set(lines)


def test_skipped_checks_are_said(project):
    done = seawall("check", "--skip", "repository", "web1", at=project)
    assert re.search(r"\d+ checks skipped by you\.", done.stdout)
