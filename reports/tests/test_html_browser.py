# SPDX-License-Identifier: GPL-2.0-only
"""report.html in a real browser, from the disk: it is used as a person uses it, with the keyboard, on a phone, in the dark."""

from dataclasses import replace

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select

from reports.html import Extras, KillMatrix, Run, page, pages
from reports.model import Hypervisor
from reports.tests.browser import CONTRAST, Page, chromium
from reports.tests.pages import LENGTHS, large_run, linux_case, many_case, mixed_run, odd_case, timed, untimed, xen_case
from reports.tests.samples import INFO

SHOWN = "[...document.querySelectorAll('.case:not([hidden])')].map(c => c.querySelector('.id').textContent)"
HUNG = "hung.mask[ack=new,cast=edu,pos=first]"
LEAST = 4.5  # WCAG AA

# How windows are drawn: c0 as they are, c1 a fault that stood already, c2 a long storm, c3 no lengths, c4 no fault, c5 many, c6 nonsense,
# c7 a board that stood still.
WINDOWS = [xen_case(), timed(xen_case("a.stood"), fault_us=0), timed(xen_case("b.storm"), during=2_400_000, fault_us=600_000),
           untimed(xen_case("c.old")), timed(xen_case("d.well"), fault_us=None), many_case(), odd_case(), linux_case()]


LINUX = replace(INFO, board="q35-kvm", hypervisor=Hypervisor("kvm", "6.1.0", "ef" * 32, "vmlinuz-6.1.0-1-amd64"))


@pytest.fixture(scope="module")
def driver():
    with chromium() as driver:
        yield driver


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    extras = Extras(compared={"hung.silent[ack=new]": "REGRESSION"}, history={HUNG: [900.0, 1000.0, 2086.0]},
                    kills=KillMatrix({"eoi-timer-off": {"hung.mask": 12}}))
    for name, text in (("mixed", page(INFO, mixed_run(), 61.25, extras)), ("large", page(INFO, large_run(1000), 61.25)),
                       ("windows", page(INFO, WINDOWS, 61.25)),
                       ("two", pages([Run(INFO, [xen_case()], 60.0), Run(LINUX, [linux_case()], 60.0)]))):
        (folder / f"{name}.html").write_text(text)
    return folder


@pytest.fixture
def mixed(driver, files):
    shown = Page(driver, files / "mixed.html")
    shown.size(1280, 900)
    shown.media()
    shown.driver.execute_cdp_cmd("Page.bringToFront", {})
    shown.driver.get(shown.address)
    return shown


def choose(shown: Page, name: str, value: str) -> list[str]:
    Select(shown.driver.find_element(By.ID, name)).select_by_value(value)
    return shown.js(f"return {SHOWN}")


def open_hung(shown: Page) -> None:
    shown.js("document.querySelector('#c0').closest('.group').open = true; document.querySelector('#c0').open = true")
    shown.until("document.querySelector('#c0 .detail').dataset.filled === 'done'")


@pytest.mark.parametrize("name, value, found", [
    ("word", "known", ["server.lower[ack=new]"]),
    ("word", "ERROR", ["dead.domain"]),
    ("word", "fixed", ["vectors.stale"]),
    ("invariants", "X", ["msi.nic[model=nvme]"]),
    ("models", "nvme", ["msi.nic[model=nvme]"]),
    ("models", "ahci", ["kvm.dead.asserting[device=edu,domain=process,iommu=intel]"]),
    ("boot", "old", ["hung.mask[ack=old,cast=edu,pos=first]"]),
])
def test_filter(mixed, name, value, found):
    assert len(mixed.js(f"return {SHOWN}")) == 10
    assert choose(mixed, name, value) == found
    assert mixed.js("return document.getElementById('shown').textContent") == f"{len(found)} of 10"
    # What is found is to be seen, and nothing else is.
    seen = mixed.js("return [...document.querySelectorAll('.case > summary')].filter(e => e.checkVisibility()).length")
    assert seen == len(found)


def test_filter_by_the_word_of_the_baseline(mixed):
    assert choose(mixed, "compared", "REGRESSION") == ["hung.silent[ack=new]"]


def test_filter_by_hypervisor(driver, files):
    shown = Page(driver, files / "two.html")
    shown.driver.get(shown.address)
    assert len(shown.js(f"return {SHOWN}")) == 2
    assert choose(shown, "hypervisor", "kvm-6.1") == [linux_case().case]
    assert choose(shown, "hypervisor", "xen-4.17") == [xen_case().case]


