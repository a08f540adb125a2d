"""A source tree with secrets in it that were made up a moment ago, and with harmless look-alikes.

Nothing here is a secret, and none stands in this file: each is put together when it is planted.
Used by the tests and by the bench.
"""

import base64
import json
import random
import string
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

HEX, LOW, ALNUM = "0123456789abcdef", string.ascii_lowercase + string.digits, string.ascii_letters
B64, B32 = ALNUM + string.digits + "+/", string.ascii_uppercase + "234567"
ALNUM += string.digits
Filler = Callable[["Made"], str]


class Made:
    """Random texts from a seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def of(self, letters: str, length: int) -> str:
        return "".join(self.random.choices(letters, k=length))

    def password(self) -> str:
        """Such as a person makes who was told to use signs and digits."""
        words = self.random.sample(["Otter", "Maple", "river", "Quartz", "velvet", "Nimbus"], 2)
        return f"{words[0]}{self.random.choice('!_+.')}{words[1]}{self.random.randint(10, 9999)}"

    def pem(self, kind: str) -> str:
        body = [self.of(B64, 64) for _ in range(6)]
        return "\n".join([f"-----BEGIN {kind}-----", *body, f"-----END {kind}-----"])


@dataclass(frozen=True)
class Plant:
    """A secret, the file and the first line it went to, and what kind it is."""

    kind: str
    path: str
    line: int
    value: str


def _secrets() -> list[tuple[str, str, str, Filler]]:
    """Kind, file, the text around it (`@` is the value) and how the value is made."""
    password: Filler = Made.password
    token: dict[str, tuple[str, str, Filler]] = {
        "aws-id": ("deploy/s3.py", "KEY_ID = '@'", lambda m: "AKIA" + m.of(B32, 16)),
        "aws-key": ("deploy/s3.py", "aws_secret_access_key = '@'", lambda m: m.of(B64, 40)),
        "github": ("ci/release.sh", "export GH_TOKEN=@", lambda m: "ghp_" + m.of(ALNUM, 36)),
        "gitlab": (
            "ci/push.sh",
            "curl -H 'PRIVATE-TOKEN: @'",
            lambda m: "glpat-" + m.of(ALNUM, 20),
        ),
        "slack": ("app/notify.py", "client('@')", _slack),
        "slack-hook": ("app/notify.js", 'post("https://@")', _hook),
        "stripe": (
            "app/pay.py",
            "stripe.api_key = '@'",
            lambda m: "sk_" + "live_" + m.of(ALNUM, 32),
        ),
        "stripe-hook": ("app/pay.rb", "SECRET = '@'", lambda m: "whsec_" + m.of(ALNUM, 32)),
        "google": ("app/maps.ts", "const maps = '@'", lambda m: "AIza" + m.of(ALNUM, 35)),
        "google-oauth": ("app/login.go", 's := "@"', lambda m: "GOCSPX-" + m.of(ALNUM, 28)),
        "openai": ("app/ask.py", "OpenAI('@')", lambda m: "sk-proj-" + m.of(ALNUM, 64)),
        "anthropic": ("app/ask.ts", "key: '@'", lambda m: "sk-ant-api03-" + m.of(ALNUM, 93) + "AA"),
        "huggingface": (
            "app/model.py",
            "login('@')",
            lambda m: "hf_" + m.of(string.ascii_letters, 34),
        ),
        "npm": ("ci/publish.sh", "npm set //r/:_authToken @", lambda m: "npm_" + m.of(ALNUM, 36)),
        "pypi": (
            "ci/upload.sh",
            "twine upload -p @",
            lambda m: "pypi-AgEIcHlwaS5vcmc" + m.of(ALNUM, 80),
        ),
        "sendgrid": (
            "app/mail.py",
            "Client('@')",
            lambda m: f"SG.{m.of(ALNUM, 22)}.{m.of(ALNUM, 43)}",
        ),
        "digitalocean": ("infra/do.sh", "doctl auth -t @", lambda m: "dop_v1_" + m.of(HEX, 64)),
        "shopify": ("app/shop.rb", "token '@'", lambda m: "shpat_" + m.of(HEX, 32)),
        "telegram": (
            "app/bot.py",
            "Bot('@')",
            lambda m: f"{m.of('123456789', 10)}:AA{m.of(ALNUM, 33)}",
        ),
        "databricks": ("app/lake.py", "connect('@')", lambda m: "dapi" + m.of(HEX, 32)),
        "linear": ("app/todo.ts", "new Client('@')", lambda m: "lin_api_" + m.of(ALNUM, 40)),
        "grafana": ("infra/dash.sh", "TOKEN=@", lambda m: f"glsa_{m.of(ALNUM, 32)}_{m.of(HEX, 8)}"),
        "docker": ("ci/image.sh", "docker login -p @", lambda m: "dckr_pat_" + m.of(ALNUM, 27)),
        "vault": ("infra/vault.sh", "export VAULT_TOKEN=@", lambda m: "hvs." + m.of(ALNUM, 90)),
        "planetscale": ("app/db.ts", "password: '@'", lambda m: "pscale_pw_" + m.of(ALNUM, 43)),
        "rubygems": ("ci/gem.sh", "GEM_KEY=@", lambda m: "rubygems_" + m.of(HEX, 48)),
        "jwt": ("app/call.py", "headers['X'] = '@'", _jwt),
        "azure": (
            "app/blob.cs",
            's = "AccountName=a;AccountKey=@;"',
            lambda m: m.of(B64, 86) + "==",
        ),
        "age": (
            "infra/keys.txt",
            "@",
            lambda m: "AGE-SECRET-KEY-1" + m.of("QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L", 58),
        ),
    }
    named: list[tuple[str, str, str, Filler]] = [
        ("django-secret", "site/settings.py", "SECRET_KEY = '@'", _django),
        ("django-secret", "shop/settings/prod.py", 'SECRET_KEY = "@"', _django),
        ("rails-base", "config/secrets.yml", "  secret_key_base: @", lambda m: m.of(HEX, 128)),
        ("laravel", "config/app.php", "'app_key' => '@',", lambda m: f"base64:{m.of(B64, 43)}="),
        ("url", "app/db.py", "ENGINE = 'postgres://web:@@db.acme.io/web'", password),
        ("url", "deploy/run.sh", "mysqldump mysql://root:@@10.0.4.7/shop", password),
        ("url", "app/cache.js", "createClient('redis://:@@cache.acme.io:6379')", password),
        ("url", "config/mail.yml", "smtp: smtps://mailer:@@smtp.acme.io", password),
        ("url", "app/queue.go", 'url := "amqp://rabbit:@@mq.acme.io/"', password),
        ("mongo", "app/mongo.ts", "connect('mongodb+srv://app:@@c0.x1.mongodb.net/app')", password),
        ("password", "app/settings.py", "DB_PASSWORD = '@'", password),
        ("password", "config/database.yml", "  password: @", password),
        ("password", "src/Config.java", 'String dbPassword = "@";', password),
        ("password", "config/app.properties", "spring.datasource.password=@", password),
        ("password", "wp/wp-config.php", "define('DB_PASSWORD', '@');", password),
        ("password", "infra/main.tf", '  master_password = "@"', password),
        ("password", "conf/server.xml", "<password>@</password>", password),
        ("sql", "sql/users.sql", "CREATE USER 'app' IDENTIFIED BY '@';", password),
        ("curl", "ops/purge.sh", "curl -u deploy:@ https://cache.acme.io/purge", password),
        ("option", "ops/backup.sh", "mysqldump --password=@ shop > shop.sql", password),
        ("openssl", "ops/cert.sh", "openssl req -passout pass:@ -new", password),
        ("basic", "app/fetch.py", "{'Authorization': 'Basic @'}", _basic),
        ("bearer", "app/fetch.js", "{'Authorization': 'Bearer @'}", lambda m: m.of(ALNUM, 40)),
        ("key", "app/sign.rb", "SIGNING_SECRET = '@'", lambda m: m.of(HEX, 40)),
        ("key", "config/app.toml", 'encryption_key = "@"', lambda m: m.of(HEX, 64)),
        ("key", "app/twitter.yml", "consumer_secret: @", lambda m: m.of(ALNUM, 50)),
        ("netrc", ".netrc", "machine git.acme.io login bot password @", password),
        ("netrc", "docker/_netrc", "machine a login b\n  password @", password),
        ("pgpass", ".pgpass", "db.acme.io:5432:web:web:@", password),
        ("rails-key", "config/master.key", "@", lambda m: m.of(HEX, 32)),
        ("rails-key", "config/credentials/production.key", "@", lambda m: m.of(HEX, 32)),
        (
            "htpasswd",
            "nginx/.htpasswd",
            "admin:@",
            lambda m: f"$apr1${m.of(ALNUM, 8)}${m.of(ALNUM, 22)}",
        ),
        ("env", ".env", "MAIL_PASSWORD=@", password),
        ("env", "deploy/production.env", "export SESSION_SECRET=@", lambda m: m.of(HEX, 48)),
        ("my-cnf", ".my.cnf", "[client]\npassword = @", password),
        ("git-credentials", ".git-credentials", "https://bot:@@git.acme.io", password),
        ("npmrc", ".npmrc", "//registry.acme.io/:_authToken=@", lambda m: m.of(LOW, 36)),
        ("docker-auth", "ci/config.json", '{"auths": {"r.acme.io": {"auth": "@"}}}', _basic),
        ("tfstate", "infra/terraform.tfstate", '      "password": "@",', password),
        ("tfvars", "infra/prod.tfvars", 'db_password = "@"', password),
        ("kubernetes", "k8s/secret.yaml", "kind: Secret\ndata:\n  password: @", _encoded),
        ("private-key", "deploy/id_ed25519", "@", lambda m: m.pem("OPENSSH PRIVATE KEY")),
        ("private-key", "tls/server.pem", "@", lambda m: m.pem("RSA PRIVATE KEY")),
        ("private-key", "app/jwt.js", "const key = `@`", lambda m: m.pem("EC PRIVATE KEY")),
        ("service-account", "gcp.json", '  "private_key": "@",', _one_line),
    ]
    return [(kind, *rest) for kind, rest in token.items()] + named


HARMLESS = (
    ("app/settings.py", "PASSWORD = os.environ['DB_PASSWORD']"),
    ("app/settings.py", "SECRET_KEY = config('SECRET_KEY')"),
    ("app/db.py", "url = f'postgres://{user}:{password}@{host}/web'"),
    ("app/db.js", "const password = process.env.DB_PASSWORD"),
    ("app/db.js", "connect(`mysql://root:${password}@db/shop`)"),
    ("app/login.py", "def login(user, password=None):"),
    ("app/login.py", "password = request.form['password']"),
    ("app/login.py", "if password == confirm_password:"),
    ("app/login.py", "PASSWORD_RESET_URL = 'https://acme.io/reset'"),
    ("app/login.py", "password_field = 'user_password'"),
    ("app/login.py", "PASSWORD_HASHERS = ['django.contrib.auth.hashers.Argon2PasswordHasher']"),
    ("app/login.py", "TOKEN_URL = 'https://login.acme.io/oauth/token'"),
    ("app/login.py", "token_type = 'access_token'"),
    ("app/login.py", "csrf_token = get_token(request)"),
    ("app/login.ts", "type Login = { password: string; token: string }"),
    ("app/login.ts", "const [password, setPassword] = useState('')"),
    ("app/login.vue", '<input type="password" name="password" autocomplete="current-password">'),
    ("app/login.go", 'flag.String("password", "", "password of the database")'),
    ("app/login.java", 'private static final String PASSWORD_KEY = "user.password";'),
    ("config/locales/de.yml", "  password: Passwort"),
    ("config/locales/de.yml", "  forgot_password: Passwort vergessen"),
    ("config/prod.yml", "password: ${DB_PASSWORD}"),
    ("config/prod.yml", "password: '{{ vault_db_password }}'"),
    ("config/prod.yml", "token: !vault secret/data/token"),
    ("config/prod.yml", "secretName: web-tls"),
    ("config/prod.yml", "password_file: /run/secrets/db"),
    ("deploy/run.sh", 'export PGPASSWORD="$DB_PASSWORD"'),
    ("deploy/run.sh", "mysqldump --password=$MYSQL_PASSWORD shop"),
    ("deploy/run.sh", "curl -u $USER:$TOKEN https://acme.io"),
    (".github/workflows/ci.yml", "        token: ${{ secrets.GITHUB_TOKEN }}"),
    ("infra/main.tf", "  password = var.db_password"),
    ("infra/main.tf", "  password = random_password.db.result"),
    ("docker-compose.yml", "      POSTGRES_PASSWORD_FILE: /run/secrets/db"),
    ("src/Keys.java", 'map.put("primary_key", "user_id_and_region");'),
    ("app/cache.py", "cache_key = 'user:profile:v2'"),
    ("app/models.py", "foreign_key = 'accounts.Account.identifier'"),
    ("app/hash.py", "COMMIT = '3f786850e387550fdab836ed7e6dc881de23001b'"),
    (
        "package.json",
        '  "integrity": "sha512-z3kyNKBSUqMs1jdUZa3mpvD8cJr5mTJo8hVlXq9d8qNZQX0pgKJpVq=="',
    ),
    (
        "tls/ca.pem",
        "-----BEGIN CERTIFICATE-----\nMIIDdzCCAl+gAwIBAgIEAgAAuTANBgkqhkiG9w0BAQUFADBaMQ\n",
    ),
    (
        "keys/dana.pub",
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIMk0qKqJrWcVQ0yFq1mFZ8TzJ6hV1n4m5oGJt7b9sXcd dana",
    ),
    ("app/id.py", "REQUEST = '9b2f0c5e-8d7a-4c1e-9f35-2b7c1d0e6a48'"),
    ("app/style.css", ".password-strength::before { content: 'weak'; }"),
    ("README.md", "Set `DATABASE_URL=postgres://USER:PASSWORD@HOST/DB` first."),
    ("README.md", "API_KEY=<your api key>"),
    (".env.example", "SECRET_KEY=change-me"),
    (".env.example", "STRIPE_KEY=sk_live_your_key_here"),
    ("docs/setup.md", "export TOKEN=xxxxxxxxxxxxxxxxxxxx"),
    ("docs/setup.md", "-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----"),
)
"""Files and lines in which a careless reader sees a secret."""


def plant(top: Path, seed: int = 1) -> list[Plant]:
    """Write the tree, and tell where each secret went."""
    made, texts, plants = Made(seed), dict[str, list[str]](), list[Plant]()
    for path, text in HARMLESS:
        texts.setdefault(path, []).append(text)
    for kind, path, text, filler in _secrets():
        lines, value = texts.setdefault(path, []), filler(made)
        before, _, after = text.partition("@")
        line = sum(each.count("\n") + 1 for each in lines) + before.count("\n") + 1
        lines.append(f"{before}{value}{after}")
        plants.append(Plant(kind, path, line, value))
    for path, lines in texts.items():
        file = top / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("\n".join(lines) + "\n")
    return plants


def harmless_lines(top: Path, plants: list[Plant]) -> Iterator[tuple[str, int]]:
    """Every line of the tree that holds no secret."""
    for file in sorted(top.rglob("*")):
        path = str(file.relative_to(top))
        if file.is_file() and not path.startswith(".git/"):
            taken = {
                plant.line + more
                for plant in plants
                if plant.path == path
                for more in range(plant.value.count("\n") + 1)
            }
            for number, _ in enumerate(file.read_text().splitlines(), 1):
                if number not in taken:
                    yield path, number


def _slack(made: Made) -> str:
    return f"xoxb-{made.of(string.digits, 12)}-{made.of(string.digits, 12)}-{made.of(ALNUM, 24)}"


def _hook(made: Made) -> str:
    return f"hooks.slack.com/services/T{made.of(B32, 8)}/B{made.of(B32, 10)}/{made.of(ALNUM, 24)}"


def _jwt(made: Made) -> str:
    parts = [{"alg": "HS256", "typ": "JWT"}, {"sub": made.of(LOW, 12), "iat": 1700000000}]
    coded = [base64.urlsafe_b64encode(json.dumps(part).encode()) for part in parts]
    return ".".join([*(part.decode().rstrip("=") for part in coded), made.of(ALNUM, 43)])


def _django(made: Made) -> str:
    return made.of(LOW + "!@#$%^&*(-_=+)", 48) + made.of("0123456789", 2)


def _basic(made: Made) -> str:
    return base64.b64encode(f"deploy:{made.password()}".encode()).decode()


def _encoded(made: Made) -> str:
    return base64.b64encode(made.password().encode()).decode()


def _one_line(made: Made) -> str:
    return made.pem("PRIVATE KEY").replace("\n", "\\n")
