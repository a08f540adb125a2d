"""Each check of a source tree, seen to fail on a bad sample and to be content with a good one."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from seawall.kit import CheckResult, Look, answer
from seawall.repository.factors import hadolint
from seawall.repository.source import Source
from seawall.repository.topics import FACTORS, facts
from seawall.repository.tree import Tree

CHECKS = {check.id: (topic, check) for topic in FACTORS for check in topic.checks()}
SAMPLE = dict[str, str]
DOCKER = 'FROM python:3.13-slim\nUSER app\nHEALTHCHECK CMD ["true"]\n'
START = 'CMD ["gunicorn", "app:app"]\n'
SETTINGS = "INSTALLED_APPS = []\n"
NODE = '{"scripts": {"start": "node app.js"}, "dependencies": {"express": "5.0.0"}}'
LOCK = '{"packages": {"": {"dependencies": {"express": "5.0.0"}}}}'
MODELS = {
    "manage.py": "",
    "shop/__init__.py": "",
    "shop/models.py": "class A(models.Model):\n  x=1",
}
DJANGO = {"manage.py": "", "shop/wsgi.py": "", "requirements.txt": "django==5.2"}
COMPOSE = "services:\n  web:\n    volumes: [media:/media]\n"


def docker(*lines: str) -> SAMPLE:
    return {"Dockerfile": DOCKER + "".join(f"{line}\n" for line in lines)}


SAMPLES: dict[str, tuple[SAMPLE, SAMPLE, str]] = {
    "image.not-root": (
        {"Dockerfile": f"FROM python:3.13\n{START}"},
        {"Dockerfile": f"FROM python:3.13\nUSER 1000\n{START}"},
        "Dockerfile:1   FROM python:3.13, and no USER",
    ),
    "image.base-has-a-version": (
        {"Dockerfile": "ARG V=latest\nFROM node:$V AS build\nFROM build\n"},
        {"Dockerfile": "FROM node:24 AS build\nFROM scratch\nCOPY --from=build /x /x\n"},
        "Dockerfile:2   FROM node:latest",
    ),
    "image.dockerignore": (
        docker("COPY . /app"),
        {**docker("COPY . /app"), ".dockerignore": ".git\n"},
        "Dockerfile:4   COPY . /app",
    ),
    "image.no-secret-in-env": (
        docker("ENV DB_HOST=db \\", "    DB_PASSWORD=hunter2horse"),
        docker("ENV DB_PASSWORD_FILE=/run/secrets/db SECRET_KEY=dummy", "ARG NPM_TOKEN"),
        "Dockerfile:4   ENV DB_PASSWORD=…",
    ),
    "image.no-secret-files": (
        docker("COPY .env /app/"),
        docker("COPY .env.example /app/.env", "COPY --from=build /root/.ssh /x"),
        "Dockerfile:4   COPY .env /app/",
    ),
    "image.no-anonymous-state": (
        docker("VOLUME /var/lib/app"),
        {**docker('VOLUME ["/var/lib/app"]'), "compose.yml": "volumes: [a:/var/lib/app]"},
        "Dockerfile:4   VOLUME /var/lib/app",
    ),
    "image.health": (
        {"Dockerfile": f"FROM python:3.13\nEXPOSE 8000\n{START}"},
        {"Dockerfile": f"FROM python:3.13\nEXPOSE 8000\nHEALTHCHECK CMD curl -f x\n{START}"},
        "Dockerfile:2   EXPOSE 8000",
    ),
    "image.no-compilers": (
        docker("RUN apt-get update && apt-get install -y \\", "  libpq5 build-essential"),
        docker("RUN apt-get install -y build-essential && make && apt-get purge -y gcc"),
        "Dockerfile:4   RUN … build-essential …",
    ),
    "image.hadolint": (docker("CMD gunicorn app:app"), docker(START), "Dockerfile:4"),
    "running.no-debug": (
        {"shop/settings.py": f"{SETTINGS}DEBUG = True\n"},
        {
            "shop/settings.py": f"{SETTINGS}DEBUG = os.environ.get('DEBUG') == '1'\n",
            "shop/settings/dev.py": "DEBUG = True\n",
            "run.py": "if __name__ == '__main__':\n    app.run(debug=True)\n",
        },
        "shop/settings.py:2   DEBUG = True",
    ),
    "running.no-wildcard-host": (
        {"shop/settings.py": f'{SETTINGS}ALLOWED_HOSTS = ["*"]\n'},
        {"shop/settings.py": f"{SETTINGS}ALLOWED_HOSTS = ['*']\nALLOWED_HOSTS = ['a.example']\n"},
        'shop/settings.py:2   ALLOWED_HOSTS = ["*"]',
    ),
    "running.no-development-server": (
        docker('CMD ["python", "manage.py", "runserver", "0.0.0.0:8000"]'),
        {
            **docker(START),
            "Dockerfile.dev": "FROM x\nCMD npm run dev",
            "Procfile": "web: npm start",
        },
        "Dockerfile:4   CMD python manage.py runserver 0.0.0.0:8000",
    ),
    "running.installed-before": (
        {**docker('ENTRYPOINT ["./go.sh"]'), "go.sh": "#!/bin/sh\nnpm ci\nexec node app.js\n"},
        docker("RUN npm ci", 'CMD ["node", "app.js"]'),
        "go.sh:2   npm ci",
    ),
    "running.logs-to-stdout": (
        {"Procfile": "web: x", "app.py": "log.addHandler(FileHandler('app.log'))\n"},
        {"Procfile": "web: x", "app.py": "FileHandler('a.log')\nStreamHandler()\n"},
        "app.py:1   log.addHandler(FileHandler('app.log'))",
    ),
    "running.port-from-environment": (
        {"package.json": NODE, "app.js": "// app.listen(1)\napp.listen(3000)\n"},
        {"package.json": NODE, "app.js": "app.listen(process.env.PORT || 3000)\n"},
        "app.js:2   app.listen(3000)",
    ),
    "fixed.no-database-password": (
        {"db.php": "<?php\nmysqli_connect('localhost', 'shop', 'hunter2horse');\n"},
        {"db.php": "<?php\nmysqli_connect(getenv('H'), getenv('U'), getenv('P'));\n"},
        "db.php:2   mysqli_connect('localhost', 'shop', '…');",
    ),
    "fixed.no-fixed-address": (
        {"package.json": NODE, "db.js": "mongoose.connect('mongodb://10.1.2.3/shop')\n"},
        {
            "package.json": NODE,
            "db.js": "mongoose.connect(process.env.MONGO || 'mongodb://localhost/shop')\n",
            "proxies.js": "trust(['10.0.0.0/8'])\n",
        },
        "db.js:1   mongoose.connect('mongodb://10.1.2.3/shop')",
    ),
    "fixed.no-default-admin": (
        {"setup.js": "const pw = process.env.ADMIN_PASSWORD || 'admin'\n"},
        {"setup.js": "const pw = process.env.ADMIN_PASSWORD\nif (pw === 'admin') refuse()\n"},
        "setup.js:1   const pw = process.env.ADMIN_PASSWORD || '…'",
    ),
    "fixed.schema-is-kept": (
        {"db.js": "sequelize.sync({ force: true })\n"},
        {"db.js": "sequelize.sync()\n", "tests/db.js": "sequelize.sync({ force: true })\n"},
        "db.js:1   sequelize.sync({ force: true })",
    ),
    "fixed.uploads-are-kept": (
        {"package.json": NODE, "up.js": "const up = multer({ dest: 'uploads/' })\n"},
        {"package.json": NODE, "up.js": "multer({ dest: 'up/' })\n", "compose.yml": COMPOSE},
        "up.js:1   const up = multer({ dest: 'uploads/' })",
    ),
    "fixed.sessions-survive": (
        {"app.js": "const session = require('express-session')\napp.use(session({ secret }))\n"},
        {"app.js": "import session from 'express-session'\nuse(session({ store: redis }))\n"},
        "app.js:2   app.use(session({ secret }))",
    ),
    "fixed.sqlite-is-kept": (
        {**docker(START), "db.go": 'db := sql.Open("sqlite3", "shop.db")\n'},
        {
            **docker(START),
            "db.go": 'db := sql.Open("sqlite3", "shop.db")\n',
            "compose.yml": COMPOSE,
        },
        'db.go:1   db := sql.Open("sqlite3", "shop.db")',
    ),
    "passwords.hashed-slowly": (
        {"users.py": "user.hash = hashlib.sha256(password.encode()).hexdigest()\n"},
        {
            "users.py": "user.hash = bcrypt.hashpw(password.encode(), bcrypt.gensalt())\n",
            "files.py": "etag = hashlib.md5(content).hexdigest()\n",
            "pwned.py": "sha = hashlib.sha1(password.encode())  # asks pwned\nhibp(sha)\n",
        },
        "users.py:1   user.hash = hashlib.sha256(password.encode()).hexdigest()",
    ),
    "passwords.not-plain": (
        {"login.js": "if (user.password === req.body.password) ok()\n"},
        {
            "login.js": "if (await bcrypt.compare(req.body.password, user.password)) ok()\n",
            "form.js": "if (user.newPassword !== password || password !== confirm) no()\n",
        },
        "login.js:1   if (user.password === req.body.password) ok()",
    ),
    "passwords.cost": (
        {"users.js": "const hash = await bcrypt.hash(password, 4)\n"},
        {"users.js": "await bcrypt.hash(password, 12)\n", "users_test.py": "gensalt(4)\n"},
        "users.js:1   const hash = await bcrypt.hash(password, 4)",
    ),
    "dependencies.locked": (
        {"package.json": NODE},
        {"package.json": NODE, "package-lock.json": LOCK},
        "package.json:1   no package-lock.json",
    ),
    "dependencies.in-step": (
        {"package.json": NODE.replace("5.0.0", "5.1.0"), "package-lock.json": LOCK},
        {"package.json": NODE, "package-lock.json": LOCK},
        "package.json:1",
    ),
    "dependencies.one-lock": (
        {"package-lock.json": LOCK, "yarn.lock": ""},
        {"package-lock.json": LOCK},
        "package-lock.json:1",
    ),
    "dependencies.supported": (
        {"Dockerfile": "FROM python:3.8-slim-buster\n"},
        {"Dockerfile": "FROM python:3\n", ".nvmrc": "lts/*\n", "package.json": '{"engines": {}}'},
        "Dockerfile:1   FROM python:3.8-slim-buster",
    ),
    "versioned.ci": (
        {"Procfile": "web: x"},
        {"Procfile": "web: x", ".github/workflows/test.yml": "on: push"},
        "no workflow of any CI",
    ),
    "versioned.start": (DJANGO, {**DJANGO, "Procfile": "web: x"}, "Django: manage.py"),
    "versioned.migrations": (
        MODELS,
        {**MODELS, "shop/migrations/0001_initial.py": ""},
        "shop/models.py:1   class A(models.Model",
    ),
    "versioned.no-installed-packages": (
        {"node_modules/left-pad/index.js": ""},
        {"tests/fixtures/node_modules/a/index.js": "", "package.json": "{}"},
        "node_modules",
    ),
}
"""For each check: a bad tree, a good one, and how the evidence begins."""
ELSEWHERE = {"versioned.no-database", "dependencies.no-known-hole"}
"""Those with a test of their own."""


def tree(folder: Path, files: SAMPLE) -> Tree:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return Tree(Source(folder, tuple(files)), folder)


def asked(name: str, folder: Path, files: SAMPLE) -> CheckResult:
    topic, check = CHECKS[name]
    look = Look(None, "repository", facts=facts(tree(folder, files)))
    return answer(topic(), check, look)


def test_every_check_has_its_samples() -> None:
    assert set(CHECKS) == set(SAMPLES) | ELSEWHERE
    assert len(CHECKS) >= 25


@pytest.mark.parametrize("name", SAMPLES)
def test_a_bad_tree_is_found_and_told_how_to_mend(tmp_path: Path, name: str) -> None:
    bad, _, evidence = SAMPLES[name]
    result = asked(name, tmp_path, bad)
    assert result.state == "found", result.why
    assert result.findings[0].evidence.startswith(evidence)
    assert all(found.problem and found.fix for found in result.findings)
    assert "hunter2" not in repr(result.findings)


@pytest.mark.parametrize("name", SAMPLES)
def test_a_good_tree_is_fine(tmp_path: Path, name: str) -> None:
    _, good, _ = SAMPLES[name]
    result = asked(name, tmp_path, good)
    assert result.state == "fine", result


@pytest.mark.parametrize("name", SAMPLES)
def test_what_is_only_an_example_or_a_test_is_not_judged(tmp_path: Path, name: str) -> None:
    bad, _, _ = SAMPLES[name]
    moved = {f"docs/examples/{file}": text for file, text in bad.items()}
    assert asked(name, tmp_path, moved).state == "fine"


def test_a_database_with_people_is_found(tmp_path: Path) -> None:
    for name, rows in (("shop.sqlite3", 2), ("template.db", 0)):
        with closing(sqlite3.connect(tmp_path / name)) as opened:
            opened.execute("CREATE TABLE auth_user (name TEXT)")
            opened.executemany("INSERT INTO auth_user VALUES (?)", [("dana",)] * rows)
            opened.commit()
    (tmp_path / "broken.db").write_bytes(b"SQLite format 3\0" + b"\xff" * 5000)
    names = ("shop.sqlite3", "template.db", "broken.db")
    topic, check = CHECKS["versioned.no-database"]
    look = Look(None, "repository", facts=facts(Tree(Source(tmp_path, names), tmp_path)))
    [found] = answer(topic(), check, look).findings
    assert found.evidence == "shop.sqlite3\nits table auth_user has 2 rows"


def test_hadolint_was_really_asked() -> None:
    assert hadolint.program(), "it comes with the development dependencies"


@pytest.mark.parametrize(
    ("name", "bad"),
    [
        ("passwords.hashed-slowly", {"u.php": "<?php $h = md5($_POST['password']);"}),
        ("passwords.hashed-slowly", {"u.php": "<?php $h = hash('sha256', $salt . $password);"}),
        ("passwords.hashed-slowly", {"u.rb": "Digest::SHA1.hexdigest(salt + password)"}),
        ("passwords.hashed-slowly", {"u.go": "h := sha256.Sum256([]byte(password))"}),
        ("passwords.hashed-slowly", {"u.js": "createHash('sha1').update(req.body.password)"}),
        ("passwords.hashed-slowly", {"U.java": "return NoOpPasswordEncoder.getInstance();"}),
        (
            "passwords.hashed-slowly",
            {"a/settings.py": "PASSWORD_HASHERS = ['hashers.MD5PasswordHasher']"},
        ),
        ("passwords.not-plain", {"l.py": "if user.password == request.form['password']: ok()"}),
        ("passwords.not-plain", {"l.py": "if request_data.get('password') == user.password: ok()"}),
        ("passwords.not-plain", {"l.php": "<?php if ($row['password'] == $password) ok();"}),
        (
            "passwords.not-plain",
            {"l.php": "<?php $q = \"SELECT * FROM u WHERE n='$n' AND password='$password'\";"},
        ),
        ("passwords.not-plain", {"r.py": "User(name=n, password=request.form['password'])"}),
        ("running.no-debug", docker("ENV FLASK_DEBUG=1")),
        ("running.no-debug", {"config/app.php": "<?php return [\n 'debug' => true,\n];"}),
        ("running.no-debug", {**docker('CMD ["python", "run.py"]'), "run.py": "x.run(debug=True)"}),
        ("fixed.no-default-admin", {"m.py": "User.objects.create_superuser('a', password='pw1')"}),
        ("fixed.sqlite-is-kept", {**docker(START), "prisma/schema.prisma": 'provider = "sqlite"'}),
        ("dependencies.locked", {"Procfile": "web: x", "requirements.txt": "django>=5\n"}),
        (
            "dependencies.in-step",
            {"Gemfile": "gem 'rails'\ngem 'pg'\n", "Gemfile.lock": "DEPENDENCIES\n  rails\n\n"},
        ),
        (
            "dependencies.in-step",
            {
                "composer.json": '{"require": {"a/b": "1"}}',
                "composer.lock": '{"packages": [{"name": "c/d"}]}',
            },
        ),
        (
            "dependencies.in-step",
            {
                "pyproject.toml": "[project]\ndependencies = ['Foo_bar']",
                "uv.lock": "[[package]]\nname = 'x'",
            },
        ),
        ("dependencies.supported", {"package.json": '{"engines": {"node": "18.x"}}'}),
        ("dependencies.supported", {"Gemfile.lock": "GEM\n  specs:\n    rails (6.1.7)\n"}),
        ("image.not-root", {"Dockerfile": f"FROM node:24 AS base\nFROM base\nUSER root\n{START}"}),
        ("image.no-secret-files", {**docker("ADD . /app"), ".env": "A=1"}),
    ],
)
def test_other_ways_to_say_the_same_are_found_too(tmp_path: Path, name: str, bad: SAMPLE) -> None:
    assert asked(name, tmp_path, bad).state == "found"


GOSU = {"Dockerfile": 'FROM node:24\nENTRYPOINT ["/e.sh"]\n', "e.sh": "#!/bin/sh\nexec gosu a b\n"}
TWO = {"a/settings.py": "DEBUG = True\n", "a/settings_prod.py": "DEBUG = False\n"}
EXTRA = {**docker('CMD ["/r.sh"]'), "r.sh": "#!/bin/sh\npip install $EXTRA\n"}
TOKEN = {"a.py": "key = hashlib.md5(password_reset_token).hexdigest()"}
WRITTEN = {"a.js": f"h = md5(password);{'x' * 6000}\n"}
BELOW = {"web/package.json": NODE, "web/Dockerfile": DOCKER + START, "yarn.lock": ""}
BEFORE = {"a.js": "createHash('sha512').update(password)\n//\nbcrypt.hash(hashed, 12)\n"}
CHOICE = {
    **docker('CMD ["/r.sh"]'),
    "r.sh": "#!/bin/sh\ndev() {\n  flask run\n}\nexec gunicorn a\n",
}
TOLD = {"a.py": '"""hashlib.md5(password)"""\n# hashlib.md5(password)\n'}
HASH = {"a.py": "class User:\n  def x(s): return s.password == password_hash\n"}


@pytest.mark.parametrize(
    ("name", "good"),
    [
        ("image.not-root", {"Dockerfile": f"FROM acme/base:1\n{START}"}),
        ("image.not-root", {"Dockerfile": f"FROM gcr.io/distroless/base:nonroot\n{START}"}),
        ("image.not-root", {"Dockerfile": "FROM nginx:1.29\nCOPY x /x\nCMD nginx\n"}),
        ("image.not-root", {"Dockerfile": "FROM debian:13\nRUN x\n"}),
        ("image.not-root", GOSU),
        ("image.no-secret-files", {**docker("COPY .env.prod /a"), ".env.prod": "APP_KEY=\nPORT=1"}),
        ("image.no-anonymous-state", {**docker("VOLUME /a /b"), "README.md": "docker run -v x:/a"}),
        ("running.no-development-server", CHOICE),
        ("passwords.hashed-slowly", BEFORE),
        ("passwords.hashed-slowly", WRITTEN),
        ("running.no-debug", TWO),
        ("running.installed-before", EXTRA),
        ("passwords.hashed-slowly", TOKEN),
        ("passwords.hashed-slowly", TOLD),
        ("passwords.not-plain", HASH),
        ("dependencies.locked", {"package.json": '{"dependencies": {"a": "1"}}'}),
        (
            "dependencies.locked",
            {"web/package.json": NODE, "web/Dockerfile": DOCKER, "yarn.lock": ""},
        ),
        ("dependencies.supported", {"package.json": '{"engines": {"node": ">=14"}}'}),
        ("fixed.no-fixed-address", {"Procfile": "", "a.py": "HOST = os.getenv('H', '10.0.0.1')"}),
    ],
)
def test_what_is_right_in_another_way_is_not_found(tmp_path: Path, name: str, good: SAMPLE) -> None:
    result = asked(name, tmp_path, good)
    assert result.state == "fine", result
