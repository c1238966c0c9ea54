"""Every key of the terminal front end, on a real store."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence

import pytest

from mt.data import Bead, Document, Pair, QualityScore, Verdict
from mt.errors import StoreError, UsageError
from mt.review import ReviewSession, parse_filter
from mt.review.terminal.lines import Lines
from mt.store import Order, PairRow, Store
from tests.made import put_aligned
from tests.review.terminal.conftest import Screen, review
from tests.serve.samples import SENTENCES


def test_the_worst_pair_comes_first_with_everything_that_helps_to_decide(store: Store) -> None:
    async def script(screen: Screen) -> None:
        text = screen.text
        assert "treinen.txt  pair 2/7   0.12 low   open" in text
        assert "7 left  anna" in text
        assert "Treinen rijden niet" in text
        assert "9.13¹" in text
        assert "9.30²" in text
        assert "¹✗ number: 9.13 is not in the source. «9.13»" in text
        assert "1  The train to Utrecht" in text
        assert "wide-beam: less probable" in text
        assert "Travellers must take account of" in text
        assert "a accept  e edit  r reject" in text
        assert "? help" in text

    review(store, script)


def test_a_key_accepts_and_the_next_pair_comes(store: Store) -> None:
    async def script(screen: Screen) -> None:
        first = screen.pair
        await screen.press("a")
        assert screen.stored(first.id).status == "accepted"
        assert screen.stored(first.id).reviewer == "anna"
        assert screen.message == "Saved: accepted, pair 2."
        assert screen.pair.position == 5
        assert "6 left" in screen.text

    app = review(store, script)
    assert app.saved == 1


def test_an_edit_is_saved_judged_again_and_said(store: Store) -> None:
    async def script(screen: Screen) -> None:
        first = screen.pair
        await screen.press("e", "end", "left", "backspace", "backspace")
        await screen.type("30")
        await screen.press("enter")
        after = screen.stored(first.id)
        assert after.pair.target == "The train to Utrecht leaves at 9.30."
        assert (after.status, after.pair.score and after.pair.score.value) == ("edited", 0.95)
        assert "Judged again: 0.12 → 0.95; findings: time." in screen.message

    review(store, script)


def test_escape_leaves_the_editor_and_saves_nothing(store: Store) -> None:
    async def script(screen: Screen) -> None:
        first = screen.pair
        await screen.press("e", "x", "escape")
        assert not screen.app.editing
        assert screen.pair == first
        assert screen.stored().status == "open"
        await screen.press("a")
        assert screen.stored(first.id).status == "accepted"

    review(store, script)


def test_an_edit_that_changes_nothing_accepts(store: Store) -> None:
    async def script(screen: Screen) -> None:
        first = screen.pair
        await screen.press("e", "enter")
        assert screen.stored(first.id).status == "accepted"

    review(store, script)


def test_an_empty_edit_is_refused_and_the_editor_stays(store: Store) -> None:
    async def script(screen: Screen) -> None:
        await screen.press("e", "ctrl+u", "enter")
        assert screen.app.editing
        assert "An edit needs a target" in screen.message
        assert screen.stored().status == "open"

    review(store, script)


def test_an_edit_is_judged_while_the_reviewer_pauses(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mt.review.terminal.deciding.JUDGE_AFTER", 0.0)

    async def script(screen: Screen) -> None:
        await screen.press("e", "x")
        while "Judged" not in screen.text:
            await asyncio.sleep(0.02)
        assert "Judged: 0.15. number: 9.13 is not in the source." in screen.text

    review(store, script)


@pytest.mark.parametrize(("typed", "reason"), [("1", "Wrong meaning"), ("te lang", "te lang")])
def test_a_rejection_asks_for_a_reason(store: Store, typed: str, reason: str) -> None:
    async def script(screen: Screen) -> None:
        first = screen.pair
        await screen.press("r")
        assert "1 Wrong meaning" in screen.text
        await screen.type(typed)
        if len(typed) > 1:
            await screen.press("enter")
        assert screen.stored(first.id).status == "rejected"
        assert screen.store.reviews([first.id])[first.id][-1].note == reason

    review(store, script)


def test_a_rejection_without_a_reason_is_refused_and_escape_leaves(store: Store) -> None:
    async def script(screen: Screen) -> None:
        await screen.press("r", "enter")
        assert "Say something, or press Esc." in screen.text
        await screen.press("escape")
        assert screen.stored().status == "open"
        await screen.press("s")

    review(store, script)


@pytest.mark.parametrize(("keys", "status"), [(["s"], "skipped"), (["f", "enter"], "flagged")])
def test_pairs_are_put_aside(store: Store, keys: list[str], status: str) -> None:
    async def script(screen: Screen) -> None:
        first = screen.pair
        await screen.press(*keys)
        assert screen.stored(first.id).status == status
        assert screen.pair.id != first.id

    review(store, script)


def test_a_comment_leaves_the_pair_where_it_is_and_stands_in_the_history(store: Store) -> None:
    async def script(screen: Screen) -> None:
        first = screen.pair
        await screen.press("c")
        await screen.type("vraag Bob")
        await screen.press("enter")
        assert screen.pair.id == first.id
        assert screen.stored().status == "open"
        await screen.press("pagedown")
        assert "anna commented “vraag Bob”" in screen.text
        await screen.press("a")
        assert screen.stored(first.id).status == "accepted"

    review(store, script)


def test_undo_goes_back_as_far_as_there_is_something(store: Store) -> None:
    async def script(screen: Screen) -> None:
        order = []
        for _ in range(3):
            order.append(screen.pair.id)
            await screen.press("a")
        for number in reversed(order):
            await screen.press("u")
            assert screen.pair.id == number
            assert screen.stored().status == "open"
        await screen.press("u")
        assert screen.message == "There is nothing left to undo."
        assert "7 left" in screen.text
        await screen.press("a")
        assert screen.stored(order[0]).status == "accepted"
        assert screen.pair.id == order[1]

    review(store, script)


def test_undo_leaves_alone_what_somebody_decided_later(store: Store) -> None:
    async def script(screen: Screen) -> None:
        first = screen.pair
        await screen.press("a")
        ReviewSession(screen.store, "bert").reject(first.id, 1, "nee")
        await screen.press("u")
        assert "bert decided on this pair after you" in screen.message
        assert screen.stored(first.id).status == "rejected"

    review(store, script)


def test_a_finding_is_dismissed_and_counts_again(store: Store) -> None:
    async def script(screen: Screen) -> None:
        await screen.press("d")
        assert "Which finding is a false alarm?" in screen.text
        await screen.press("1")
        assert "number is dismissed" in screen.message
        assert "number (dismissed)" in screen.text
        assert len(screen.store.dismissed([screen.pair.id])[screen.pair.id]) == 1
        await screen.press("d")
        assert "time is dismissed" in screen.message
        await screen.press("d", "enter")
        assert "number counts again" in screen.message
        assert "9.13¹" in screen.text

    review(store, script)


def test_a_pair_without_findings_says_so(store: Store) -> None:
    async def script(screen: Screen) -> None:
        await screen.press("d")
        assert screen.message == "There is no finding to dismiss."

    review(store, script, filter_="burgemeester")


def test_a_digit_puts_a_candidate_into_the_editor(store: Store) -> None:
    async def script(screen: Screen) -> None:
        first = screen.pair
        await screen.press("1")
        assert screen.app.editor.text == "The train to Utrecht departs at 9.30."
        await screen.press("enter")
        assert screen.stored(first.id).pair.target == "The train to Utrecht departs at 9.30."
        await screen.press("9")
        assert screen.message == "There is no suggestion 9."

    review(store, script)


def test_accepted_pairs_come_back_as_memory_with_what_differs(store: Store) -> None:
    source = "Reizigers moeten rekening houden met veel vertraging."
    pair = Pair(source, "Travellers take account.", score=QualityScore(0.05, "m"))
    document = store.put_document(Document("", "nl", source, name="later.txt"), "en", kind="bitext")
    store.add_pairs(document, [PairRow(0, pair)])
    anna = ReviewSession(store, "anna")
    (known,) = (one for one in store.pairs(store.documents()[0].id) if one.pair.source == SENTENCES[1][0])
    anna.accept(known.id, 0)

    async def script(screen: Screen) -> None:
        assert "1  Travellers must take account of delay." in screen.text
        assert "%, accepted by anna" in screen.text
        assert "source Reizigers moeten rekening houden met veel vertraging" in screen.text
        later = screen.pair
        await screen.press("1", "enter")
        assert screen.stored(later.id).pair.target == SENTENCES[1][1]

    review(store, script, filter_="doc:later.txt")


def test_the_queue_goes_on_without_deciding_and_starts_over(store: Store) -> None:
    async def script(screen: Screen) -> None:
        seen = [screen.pair.id]
        for _ in range(6):
            await screen.press("n")
            seen.append(screen.pair.id)
        assert len(set(seen)) == 7
        await screen.press("n")
        assert screen.app.pair is None
        assert "Nothing is left in this queue." in screen.text
        await screen.press("n")
        assert screen.pair.id == seen[0]
        assert all(one.status == "open" for one in screen.store.pairs(screen.pair.document))

    review(store, script)


def test_the_neighbours_in_the_document_are_opened_and_the_queue_goes_on_where_it_was(store: Store) -> None:
    async def script(screen: Screen) -> None:
        first = screen.pair
        await screen.press("o")
        assert screen.pair.position == 2
        await screen.press("p", "p")
        assert screen.pair.position == 0
        await screen.press("p")
        assert screen.message == "There is no pair on that side."
        await screen.press("a")
        assert screen.store.search(screen.app.queue.query, Order.DOCUMENT)[0].position == 1
        assert screen.pair.id == first.id

    review(store, script)


def test_the_document_is_viewed_and_a_pair_of_it_opened(store: Store) -> None:
    async def script(screen: Screen) -> None:
        await screen.press("v", "tab")
        assert "treinen.txt  pairs" in screen.text
        assert "    7   0.91 De burgemeester wilde niet" in screen.text
        await screen.press("end", "up", "enter")
        assert screen.pair.position == 5
        await screen.press("v", "home", "escape")
        assert screen.pair.position == 5

    review(store, script)


def test_the_document_is_shown_as_it_reads_and_as_it_will_be_exported(store: Store) -> None:
    def marked(screen: Screen) -> str:
        lines = screen.app.screen.query_one(Lines).lines
        spans = [(line.plain, span) for line in lines for span in line.spans]
        return " ".join(text[span.start : span.end] for text, span in spans if "reverse" in str(span.style))

    async def script(screen: Screen) -> None:
        await screen.press("e", "end", "left", "backspace", "backspace")
        await screen.type("30")
        await screen.press("enter", "p", "v")
        assert "treinen.txt  translation" in screen.text
        shown = [line.strip() for line in screen.text.splitlines()]
        assert shown[1:3] == ["Trains are not running", ""]
        assert shown[3].startswith("The train to Utrecht leaves at 9.30. ✎ Travellers must")
        first = marked(screen)
        await screen.press("home")
        assert marked(screen) == "Trains are not running" != first
        await screen.press("down", "tab", "tab")
        assert "treinen.txt  as exported" in screen.text
        assert "leaves at 9.30. Travellers must take account of delay." in " ".join(screen.text.split())
        await screen.press("pagedown", "home", "tab", "enter")
        assert screen.pair.position == 1

    review(store, script)


def test_a_list_of_pairs_has_no_file_to_show(store: Store) -> None:
    document = aligned(store)

    async def script(screen: Screen) -> None:
        await screen.press("v")
        assert "  pairs" in screen.text
        await screen.press("tab")
        assert "  translation" in screen.text
        assert "One. Two." in screen.text
        await screen.press("tab")
        assert "  pairs" in screen.text

    review(store, script, filter_=f"doc:{document}")


def test_a_long_document_is_read_piece_by_piece(store: Store) -> None:
    rows = [PairRow(n, Pair(f"Zin {n}.", f"Sentence {n}.", score=QualityScore(0.5, "m"))) for n in range(90)]
    document = store.put_document(Document("", "nl", "x", name="lang.txt"), "en", kind="bitext")
    store.add_pairs(document, rows)

    async def script(screen: Screen) -> None:
        await screen.press("v", "end")
        assert "Zin 89." in screen.text
        for _ in range(12):
            await screen.press("pageup")
        assert "Zin 0." in screen.text
        for _ in range(9):
            await screen.press("pagedown")
        await screen.press("down", "enter")
        assert screen.pair.position == 73

    review(store, script, filter_="doc:lang.txt")


def test_a_filter_is_typed_corrected_and_kept_under_a_name(store: Store) -> None:
    async def script(screen: Screen) -> None:
        await screen.press("/")
        await screen.type("chekc:number")
        await screen.press("enter")
        assert "Did you mean check?" in screen.text.replace("\n", " ")
        await screen.press("ctrl+u")
        await screen.type("check:nubmer")
        await screen.press("enter")
        assert "Unknown check 'nubmer'. Did you mean number or name?" in screen.text.replace("\n", " ")
        await screen.press("ctrl+u")
        await screen.type("status:any Zwolle")
        await screen.press("enter")
        assert screen.pair.pair.source == SENTENCES[3][0]
        assert "1 left" in screen.text
        await screen.press("/", "ctrl+u")
        await screen.type("save zwolle")
        await screen.press("enter")
        assert screen.message == "Saved: the filter “zwolle”."
        await screen.press("/", "ctrl+u", "enter")
        assert screen.app.filter == ""
        await screen.press("/", "up", "enter")
        assert screen.app.filter == "status:any Zwolle"

    review(store, script)


def test_what_may_be_typed_into_a_filter_is_shown_and_tab_takes_it(store: Store) -> None:
    async def script(screen: Screen) -> None:
        await screen.press("/")
        await screen.type("bord sta")
        assert "Tab: status:  open, accepted" in screen.text
        await screen.press("tab")
        assert screen.app.screen.line.value == "bord status:"
        await screen.press("tab", "tab", "shift+tab", "tab")
        assert screen.app.screen.line.value == "bord status:accepted "
        await screen.press("tab", "backspace", "tab")
        assert screen.app.screen.line.value == "bord status:edited "
        await screen.press("enter")
        assert screen.app.filter == "bord status:edited"

    review(store, script)


def test_a_pair_that_still_fits_after_a_decision_does_not_come_again(store: Store) -> None:
    async def script(screen: Screen) -> None:
        seen = []
        while screen.app.pair is not None:
            seen.append(screen.pair.id)
            await screen.press("a")
        assert len(seen) == len(set(seen)) == 7

    review(store, script, filter_="status:any")


def test_the_order_changes_by_a_key(store: Store) -> None:
    async def script(screen: Screen) -> None:
        await screen.press("w")
        assert screen.app.order is Order.DOCUMENT
        assert screen.pair.position == 0
        await screen.press("w")
        assert screen.pair.position == 4
        await screen.press("w")
        assert screen.pair.position == 1

    review(store, script)


def test_bulk_acceptance_asks_first_and_says_how_many_it_skipped(store: Store) -> None:
    async def script(screen: Screen) -> None:
        await screen.press("b")
        assert "Accept all 7 pairs that are open?" in screen.text
        await screen.press("n")
        assert screen.stored().status == "open"
        await screen.press("b", "y")
        assert screen.message == "Saved: 6 accepted, 1 skipped: 1 with an error."
        assert screen.pair.pair.source == SENTENCES[0][0]
        await screen.press("u")
        assert screen.stored().status == "open"

    review(store, script)


def test_the_word_cursor_lights_up_the_translation(store: Store) -> None:
    def lit(screen: Screen) -> list[str]:
        lines = screen.app.part("body").lines
        spans = [(line.plain, span) for line in lines for span in line.spans]
        return [text[span.start : span.end] for text, span in spans if "reverse" in str(span.style)]

    async def script(screen: Screen) -> None:
        await screen.press("right", "right")
        assert sorted(lit(screen)) == ["train", "trein"]
        await screen.press("tab")
        assert screen.app.cursor.side == "source"
        assert sorted(lit(screen)) == ["train", "trein"]
        await screen.press("left", "left")
        assert sorted(lit(screen)) == ["De", "The"]
        await screen.press("shift+right")
        assert len(lit(screen)) == 4
        await screen.press("escape")
        assert lit(screen) == []

    review(store, script)


def test_an_error_is_marked_in_the_text_and_the_mark_taken_back(store: Store) -> None:
    async def script(screen: Screen) -> None:
        await screen.press("m")
        assert "Go to the wrong words first" in screen.message
        await screen.press("left", "m")
        assert "What is wrong with «9.13»?" in screen.text
        await screen.press("b")
        assert "accuracy/mistranslation: how bad is it?" in screen.text
        await screen.press("3")
        await screen.type("uur")
        await screen.press("enter")
        (span,) = screen.store.error_spans([screen.pair.id])[screen.pair.id]
        place = screen.pair.pair.target.index("9.13")
        assert (span.category, span.severity, span.note) == ("accuracy/mistranslation", "major", "uur")
        assert (span.start, span.end, span.side) == (place, place + 4, "target")
        assert "ᴹ" in screen.text
        await screen.press("m", "enter")
        assert screen.store.error_spans([screen.pair.id]) == {}

    review(store, script, mqm=True)


def test_marking_errors_is_off_until_it_is_asked_for(store: Store) -> None:
    async def script(screen: Screen) -> None:
        await screen.press("left", "m")
        assert "--mqm" in screen.message
        await screen.press("?")
        assert "mark the words" not in screen.text

    review(store, script)


def test_the_help_shows_every_key_and_leaves_by_any(store: Store) -> None:
    async def script(screen: Screen) -> None:
        await screen.press("?")
        assert "accept the pair as it stands" in screen.text
        await screen.press("end")
        assert "leave; everything is saved" in screen.text
        await screen.press("x")
        assert "accept the pair as it stands" not in screen.text

    review(store, script)


def test_keys_are_those_of_the_settings(store: Store) -> None:
    async def script(screen: Screen) -> None:
        first = screen.pair
        assert "y accept" in screen.text
        await screen.press("a")
        assert screen.stored().status == "open"
        await screen.press("y")
        assert screen.stored(first.id).status == "accepted"

    review(store, script, keys={"accept": "y"})


def test_a_faster_reviewer_is_shown_and_never_overwritten(store: Store) -> None:
    async def script(screen: Screen) -> None:
        first = screen.pair
        ReviewSession(screen.store, "bert").edit(first.id, 0, "The train leaves at half past nine.")
        await screen.press("e", "x", "enter")
        assert "Somebody changed pair 2 first" in screen.text
        assert "Now edited by bert" in screen.text
        await screen.press("k")
        assert screen.stored(first.id).reviewer == "bert"
        ReviewSession(screen.store, "bert").edit(screen.pair.id, 0, "Bert's.")
        second = screen.pair
        await screen.press("e", "x", "enter", "o")
        assert screen.stored(second.id).reviewer == "anna"
        assert [row.reviewer for row in screen.store.reviews([second.id])[second.id]] == ["bert", "anna"]

    review(store, script)


def test_an_edit_that_met_a_faster_one_may_be_edited_further(store: Store) -> None:
    async def script(screen: Screen) -> None:
        first = screen.pair
        ReviewSession(screen.store, "bert").edit(first.id, 0, "Bert's.")
        await screen.press("e", "x", "enter", "e")
        assert screen.app.editing
        assert screen.app.editor.text == first.pair.target + "x"
        await screen.press("enter")
        assert screen.stored(first.id).pair.target == first.pair.target + "x"

    review(store, script)


def test_a_decision_that_cannot_be_saved_says_so_and_brings_the_pair_back(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise UsageError("The disk is full.")

    async def script(screen: Screen) -> None:
        first = screen.pair
        monkeypatch.setattr(screen.app.session, "edit", fails)
        await screen.press("e", "x", "enter")
        assert screen.message.startswith("NOT SAVED: edited, pair 2. The disk is full.")
        assert screen.pair.id == first.id
        assert screen.app.editor.text == first.pair.target + "x"

    review(store, script)


def test_a_failed_pair_is_not_accepted_but_may_be_written(store: Store) -> None:
    failed = Pair("Kapot.", "", failure="no tokens")
    document = store.put_document(Document("", "nl", "Kapot.", name="kapot.txt"), "en", kind="bitext")
    store.add_pairs(document, [PairRow(0, failed)])

    async def script(screen: Screen) -> None:
        first = screen.pair
        assert "no target: no tokens" in screen.text
        await screen.press("a")
        assert "no target to accept" in screen.message
        await screen.press("e")
        await screen.type("Broken.")
        await screen.press("enter")
        assert screen.stored(first.id).pair.target == "Broken."

    review(store, script, filter_="doc:kapot.txt")


def test_two_reviewers_are_never_handed_the_same_pair(store: Store) -> None:
    async def script(screen: Screen) -> None:
        held = {screen.pair.id, *(view.stored.id for _, view in screen.app.queue._ready)}
        assert len(held) == 4
        other = ReviewSession(screen.store, "bert").next(screen.app.queue.query)
        assert other is not None
        assert other.id not in held

    review(store, script)
    freed = ReviewSession(store, "bert")
    first = freed.next(parse_filter(""))
    assert first is not None
    assert first.position == 1


def test_a_decision_on_a_pair_that_just_came_up_does_not_count(store: Store) -> None:
    async def script(screen: Screen) -> None:
        screen.app._settle = 60.0
        await screen.press("a", "s")
        assert screen.stored().status == "open"
        screen.app._settle = 0.0
        await screen.press("a")

    app = review(store, script)
    assert app.saved == 1


@pytest.mark.parametrize("size", [(80, 24), (40, 20), (160, 50), (30, 12)])
def test_every_size_shows_source_and_target(store: Store, size: tuple[int, int]) -> None:
    async def script(screen: Screen) -> None:
        for part in ("trein", "train"):
            assert part in screen.text
        await screen.resize(100, 30)
        assert "│ The train" in screen.text

    review(store, script, size=size)


def test_text_that_would_command_the_terminal_is_shown_as_signs(store: Store) -> None:
    evil = "Rood \x1b[31m\x07 en \u202eomgekeerd\r\n."
    document = store.put_document(Document("", "nl", evil, name="\x1b]0;naam.txt"), "en", kind="bitext")
    store.add_pairs(document, [PairRow(0, Pair(evil, evil, failure=""))])

    async def script(screen: Screen) -> None:
        assert "␛[31m␇" in screen.text
        assert not set(screen.text) & set("\x1b\x07\r\u202e")
        for key in ("v", "tab"):
            await screen.press(key)
            assert not set(screen.text) & set("\x1b\x07\r\u202e")

    review(store, script, filter_="omgekeerd")


def test_wide_and_right_to_left_text_keeps_the_columns_apart(store: Store) -> None:
    texts = ("日本語のとても長い文章です。" * 4, "שלום עולם, זהו משפט ארוך מאוד 😀👩‍👩‍👧 " * 3)
    document = store.put_document(Document("", "ja", texts[0], name="ja.txt"), "he", kind="bitext")
    store.add_pairs(document, [PairRow(0, Pair(*texts, "ja", "he"))])

    async def script(screen: Screen) -> None:
        from rich.cells import cell_len

        rows = [line for line in screen.text.splitlines() if "│" in line]
        assert len(rows) >= 3
        assert {cell_len(line.partition("│")[0]) for line in rows} == {39}
        assert all(cell_len(line) <= 80 for line in rows)

    review(store, script, filter_="doc:ja.txt")


def test_without_colours_a_difference_has_brackets(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")

    async def script(screen: Screen) -> None:
        assert "[-leaves-]" in screen.text
        assert "{+departs+}" in screen.text

    review(store, script)


def test_history_shows_who_when_and_what_was_changed(store: Store) -> None:
    first = store.search(parse_filter(""), Order.WORST)[0]
    ReviewSession(store, "bert").edit(first.id, 0, "The train to Utrecht leaves at 9.30.")

    async def script(screen: Screen) -> None:
        assert "edited by bert" in screen.text
        await screen.resize(100, 45)
        assert "bert edited" in screen.text
        assert "Edit" in screen.text
        row = store.reviews([first.id])[first.id][0]
        assert f"{row.at.astimezone():%Y-%m-%d %H:%M}" in screen.text
        assert row.verdict is Verdict.EDITED

    review(store, script, filter_="status:edited")


def aligned(store: Store) -> str:
    """An alignment of three segments with three; its first bead holds two of each."""
    scores = (QualityScore(0.1, "m"), QualityScore(0.2, "m"))
    beads = (Bead((0, 1), (0, 1), 0.4), Bead((2,), (2,), 0.9))
    return put_aligned(store, ("Een.", "Twee.", "Drie."), ("One.", "Two.", "Three."), beads, scores)


def test_segments_of_an_aligned_pair_are_split_and_joined_and_scored_again(store: Store) -> None:
    document = aligned(store)

    def score(source: Sequence[str], target: Sequence[str], beads: Sequence[Bead]) -> list[float]:
        return [0.75] * len(beads)

    async def script(screen: Screen) -> None:
        assert "Alignment 2-2, 0.40" in screen.text
        assert "source 2  Twee." in screen.text
        await screen.press("x")
        assert "1  after 1 of the source and 1 of the target" in screen.text
        await screen.press("1")
        assert screen.message == "Saved: split and scored again."
        assert screen.pair.pair.source == "Een."
        assert "Alignment 1-1, 0.75" in screen.text
        await screen.press("x")
        assert "nothing to split" in screen.message
        await screen.press("j")
        assert screen.message == "Saved: joined and scored again."
        assert screen.pair.pair.source == "Een. Twee."
        await screen.press("j")
        assert screen.pair.pair.source == "Een. Twee. Drie."
        await screen.press("j")
        assert screen.message == "This is the last pair of its document."
        await screen.press("a")
        assert screen.app.pair is None
        assert [one.status for one in screen.store.pairs(document)] == ["accepted"]

    review(store, script, filter_=f"doc:{document}", score_beads=score)


def test_only_aligned_pairs_are_split_and_joined(store: Store) -> None:
    async def script(screen: Screen) -> None:
        await screen.press("x")
        assert "Only pairs of aligned documents" in screen.message
        await screen.press("j")
        assert "Only pairs of aligned documents" in screen.message

    review(store, script)


def test_the_queue_comes_up_again_after_the_store_had_a_problem(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def script(screen: Screen) -> None:
        def fails(*_: object) -> None:
            raise StoreError("The store is locked.", "Wait.")

        with monkeypatch.context() as patch:
            patch.setattr(screen.app.session, "view", fails)
            await screen.press("o")
            assert screen.message == "The store is locked. Wait."
        await screen.press("o")
        assert screen.pair.position == 2

    review(store, script)


def test_an_error_of_the_program_ends_it_and_is_not_swallowed(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def script(screen: Screen) -> None:
        def fails(*_: object) -> None:
            raise RuntimeError("a bug")

        monkeypatch.setattr(screen.app.session, "view", fails)
        await screen.press("o")

    with pytest.raises(RuntimeError, match="a bug"):
        review(store, script)


def test_leaving_with_an_edit_that_is_not_saved_asks_first(store: Store) -> None:
    async def script(screen: Screen) -> None:
        await screen.press("e", "x", "ctrl+q")
        assert "The edit is not saved." in screen.text
        await screen.press("n")
        assert screen.app.editing
        assert screen.app.editor.text.endswith("x")
        await screen.press("escape", "ctrl+q")
        assert screen.app._exit

    review(store, script)


def test_what_does_not_fit_is_scrolled_to(store: Store) -> None:
    async def script(screen: Screen) -> None:
        assert "▼" in screen.text
        assert "ctranslate2 4.5, starter-nl-en" not in screen.text
        await screen.press("pagedown")
        assert "▲" in screen.text
        assert "ctranslate2 4.5, starter-nl-en" in screen.text
        await screen.press("pageup", "up")
        assert "▲" not in screen.text

    review(store, script, size=(80, 16))


def test_a_pair_that_somebody_else_holds_is_shown_with_the_holder(store: Store) -> None:
    bert = ReviewSession(store, "bert")
    (held,) = bert.queue.next(parse_filter("Reizigers"))

    async def script(screen: Screen) -> None:
        await screen.press("o")
        assert screen.pair.id == held.id
        assert "bert has this pair" in screen.text
        await screen.press("n")
        assert "bert has this pair" not in screen.text

    review(store, script)


def test_a_narrow_window_puts_the_target_below_the_source(store: Store) -> None:
    async def script(screen: Screen) -> None:
        lines = screen.text.splitlines()
        assert " nl" in lines
        assert lines.index(" en") > lines.index(" nl")
        assert "│" not in screen.text
        await screen.press("e")
        assert screen.app.editor.region.y > screen.app.part("original").region.y
        await screen.press("escape")

    review(store, script, size=(50, 30))


KEYS = (
    *(
        "a",
        "e",
        "r",
        "s",
        "u",
        "f",
        "c",
        "d",
        "m",
        "n",
        "p",
        "o",
        "v",
        "w",
        "x",
        "j",
        "1",
        "2",
        "tab",
        "left",
    ),
    *(
        "right",
        "shift+right",
        "up",
        "down",
        "pagedown",
        "enter",
        "enter",
        "escape",
        "escape",
        "y",
        "k",
        "?",
        "b",
    ),
)


@pytest.mark.parametrize("seed", [1, *(pytest.param(seed, marks=pytest.mark.slow) for seed in (2, 3))])
def test_whatever_is_pressed_nothing_breaks_and_undo_ends_where_it_began(store: Store, seed: int) -> None:
    document = store.documents()[0].id
    before = [one.pair for one in store.pairs(document)]
    chance = random.Random(seed)

    async def script(screen: Screen) -> None:
        for _ in range(70):
            await screen.press(chance.choice(KEYS))
        await screen.press("escape", "escape", "escape")
        session = screen.app.session
        while session.undo():
            continue

    review(store, script, mqm=True)
    assert [one.pair for one in store.pairs(document)] == before
    assert {one.status for one in store.pairs(document)} == {"open"}
