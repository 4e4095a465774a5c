#!/usr/bin/env python3
"""Checks who includes whom, by the two tables of ARCHITECTURE.md: the folders' arrows, and each library only where it may be.

usage: tests/check_includes.py [ROOT]     prints each violation as file:line, exits 1 when there is one
"""
import re
import sys
from pathlib import Path

# How the headers of a library of that table begin; hiredis' come with and without its folder.
HEADERS = {"libcurl": "curl/", "OpenSSL": "openssl/", "wslay": "wslay/", "hiredis": "hiredis", "libsodium": "sodium", "yaml-cpp": "yaml-cpp/", "nlohmann-json": "nlohmann/", "CLI11": "CLI/"}
# Only names of types: free for all.
FORWARD = "nlohmann/json_fwd.hpp"

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def rows(markdown: str, heading: str):
    """(first cell, cell under the heading) of each row of the table that has such a heading."""
    column = None
    for line in markdown.splitlines():
        cells = [cell.strip().replace("`", "") for cell in line.strip().strip("|").split("|")] if line.startswith("|") else []
        if heading in cells:
            column = cells.index(heading)
        elif not cells:
            column = None
        elif column is not None and not cells[0].startswith("---"):
            yield cells[0], cells[column]


def read_arrows(markdown: str) -> dict:
    """Folder → what it may include: folders, single headers. Nothing includes the tests; they include all."""
    texts = {folder.removesuffix("/"): text for folder, text in rows(markdown, "may include") if "," not in folder}
    known = texts.keys() - {"tests"}
    arrows = {"tests": known}
    for folder in known:
        if texts[folder].startswith("all"):
            arrows[folder] = known - {texts[folder].removeprefix("all").removeprefix(" but ")}
        else:
            arrows[folder] = {word.strip() for word in texts[folder].split(",")} - {"–"}
    return arrows


def read_libraries(markdown: str) -> dict:
    """How headers begin → the files and folders that may include them."""
    places = {library: [place.strip() for place in text.split(",")] for library, text in rows(markdown, "only in")}
    return {begin: places[library] for library, begin in HEADERS.items()}


def violations(root: Path, arrows: dict, libraries: dict):
    for folder, allowed in sorted(arrows.items()):
        for path in sorted((root / folder).rglob("*")):
            if path.suffix not in (".h", ".cpp"):
                continue
            here = path.relative_to(root).as_posix()
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
                if not (found := INCLUDE.match(line)):
                    continue
                quoted, header = found[1] == '"', found[2]
                target = header.split("/")[0]
                if quoted and target in arrows and target != folder and target not in allowed and header not in allowed:
                    yield f"{here}:{number}: {folder}/ may not include {header}"
                # The tests check with whatever library they like.
                if folder == "tests":
                    continue
                if quoted and "/" not in header:
                    yield f"{here}:{number}: {header} is included without its folder"
                for begin, places in libraries.items():
                    if header.startswith(begin) and header != FORWARD and not any(here == place or (place.endswith("/") and here.startswith(place)) for place in places):
                        yield f"{here}:{number}: {header} belongs in {' or '.join(places)}"


def main(root: Path) -> int:
    page = root / "ARCHITECTURE.md"
    markdown = page.read_text(encoding="utf-8")
    try:
        arrows, libraries = read_arrows(markdown), read_libraries(markdown)
    except KeyError as library:
        print(f"{page}: the table of libraries has no row for {library}", file=sys.stderr)
        return 1
    if missing := {path.parent.name for path in root.glob("*/*.cpp")} - arrows.keys():
        print(f"{page}: the table of folders has no row for {', '.join(sorted(missing))}", file=sys.stderr)
        return 1
    found = list(violations(root, arrows, libraries))
    for line in found:
        print(line)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent.parent))
