"""The rules of a screen reader and of contrast, asked of a page as it stands."""

from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]
from playwright.sync_api import Page

# WCAG 2.2 level AA, which includes the contrast of every text.
RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}

# As somebody who chose the theme; a page without script follows the system.
CHOOSE = """theme => {
    document.documentElement.dataset.theme = theme;
    return getComputedStyle(document.body).color;
}"""


def keeps_the_rules_of_wcag(page: Page) -> None:
    """In the dark and in the light."""
    inks = set()
    for theme in ("dark", "light"):
        page.emulate_media(color_scheme=theme)
        inks.add(page.evaluate(CHOOSE, theme))
        found = Axe().run(page, options=RULES)
        assert len(found.response["passes"]) > 10, "the rules did not run"
        assert found.violations_count == 0, f"{page.url} {theme}: {found.generate_report()}"
    assert len(inks) == 2, f"{page.url} looks the same in the dark and in the light"
