"""`mt translate` from outside: real processes, the starter model, files and a store on disk."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli.conftest import ARTICLE, Mt


def test_a_dash_as_output_is_stdout(mt: Mt, article: Path, tmp_path: Path) -> None:
    assert mt("translate", article, "-o", "-").stdout == mt("translate", article).stdout
    assert b"\t0." in mt("judge", "-", "-o", "-", input=b"Het regent.\tIt rains.\n").stdout
    assert not (tmp_path / "-").exists()


def test_an_article_keeps_its_structure(mt: Mt, article: Path) -> None:
    english = mt("translate", article).stdout.decode()
    assert [bool(line) for line in english.splitlines()] == [bool(line) for line in ARTICLE.splitlines()]
    assert english.splitlines()[2].startswith("- ")
    assert "https://www.voorbeeld.nl/brug" in english
    assert english != ARTICLE


def test_every_pair_is_stored_with_its_score_and_its_settings(mt: Mt, article: Path) -> None:
    pairs = [json.loads(line) for line in mt("translate", article, "--json").stdout.splitlines()]
    assert [pair["position"] for pair in pairs] == list(range(len(pairs)))
    assert all(0 <= pair["score"] <= 1 and pair["method"] for pair in pairs)
    assert all(ARTICLE[pair["start"] : pair["end"]].split() == pair["source"].split() for pair in pairs)
    shown = mt("show", article.name).stdout.decode()
    assert pairs[0]["target"].split()[0] in shown


def test_the_same_command_again_translates_nothing(mt: Mt, article: Path) -> None:
    first = mt("translate", article)
    second = mt("translate", article)
    assert second.stdout == first.stdout
    assert b"done before" in second.stderr
    assert b" translated" not in second.stderr


def test_an_edited_article_translates_only_its_changed_sentences(mt: Mt, article: Path) -> None:
    mt("translate", article)
    article.write_text(ARTICLE.replace("3 jaar", "4 jaar"), encoding="utf-8")
    told = mt("translate", article).stderr.decode()
    assert ": 1 translated" in told
    assert "unchanged since an earlier version" in told


def test_what_is_not_translated_comes_back_byte_for_byte(mt: Mt, tmp_path: Path) -> None:
    path = tmp_path / "mac.txt"
    path.write_bytes(b"\xef\xbb\xbf\r\n\r\n12345\r\n\r\n\t- https://www.voorbeeld.nl\r\n\r\n10:57\r\n")
    assert mt("translate", path, "--force").stdout == path.read_bytes()


def test_lines_come_out_in_order_one_for_one(mt: Mt) -> None:
    lines = b"Het regent.\n\nDe kat slaapt.\nHet regent.\n"
    written = mt("translate", "--lines", input=lines).stdout.decode().split("\n")
    assert len(written) == 5
    assert written[1] == ""
    assert written[0] == written[3] != ""


def test_a_folder_goes_to_a_folder(mt: Mt, tmp_path: Path) -> None:
    (tmp_path / "in" / "deep").mkdir(parents=True)
    (tmp_path / "in" / "a.nl.txt").write_text("Het regent vandaag.\n", encoding="utf-8")
    (tmp_path / "in" / "deep" / "b.md").write_text("# Het weer\n\nHet regent vandaag.\n", encoding="utf-8")
    mt("translate", "in", "--output", "out")
    assert (tmp_path / "out" / "a.en.txt").read_text(encoding="utf-8").endswith("\n")
    assert (tmp_path / "out" / "deep" / "b.md").read_text(encoding="utf-8").startswith("# ")


def test_an_article_without_sentences_comes_back_under_its_own_name(mt: Mt, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.md").write_text("```\ncode\n```\n", encoding="utf-8")
    (tmp_path / "in" / "b.md").write_text("Het regent vandaag.\n", encoding="utf-8")
    mt("translate", "in", "--output", "out")
    assert (tmp_path / "out" / "a.md").read_text(encoding="utf-8") == "```\ncode\n```\n"
    assert "rain" in (tmp_path / "out" / "b.md").read_text(encoding="utf-8")


def test_an_output_that_ends_with_a_slash_is_a_folder(mt: Mt, tmp_path: Path) -> None:
    (tmp_path / "a.nl.txt").write_text("Het regent vandaag.\n", encoding="utf-8")
    mt("translate", "a.nl.txt", "--output", "out/deep/")
    assert (tmp_path / "out" / "deep" / "a.en.txt").is_file()


@pytest.mark.parametrize("kind", ["html", "tsv", "md"])
def test_side_by_side_output_holds_source_target_and_score(mt: Mt, article: Path, kind: str) -> None:
    written = mt("translate", article, "--bilingual", kind).stdout.decode()
    assert "Minister opent nieuwe brug" in written
    assert "0." in written


def test_stderr_names_the_rough_model_and_how_to_get_a_better_one(mt: Mt, article: Path) -> None:
    told = mt("translate", article).stderr.decode()
    assert "BLEU" in told
    assert "mt models add" in told


def test_quiet_says_nothing(mt: Mt, article: Path) -> None:
    assert mt("translate", article, "--quiet").stderr == b""


# Bad input


def test_a_missing_file_is_one_clear_error(mt: Mt) -> None:
    assert b"nergens.txt does not exist" in mt("translate", "nergens.txt", code=2).stderr


def test_a_folder_without_articles_is_told(mt: Mt, tmp_path: Path) -> None:
    (tmp_path / "leeg").mkdir()
    assert b"holds no articles" in mt("translate", "leeg", "-o", "uit/", code=2).stderr


def test_an_empty_file_is_told(mt: Mt, tmp_path: Path) -> None:
    (tmp_path / "leeg.txt").write_bytes(b" \n\n")
    assert b"is empty" in mt("translate", "leeg.txt", code=3).stderr


def test_a_binary_file_is_refused(mt: Mt, tmp_path: Path) -> None:
    (tmp_path / "foto.txt").write_bytes(bytes(range(256)) * 20)
    assert b"foto.txt" in mt("translate", "foto.txt", code=3).stderr


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "utf-16"])
def test_other_encodings_are_detected_told_and_kept(mt: Mt, tmp_path: Path, encoding: str) -> None:
    text = "De ministers zijn het eens over de financiële coördinatie.\n\n12345\n"
    (tmp_path / "oud.txt").write_bytes(text.encode(encoding))
    done = mt("translate", "oud.txt")
    assert done.stdout.decode(encoding).endswith("\n\n12345\n")
    assert b"oud.txt: " in done.stderr


def test_control_characters_emoji_and_direction_marks_are_survived(mt: Mt, tmp_path: Path) -> None:
    text = "Het regent\x00 vandaag \U0001f327 in \u200fDen Haag\u200e.\n\n\x07\n"
    (tmp_path / "raar.txt").write_text(text, encoding="utf-8")
    assert mt("translate", "raar.txt").stdout.decode().endswith("\n\n\x07\n")
    text = "De naam \u200fמשה\u200e staat op de lijst.\n\n\U0001f1f3\U0001f1f1 wint goud.\n"
    translated = mt("translate", "--force", input=text.encode()).stdout.decode()
    assert "\u200fמשה\u200e" in translated
    assert "\U0001f1f3\U0001f1f1" in translated


def test_english_is_told_and_force_translates_it(mt: Mt, tmp_path: Path) -> None:
    text = (
        "The minister opened a new bridge today. The construction took three years and cost a lot of money.\n"
    )
    (tmp_path / "english.txt").write_text(text, encoding="utf-8")
    assert b"looks like en, not nl" in mt("translate", "english.txt", code=2).stderr
    assert mt("translate", "english.txt", "--force").stdout


def test_the_output_may_not_be_the_input(mt: Mt, article: Path) -> None:
    assert b"is also the input" in mt("translate", article, "-o", article, code=2).stderr
    assert article.read_text(encoding="utf-8") == ARTICLE


def test_a_target_in_a_missing_place_is_refused_before_any_work(mt: Mt, article: Path) -> None:
    assert b"cannot be written" in mt("translate", article, "-o", "/proc/nergens/uit.txt", code=2).stderr


def test_several_articles_need_a_folder(mt: Mt, article: Path, tmp_path: Path) -> None:
    (tmp_path / "b.txt").write_text("Het regent.\n", encoding="utf-8")
    assert b"--output FOLDER" in mt("translate", article, "b.txt", code=2).stderr


def test_one_bad_file_among_several_is_told_and_the_others_are_translated(
    mt: Mt, article: Path, tmp_path: Path
) -> None:
    (tmp_path / "foto.txt").write_bytes(bytes(range(256)) * 20)
    done = mt("translate", "foto.txt", article, "-o", "uit", code=3)
    assert (tmp_path / "uit" / "artikel.en.txt").exists()
    assert b"Left out" in done.stderr


def test_a_full_disk_is_told_and_the_pairs_are_kept(mt: Mt, article: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        command = [sys.executable, "-m", "mt", "translate", str(article)]
        environment = {**os.environ, "MT_HOME": str(article.parent / "home")}
        done = subprocess.run(
            command, stdout=full, stderr=subprocess.PIPE, env=environment, timeout=240, check=False
        )
    assert done.returncode == 2
    assert b"No space left" in done.stderr
    assert b"done before" in mt("translate", article).stderr


def test_a_device_is_written_to_and_stays_a_device(mt: Mt, article: Path) -> None:
    done = mt("translate", article, "-o", "/dev/full", "--engine", "echo", code=2)
    assert b"/dev/full cannot be written: No space left" in done.stderr
    assert Path("/dev/full").is_char_device()


def test_an_output_keeps_its_link_and_its_permissions(mt: Mt, article: Path, tmp_path: Path) -> None:
    (tmp_path / "uit").mkdir()
    written = tmp_path / "uit" / "artikel.txt"
    written.write_text("oud", encoding="utf-8")
    written.chmod(0o600)
    (tmp_path / "link.txt").symlink_to(written)
    mt("translate", article, "-o", "link.txt", "--engine", "echo")
    assert (tmp_path / "link.txt").is_symlink()
    assert "«Minister opent nieuwe brug»" in written.read_text(encoding="utf-8")
    assert written.stat().st_mode & 0o777 == 0o600


def test_a_locked_store_is_told(mt: Mt, article: Path, tmp_path: Path) -> None:
    mt("translate", article, "--store", "vol.db")
    article.write_text(ARTICLE.replace("3 jaar", "5 jaar"), encoding="utf-8")
    holder = sqlite3.connect(tmp_path / "vol.db")
    holder.execute("BEGIN EXCLUSIVE")
    assert b"locked" in mt("translate", article, "--store", "vol.db", code=5).stderr
    holder.close()


def test_a_store_in_a_place_that_cannot_be_written_is_told(mt: Mt, article: Path) -> None:
    assert b"/proc/store.db" in mt("translate", article, "--store", "/proc/store.db", code=5).stderr


def test_one_sentence_of_many_words_is_cut_and_recorded(mt: Mt, tmp_path: Path) -> None:
    text = " ".join(["de kat zit op de mat,"] * 150) + " en slaapt.\n"
    (tmp_path / "lang.txt").write_text(text, encoding="utf-8")
    [line] = mt("translate", "lang.txt", "--json", "--beam-size", "1").stdout.splitlines()
    pair = json.loads(line)
    assert pair["target"].lower().count("cat") > 20
    assert "over-length" in [finding["check"] for finding in pair["findings"]]


# Broken off


def _sentences(count: int) -> str:
    names = ("Anna", "Bas", "Cor", "Dirk", "Els", "Fien", "Gijs", "Hans")
    return "\n\n".join(
        f"{names[i % 8]} woont al {i + 2} jaar in een huis aan de {i + 1}e straat." for i in range(count)
    )


def _pairs(store: Path) -> list[tuple[object, ...]]:
    with sqlite3.connect(store) as db:
        return db.execute("SELECT position, source, target FROM pairs ORDER BY position").fetchall()


@pytest.mark.slow
def test_killed_again_and_again_a_run_ends_like_an_uninterrupted_one(
    mt: Mt, tmp_path: Path, environment: dict[str, str]
) -> None:
    (tmp_path / "lang.txt").write_text(_sentences(900), encoding="utf-8")
    whole = mt("translate", "lang.txt", "--store", "whole.db", "--beam-size", "1").stdout
    command = [
        sys.executable,
        "-m",
        "mt",
        "translate",
        "lang.txt",
        "--store",
        "killed.db",
        "--beam-size",
        "1",
    ]
    for seconds in (0.4, 0.9, 1.4, 1.9, 2.4):
        process = subprocess.Popen(
            command, cwd=tmp_path, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        time.sleep(seconds)
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert mt(*command[3:]).stdout == whole
    assert _pairs(tmp_path / "killed.db") == _pairs(tmp_path / "whole.db")


@pytest.mark.slow
def test_ctrl_c_ends_with_a_summary_and_the_run_goes_on(
    mt: Mt, tmp_path: Path, environment: dict[str, str]
) -> None:
    (tmp_path / "lang.txt").write_text(_sentences(2500), encoding="utf-8")
    command = [sys.executable, "-m", "mt", "translate", "lang.txt", "--store", "s.db"]
    process = subprocess.Popen(
        command,
        cwd=tmp_path,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        # A test run in the background of a shell ignores the signal, and so would what it starts.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
    )
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and not _has_pairs(tmp_path / "s.db"):
        time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    _, told = process.communicate(timeout=120)
    assert process.returncode == 130
    assert b"Run the same command again" in told
    assert 0 < len(_pairs(tmp_path / "s.db")) < 2500


def _has_pairs(store: Path) -> bool:
    try:
        return store.exists() and bool(_pairs(store))
    except sqlite3.OperationalError:
        return False
