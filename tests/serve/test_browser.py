"""The page in headless Chromium, by keyboard: reviewing, undo, conflicts, hostile text, layout, accessibility."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright import sync_api as playwright

from mt.data import Document
from mt.serve import Desk
from mt.store import Status, Store
from tests.serve.browser import ARGUMENTS, CHROMIUM, running
from tests.serve.samples import HOSTILE, fill

pytestmark = pytest.mark.slow

PATIENCE = 60.0
"""Seconds that a page may take for anything: nothing is timed here, and a machine may be busy."""

ACCESSIBILITY = (Path(__file__).parent / "accessibility.js").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def chromium() -> Iterator[playwright.Browser]:
    """One browser for all tests of this file."""
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS, timeout=1000 * PATIENCE)
        yield browser
        browser.close()


@pytest.fixture
def address(desk: Desk) -> Iterator[str]:
    """A server on the sample store."""
    with running(desk) as found:
        yield found


@pytest.fixture
def visit(chromium: playwright.Browser, address: str) -> Iterator[Callable[..., playwright.Page]]:
    """Opens a page in a browser profile of its own; a message on its console fails the test."""
    complaints: list[str] = []
    contexts = []

    def open_page(path: str = "/", width: int = 1280, height: int = 800, **options: str) -> playwright.Page:
        context = chromium.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(1000 * PATIENCE)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console", lambda said: complaints.append(said.text) if "Content Security" in said.text else None
        )
        page.goto(address + path)
        page.wait_for_selector("h1", state="attached")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def page(visit: Callable[..., playwright.Page]) -> playwright.Page:
    """The review with its first pair."""
    found = visit()
    ready(found, 1)
    return found


def ready(page: playwright.Page, position: int) -> None:
    """Wait until the pair at a position is shown."""
    page.wait_for_function(
        "text => document.querySelector('.pair-title span')?.textContent === text", arg=f"Pair {position + 1}"
    )


def begin_edit(page: playwright.Page, text: str | None = None) -> None:
    """Open the editor, and put another text in place of the target."""
    page.keyboard.press("e")
    page.wait_for_selector("textarea:focus")
    if text is not None:
        page.keyboard.press("Control+a")
        page.keyboard.type(text)


def close_dialog(page: playwright.Page) -> None:
    """Leave a dialog, and wait until what it does at its end is done."""
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog", state="detached")


def until(true: Callable[[], bool], seconds: float = PATIENCE) -> None:
    """Wait for what the server does in its own time; fails when it has not been done by then."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"not done within {seconds} seconds"
        time.sleep(0.02)


def pair_at(store: Store, position: int):
    (info,) = [one for one in store.documents() if one.name == "treinen.txt"]
    return next(one for one in store.pairs(info.id) if one.position == position)


def test_pairs_are_accepted_edited_rejected_skipped_and_undone_by_keyboard(page, store: Store) -> None:
    begin_edit(page, "The train to Utrecht leaves at 9.30.")
    page.wait_for_selector("ins")
    page.keyboard.press("Enter")
    ready(page, 5)
    page.keyboard.press("a")
    ready(page, 4)
    page.keyboard.press("r")
    page.wait_for_selector("dialog input:focus")
    page.keyboard.type("Zwolle is misspelt")
    page.keyboard.press("Enter")
    ready(page, 0)
    page.keyboard.press("s")
    ready(page, 2)
    states = [pair_at(store, position).status for position in (1, 5, 4, 0)]
    assert states == [Status.EDITED, Status.ACCEPTED, Status.REJECTED, Status.SKIPPED]
    assert pair_at(store, 1).pair.target == "The train to Utrecht leaves at 9.30."
    for position in (0, 4, 5, 1):
        page.keyboard.press("u")
        ready(page, position)
    assert {one.status for one in store.pairs(pair_at(store, 1).document)} == {Status.OPEN}
    assert pair_at(store, 1).pair.target == "The train to Utrecht leaves at 9.13."


def test_escape_leaves_the_editor_and_changes_nothing(page, store: Store) -> None:
    begin_edit(page)
    page.keyboard.type("as")
    page.keyboard.press("Escape")
    page.wait_for_selector(".target-side p.text")
    assert pair_at(store, 1).version == 0


