"""Reads pages in headless Chromium: nothing is loaded, nothing is wrong, tables sort, everybody can read them.

usage: report.py axe.min.js PAGE.html…
"""

import shutil
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

SCREENS = [
    ("a desk", {"viewport": {"width": 1280, "height": 900}, "color_scheme": "light"}),
    ("the dark", {"viewport": {"width": 1280, "height": 900}, "color_scheme": "dark"}),
    ("a phone", {"viewport": {"width": 390, "height": 844}, "color_scheme": "light", "is_mobile": True}),
]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]


def cells(page, table, column):
    """The texts of a column, as far as it is seen."""
    rows = page.locator("table").nth(table).locator("tbody tr")
    return [row.locator("td").nth(column).inner_text() for row in rows.all()]


def sorts(page, table):
    """Clicks the head of each column twice: its cells come in order, and then the other way round."""
    heads = page.locator("table").nth(table).locator("th")
    for column in range(heads.count()):
        texts = sorted(cells(page, table, column))
        heads.nth(column).locator("button").click()
        up = cells(page, table, column)
        assert heads.nth(column).get_attribute("aria-sort") == "ascending", (table, column)
        heads.nth(column).locator("button").press("Enter")
        down = cells(page, table, column)
        assert heads.nth(column).get_attribute("aria-sort") == "descending", (table, column)
        assert sorted(up) == texts == sorted(down), (table, column)
        if len(set(texts)) > 1:
            assert up != down, (table, column, up)
        if "number" in (heads.nth(column).get_attribute("class") or ""):
            numbers = [float(text.strip("$").replace(",", "")) for text in up if text != "NULL"]
            assert numbers == sorted(numbers), (table, column, numbers)


def check(browser, axe, path):
    for name, screen in SCREENS:
        context = browser.new_context(**screen)
        page = context.new_page()
        said, asked = [], []
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(path.as_uri())
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= screen["viewport"]["width"], f"{path.name} on {name} is {width} wide"
        if name == "a desk":
            for table in range(page.locator("table").count()):
                sorts(page, table)
            # The policy holds: nothing is loaded, no other script runs.
            page.evaluate("document.body.append(Object.assign(new Image(), {src: 'https://127.0.0.1:9/x.png'}))")
            page.evaluate(
                "document.body.append(Object.assign(document.createElement('script'), {textContent: 'window.ran = 1'}))"
            )
            page.wait_for_timeout(200)
            assert page.evaluate("window.ran === undefined"), "a script of somebody else's runs"
            refused = [text for text in said if "Content Security Policy" in text]
            assert len(refused) == 2 and len(said) == 2, said
            said.clear()
        assert not said, f"{path.name} on {name}: {said}"
        assert {url for url in asked if not url.startswith("https://127.0.0.1:9/")} == {path.as_uri()}, asked
        for picture in page.locator("svg").all():
            assert picture.get_attribute("role") == "img" and picture.locator("title").inner_html(), path.name
        context.close()
        # axe is a script of its own: only without the policy it runs.
        context = browser.new_context(**screen, bypass_csp=True)
        page = context.new_page()
        page.goto(path.as_uri())
        page.add_script_tag(path=axe)
        found = page.evaluate("tags => axe.run({runOnly: tags})", RULES)["violations"]
        bad = [f"{it['id']} ({it['impact']}): {it['nodes'][0]['html'][:120]}" for it in found
               if it["impact"] in ("serious", "critical")]
        assert not bad, f"{path.name} on {name}: {bad}"
        context.close()
    page = browser.new_page()
    page.goto(path.as_uri())
    pdf = page.pdf(format="A4")
    assert pdf.startswith(b"%PDF") and len(pdf) > 10_000, len(pdf)
    page.close()


def main():
    axe, *pages = sys.argv[1:]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for page in map(Path, pages):
            check(browser, axe, page)
            print(f"{page.name} is read on a desk, in the dark, on a phone and on paper")
        browser.close()


main()
