# SPDX-License-Identifier: GPL-2.0-only
"""Headless Chromium, as the tests of report.html use it: a page of the disk, and what became of it."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.support.ui import WebDriverWait

# The contrast of each text that is to be seen with what is behind it, WCAG 2.1: those below `least`, worst first.
CONTRAST = """
const least = arguments[0], found = [];
const parse = colour => (colour.match(/[0-9.]+/g) || []).map(Number);
const light = ([r, g, b]) => [r, g, b].map(c => c / 255).map(c => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
  .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
const opaque = colour => colour.length === 3 || colour[3] === 1;
function behind(element) {
  for (let at = element; at; at = at.parentElement) {
    const colour = parse(getComputedStyle(at).backgroundColor);
    if (colour.length && opaque(colour)) return colour;
  }
  throw new Error("no ground");
}
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
let texts = 0;
while (walker.nextNode()) {
  const element = walker.currentNode.parentElement;
  if (!walker.currentNode.data.trim() || !element.checkVisibility() || element.closest("script, style, title, meter")) continue;
  texts += 1;
  const style = getComputedStyle(element);
  const pair = [parse(element.closest("svg") ? style.fill : style.color), behind(element)].map(light).sort((a, b) => b - a);
  const ratio = (pair[0] + 0.05) / (pair[1] + 0.05);
  if (ratio < least) found.push(`${ratio.toFixed(2)} ${element.tagName}.${element.className.baseVal ?? element.className} ${element.textContent.slice(0, 40)}`);
}
return [texts, found.sort()];
"""


class Page:
    """A page that is open. `js` runs in it; `key` presses keys, as a person without a mouse does."""

    def __init__(self, driver: webdriver.Chrome, path: Path) -> None:
        self.driver = driver
        self.address = path.as_uri()
        driver.get_log("browser"), driver.get_log("performance")  # of the page before
        driver.get("about:blank")
        driver.get(self.address)

    def js(self, script: str, *arguments: Any) -> Any:
        return self.driver.execute_script(script, *arguments)

    def key(self, *keys: str) -> None:
        ActionChains(self.driver).send_keys(*keys).perform()

    def until(self, script: str) -> Any:
        return WebDriverWait(self.driver, 20).until(lambda _: self.js(f"return {script}"))

    def size(self, width: int, height: int) -> None:
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500})

    def media(self, scheme: str = "light", kind: str = "") -> None:
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {
            "media": kind, "features": [{"name": "prefers-color-scheme", "value": scheme}]})

    def open_all(self) -> None:
        """Each case, and each fold in it."""
        self.js("document.querySelectorAll('details').forEach(details => details.open = true)")
        self.until("[...document.querySelectorAll('.case .detail')].every(place => place.dataset.filled === 'done')")
        self.js("document.querySelectorAll('details').forEach(details => details.open = true)")

    def complaints(self) -> list[str]:
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def requests(self) -> list[str]:
        messages = [json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")]
        return [message["params"]["request"]["url"] for message in messages if message["method"] == "Network.requestWillBeSent"]


@contextmanager
def chromium() -> Iterator[webdriver.Chrome]:
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for word in ("headless=new", "disable-gpu", "disable-dev-shm-usage", "disable-background-networking", "window-size=1280,900"):
        options.add_argument(f"--{word}")
    if os.geteuid() == 0:
        options.add_argument("--no-sandbox")  # Chromium's cannot be had by root
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))
    try:
        yield driver
    finally:
        driver.quit()
