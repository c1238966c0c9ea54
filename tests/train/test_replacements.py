"""Replacements learned from edits: what recurs is learned, what happens once or by chance is not."""

from __future__ import annotations

import pytest

from mt.train.replacements import learn_replacements

TEXT = "the cat saw a big dog near our old house while it was raining on every street of this town"
WORDS = TEXT.split()


def documents(*changes: tuple[str, str], count: int = 4) -> list[list[tuple[str, str]]]:
    """Documents whose drafts have a text and whose edits, otherwise rewritten, have another one instead."""
    found = []
    for number in range(count):
        pairs = []
        for k, (old, new) in enumerate(changes):
            draft = [*WORDS[number + k : number + k + 6], old]
            edit = [new, *WORDS[number + k + 3 : number + k + 9]]
            pairs.append((" ".join(draft), " ".join(edit)))
        pairs += [
            (" ".join(WORDS[i : i + 5]), " ".join(WORDS[i + 1 : i + 6])) for i in range(number, number + 9)
        ]
        found.append(pairs)
    return found


def learned(docs: list[list[tuple[str, str]]], evidence: float = 3) -> dict[str, str]:
    return {item.old: item.new for item in learn_replacements(docs, evidence).items}


def test_a_word_that_every_edit_replaces_is_learned_however_the_rest_was_rewritten() -> None:
    assert learned(documents(("color", "colour"), ("two", "2"))) == {" color": " colour", " two": " 2"}


def test_it_says_in_how_many_documents_and_how_often() -> None:
    [item] = learn_replacements(documents(("color", "colour"), count=5), 3).items
    assert (item.documents, item.times) == (5, 5)


def test_what_one_document_does_is_its_subject_and_no_style() -> None:
    [one] = documents(("color", "colour"), ("color", "colour"), ("color", "colour"), count=1)
    assert learned([one, *documents(count=6)]) == {}


def test_a_word_that_edits_often_keep_is_left_alone() -> None:
    docs = [[*pairs, *[("a color", "a color")] * 2] for pairs in documents(("color", "colour"))]
    assert learned(docs) == {}


def test_quotation_marks_are_told_apart_by_their_place() -> None:
    docs = [
        [(f"{pairs[0][0]} “yes” he said", f"he said ‘yes’ {pairs[0][1]}"), *pairs]
        for pairs in documents(count=5)
    ]
    assert learned(docs) == {" “": " ‘", "”": "’"}


@pytest.mark.parametrize(
    ("draft", "edit", "expected"),
    [
        ("{} euros", "€{}", {" # euros": " €#"}),
        ("{} million euros", "€{} million", {" # million euros": " €# million"}),
        ("{} percent", "{}%", {" # percent": " #%"}),
    ],
)
def test_words_and_signs_around_a_number_are_learned_for_every_number(
    draft: str, edit: str, expected: dict[str, str]
) -> None:
    docs = [
        [(f"{pairs[0][0]} {draft.format(i + 7)}", f"{edit.format(i + 7)} {pairs[0][1]}"), *pairs]
        for i, pairs in enumerate(documents(count=5))
    ]
    assert learned(docs) == expected