def test_search(mixed):
    field = mixed.driver.find_element(By.ID, "search")
    field.send_keys("HUNG.MASK  old")
    assert mixed.js(f"return {SHOWN}") == ["hung.mask[ack=old,cast=edu,pos=first]"]
    field.send_keys(" nothing has this")
    assert mixed.js(f"return {SHOWN}") == []
    assert mixed.driver.find_element(By.ID, "none").is_displayed()
    mixed.driver.find_element(By.CSS_SELECTOR, "button[type=reset]").click()
    mixed.until(f"{SHOWN}.length === 10")


def test_filter_and_search_together(mixed):
    choose(mixed, "word", "FAIL")
    mixed.driver.find_element(By.ID, "search").send_keys("silent")
    assert mixed.js(f"return {SHOWN}") == ["hung.silent[ack=new]"]


def test_a_case_opens(mixed):
    for line in ("#cases .group:first-of-type > summary", "#c0 > summary"):
        mixed.driver.find_element(By.CSS_SELECTOR, line).click()
    mixed.until("document.querySelector('#c0 .detail').dataset.filled === 'done'")
    count = "return document.querySelectorAll('#c0 ' + arguments[0]).length"
    assert mixed.js(count, ".strip .served") == 7 * 24  # seven timelines of 24 cells
    assert mixed.js(count, ".strip .served.offender") == 24
    assert mixed.js(count, ".strip .boundtick") == 7
    assert mixed.js(count, ".strip .fault") == 1
    assert mixed.js(count, ".strip .hole") == 1
    assert mixed.js("return document.querySelector('#c0 .strip .longest').textContent") == "longest: 2.09 ms of 6.6 ms"
    body = mixed.driver.find_element(By.CSS_SELECTOR, "#c0 .body").text
    assert "Longest gap: 2.09 ms, dom 3 during; bound 6.6 ms." in body
    assert "GSI 20\ndom 1 edu, offender\ndom 2 e1000\ndom 3 uhci" in body
    assert "CPU 0 vector a0: pin 20 dom 1-3 \u2192 pin 20 -" in body
    assert f"CASE='{HUNG}'" in body
    assert mixed.js(count, ".trend") == 1


def test_heights_tell_what_was_served(mixed):
    open_hung(mixed)
    heights = mixed.js("return [...document.querySelectorAll('#c0 .strip .served')].map(bar => +bar.getAttribute('height'))")
    stood = heights[24 * 5:24 * 6]  # dom 3, during
    assert stood[4:10] == [0] * 6 and min(stood[:4]) > 0


@pytest.fixture
def windows(driver, files):
    shown = Page(driver, files / "windows.html")
    shown.size(1280, 900)
    shown.media()
    shown.driver.refresh()
    shown.open_all()
    return shown


def numbers(shown: Page, where: str, *names: str) -> list[list[float]]:
    """These attributes of each such element."""
    return shown.js("return [...document.querySelectorAll(arguments[0])].map(e => arguments[1].map(name => +e.getAttribute(name)))",
                    where, names)


def drawn(shown: Page, case: str) -> list[tuple[float, float]]:
    """Place and width of each window."""
    heads = [x for (x,) in numbers(shown, f"#{case} .strip .head", "x")]
    widths = shown.js("return [...document.querySelectorAll(arguments[0])].map(e => [new DOMMatrix(getComputedStyle(e.parentElement)"
                      ".transform).e, +e.getAttribute('width')])", f"#{case} .strip .ground")
    return [(x, max(width for at, width in widths if abs(at - x) < 1)) for x in heads]


def test_windows_are_as_wide_as_they_were_long(windows):
    (_, before), (x, during), (_, after) = drawn(windows, "c0")
    assert during / before == pytest.approx(LENGTHS["during"] / LENGTHS["before"], rel=0.01)
    assert after / before == pytest.approx(LENGTHS["after"] / LENGTHS["before"], rel=0.01)
    (fault,), = numbers(windows, "#c0 .strip .fault", "x1")
    assert (fault - x) / during == pytest.approx(15_114 / LENGTHS["during"], rel=0.01)
    heads = windows.js("return [...document.querySelectorAll('#c0 .strip .head')].map(e => e.textContent)")
    assert heads == ["before 30.2 ms", "during 61.1 ms", "after 30.2 ms"]
    assert windows.js("return document.querySelector('#c0 .faulttext').textContent") == "fault, 15.1 ms in"
    assert "as wide as they were long." in windows.driver.find_element(By.CSS_SELECTOR, "#c0 figcaption").text


def test_a_fault_that_stood_already(windows):
    (_, _), (x, _), (_, _) = drawn(windows, "c1")
    assert numbers(windows, "#c1 .strip .fault", "x1") == [[pytest.approx(x)]]
    assert windows.js("return document.querySelector('#c1 .faulttext').textContent") == "fault"


