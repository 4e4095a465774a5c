#!/usr/bin/env python3
"""Checks who includes whom: the folders' arrows by ARCHITECTURE.md's table, and each library only where its one wrapper is.

usage: tests/check_includes.py [ROOT]     prints each violation as file:line, exits 1 when there is one
"""
import re
import sys
from pathlib import Path

# The table as it stands in ARCHITECTURE.md, for as long as there is none.
ARROWS = """
| folder | may include |
|---|---|
| `base/` | – |
| `net/` | base |
| `redis/` | base, net |
| `kube/` | base, net |
| `fleet/` | base, net, redis, kube |
| `topology/` | base, redis, kube, fleet/node.h |
| `output/` | base |
| `commands/` | all but cli |
| `cli/` | all |
"""

# A library's headers → the files and folders that may include them. Its types stay there; json_fwd.hpp is free.
LIBRARIES = {
    "hiredis": ["redis/codec.cpp"],
    "curl": ["net/curl.cpp"],
    "wslay": ["net/websocket.cpp"],
    "CLI": ["cli/parser.cpp"],
    "yaml-cpp": ["kube/kubeconfig_file.cpp"],
    # websocket.cpp: the SHA-1 and the random key of the WebSocket handshake
    "openssl": ["net/tls_stream.cpp", "net/websocket.cpp"],
    "nlohmann": ["kube/", "output/", "commands/", "tests/"],
}
FREE_HEADERS = {"nlohmann/json_fwd.hpp"}

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def read_arrows(markdown: str) -> dict:
    """Folder → what it may include: folders, single headers. The row's last column, or the one headed "may include"."""
    arrows, column = {}, None
    for line in markdown.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")] if line.lstrip().startswith("|") else []
        if not cells:
            column = None
        elif any(cell.lower() == "may include" for cell in cells):
            column = [cell.lower() for cell in cells].index("may include")
        elif column is not None and (name := re.match(r"`?([a-z]+)/`?", cells[0])):
            arrows[name[1]] = re.sub(r"\(.*?\)|`", "", cells[column])
    known = set(arrows)
    for folder, text in arrows.items():
        but = re.match(r"all\s+but\s+(.*)", text)
        words = {word.strip().rstrip("/") for word in (but[1] if but else text).split(",")}
        arrows[folder] = known - words if but else known if "all" in words else {word for word in words if word not in ("", "–", "-")}
        arrows[folder].discard("tests")
    return arrows | {"tests": known}


def library_of(header: str):
    """hiredis' headers are included with and without its folder."""
    if header in FREE_HEADERS:
        return None
    first = header.split("/")[0].removesuffix(".hpp").removesuffix(".h")
    return first if first in LIBRARIES else None


def violations(root: Path, arrows: dict):
    for folder, allowed in arrows.items():
        for path in sorted((root / folder).rglob("*")):
            if path.suffix not in (".h", ".cpp"):
                continue
            here = path.relative_to(root).as_posix()
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
                if not (found := INCLUDE.match(line)):
                    continue
                quoted, header = found[1] == '"', found[2]
                target = header.split("/")[0]
                if quoted and target in arrows:
                    if target != folder and target not in allowed and header not in allowed:
                        yield f"{here}:{number}: {folder}/ may not include {header}"
                elif quoted and "/" not in header and folder != "tests":
                    yield f"{here}:{number}: {header} is included without its folder"
                if (library := library_of(header)) and not any(here == place or (place.endswith("/") and here.startswith(place)) for place in LIBRARIES[library]):
                    yield f"{here}:{number}: {header} belongs in {' or '.join(LIBRARIES[library])}"


def main(root: Path) -> int:
    page = root / "ARCHITECTURE.md"
    arrows = read_arrows(page.read_text(encoding="utf-8") if page.exists() else ARROWS)
    if missing := {"base", "net", "redis", "kube", "fleet", "topology", "output", "commands", "cli"} - arrows.keys():
        print(f"{page}: the table of folders has no row for {', '.join(sorted(missing))}", file=sys.stderr)
        return 1
    found = list(violations(root, arrows))
    print(*found, sep="\n", end="\n" if found else "")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parent.parent))
