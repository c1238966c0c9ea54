"""The program as a whole: exit codes, talk and data, completion."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import cache, wraps
from importlib import import_module
from inspect import signature
from pathlib import Path

import click
import pytest
import typer
from hypothesis import example, given
from hypothesis import strategies as st

from mt import cli
from mt.cli import commands, plain, report, translate
from mt.errors import EngineError, FormatError, StoreError, UsageError
from tests.cli.conftest import Mt


@pytest.mark.parametrize(
    ("error", "code"), [(UsageError, 2), (FormatError, 3), (EngineError, 4), (StoreError, 5)]
)
def test_an_error_of_the_library_becomes_its_exit_code_and_two_lines(
    error: type[UsageError], code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise error("book.tmx line 812: no language.", "Pass --source-lang.")

    assert report.run(fail) == code
    written = capsys.readouterr()
    assert written.out == ""
    assert written.err.splitlines() == ["mt: book.tmx line 812: no language.", "    Pass --source-lang."]


def test_an_unexpected_error_shows_no_traceback_unless_asked(capsys: pytest.CaptureFixture[str]) -> None:
    assert report.run(lambda: 1 / 0) == 1
    assert "Traceback" not in capsys.readouterr().err
    assert report.run(lambda: 1 / 0, debug=True) == 1
    assert "Traceback" in capsys.readouterr().err


def test_a_mistyped_command_is_exit_code_2(mt: Mt) -> None:
    assert b"No such command" in mt("tranlate", code=2).stderr


def test_the_help_explains_arguments_as_well_as_options(mt: Mt) -> None:
    told = mt("translate", "--help").stdout.decode()
    assert "Articles; none or - is stdin." in told
    assert "Hypotheses kept." in told


def test_a_mistyped_option_names_the_right_one(mt: Mt) -> None:
    assert b"--beam-size" in mt("translate", "--beam-sise", "4", code=2).stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_every_shell_gets_its_completion_script(mt: Mt, shell: str) -> None:
    assert b"_MT_COMPLETE" in mt("completion", shell).stdout


def test_completion_knows_the_commands(mt: Mt, environment: dict[str, str]) -> None:
    environment |= {"_MT_COMPLETE": "complete_bash", "COMP_WORDS": "mt tr", "COMP_CWORD": "1"}
    assert b"translate" in mt().stdout


def test_the_doctor_names_model_store_and_where_each_setting_was_set(mt: Mt, tmp_path: Path) -> None:
    (tmp_path / "mt.toml").write_text('beam_size = 2\nstore = "eigen.db"\n', encoding="utf-8")
    checks = {c["name"]: c for c in map(json.loads, mt("doctor", "--json").stdout.splitlines())}
    assert "starter-nl-en" in checks["model"]["detail"]
    assert "eigen.db" in checks["store"]["detail"]
    assert "mt.toml" in checks["setting beam_size"]["detail"]
    assert "default" in checks["setting threads"]["detail"]


def test_the_doctor_fails_when_the_store_is_broken(mt: Mt, tmp_path: Path) -> None:
    (tmp_path / "kapot.db").write_bytes(b"this is no database" * 100)
    assert b"kapot.db" in mt("doctor", "--store", "kapot.db", code=1).stdout


def test_the_commands_in_the_table_are_the_modules_in_the_folder() -> None:
    folder = Path(cli.__file__).parent
    modules = {path.stem for path in folder.glob("*.py")} - {
        "__init__",
        "report",
        "options",
        "plain",
        "commands",
    }
    assert set(cli.COMMANDS) == {module.removesuffix("_") for module in modules}


WORDS = st.sampled_from([
    "artikel.txt", "-", "", "--output", "-o", "--output=x", "--output=", "-ox", "--lines", "--lines=1", "--bilingual",
    "html", "docx", "--bilingual=md", "--json", "--force", "-f", "-fq", "--memory", "--no-memory", "--rescue",
    "--no-rescue", "--store", "s.db", "--beam-size", "4", "0", "-b", "--beam-size=2", "--beam", "--length-penalty",
    "1.5", "--threads", "-1", "--config", "mt.toml", "-q", "--quiet", "--", "--help", "-h", "1_0", " 3 ", "é",
    "--lang", "nl", "-l", "--kind", "--format", "--encoding",
])  # fmt: skip


@cache
def recording(name: str) -> click.Command:
    """The command as typer makes it, with a function that returns what it is given."""
    function = getattr(import_module(cli.module_of(name)), name)
    app = commands.Commands()
    app.command()(wraps(function)(lambda **given: given))
    return typer.main.get_command(app)


@pytest.mark.parametrize("name", ["translate", "segment"])
@example(
    [
        "a.txt",
        "--output=x",
        "-b",
        "2",
        "b.txt",
        "-f",
        "--no-rescue",
        "--rescue",
        "--config",
        "mt.toml",
        "-o",
        "y",
    ]
)
@given(words=st.lists(WORDS, max_size=6))
def test_a_plain_command_line_means_without_typer_what_it_means_to_typer(name: str, words: list[str]) -> None:
    function = getattr(import_module(cli.module_of(name)), name)
    defaults = {p.name: p.default for p in signature(function).parameters.values()}
    found = plain.read(function, words)
    if found is None:
        return
    assert {**defaults, **found} == recording(name).main(words, standalone_mode=False)


def test_what_is_out_of_the_ordinary_is_left_to_typer() -> None:
    for words in (["--help"], ["-fq"], ["--beam-size", "0"], ["--beam"], ["--output"], ["--", "-x"]):
        assert plain.read(translate.translate, words) is None


def test_a_plain_command_line_is_read_without_typer(article: Path, home: Path) -> None:
    words = [
        "translate",
        str(article),
        "--engine",
        "echo",
        "--store",
        str(home / "s.db"),
        "-o",
        str(home / "out"),
    ]
    script = "import sys; from mt import cli\ntry: cli.main(sys.argv[1:])\nexcept SystemExit as end: code = end.code\n"
    script += "print(code, 'typer' in sys.modules, 'click' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script, *words], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["0", "False", "False"]