def test_short_windows_stay_visible(windows):
    (_, before), (x, during), (_, after) = drawn(windows, "c2")
    assert before == after == 120 and during > 3 * before
    (fault,), = numbers(windows, "#c2 .strip .fault", "x1")
    assert (fault - x) / during == pytest.approx(0.25, rel=0.01)
    assert "short ones are widened" in windows.driver.find_element(By.CSS_SELECTOR, "#c2 figcaption").text


def test_windows_without_lengths(windows):
    (_, before), (x, during), (_, after) = drawn(windows, "c3")
    assert before == pytest.approx(during) == pytest.approx(after)
    (fault,), = numbers(windows, "#c3 .strip .fault", "x1")
    assert fault < x  # between the two
    assert windows.js("return document.querySelectorAll('#c3 .steps').length") == 0
    assert windows.js("return document.querySelectorAll('#c3 .median').length") == 7
    assert "is not told" in windows.driver.find_element(By.CSS_SELECTOR, "#c3 figcaption").text


def test_a_board_that_stood_still(windows):
    text = windows.driver.find_element(By.CSS_SELECTOR, "#c7 figcaption").text
    assert "the board itself stood still 20 ms during; gaps are told without that" in text
    assert "stood still" not in windows.driver.find_element(By.CSS_SELECTOR, "#c0 figcaption").text


def test_no_fault_where_none_struck(windows):
    assert windows.js("return document.querySelectorAll('#c4 .fault').length") == 0


def test_rates_compare(windows):
    """As many a time are as high, however long the window; the last part, which has more time, is wider, not higher."""
    bars = numbers(windows, "#c0 .strip .served", "width", "height")
    before, during = bars[24:48], bars[48:72]  # of dom 2
    assert before[-1][0] == pytest.approx(2 * before[0][0], rel=0.1) and before[-1][1] < before[1][1]
    assert before[0][1] / during[0][1] == pytest.approx(2 ** 0.5, rel=0.02)  # twice as many a time


def test_latencies_are_distributions(windows):
    count = "return document.querySelectorAll(arguments[0]).length"
    assert windows.js(count, "#c0 .latency .steps") == 7
    assert windows.js(count, "#c0 .latency .median") == windows.js(count, "#c0 .latency .p99") == 7
    assert windows.js(count, "#c0 .latency .boundtick") == 7
    during = windows.js("return document.querySelector('#c0 .steps.during').getAttribute('d')")
    assert during.count("M") == 5 and "NaN" not in during  # 28 to 56 us is one, then 160, 640, 1024 and 1792 us
    label = windows.js("return document.querySelector('#c0 svg.latency').getAttribute('aria-label')")
    assert "dom 2 during 36 us and 294 us" in label


def test_many_sharers_have_one_distribution(windows):
    assert windows.js("return document.querySelectorAll('#c5 .latency .steps').length") == 2
    assert windows.js("return document.querySelector('#c5 .latency .who').textContent").strip() == "all 30 sharers"
    label = windows.js("return document.querySelector('#c5 svg.latency').getAttribute('aria-label')")
    assert "all 30 sharers before 40 us and 384 us" in label


@pytest.mark.parametrize("width", [1280, 360])
def test_rows_that_make_no_sense(windows, width):
    windows.size(width, 900)
    windows.driver.refresh()
    windows.open_all()
    assert windows.complaints() == []
    assert "cannot unpack" not in windows.driver.find_element(By.CSS_SELECTOR, "#c6").text
    attributes = windows.js("return [...document.querySelectorAll('svg *')].flatMap(e => [...e.attributes]).map(a => a.value)")
    assert not [value for value in attributes if "NaN" in value or "Infinity" in value or "undefined" in value]
    assert all(width >= 0 and height >= 0 for width, height in numbers(windows, "svg rect", "width", "height"))
    assert windows.js("return document.documentElement.scrollWidth - document.documentElement.clientWidth") == 0


def test_vector_map_frames_what_differs(mixed):
    open_hung(mixed)
    def frames():
        return mixed.js("return document.querySelectorAll('#c0 .frame').length")
    assert frames() == 2  # vector a0, before and after
    first = mixed.driver.find_element(By.CSS_SELECTOR, "#c0 .marks select")
    Select(first).select_by_visible_text(Select(mixed.driver.find_elements(By.CSS_SELECTOR, "#c0 .marks select")[1])
                                         .first_selected_option.text)
    assert frames() == 0
    assert "No vector differs" in mixed.driver.find_element(By.CSS_SELECTOR, "#c0 .vectormap").text


def test_failures_show_their_strip_unasked(mixed):
    mixed.size(390, 300)  # they are far below
    mixed.driver.refresh()
    mixed.until("document.querySelector('.bad .strip .gaptext.over.longest')")
    assert mixed.driver.find_element(By.CSS_SELECTOR, ".bad h3").text == "fail REGRESSION hung.silent[ack=new]"


