"""A model is installed whole or not at all, from wherever it comes."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from mt.engines import DecodeOptions, load, models
from mt.engines.install import add, remove
from mt.engines.models import installed, resolve
from mt.engines.storage import models_folder
from mt.errors import EngineError, UsageError
from tests.engines.releases import CARD, ctranslate2_folder, hugging_face_folder, opus_folder, zipped

SENTENCES = ["De kat zit op de mat.", "Het regent vandaag in Amsterdam, en morgen ook.", "Hij zei: “Ja!”"]
GREEDY = DecodeOptions(beam_size=1)


@pytest.fixture(autouse=True)
def _own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A home for each test, and no measuring of speed on a machine that does other things."""
    monkeypatch.setenv("MT_HOME", str(tmp_path / "home"))
    monkeypatch.setattr("mt.engines.probe.fastest", lambda folder: ("int8", {}))


@pytest.fixture(scope="module")
def marian(starter: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The starter without a padding vector, in Hugging Face layout."""
    return hugging_face_folder(starter, tmp_path_factory.mktemp("marian") / "opus-mt-nl-en", CARD)


@pytest.fixture(scope="module")
def opus(starter: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return opus_folder(starter, tmp_path_factory.mktemp("opus") / "opus-nl-en")


def translations(model: str | Path, compute_type: str = "auto") -> list[str]:
    return [row[0].text for row in load(model, compute_type=compute_type).translate(SENTENCES, GREEDY)]


def scores(model: str | Path) -> list[float]:
    """Log-probabilities of given translations: unlike a greedy choice, no near tie can turn them over."""
    given = [
        "The cat is on the mat.",
        "It is raining in Amsterdam today, and tomorrow too.",
        "He said: “Yes!”",
    ]
    pairs = list(zip(SENTENCES, given, strict=True))
    return [scored.log_prob for scored in load(model, compute_type="float32").score(pairs)]


def left_overs() -> list[str]:
    return [path.name for path in models_folder().iterdir() if path.name.startswith(".")]


# Where models come from


def test_a_hugging_face_folder_becomes_a_model_that_translates_the_same(marian: Path) -> None:
    model = add(marian, quantization="float32")
    assert (model.name, model.source_lang, model.target_lang) == ("opus-mt-nl-en", "nl", "en")
    assert translations("opus-mt-nl-en", "float32") == translations(marian, "float32")
    assert model.sha256 == models.sha256_of(marian / "model.safetensors")
    assert model.stored_sha256 == models.sha256_of(model.path / "model.bin")
    assert left_overs() == []


def test_a_model_is_stored_in_int8_unless_asked_otherwise(marian: Path) -> None:
    small = add(marian, name="small")
    large = add(marian, name="large", quantization="float32")
    assert small.size < large.size / 3
    assert load("small").info.compute_type == "int8_float32"
    assert load("large").info.compute_type == "float32"


def test_a_ctranslate2_folder_is_copied(starter: Path, tmp_path: Path) -> None:
    folder = ctranslate2_folder(starter, tmp_path / "ct2-nl-en")
    add(folder)
    before = translations(starter)
    shutil.rmtree(folder)
    assert translations("ct2-nl-en") == before


def test_a_ctranslate2_folder_without_tokeniser_says_what_to_copy(starter: Path, tmp_path: Path) -> None:
    folder = ctranslate2_folder(starter, tmp_path / "ct2-nl-en")
    (folder / "target.spm").unlink()
    with pytest.raises(EngineError, match=r"target\.spm is missing"):
        add(folder)
    assert list(models_folder().glob("[!.]*")) == []


def test_a_folder_of_ours_keeps_what_is_known_of_it(marian: Path, tmp_path: Path) -> None:
    model = add(marian, name="mine", source_lang="nl", target_lang="en")
    folder = Path(shutil.copytree(model.path, tmp_path / "copied"))
    (folder / "README.md").unlink()
    remove("mine")
    again = add(folder)
    assert (again.source_lang, again.target_lang, again.bleu) == ("nl", "en", 27.5)


def test_a_ctranslate2_folder_with_another_models_vocabulary_is_refused(
    starter: Path, tmp_path: Path
) -> None:
    folder = ctranslate2_folder(starter, tmp_path / "ct2-nl-en")
    (folder / "shared_vocabulary.json").write_text('["</s>", "<unk>", "a"]')
    with pytest.raises(EngineError, match=r"12001 embeddings, shared_vocabulary\.json 3 tokens"):
        add(folder)


@pytest.mark.parametrize("content", [b"", b"nothing of the kind", bytes(range(256)) * 40])
def test_a_ctranslate2_folder_with_broken_weights_is_refused(
    starter: Path, tmp_path: Path, content: bytes
) -> None:
    folder = ctranslate2_folder(starter, tmp_path / "ct2-nl-en")
    (folder / "model.bin").write_bytes(content)
    with pytest.raises(EngineError, match=r"model\.bin"):
        add(folder)


def test_an_opus_mt_zip_translates_like_the_same_weights_in_hugging_face_layout(
    opus: Path, marian: Path, tmp_path: Path
) -> None:
    model = add(zipped(opus, tmp_path / "opus-2026.zip"), quantization="float32")
    assert (model.name, model.source_lang, model.target_lang) == ("opus-2026", "nl", "en")
    assert model.bleu == 27.5
    assert scores("opus-2026") == pytest.approx(scores(marian), abs=1e-3)
    assert translations("opus-2026", "float32") == translations(marian, "float32")


def test_a_zip_with_one_folder_inside_is_read_too(opus: Path, tmp_path: Path) -> None:
    assert add(zipped(opus, tmp_path / "inner.zip", "opus-mt/")).source_lang == "nl"


def test_an_opus_mt_model_needs_no_torch(opus: Path, tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['torch'] = sys.modules['transformers'] = None\n"
        "from mt.engines.install import add; print(add(sys.argv[1]).name)"
    )
    run = subprocess.run([sys.executable, "-c", code, str(opus)], capture_output=True, text=True, check=False)
    assert (run.stdout.strip(), run.stderr) == ("opus-nl-en", "")


def test_languages_that_no_file_tells_must_be_given(starter: Path, tmp_path: Path) -> None:
    folder = ctranslate2_folder(starter, tmp_path / "mymodel")
    with pytest.raises(UsageError, match="languages of mymodel"):
        add(folder)
    model = add(folder, source_lang="nl", target_lang="en")
    assert resolve("mymodel").source_lang == model.source_lang == "nl"


def test_progress_tells_every_stage_to_its_end(opus: Path, tmp_path: Path) -> None:
    seen: dict[str, tuple[int, int]] = {}
    add(
        zipped(opus, tmp_path / "opus.zip"),
        progress=lambda stage, done, total: seen.update({stage: (done, total)}),
    )
    assert list(seen) == ["unpack", "convert", "measure", "check"]
    assert all(done == total for done, total in seen.values())


# Names


@pytest.mark.parametrize("name", ["auto", "starter-nl-en", "../evil", "a b", ".hidden", "a/b", "-x"])
def test_an_impossible_name_is_refused(marian: Path, name: str) -> None:
    with pytest.raises(UsageError, match="cannot be called"):
        add(marian, name=name)


def test_an_unknown_quantization_is_refused(marian: Path) -> None:
    with pytest.raises(UsageError, match="Did you mean int8"):
        add(marian, quantization="int7")


def test_the_same_model_twice_is_installed_once(marian: Path) -> None:
    first = add(marian)
    before = (first.path / "model.bin").stat().st_ino
    assert add(marian) == first
    assert (first.path / "model.bin").stat().st_ino == before


def test_another_model_of_the_same_name_is_refused(marian: Path, starter: Path) -> None:
    add(marian, name="mine")
    with pytest.raises(UsageError, match="Another model is called mine"):
        add(starter, name="mine")


def test_a_source_that_is_nothing_names_what_can_be_given() -> None:
    with pytest.raises(UsageError, match=r"owner/model of the Hub, a folder or a zip"):
        add("/there/is/nothing/here")


# Which one is taken


def test_auto_takes_the_starter_where_nothing_is_installed() -> None:
    assert resolve("auto").kind == "starter"


def test_auto_takes_the_best_by_bleu_on_flores_then_the_unmeasured_then_the_starter(
    marian: Path, starter: Path
) -> None:
    add(starter, name="unmeasured")
    (resolve("unmeasured").path / "README.md").unlink()
    metadata = resolve("unmeasured").path / models.METADATA
    metadata.write_text(json.dumps({**json.loads(metadata.read_text()), "scores": []}))
    assert resolve("auto").name == "unmeasured"
    add(marian, name="measured")
    assert [model.name for model in installed()] == ["measured", "unmeasured", "starter-nl-en"]
    assert load().info.model == "measured"


def test_auto_takes_no_model_of_other_languages(marian: Path) -> None:
    add(marian, name="other", source_lang="de", target_lang="en")
    assert resolve("auto").kind == "starter"
    with pytest.raises(EngineError, match="fr to nl"):
        resolve("auto", "fr", "nl")


def test_a_damaged_model_is_listed_and_never_taken_by_itself(marian: Path) -> None:
    model = add(marian)
    (model.path / models.METADATA).write_text("{")
    assert [(m.name, m.kind) for m in installed()] == [
        ("opus-mt-nl-en", "damaged"),
        ("starter-nl-en", "starter"),
    ]
    assert resolve("auto").kind == "starter"
    with pytest.raises(EngineError, match="mt models remove opus-mt-nl-en"):
        load("opus-mt-nl-en")
    remove("opus-mt-nl-en")
    assert [m.name for m in installed()] == ["starter-nl-en"]


def test_an_unknown_model_names_the_nearest_and_how_to_install(marian: Path) -> None:
    add(marian)
    with pytest.raises(UsageError, match="Did you mean opus-mt-nl-en"):
        load("opus-mt-nl")
    with pytest.raises(UsageError, match="mt models add Helsinki-NLP/opus-mt-tc-big"):
        load("Helsinki-NLP/opus-mt-tc-big")


def test_info_sees_that_the_weights_changed(marian: Path) -> None:
    model = add(marian)
    assert models.info(model.name)[1] == "yes"
    with (model.path / "model.bin").open("r+b") as stream:
        stream.seek(5000)
        stream.write(b"changed")
    assert models.info(model.name)[1] == "no"


def test_info_of_the_starter_agrees_with_its_card() -> None:
    model, verified = models.info("starter-nl-en")
    assert (model.licence, verified) == ("Apache-2.0", "yes")
    assert model.sha256 == models.sha256_of(model.path / "model.safetensors")
    assert model.bleu is not None


# Removing


def test_a_removed_model_is_gone(marian: Path) -> None:
    model = add(marian)
    remove(model.name)
    assert not model.path.exists()
    assert left_overs() == []
    with pytest.raises(UsageError, match="Unknown model"):
        load(model.name)


def test_the_starter_cannot_be_removed() -> None:
    with pytest.raises(UsageError, match="part of the program"):
        remove("starter-nl-en")


def test_removing_an_unknown_model_is_an_error() -> None:
    with pytest.raises(UsageError, match="Unknown model 'x'"):
        remove("x")


# What can go wrong

ADD = """
import sys
from mt.engines.install import add
print(add(sys.argv[1], progress=lambda *stage: print(*stage, flush=True)).name)
"""


def adding(source: Path) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", ADD, str(source)], stdout=subprocess.PIPE, text=True)


@pytest.mark.parametrize("stage", ["convert 0 1", "convert 1 1", "check 0 1"])
def test_a_killed_installation_leaves_nothing_half_made(marian: Path, stage: str) -> None:
    process = adding(marian)
    assert process.stdout is not None
    while process.stdout.readline().strip() != stage:
        assert process.poll() is None
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert [model.name for model in installed()] == ["starter-nl-en"]
    add(marian, name="next")
    assert sorted(path.name for path in models_folder().glob("*/")) == ["next"]


def test_installations_killed_at_any_moment_leave_none_or_a_whole_model(marian: Path) -> None:
    started = time.perf_counter()
    adding(marian).communicate()
    whole = time.perf_counter() - started
    for part in range(1, 8):
        remove("opus-mt-nl-en") if len(installed()) > 1 else None
        process = adding(marian)
        time.sleep(whole * part / 7)
        process.kill()
        process.communicate()
        for model in installed():
            assert models.info(model.name)[1] == "yes"
            assert model.kind != "damaged"


def test_two_installations_at_once_give_one_model(marian: Path) -> None:
    processes = [adding(marian) for _ in range(3)]
    outputs = [process.communicate()[0].split()[-1] for process in processes]
    assert outputs == ["opus-mt-nl-en"] * 3
    assert [process.returncode for process in processes] == [0, 0, 0]
    assert len(installed()) == 2
    assert left_overs() == []


@pytest.mark.parametrize(
    "name", ["../evil.txt", "/etc/evil.txt", "a/../../evil.txt", "..\\evil.txt", "C:/evil.txt"]
)
def test_a_zip_that_points_outside_is_refused(tmp_path: Path, name: str) -> None:
    with zipfile.ZipFile(tmp_path / "m.zip", "w") as archive:
        archive.writestr(name, "evil")
    with pytest.raises(EngineError, match="points outside"):
        add(tmp_path / "m.zip")
    assert not list(tmp_path.rglob("evil.txt"))


def test_a_zip_with_a_link_is_refused(tmp_path: Path) -> None:
    link = zipfile.ZipInfo("model.npz")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "m.zip", "w") as archive:
        archive.writestr(link, "/etc/passwd")
    with pytest.raises(EngineError, match="points outside"):
        add(tmp_path / "m.zip")


def test_a_zip_bomb_is_refused_before_it_grows(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "m.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr("model.npz", b"\0" * 40_000_000)
    with pytest.raises(EngineError, match="that is no model"):
        add(tmp_path / "m.zip")


def test_a_file_that_is_no_zip_is_refused(tmp_path: Path) -> None:
    (tmp_path / "m.zip").write_bytes(b"not a zip")
    with pytest.raises(EngineError, match="no readable zip"):
        add(tmp_path / "m.zip")


def test_a_zip_cut_short_is_refused(opus: Path, tmp_path: Path) -> None:
    path = zipped(opus, tmp_path / "m.zip")
    data = bytearray(path.read_bytes())
    data[200_000:200_100] = b"x" * 100
    path.write_bytes(data)
    with pytest.raises(EngineError, match="no readable zip"):
        add(path)
    assert len(installed()) == 1


def test_an_opus_release_that_lacks_a_file_names_it(opus: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(opus, tmp_path / "opus-nl-en"))
    (folder / "vocab.yml").unlink()
    with pytest.raises(EngineError, match=r"vocab\.yml, which is missing"):
        add(folder)


def test_an_opus_release_of_another_kind_is_refused(opus: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(opus, tmp_path / "opus-nl-en"))
    (folder / "model.npz").write_bytes(b"nothing")
    with pytest.raises(EngineError, match="cannot convert"):
        add(folder)


def test_an_empty_folder_is_no_model(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(EngineError, match="holds no weights"):
        add(tmp_path / "empty")


def test_a_models_folder_that_cannot_be_made_is_a_clear_error(
    marian: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("MT_HOME", str(tmp_path / "file"))
    with pytest.raises(EngineError, match="MT_HOME"):
        add(marian)


def test_a_full_disk_leaves_nothing(marian: Path, tmp_path: Path) -> None:
    import resource

    def small_files_only() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (4_000_000, 4_000_000))

    run = subprocess.run(
        [sys.executable, "-m", "mt", "models", "add", str(marian)],
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=small_files_only,
        env=os.environ,
    )
    assert run.returncode == 4
    assert "the model is not installed" in run.stderr
    assert len(installed()) == 1
    assert left_overs() == []