def test_a_candidate_is_used_with_its_digit(page, store: Store) -> None:
    page.keyboard.press("1")
    page.wait_for_selector("textarea:focus")
    page.keyboard.press("Enter")
    ready(page, 5)
    assert pair_at(store, 1).pair.target == "The train to Utrecht departs at 9.30."


def test_a_conflict_shows_both_versions_and_overwrites_nothing(visit, store: Store) -> None:
    number = pair_at(store, 1).id
    first, second = visit(f"/?pair={number}"), visit(f"/?pair={number}")
    for page, text in ((first, "Anna was here."), (second, "Bob was here.")):
        ready(page, 1)
        begin_edit(page, text)
    first.keyboard.press("Enter")
    ready(first, 5)
    second.keyboard.press("Enter")
    second.wait_for_selector("dialog .mine")
    assert second.text_content(".theirs") == "Anna was here."
    assert second.text_content(".mine") == "Bob was here."
    assert pair_at(store, 1).pair.target == "Anna was here."
    close_dialog(second)
    second.wait_for_selector(".target-side .text >> text=Anna was here.")
    assert pair_at(store, 1).version == 1


def test_a_page_hears_that_somebody_else_decided(visit, store: Store) -> None:
    number = pair_at(store, 1).id
    first, second = visit(f"/?pair={number}"), visit(f"/?pair={number}")
    ready(first, 1)
    ready(second, 1)
    second.wait_for_selector("#meter progress")
    first.keyboard.press("a")
    second.wait_for_selector(".notice >> text=decided on this pair just now")


@pytest.mark.parametrize("path", ["/?filter=bord", "/documents/{document}", "/documents", "/statistics"])
def test_hostile_text_is_shown_as_text_everywhere(visit, store: Store, path: str) -> None:
    document = fill(store, f"{HOSTILE}.txt".replace("/", "∕"))
    page = visit(path.replace("{document}", document))
    page.wait_for_function("() => document.querySelector('main').textContent.includes('<script>')")
    assert page.title() != "pwned"
    assert page.locator("main script, main img[src=x]").count() == 0


def test_a_hostile_pair_can_be_edited_and_its_history_read(visit, store: Store) -> None:
    page = visit("/?filter=bord")
    ready(page, 5)
    begin_edit(page)
    page.keyboard.type(HOSTILE)
    page.wait_for_selector("ins")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Nothing is left here")
    page.keyboard.press("u")
    page.wait_for_selector(".history ins")
    assert page.title() != "pwned"
    assert page.locator("main script, main img").count() == 0


def test_words_light_up_with_their_translation_under_the_pointer_and_at_the_cursor(visit) -> None:
    page = visit("/?filter=ProRail")
    ready(page, 3)
    page.wait_for_selector(".text[data-side=source][data-linked]")
    page.hover(".text[data-side=source] [data-word='1']")
    page.wait_for_selector(".text[data-side=target] .lit >> text=ProRail,")
    assert page.locator(".text[data-side=target] .lit").count() == 1
    page.focus(".text[data-side=source]")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.wait_for_function("() => document.getElementById('status').textContent === 'ProRail: ProRail,'")


def test_findings_stand_at_their_place_also_behind_an_emoji(visit) -> None:
    page = visit("/?filter=Zwolle")
    ready(page, 4)
    assert page.locator("mark.finding.warning").all_text_contents() == ["Zwole"]


def test_the_filter_is_in_the_address_and_a_wrong_one_is_explained(page) -> None:
    page.keyboard.press("/")
    page.keyboard.type("check:name")
    page.keyboard.press("Enter")
    ready(page, 4)
    assert "filter=check%3Aname" in page.url
    page.reload()
    ready(page, 4)
    assert page.input_value("#filter") == "check:name"
    page.fill("#filter", "nope:1")
    page.press("#filter", "Enter")
    page.wait_for_selector("#filter-problem >> text=nope")
    page.fill("#filter", "check:nubmer")
    page.press("#filter", "Enter")
    page.wait_for_selector("#filter-problem >> text=Did you mean number or name?")