def test_link_opens_the_case(mixed):
    mixed.driver.find_element(By.CSS_SELECTOR, ".bad h3 a").click()
    mixed.until("document.querySelector('#c2').open && document.querySelector('#c2 .detail').dataset.filled === 'done'")
    mixed.driver.get(mixed.address + "#c3")
    mixed.driver.refresh()
    mixed.until("document.querySelector('#c3').open && document.querySelector('#c3 > summary').checkVisibility()")


def test_keyboard(mixed):
    mixed.key("/")
    assert mixed.js("return document.activeElement.id") == "search"
    reached = []
    for _ in range(12):
        mixed.key(Keys.TAB)
        reached.append(mixed.js("return document.activeElement.id || document.activeElement.tagName"))
        if reached[-1] == "SUMMARY":
            break
    assert reached == ["word", "invariants", "models", "boot", "compared", "BUTTON", "SUMMARY"]
    assert mixed.js("return getComputedStyle(document.activeElement).outlineStyle") == "solid"
    mixed.key(Keys.ENTER, Keys.TAB, Keys.ENTER)
    mixed.until("document.querySelector('#c0').open && document.querySelector('#c0 .strip')")
    mixed.key(Keys.ARROW_DOWN)
    assert mixed.js("return document.activeElement.closest('#c0 .fold') !== null")
    mixed.key(Keys.ARROW_UP)
    assert mixed.js("return document.activeElement.parentElement.id") == "c0"


def test_no_complaint_and_no_request(mixed):
    mixed.open_all()
    mixed.driver.find_element(By.ID, "search").send_keys("x")
    assert mixed.complaints() == []
    assert {address.partition("#")[0] for address in mixed.requests()} - {"about:blank"} == {mixed.address}


def test_policy_holds(mixed):
    """What would be caught if something did ask."""
    mixed.js("const i = new Image(); i.src = 'http://127.0.0.1:9/x.png'; document.body.append(i)")
    mixed.js("const s = document.createElement('script'); s.textContent = 'window.hacked = 1'; document.body.append(s)")
    assert mixed.js("return window.hacked") is None
    assert len([text for text in mixed.complaints() if "Content Security Policy" in text]) == 2


def test_hostile_text_is_shown(mixed):
    mixed.open_all()
    console = mixed.js("return document.querySelector('#c9 .console').textContent")
    assert "</script><script>alert(1)</script><img src=x onerror=alert(2)>]]>&lt;red" in console
    assert mixed.js("return document.querySelectorAll('img, .case script').length") == 0
    assert "<script>alert(1)</script>" in mixed.driver.find_element(By.CSS_SELECTOR, "#c9 .checks").text


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_contrast(mixed, scheme, width):
    mixed.size(width, 900)
    mixed.media(scheme)
    mixed.open_all()
    mixed.js("document.querySelectorAll('.evidence').forEach(place => place.scrollIntoView())")
    texts, faint = mixed.js(CONTRAST, LEAST)
    assert texts > 200 and faint == []
    ground = mixed.js("return getComputedStyle(document.body).backgroundColor")
    assert ground == {"light": "rgb(251, 251, 249)", "dark": "rgb(22, 24, 26)"}[scheme]


@pytest.mark.parametrize("width", [1280, 768, 390, 320])
def test_nothing_is_wider_than_the_screen(mixed, width):
    mixed.size(width, 900)
    mixed.driver.refresh()
    spill = "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert mixed.js(spill) == 0
    mixed.open_all()
    assert mixed.js(spill) == 0


def test_print(mixed):
    mixed.media("dark", "print")
    assert not mixed.driver.find_element(By.CSS_SELECTOR, ".filters").is_displayed()
    assert mixed.js("return getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
    assert mixed.js("return getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert len(mixed.driver.execute_cdp_cmd("Page.printToPDF", {})["data"]) > 10_000


def test_a_thousand_cases(driver, files):
    shown = Page(driver, files / "large.html")
    shown.size(1280, 900)
    shown.media()
    shown.driver.refresh()
    paint = shown.until("performance.getEntriesByName('first-contentful-paint')[0]?.startTime")
    assert paint < 1000
    shown.driver.find_element(By.ID, "search").send_keys("number=999")
    assert shown.js(f"return {SHOWN}") == ["hung.case49[ack=new,number=999]"]
    shown.until("document.querySelector('#c999 > summary').getBoundingClientRect().height > 0")
    shown.driver.find_element(By.CSS_SELECTOR, "#c999 > summary").click()
    shown.until("document.querySelectorAll('#c999 .strip .served').length === 168")
