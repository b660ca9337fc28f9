"""Shows every page as it will look: `python -m tests.look.preview [OUT] [NAME…]` renders the samples, serves them on
loopback under the real content policy, and takes pictures on a phone and a desk, light and dark. It lists what axe,
the console and a ruler find wrong, and ends with 1 when they find anything."""

import http.server
import shutil
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import css_inline
from axe_playwright_python.sync_playwright import Axe
from jinja2 import UndefinedError
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

from tests.look import samples_debtor, samples_imports, samples_staff
from tests.look.rendering import STATIC, environment, render

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
SIZES = {"phone": (360, 640), "desk": (1280, 800)}
# Whatever sticks out sideways, and on a debtor's page every target outside running text that a thumb would miss.
RULER = """(debtor) => {
  const found = [];
  const wide = document.scrollingElement.scrollWidth - innerWidth;
  if (wide > 0) found.push(`${wide} px too wide`);
  if (!debtor) return found;
  for (const e of document.querySelectorAll("a, button, summary, input:not([type=hidden]), select, textarea")) {
    const at = (e.closest("label") ?? e).getBoundingClientRect();
    const within = e.parentElement.matches("p") && !e.matches(".button, .reach a");
    if (!at.width || e.matches(".skip") || within || at.height >= 47.5) continue;
    found.push(`${e.tagName} “${e.textContent.trim().slice(0, 30)}” is ${at.height.toFixed(1)} px high`);
  }
  return found;
}"""


def chromium() -> str | None:
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


def write_pages(folder: Path) -> tuple[dict[str, bool], list[str]]:
    """Every sample as a file; says of each whether it is a debtor's, and which ones lack a variable."""
    shutil.copytree(STATIC, folder / "static")
    (folder / "brand.css").write_text(samples_debtor.BRAND, encoding="utf-8")
    env = environment("it")
    pages: dict[str, bool] = {}
    found: list[str] = []
    staff = samples_staff.all_pages() + samples_imports.all_pages()
    for debtor, samples in ((True, samples_debtor.all_pages()), (False, staff)):
        for name, template, context in samples:
            try:
                (folder / f"{name}.html").write_text(render(env, template, context), encoding="utf-8")
                pages[name] = debtor
            except UndefinedError as error:
                found.append(f"{name}: {template} needs more than its sample says: {error}")
    mail = render(env, "messages/caring/email.html", samples_debtor.MAIL)
    (folder / "mail.html").write_text(css_inline.inline(mail, keep_at_rules=True), encoding="utf-8")
    return pages, found


class Files(http.server.SimpleHTTPRequestHandler):
    def end_headers(self) -> None:
        if not self.path.startswith("/mail"):
            self.send_header("Content-Security-Policy", POLICY)
        super().end_headers()

    def do_GET(self) -> None:
        if self.path == "/favicon.ico":  # what a page without an icon is asked for: the mail
            self.send_error(204)
        else:
            super().do_GET()

    def log_message(self, *args: object) -> None:
        """Quiet: the pictures are the log."""


@contextmanager
def served(folder: Path) -> Iterator[str]:
    def handler(*args: object) -> Files:
        return Files(*args, directory=str(folder))  # type: ignore[arg-type]

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()


def look_at(page: Page, name: str, debtor: bool, where: str) -> list[str]:
    found = [f"{name} {where}: {line}" for line in page.evaluate(RULER, debtor)]
    violations = Axe().run(page).response["violations"]
    for violation in violations:
        nodes = ", ".join(node["html"][:90] for node in violation["nodes"][:2])
        found.append(f"{name} {where}: axe {violation['impact']} {violation['id']}: {nodes}")
    return found


def listen(found: list[str]) -> Callable[[ConsoleMessage], None]:
    """Collects what the console complains of; hints of the browser's are not complaints."""

    def hear(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            found.append(f"console: {message.text}")

    return hear


def take_pictures(browser: Browser, base: str, pages: dict[str, bool], out: Path) -> list[str]:
    found: list[str] = []
    for size, (width, height) in SIZES.items():
        for scheme in ("light", "dark"):
            context = browser.new_context(
                viewport={"width": width, "height": height}, color_scheme=scheme, reduced_motion="reduce"
            )
            page = context.new_page()
            page.on("console", listen(found))
            for name, debtor in pages.items():
                page.goto(f"{base}/{name}.html")
                where = f"{size} {scheme}"
                if size == "phone" and scheme == "light":
                    page.screenshot(path=out / f"{name}.first.png")
                page.screenshot(path=out / f"{name}.{size}.{scheme}.png", full_page=True)
                if name != "mail":
                    found += look_at(page, name, debtor and size == "phone", where)
                if size == "phone" and scheme == "light":
                    page.set_viewport_size({"width": 320, "height": 640})
                    found += [f"{name} at 320 px: {line}" for line in page.evaluate(RULER, False)]
                    page.set_viewport_size({"width": width, "height": height})
            context.close()
    return found


def main(arguments: list[str]) -> int:
    out = Path(arguments[0]) if arguments else Path(tempfile.mkdtemp(prefix="look-"))
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        pages, found = write_pages(Path(folder) / "site")
        pages["mail"] = True
        chosen = {name: pages[name] for name in arguments[1:]} or pages
        with served(Path(folder) / "site") as base, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
            found += take_pictures(browser, base, chosen, out)
            browser.close()
    print(*found, sep="\n")
    print(f"{len(chosen)} pages, {len(found)} findings, pictures in {out}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