def test_the_filter_offers_keys_and_their_values_by_keyboard(page) -> None:
    page.keyboard.press("/")
    page.wait_for_selector("#offers li >> text=check:")
    assert page.get_attribute("#filter", "aria-expanded") == "true"
    page.keyboard.type("-ch")
    page.wait_for_function("() => document.querySelectorAll('#offers li').length === 1")
    page.keyboard.press("ArrowDown")
    assert page.get_attribute("#filter", "aria-activedescendant") == "offer-0"
    page.keyboard.press("Enter")
    page.wait_for_selector("#offers li >> text=truncation")
    page.keyboard.type("numb")
    page.wait_for_function("() => document.querySelectorAll('#offers li').length === 1")
    assert page.evaluate(ACCESSIBILITY) == []
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert page.input_value("#filter") == "-check:number "
    page.wait_for_selector("#offers li >> text=doc:")
    page.keyboard.press("Escape")
    assert page.is_hidden("#offers")
    page.keyboard.press("Enter")
    ready(page, 5)
    assert "filter=-check%3Anumber" in page.url


def test_an_edit_is_judged_while_it_is_typed_and_an_error_in_it_is_told(page) -> None:
    begin_edit(page)
    page.keyboard.type(" Now")
    page.wait_for_selector(".worth-finding.error >> text=9.13 is not in the source.")
    assert page.text_content(".worth p").startswith("0.15")
    page.keyboard.press("Enter")
    ready(page, 5)
    page.wait_for_selector(".toast.warning >> text=a check sees an error")
    page.click(".toast >> text=Show")
    ready(page, 1)
    page.wait_for_selector(".status.edited")


def test_a_pair_is_free_again_when_its_page_is_left(page, store: Store) -> None:
    number = pair_at(store, 1).id
    assert store.holders([number], datetime.now(UTC)) == {number: "anna"}
    page.click("nav >> text=Documents")
    page.wait_for_selector("h1 >> text=Documents")
    # The message that gives the pair back is sent in the background; nothing on the page tells its arrival.
    until(lambda: store.holders([number], datetime.now(UTC)) == {})


def test_documents_are_found_by_name(visit, store: Store) -> None:
    store.put_document(Document("", "nl", "Boot.", name="map/boot.txt"), "en")
    page = visit("/documents")
    page.wait_for_selector("tbody tr >> nth=1")
    page.fill("#document-name", "BOOT")
    page.wait_for_function("() => document.querySelectorAll('tbody tr').length === 1")
    page.fill("#document-name", "nowhere")
    page.wait_for_selector("text=No document has such a name.")


def test_keys_are_changed_and_single_keys_switched_off(page, store: Store) -> None:
    page.keyboard.press("?")
    page.fill("[aria-label='Key: Accept the pair as it stands']", "g")
    close_dialog(page)
    page.keyboard.press("a")
    page.keyboard.press("g")
    ready(page, 5)
    assert pair_at(store, 1).status is Status.ACCEPTED
    page.keyboard.press("?")
    page.uncheck("#set-shortcuts")
    close_dialog(page)
    page.keyboard.press("g")
    # What is asked for later is answered later: a decision would be stored by then.
    page.click("button.action >> text=Skip")
    ready(page, 4)
    assert [row.verdict for row in store.reviews([pair_at(store, 5).id])[pair_at(store, 5).id]] == ["skipped"]


def test_bulk_acceptance_tells_what_it_skipped_and_is_taken_back(page, store: Store) -> None:
    page.click("text=Accept all…")
    page.click("dialog >> text=Accept up to 7")
    page.wait_for_selector("text=6 accepted, 1 skipped: 1 with an error.")
    page.click(".toast >> text=Undo all")
    page.wait_for_selector("text=6 taken back.")
    assert {one.status for one in store.pairs(pair_at(store, 1).document)} == {Status.OPEN}


def test_a_marked_error_is_shown_in_the_text(page) -> None:
    page.keyboard.press("?")
    page.check("#set-mqm")
    close_dialog(page)
    page.focus(".text[data-side=target]")
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("m")
    page.wait_for_selector("dialog >> text=to Utrecht")
    page.click("dialog button.primary")
    page.wait_for_selector("mark.mqm")
    assert "".join(page.locator("mark.mqm").all_text_contents()) == "to Utrecht"


