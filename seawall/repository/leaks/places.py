"""What kind of file one stands in, by its name: a test, a manual, code, or nobody's own words."""

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePosixPath

_TEST = re.compile(
    r"(?i)(?:^|[/._-])(?:tests?|specs?|testing|testdata|test_?data|fixtures?|mocks?|__mocks__|e2e|"
    r"cassettes?|snapshots?|__tests__|conftest|factories|integration|stubs?|testsuite|selenium)(?:[/._-]|$)"
    r"|(?:Tests?|Spec|IT)\.(?:java|kt|cs|swift|scala|php|groovy)$|_(?:test|spec)\.\w+$|^tests?\w*\.py$|/tests?\w*\.py$"
)
_DOCS = re.compile(
    r"(?i)(?:^|/)(?:docs?|documentation|manuals?|examples?|samples?|demos?|tutorials?|blog|site|"
    r"website|man|howto|recipes|changelogs?|news)(?:/|$)"
    r"|\.(?:md|mdx|rst|adoc|asciidoc|markdown|txt|tex|pod|html?|cast|ipynb|1)$"
    r"|(?:^|/)(?:readme|changes|changelog|history|contributing|news|authors)[^/]*$"
    r"|(?:^|[._-])(?:example|sample|template|dist|tpl|tmpl|default|defaults|skel)(?:[._-]|$)"
)
_NOBODYS = re.compile(
    r"(?i)(?:^|/)(?:node_modules|bower_components|site-packages|\.git|\.venv|\.tox|\.terraform/providers)(?:/|$)"
    r"|(?:^|/)(?:package-lock\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.yaml|poetry\.lock|uv\.lock|"
    r"pdm\.lock|pipfile\.lock|cargo\.lock|composer\.lock|gemfile\.lock|go\.sum|flake\.lock|mix\.lock|deno\.lock|"
    r"pubspec\.lock|packages\.lock\.json|\.terraform\.lock\.hcl|podfile\.lock|gradle\.lockfile|sha\d*sums?)$"
    r"|\.(?:min\.js|min\.css|map|svg|snap|po|pot|mo|pyc|class|jar|png|jpe?g|gif|ico|bmp|tiff?|webp|avif|"
    r"woff2?|ttf|otf|eot|mp[34]|webm|ogg|wav|flac|mov|avi|pdf|zip|gz|bz2|xz|zst|7z|rar|tar|tgz|whl|deb|rpm|"
    r"exe|dll|so|dylib|o|a|bin|iso|img|wasm|parquet|npy|npz|pt|onnx|safetensors|gem|age|gpg|asc|sig|crt|cer|pub)$"
)
_VENDORED = re.compile(
    r"(?i)(?:^|/)(?:vendor|vendored|_vendor|third_?party|extern(?:al)?|deps)(?:/|$)"
)
_WORDS = re.compile(r"(?i)(?:^|/)(?:locales?|i18n|l10n|translations?|lang|languages)(?:/|$)")
_CODE = frozenset(
    [
        "py",
        "pyi",
        "pyx",
        "js",
        "jsx",
        "ts",
        "tsx",
        "mjs",
        "cjs",
        "vue",
        "svelte",
        "rb",
        "rake",
        "go",
        "rs",
        "java",
        "kt",
        "kts",
        "scala",
        "cs",
        "fs",
        "php",
        "phtml",
        "pl",
        "pm",
        "swift",
        "m",
        "mm",
        "c",
        "h",
        "cc",
        "cpp",
        "hpp",
        "cxx",
        "dart",
        "ex",
        "exs",
        "erl",
        "hs",
        "lua",
        "r",
        "jl",
        "groovy",
        "gradle",
        "clj",
        "cljs",
        "vb",
        "sol",
        "zig",
        "nim",
        "erb",
        "ejs",
        "hbs",
        "jinja",
        "j2",
        "html",
        "htm",
        "css",
        "scss",
        "less",
        "sql",
        "graphql",
        "proto",
        "tf",
    ]
)


@dataclass(frozen=True)
class Place:
    """`rehearsal`: tests, manuals and examples, where values are seldom real. `code`: a value there
    stands in quotes. `nobodys`: not written by people, or not text."""

    test: bool
    docs: bool
    code: bool
    nobodys: bool
    words: bool
    vendored: bool

    @property
    def rehearsal(self) -> bool:
        """True where values are seldom real."""
        return self.test or self.docs or self.vendored


@lru_cache(4096)
def place(path: str) -> Place:
    """What the name of a file, relative to the repository, says of it."""
    return Place(
        bool(_TEST.search(path)),
        bool(_DOCS.search(path)),
        PurePosixPath(path).suffix[1:].lower() in _CODE,
        bool(_NOBODYS.search(path)),
        bool(_WORDS.search(path)),
        bool(_VENDORED.search(path)),
    )
