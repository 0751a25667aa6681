#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Looks at every page of the reference in a browser: at two widths, in dark colours, and as on paper.

The pages are rendered for the shipped specifications and for those that stretch the language. A page with every
fault is measured beside them, and has to be found out.
"""

import argparse
import http.server
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(ROOT))
OPTIONS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
           "--disable-background-networking", "--disable-component-update", "--enable-logging=stderr",
           "--hide-scrollbars", "--window-size=1400,900")
SECONDS = 120
BROKEN = "broken.html"
BROKEN_MUST_SAY = {
    "wide window": ("overflow: <p> 'A line", "colour: <p> 'Grey", "missing: 'Text that", "link: <a> 'A page",
                    "link: <a> 'An", "picture: 'much too long' leaves", "picture: the numbers"),
    "narrow window": ("overflow: <p> 'A line",),
    "dark colours": ("colour: <p> 'Light on white",),
    "paper": ("overflow: the page",),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--browser", metavar="PROGRAM", default="chromium", help="default: chromium")
    browser = shutil.which(parser.parse_args().browser)
    if browser is None:
        print("the browser was not found (Debian package: chromium)", file=sys.stderr)
        return 1
    with tempfile.TemporaryDirectory() as directory:
        pages = render(Path(directory) / "pages")
        found, console = look(browser, Path(directory), pages + [BROKEN])
    wrong = [f"{page['page']}, {page['view']}: {text}" for page in found if page["page"] != BROKEN
             for text in page["wrong"]]
    wrong += [line for line in console if BROKEN not in line]
    wrong += overlooked(found, console)
    for line in wrong:
        print(line)
    count = sum(page["pictures"] for page in found if page["page"] != BROKEN and page["view"] == "wide window")
    print(f"{len(pages)} pages with {count} pictures, {len(wrong)} faults")
    return 1 if wrong or not count else 0


def render(out):
    from codegen import __main__ as codegen

    specs = [ROOT / "pt_specs", ROOT / "examples" / "format", *sorted((ROOT / "tests" / "specs").glob("ok_*.yaml"))]
    status = codegen.main(["reference", "--specs", *map(str, specs), "--out", str(out)])
    if status:
        sys.exit(status)
    return sorted(path.name for path in out.glob("*.html"))


def look(browser, directory, pages):
    """What the browser measured, and what it said on its console."""
    found, done = {}, threading.Event()

    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *arguments):
            super().__init__(*arguments, directory=directory / "pages")

        def translate_path(self, path):
            name = Path(path.split("?")[0]).name
            return str(HERE / name) if (HERE / name).is_file() else super().translate_path(path)

        def do_GET(self):
            if self.path != "/pages":
                return super().do_GET()
            self.answer(json.dumps(pages).encode())

        def do_POST(self):
            found["pages"] = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self.answer(b"{}")
            done.set()

        def answer(self, body):
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    log = directory / "log"
    with open(log, "wb") as stderr:
        process = subprocess.Popen([browser, *OPTIONS, f"--user-data-dir={directory / 'profile'}",
                                    f"http://127.0.0.1:{server.server_port}/measure.html"],
                                   stdout=subprocess.DEVNULL, stderr=stderr, start_new_session=True)
        finished = done.wait(SECONDS)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    server.shutdown()
    said = log.read_text(errors="replace")
    if not finished or "error" in found["pages"]:
        print(said[-4000:], found.get("pages", f"nothing after {SECONDS} seconds"), file=sys.stderr)
        sys.exit(1)
    return found["pages"], re.findall(r"CONSOLE.*", said)


def overlooked(found, console):
    """Faults of the broken page that went unnoticed."""
    missed = []
    for page in (page for page in found if page["page"] == BROKEN):
        for text in BROKEN_MUST_SAY[page["view"]]:
            if not any(said.startswith(text) for said in page["wrong"]):
                missed.append(f"overlooked in {BROKEN}, {page['view']}: {text}")
    if not any("said on the console" in line for line in console):
        missed.append(f"overlooked in {BROKEN}: what it says on the console")
    return missed


if __name__ == "__main__":
    sys.exit(main())
