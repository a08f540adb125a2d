"""Apps in PHP: the folder that visitors may see, and what a framework wants besides."""

from pathlib import Path

from seawall.repository.guess import AppGuess
from seawall.repository.recognise import beginning

_COMPOSER = "composer install --no-dev --optimize-autoloader --no-interaction"
_USUAL = ("composer", "unzip", "php-mbstring", "php-xml", "php-curl")
_FOLDERS = ("public", "web", "www", "htdocs", ".")
_STORAGE = "/srv/storage"
_PLACES = ("framework/cache", "framework/sessions", "framework/views", "logs", "app")


def laravel(folder: Path) -> AppGuess | None:
    """Its storage folder outlives releases, so it lies outside of them."""
    if not (folder / "artisan").is_file() or not (folder / "public/index.php").is_file():
        return None
    places = " ".join(f"{_STORAGE}/{place}" for place in _PLACES)
    healthy = "/up" if "health:" in beginning(folder / "bootstrap/app.php") else ""
    return AppGuess(
        "Laravel: artisan and public/index.php",
        php="public",
        install=(_COMPOSER,),
        packages=_USUAL,
        before_switch=f"mkdir -p {places} && php artisan migrate --force",
        env=(("APP_ENV", "production"), ("LARAVEL_STORAGE_PATH", _STORAGE)),
        secrets=("APP_KEY",),
        uploads=(_STORAGE,),
        health=healthy,
        note="A database driver is a package: php-pgsql, php-mysql or php-sqlite3.",
    )


def symfony(folder: Path) -> AppGuess | None:
    """Its cache is warmed while it is built; a release cannot be written to later."""
    fronts = ("public/index.php", "web/index.php", "web/app.php")
    front = next((name for name in fronts if (folder / name).is_file()), None)
    if front is None or not (folder / "bin/console").is_file():
        return None
    return AppGuess(
        f"Symfony: bin/console and {front}",
        php=front.partition("/")[0],
        install=(_COMPOSER, "php bin/console cache:warmup"),
        packages=(*_USUAL, "php-intl"),
        env=(("APP_ENV", "prod"),),
        secrets=("APP_SECRET",),
        note="Let it log to php://stderr: a release cannot be written to.",
    )


def plain(folder: Path) -> AppGuess | None:
    """A folder with an index.php, whatever wrote it."""
    place = next((name for name in _FOLDERS if (folder / name / "index.php").is_file()), None)
    if place is None:
        return None
    composed = (folder / "composer.json").is_file()
    where = "index.php" if place == "." else f"{place}/index.php"
    return AppGuess(
        f"PHP: {where}" + (" and composer.json" if composed else ""),
        php=place,
        install=(_COMPOSER,) if composed else (),
        packages=_USUAL if composed else (),
        note="Every file there can be asked for; a folder public/ with only index.php is safer."
        if place == "."
        else "",
    )