def test_a_token_is_asked_for_and_kept_in_no_place_that_scripts_read(chromium, desk: Desk) -> None:
    with running(desk, "correct horse battery") as address:
        page = chromium.new_context().new_page()
        page.goto(address)
        page.fill("#reviewer", "anna")
        page.fill("#token", "correct horse bakery")
        page.keyboard.press("Enter")
        page.wait_for_selector("text=The token is wrong.")
        page.fill("#token", "correct horse battery")
        page.keyboard.press("Enter")
        ready(page, 1)
        assert page.evaluate("document.cookie") == ""
        assert "horse" not in page.evaluate("JSON.stringify({...localStorage, ...sessionStorage})")
        page.context.close()


PLACES = {
    "/": ".decide",
    "/?filter=nowhere": "text=Nothing is left here",
    "/documents": "tbody tr",
    "/documents/{document}": ".block",
    "/statistics": "main img",
}
"""Addresses of the page, each with what stands there when it is drawn."""


@pytest.fixture(params=list(PLACES))
def place(request: pytest.FixtureRequest, visit, store: Store) -> Callable[..., playwright.Page]:
    """Opens an address of the page, and waits until it is drawn."""

    def open_place(**options) -> playwright.Page:
        page = visit(request.param.replace("{document}", pair_at(store, 1).document), **options)
        page.wait_for_selector(PLACES[request.param])
        return page

    return open_place


def test_a_phone_of_320_pixels_scrolls_in_one_direction_only(place) -> None:
    page = place(width=320, height=640)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_the_editor_and_a_dialog_fit_on_a_phone(visit) -> None:
    page = visit(width=320, height=640)
    ready(page, 1)
    begin_edit(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.keyboard.press("Escape")
    page.wait_for_selector(".target-side p.text")
    page.keyboard.press("r")
    page.wait_for_selector("dialog")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_names_structure_and_contrast_hold_everywhere(place, scheme: str) -> None:
    assert place(color_scheme=scheme).evaluate(ACCESSIBILITY) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_editor_the_dialogs_and_a_decided_pair_hold_too(visit, scheme: str) -> None:
    page = visit(color_scheme=scheme)
    ready(page, 1)
    page.keyboard.press("1")
    page.wait_for_selector("ins")
    assert page.evaluate(ACCESSIBILITY) == []
    page.keyboard.press("Enter")
    ready(page, 5)
    assert page.evaluate(ACCESSIBILITY) == []
    page.keyboard.press("u")
    ready(page, 1)
    page.keyboard.press("d")
    page.wait_for_selector("text=Dismissed as a false alarm.")
    assert page.evaluate(ACCESSIBILITY) == []
    for key in ("?", "r", "c"):
        page.keyboard.press(key)
        page.wait_for_selector("dialog")
        assert page.evaluate(ACCESSIBILITY) == []
        close_dialog(page)


def test_dark_is_dark_and_the_reviewer_may_choose(visit) -> None:
    def lightness(page) -> int:
        rgb = page.evaluate(
            "getComputedStyle(document.documentElement).backgroundColor.match(/\\d+/g).map(Number)"
        )
        return sum(rgb)

    dark, light = visit(color_scheme="dark"), visit(color_scheme="light")
    assert lightness(dark) < 150 < 600 < lightness(light)
    ready(dark, 1)
    dark.keyboard.press("?")
    dark.select_option("#theme", "light")
    dark.keyboard.press("Escape")
    assert lightness(dark) > 600


def test_nothing_moves_where_less_motion_is_asked_for(visit) -> None:
    page = visit(reduced_motion="reduce")
    ready(page, 1)
    page.keyboard.press("a")
    page.wait_for_selector(".toast")
    assert page.evaluate("document.getAnimations().length") == 0


def test_the_page_asks_nobody_but_its_server(chromium, address: str) -> None:
    page = chromium.new_context().new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for path in ("/", "/documents", "/statistics"):
        page.goto(address + path)
        page.wait_for_selector(PLACES[path])
    assert asked
    assert all(url.startswith(address) for url in asked)
    page.context.close()


def test_a_page_goes_on_after_its_server_was_started_again(chromium, desk: Desk, store: Store) -> None:
    page = chromium.new_context().new_page()
    with running(desk) as address:
        page.goto(address)
        ready(page, 1)
    # The session of a server without a token is over with it; the page opens another one by itself.
    with running_at(desk, address):
        page.keyboard.press("a")
        ready(page, 5)
    assert pair_at(store, 1).status is Status.ACCEPTED
    page.context.close()


def running_at(desk: Desk, address: str):
    return running(desk, port=int(address.rpartition(":")[2]))
