"""Replacements: made in all that a model writes, and nothing else is touched."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mt.engines import load
from mt.engines.install import add
from mt.engines.models import resolve
from mt.engines.replacements import FILE, Replacement, Replacements
from mt.errors import EngineError


def of(*pairs: tuple[str, str]) -> Replacements:
    return Replacements(Replacement(old, new) for old, new in pairs)


@pytest.mark.parametrize(
    ("pairs", "text", "expected"),
    [
        ([(" two", " 2")], "two of the twofold two", "2 of the twofold 2"),
        ([(" two", " 2")], "Two, two-way", "Two, two-way"),
        ([(" “", " ‘"), ("”", "’")], "“No,” he said (“yes”).", "‘No,’ he said (“yes’)."),
        ([(" # percent", " #%")], "some percent, 3.5 percent", "some percent, 3.5%"),
        ([(" # euros", " €#"), (" euros", " €")], "71 euros in euros", "€71 in €"),
        ([(" # million euros", " €# million"), (" # million", " #m")], "4.2 million euros", "€4.2 million"),
        ([(" percent", "%")], "9  percent.", "9%."),
        ([(" a", " b"), (" b", " c")], "a b", "b c"),
    ],
)
def test_a_text_is_replaced_where_it_stands_as_words(
    pairs: list[tuple[str, str]], text: str, expected: str
) -> None:
    assert of(*pairs).apply(text) == expected


@given(st.text(max_size=60))
def test_a_text_without_anything_to_replace_stays_as_it_is(text: str) -> None:
    assert of((" qqzzqq", " x"), (" # qqzzqq", " #")).apply(text) == text


@given(st.text(alphabet="ab 1“”%.", max_size=30))
def test_one_after_the_other_is_the_same_as_both_together(text: str) -> None:
    first, then = of((" a", " b"), ("”", "%")), of((" b", " 1"), ("%", "."))
    assert first.followed_by(then).apply(text) == then.apply(first.apply(text))


def test_they_are_read_as_they_were_written(tmp_path: Path) -> None:
    one = Replacements([Replacement(" “", " ‘", 3, 7), Replacement(" # percent", " #%", 4, 4)])
    one.write(tmp_path)
    assert Replacements.read(tmp_path).items == one.items


@pytest.mark.parametrize("content", ["[", '{"old": 1}', '[{"from": " a"}]', "[3]"])
def test_a_damaged_file_is_told(tmp_path: Path, content: str) -> None:
    (tmp_path / FILE).write_text(content, encoding="utf-8")
    with pytest.raises(EngineError, match=r"replacements\.json: cannot be read"):
        Replacements.read(tmp_path)


def test_a_model_with_replacements_writes_them_and_is_another_model(
    starter: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MT_HOME", str(tmp_path / "home"))
    folder = shutil.copytree(starter, tmp_path / "model")
    plain = add(folder, "plain-nl-en")
    of((" the", " ze")).write(folder)
    changed = add(folder, "changed-nl-en")
    assert changed.sha256 != plain.sha256
    assert resolve("changed-nl-en").sha256 == changed.sha256
    texts = [
        load(model, threads=1).translate(["De kat ziet het huis van de man."])[0][0].text
        for model in ("plain-nl-en", "changed-nl-en", str(folder))
    ]
    assert " the " in texts[0]
    assert texts[1] == texts[2] == texts[0].replace(" the ", " ze ")
