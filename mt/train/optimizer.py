"""Muon for matrices, Adam for the rest, and the learning rate's rise and fall."""

from __future__ import annotations

from typing import Any

import torch

from mt.train.recipe import Training

MOMENTUM = 0.95


class Muon(torch.optim.Optimizer):  # type: ignore[misc]
    """Muon (Jordan et al. 2024): momentum whose singular values are all brought near 1.

    A step changes every direction of a matrix alike, where Adam's is ruled by a few; small Marian models learn
    about a third faster by it.

    Args:
        weights: matrices.
        rate: learning rate.
        decay: of the weights, times the rate.
    """

    def __init__(self, weights: list[Any], rate: float, decay: float) -> None:
        super().__init__(weights, {"lr": rate, "decay": decay})

    @torch.no_grad()  # type: ignore[untyped-decorator]
    def step(self, closure: Any = None) -> None:  # noqa: ARG002
        """One update of all matrices; the closure of torch's interface is not used."""
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is None:
                    continue
                state = self.state[weight]
                if not state:
                    state["momentum"] = torch.zeros_like(weight)
                momentum = state["momentum"].mul_(MOMENTUM).add_(weight.grad)
                direction = orthogonalized(weight.grad + MOMENTUM * momentum)
                weight.mul_(1 - group["lr"] * group["decay"])
                stretch = max(1.0, weight.size(0) / weight.size(1)) ** 0.5
                weight.add_(direction, alpha=-group["lr"] * stretch)


def orthogonalized(matrix: Any, steps: int = 5) -> Any:
    """The matrix with its singular values near 1, by a quintic Newton-Schulz iteration in bfloat16.

    The coefficients are those of Jordan et al. (2024), chosen for the steepest slope at zero.
    """
    first, second, third = 3.4445, -4.7750, 2.0315
    x = matrix.bfloat16()
    x = x / (x.norm() + 1e-7)
    tall = x.size(0) > x.size(1)
    x = x.T if tall else x
    for _ in range(steps):
        square = x @ x.T
        x = first * x + (second * square + third * square @ square) @ x
    return (x.T if tall else x).to(matrix.dtype)


class Learner:
    """float32 weights, their optimisers and the copy that computes.

    In bfloat16 the model computes with rounded copies of the weights, and every update goes into the exact
    ones: small updates would vanish in bfloat16's 8 bits.

    Args:
        model: MarianMTModel in float32; it becomes the copy that computes.
        training: rates, optimiser and precision.
    """

    def __init__(self, model: Any, training: Training) -> None:
        self.model = model
        self._training = training
        self._half = training.precision == "bfloat16"
        named = {name: weight for name, weight in model.named_parameters() if weight.requires_grad}
        self._copies = named
        self.weights: dict[str, Any] = {
            name: torch.nn.Parameter(weight.detach().float().clone()) if self._half else weight
            for name, weight in named.items()
        }
        if self._half:
            model.to(torch.bfloat16)
        muon = training.optimizer == "muon"
        matrices = [n for n, w in self.weights.items() if muon and w.dim() == 2 and "layers" in n]
        self._rest = [self.weights[name] for name in self.weights if name not in set(matrices)]
        self.optimizers: list[torch.optim.Optimizer] = []
        self._peaks: list[float] = []
        if matrices:
            self._add(
                Muon([self.weights[n] for n in matrices], 0.0, training.weight_decay), training.matrix_rate
            )
        if self._rest:
            adam = torch.optim.AdamW(self._rest, lr=0.0, betas=(0.9, 0.98), eps=1e-9, weight_decay=0.0)
            self._add(adam, training.rate)

    def _add(self, optimizer: torch.optim.Optimizer, peak: float) -> None:
        self.optimizers.append(optimizer)
        self._peaks.append(peak)

    def gradients(self) -> list[Any]:
        """The gradients of the last backward pass, one for each weight, in a fixed order."""
        return [
            copy.grad if copy.grad is not None else torch.zeros_like(copy) for copy in self._copies.values()
        ]

    def step(self, gradients: list[Any], factor: float) -> float:
        """One update.

        Args:
            gradients: one for each weight, of the mean loss.
            factor: of the peak learning rates.

        Returns:
            norm of the gradients that are clipped.
        """
        for weight, gradient in zip(self.weights.values(), gradients, strict=True):
            weight.grad = gradient.float()
        norm = float(torch.nn.utils.clip_grad_norm_(self._rest, self._training.clip)) if self._rest else 0.0
        for optimizer, peak in zip(self.optimizers, self._peaks, strict=True):
            for group in optimizer.param_groups:
                group["lr"] = peak * factor
            optimizer.step()
        self.forget_gradients()
        if self._half:
            self.refresh()
        return norm

    def forget_gradients(self) -> None:
        """Free all gradients."""
        for holder in (self.weights, self._copies):
            for weight in holder.values():
                weight.grad = None

    @torch.no_grad()  # type: ignore[untyped-decorator]
    def refresh(self) -> None:
        """Give the computing copy the exact weights, rounded."""
        for name, copy in self._copies.items():
            copy.copy_(self.weights[name])

    def finite(self) -> bool:
        """Whether every weight is a finite number."""
        return all(bool(torch.isfinite(weight).all()) for weight in self.weights.values())

    def state(self) -> dict[str, Any]:
        """Everything that an update depends on."""
        return {
            "weights": {name: weight.detach().clone() for name, weight in self.weights.items()},
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
        }

    @torch.no_grad()  # type: ignore[untyped-decorator]
    def restore(self, state: dict[str, Any]) -> None:
        """Go back to what :meth:`state` returned."""
        for name, weight in self.weights.items():
            weight.copy_(state["weights"][name])
        for optimizer, values in zip(self.optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(values)
        self.refresh()


def rate_factor(progress: float, warmup: float) -> float:
    """Share of the peak learning rate: a straight rise, then a straight fall to zero.

    Args:
        progress: share of the schedule that is done, 0..1.
        warmup: share of it in which the rate rises.
    """
    if progress < warmup:
        return progress / warmup
    return max(0.0, (1 - progress) / (1 - warmup))
